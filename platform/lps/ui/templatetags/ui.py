"""Fields, errors, amounts and days, written the same way on every page.

Days and hours of an aware datetime are shown in the current time zone: the door activates the commune's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.defaultfilters import stringfilter
from django.utils import dateformat
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lps.kernel import text
from lps.ui import grid
from lps.ui import markup as writing

register = template.Library()

NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class FieldError:
    """One line of the summary: the field's label, what is wrong, and where to go ("" for the whole form)."""

    label: str
    text: str
    anchor: str


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, mention: str | None = None) -> dict[str, Any]:
    """A field with its label, hint and error, tied together for assistive tools.

    `mention` is what a required field says after its label: "(obligatoire)" by default, "" for nothing.
    """
    if mention is None:
        mention = _("(obligatoire)")
    return {
        "field": bound,
        "mention": mention if bound.field.required else "",
        "kind": _kind(bound),
        "describedby": bound.aria_describedby if bound.use_fieldset else "",
        # An empty required field is :invalid to a browser, which would call it wrong aloud before it was filled.
        "control": bound.as_widget(attrs={"aria-invalid": "false"}) if bound.field.required else bound,
    }


@register.inclusion_tag("ui/errors.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """The form's errors in one place, each a link to its field; it takes the focus when the page opens."""
    return {"errors": list(_errors(form)) if form.is_bound else []}


@register.filter
def money(amount: Decimal | int | None) -> str:
    """1111.11 → "1 111,11 €", with no-break spaces. Raise TypeError for a float: amounts are exact."""
    if amount is None or amount == "":
        return ""
    if not isinstance(amount, (Decimal, int)):
        raise TypeError(f"an amount is a Decimal, not {type(amount).__name__}")
    exact = Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{exact:,.2f}".replace(",", NO_BREAK).replace(".", ",") + NO_BREAK + "€"


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """ "lundi 13/10/2014"."""
    return dateformat.format(value, "l d/m/Y") if value else ""


@register.filter
def day_month(value: date) -> str:
    """ "13/10"."""
    return f"{value:%d/%m}"


@register.filter(expects_localtime=True)
def long_day(value: date | None) -> str:
    """ "lundi 13 octobre 2014", "mercredi 1er octobre 2014"."""
    if not value:
        return ""
    number = _("1er") if value.day == 1 else str(value.day)
    return f"{dateformat.format(value, 'l')} {number}{NO_BREAK}{dateformat.format(value, 'F Y')}"


@register.filter(expects_localtime=True)
def hour(value: datetime | time | None) -> str:
    """ "17h00"."""
    return f"{value:%H}h{value:%M}" if value else ""


@register.filter
def headings(columns: Sequence[grid.Column], today: date) -> str:
    """The days above a planning's table, today's being told."""
    return grid.head(columns, today)


@register.filter
@stringfilter
def markup(words: str, headings: int = 0) -> SafeString:
    """What an agent wrote, with its paragraphs, lists and links; `headings` is the level of its titles, if any."""
    return writing.rendered(words, headings=headings)


@register.filter
@stringfilter
def words_of(written: str) -> str:
    """The same as bare words on one line."""
    return writing.plain(written)


@register.filter
@stringfilter
def with_of(name: str) -> str:
    """ "Angéline" → "d'Angéline"."""
    return text.with_of(name)


@register.filter
def initials(name: object) -> str:
    """ "Angéline MARSONE" → "AM"; nothing for nobody."""
    return "".join(word[0] for word in str(name or "").split()[:2]).upper()


def _kind(bound: BoundField) -> str:
    """How the field is drawn: "group" for several boxes, "box" for one, "text" for the rest."""
    if bound.use_fieldset:
        return "group"
    return "box" if bound.widget_type == "checkbox" else "text"


def _errors(form: BaseForm) -> Iterator[FieldError]:
    for error in form.non_field_errors():
        yield FieldError("", str(error), "")
    for bound in form:
        anchor = bound.id_for_label or f"{bound.auto_id}_0"
        for error in bound.errors:
            yield FieldError(str(bound.label), str(error), "" if bound.is_hidden else anchor)
