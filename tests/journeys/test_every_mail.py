"""Every mail that the product sends, as its reader sees it on a phone and at a desk."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from playwright.sync_api import Page

from notifications.render import render
from tests.journeys.conftest import Browse
from tests.journeys.seen import AXE, NARROW, RUN, TOO_WIDE
from tests.live import Site

# How light the ground is, and the darkest of letters and links, of 255: a mail is drawn by its reader's own colors.
LIGHTS = """() => {
    const light = color => color.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part) / 3, 0);
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.background = "Canvas";
    const ground = light(getComputedStyle(probe).backgroundColor);
    probe.remove();
    const written = [...document.querySelectorAll("font, a")];
    return [ground, Math.min(...written.map(one => light(getComputedStyle(one).color)))];
}"""
DARK = 128
URL = "https://demo.les-parents-services.com/donnees-personnelles/"
LINES = [
    {"child": child, "activity": "Transport scolaire 16h30", "day": date(2014, 10, 13)}
    for child in ("Angéline", "Bertrand")
]
FACTS: Mapping[str, Mapping[str, object]] = {
    "accounts/emails/invitation": {"name": "Claire", "town": "Ville de Buchelay", "url": URL, "days": 7},
    "accounts/emails/new_access": {"name": "Claire", "town": "Ville de Buchelay", "url": URL, "days": 2},
    "console/emails/access": {"name": "Olivier", "is_new": True, "url": URL, "days": 7},
    "families/emails/recovery": {"family": "MARSONE", "url": URL, "minutes": 30},
    "families/emails/validate": {
        "family": "MARSONE",
        "url": URL,
        "hours": 48,
    },
    "families/emails/device": {"family": "MARSONE", "url": URL, "minutes": 30},
    "families/emails/answered": {"family": "MARSONE", "url": URL},
    "families/emails/erased": {"family": "MARSONE"},
    "notifications/emails/campaign": {"title": "Grève du jeudi", "text": "Pas de cantine jeudi.\n\nLa mairie."},
    "families/emails/email_changed": {"family": "MARSONE"},
    "billing/emails/invoice": {
        "number": "2012-001-000056",
        "label": "JANVIER 2012",
        "total": Decimal("50.70"),
        "due_date": date(2012, 2, 29),
        "is_credit": False,
        "url": URL,
    },
    "billing/emails/payment": {
        "receipt": "2012-000007",
        "amount": Decimal("50.70"),
        "means": "chèque",
        "day": date(2012, 2, 28),
        "is_debit": False,
        "is_test": False,
        "url": URL,
    },
    "billing/emails/ticket": {
        "refdet": "99999999000000000000",
        "ticket": "20120228135020x62206",
        "number": "2012-001-000056",
        "label": "JANVIER 2012",
        "paid_at": datetime(2012, 2, 28, 12, 54, tzinfo=UTC),
        "authorization": "394492",
        "amount": Decimal("1111.11"),
        "is_debit": False,
        "is_test": True,
        "url": URL,
    },
    "billing/emails/reminder": {
        "title": "Votre facture reste à payer",
        "paragraphs": ["Bonjour,", "Sauf erreur, il reste 50,70 € à payer."],
        "lines": [
            {
                "number": "2012-001-000056",
                "label": "JANVIER 2012",
                "due_date": date(2012, 2, 29),
                "left": Decimal("50.70"),
            }
        ],
        "total": Decimal("50.70"),
        "url": URL,
    },
    "booking/emails/deadline": {
        "first": date(2014, 10, 13),
        "last": date(2014, 10, 19),
        "closes_at": datetime(2014, 10, 9, 15, 0, tzinfo=UTC),
        "lines": [{"child": "Angéline", "empty": True}, {"child": "Bertrand", "empty": False}],
        "url": URL,
        "stop_url": URL,
    },
    "booking/emails/passed": {"url": URL, "lines": LINES},
    "booking/emails/parted": {"url": URL, "lines": LINES},
    "booking/emails/absence_declared": {
        "number": "A-000012",
        "child": "Angéline",
        "first_day": date(2014, 10, 13),
        "last_day": date(2014, 10, 14),
        "accepted": False,
        "words": "",
        "url": URL,
    },
    "booking/emails/list_closed": {
        "child": "Angéline",
        "activity": "Transport scolaire 16h30",
        "day": date(2014, 10, 13),
        "accept_by": None,
        "url": URL,
    },
    "booking/emails/put_back": {"url": URL, "lines": LINES},
    "billing/emails/quotient_answered": {
        "accepted": True,
        "sent_at": datetime(2014, 10, 13, 8, 0, tzinfo=UTC),
        "since": date(2014, 11, 1),
        "last_day": date(2015, 8, 31),
        "words": "Merci.",
        "url": URL,
    },
    "billing/emails/quotient_ends": {"day": date(2014, 11, 1), "had_one": True, "url": URL},
    "booking/emails/closed": {"reason": "Grève", "url": URL, "lines": LINES},
    "booking/emails/reopened": {"reason": "Grève", "url": URL, "lines": LINES, "waiting": LINES, "lost": LINES},
    "booking/emails/decided": {
        "campaign": "Rentrée 2027",
        "child": "Angéline MARSONE",
        "number": "P-2026-000012",
        "validated": True,
        "returns": True,
        "lines": ["Accueil Matin : lundi, jeudi"],
        "words": "",
        "booked": 70,
        "refused": 2,
        "url": URL,
    },
    "booking/emails/absence_answered": {
        "child": "Angéline",
        "first_day": date(2014, 10, 13),
        "last_day": date(2014, 10, 14),
        "accepted": False,
        "words": "Le certificat est d'un autre jour.",
        "url": URL,
    },
    "booking/emails/receipt": {
        "child": "Angéline",
        "number": "R-2014-000012",
        "reason": "la maman a téléphoné",
        "url": URL,
        "lines": [{"booked": True, "activity": "Accueil Soir", "day": date(2014, 10, 13)}],
    },
    "booking/emails/saved": {
        "child": "Angéline",
        "number": "R-2014-000012",
        "by": "famille MARSONE, web",
        "url": URL,
        "stop_url": URL,
        "lines": [
            {"booked": False, "activity": "Transport scolaire 16h30", "day": date(2014, 10, 13), "reason": ""},
            {"booked": True, "activity": "Accueil Soir", "day": date(2014, 10, 13), "reason": ""},
        ],
        "more": 2,
        "refused": [
            {"booked": True, "activity": "Cantine", "day": date(2014, 10, 14), "reason": "Il n'y a plus de place."}
        ],
        "more_refused": 0,
    },
    "booking/emails/period_reopened": {
        "child": "Angéline",
        "first": date(2014, 11, 11),
        "last": date(2014, 12, 31),
        "reason": "erreur de jour signalée au guichet",
        "url": URL,
    },
    "booking/emails/offered": {
        "child": "Angéline",
        "activity": "Transport scolaire 16h30",
        "day": date(2014, 10, 13),
        "accept_by": datetime(2014, 10, 10, 15, 0, tzinfo=UTC),
        "accept_url": URL,
        "url": URL,
    },
    "booking/emails/withdrawn": {
        "child": "Angéline",
        "activity": "Transport scolaire 16h30",
        "day": date(2014, 10, 13),
        "accept_by": None,
        "url": URL,
    },
}


def templates() -> set[str]:
    """The mails of all apps, but the frame that they share."""
    folders = [Path(app.path) / "templates" for app in apps.get_app_configs()]
    found = {str(file.relative_to(folder)) for folder in folders for file in folder.glob("*/emails/*.html")}
    return {name.removesuffix(".html") for name in found} - {"notifications/emails/base"}


def test_every_mail_is_looked_at() -> None:
    assert templates() == set(FACTS)


@pytest.mark.parametrize("template", FACTS)
def test_a_mail(site: Site, browse: Browse, template: str) -> None:
    with site.inside("demo"):
        mail = render(template, FACTS[template])
    page = browse("demo")

    page.set_content(mail.html)

    assert faults(page) == []
    assert mail.subject.strip() and "\n" not in mail.subject.strip()
    assert "{{" not in mail.html + mail.text and "None" not in mail.text


def faults(page: Page) -> list[str]:
    """All that is wrong with a mail, by day and by night. It sets no colour: they are those of whoever shows it."""
    page.evaluate(AXE)
    found = []
    page.emulate_media(color_scheme="dark")
    ground, ink = page.evaluate(LIGHTS)
    if not ground < DARK < ink:
        found.append(f"by night: letters {ink} on {ground}")
    page.emulate_media(color_scheme="light")
    for width in (NARROW, 360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        if beyond := page.evaluate(TOO_WIDE):
            found.append(f"{width} px: {beyond} px too wide")
        found += [f"{width} px: {fault}" for fault in page.evaluate(RUN)]
    return found
