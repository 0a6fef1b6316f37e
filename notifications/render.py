"""From a template's name and its facts to a subject, a text and an HTML body, in the commune's words.

`template="families/emails/recovery"` stands for three files of the app `families`, all needed:
`families/emails/recovery.subject.txt`, `.txt` (extends `notifications/emails/base.txt`) and `.html`
(extends `notifications/emails/base.html`). They receive the facts and `commune`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine, TemplateDoesNotExist
from django.utils import timezone, translation

from lps.ui.typography import held
from notifications import facts as fact_text
from notifications.models import FACTS_PURPOSE, OutboxMessage
from tenants import context, keys, queries
from tenants.town import queries as town

LANGUAGE = "fr"
VENDOR = "Les Parents Services"
NOBODY = "ne-pas-repondre"
_SUFFIXES = ("subject.txt", "txt", "html")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who a commune's mails come from, and who reads the answers: "" for what the town did not choose.

    The domain is always the portal's own, which is signed: from any other, mailboxes would take them for forged.
    """

    name: str = ""
    local: str = ""
    reply_to: str = ""

    @property
    def address(self) -> str:
        """`ne-pas-repondre@buchelay.…`."""
        commune = context.current_or_none()
        return f"{self.local or NOBODY}@{queries.host_of(commune) if commune else settings.LPS_CONSOLE_HOST}"

    @property
    def shown_name(self) -> str:
        """`Ville de Buchelay`."""
        return self.name or _writer().header_name

    @property
    def sender(self) -> str:
        """`"Ville de Buchelay" <ne-pas-repondre@buchelay.…>`, as a header bears it."""
        return formataddr((self.shown_name, self.address))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the reader sees."""

    subject: str
    text: str
    html: str


PLAIN = Letterhead()


@dataclass(frozen=True, slots=True)
class _Writer:
    """Who signs a mail, and on which walls its hours are read."""

    header_name: str
    zone: ZoneInfo

    @property
    def contact(self) -> str:
        """Whom a town's reader may call: "Service scolaire, 01 30 98 10 78"; read by the mails alone."""
        kept = town.settings() if context.current_or_none() else None
        return ", ".join(filter(None, (kept.contact_name, kept.contact_phone))) if kept and kept.contact_phone else ""


def check_templates(template: str) -> None:
    """Raise `TemplateDoesNotExist` in the caller's own transaction rather than in a worker."""
    for suffix in _SUFFIXES:
        Engine.get_default().get_template(f"{template}.{suffix}")


def subject_of(message: OutboxMessage) -> str:
    """The subject of a written e-mail; "" when it can no longer be read (its template is gone)."""
    try:
        facts = fact_text.loads(keys.decrypt(message.facts, purpose=FACTS_PURPOSE))
        with translation.override(LANGUAGE), timezone.override(context.current().zone):
            return " ".join(_part(f"{message.template}.subject.txt", facts).split())
    except (TemplateDoesNotExist, keys.KeyLost):
        return ""


def render_sms(template: str, facts: Mapping[str, Any]) -> str:
    """The text of an SMS, from one file `<template>.txt`; spaces around lines and control characters are left out."""
    commune = context.current()
    with translation.override(LANGUAGE), timezone.override(commune.zone):
        lines = _part(f"{template}.txt", facts).strip().splitlines()
    return "\n".join("".join(char for char in " ".join(line.split()) if char.isprintable()) for line in lines)


def render(template: str, facts: Mapping[str, Any]) -> Rendered:
    """Render the three parts in French, in the zone of the commune entered."""
    with translation.override(LANGUAGE), timezone.override(_writer().zone):
        subject, text, html = (_part(f"{template}.{suffix}", facts) for suffix in _SUFFIXES)
    return Rendered(subject=" ".join(subject.split()), text=text.strip() + "\n", html=html)


def compose(
    *, to: str, template: str, facts: Mapping[str, Any], message_id: str, head: Letterhead = PLAIN
) -> EmailMultiAlternatives:
    """The mail, ready to be sent, from whom the town chose; it says whether somebody reads the answers."""
    rendered = render(template, {**facts, "answered": bool(head.reply_to)})
    headers = {
        "Message-ID": message_id,
        "Content-Language": LANGUAGE,
        "Auto-Submitted": "auto-generated",  # so that an absence message is not sent back
    }
    if stop := facts.get("stop_url"):  # RFC 8058: one click in the mailbox itself
        headers |= {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    answers = [head.reply_to] if head.reply_to else None
    mail = EmailMultiAlternatives(rendered.subject, rendered.text, head.sender, [to], headers=headers, reply_to=answers)
    mail.attach_alternative(rendered.html, "text/html")
    return mail


def _part(name: str, facts: Mapping[str, Any]) -> str:
    """Plain text has no HTML to escape, whatever its template says."""
    is_html = name.endswith(".html")
    values = Context({**facts, "commune": _writer()}, autoescape=is_html)
    written = str(Engine.get_default().get_template(name).render(values))
    return held(written) if is_html else written


def _writer() -> _Writer:
    """The commune entered, or the vendor in the registry."""
    commune = context.current_or_none()
    return _Writer(commune.header_name, commune.zone) if commune else _Writer(VENDOR, ZoneInfo("Europe/Paris"))
