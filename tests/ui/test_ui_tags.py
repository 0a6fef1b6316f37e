from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.utils import timezone
from styleguide import Sample, SignIn, engine

from lps.ui.forms import DigitsField
from lps.ui.templatetags.ui import day, hour, initials, long_day, money


def rendered(source: str, **context: object) -> str:
    return engine.from_string("{% load ui %}" + source).render(context)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Decimal("1111.11"), "1\u00a0111,11\u00a0€"),
        (Decimal("50.7"), "50,70\u00a0€"),
        (0, "0,00\u00a0€"),
        (Decimal("-23.40"), "-23,40\u00a0€"),
        (Decimal("1234567.895"), "1\u00a0234\u00a0567,90\u00a0€"),
        (None, ""),
    ],
)
def test_writes_amounts(amount: Decimal | int | None, written: str) -> None:
    assert money(amount) == written


def test_refuses_an_amount_that_is_not_exact() -> None:
    with pytest.raises(TypeError):
        money(50.7)


def test_writes_days() -> None:
    monday = date(2014, 10, 13)

    assert day(monday) == "lundi 13/10/2014"
    assert long_day(monday) == "lundi 13\u00a0octobre 2014"
    assert long_day(date(2014, 10, 1)) == "mercredi 1er\u00a0octobre 2014"
    assert hour(time(17, 0)) == "17h00"
    assert day(None) == long_day(None) == hour(None) == ""


def test_shows_instants_in_the_current_zone() -> None:
    instant = datetime(2014, 10, 12, 22, 30, tzinfo=UTC)

    with timezone.override(ZoneInfo("Europe/Paris")):
        assert rendered("{{ at|day }}, {{ at|hour }}", at=instant) == "lundi 13/10/2014, 00h30"


def test_initials_of_a_child() -> None:
    assert initials("Angéline MARSONE") == "AM"
    assert initials("") == initials(None) == ""


def test_a_field_ties_its_label_hint_and_error() -> None:
    html = rendered("{% field form.email %}", form=Sample({"email": "moi"}))

    assert '<label class="label" for="id_email">Mon email <span class="mention">(obligatoire)</span></label>' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'id="id_email_helptext"' in html and 'id="id_email_error"' in html


def test_a_group_of_boxes_is_a_fieldset_with_its_notes() -> None:
    html = rendered("{% field form.topics %}", form=Sample({}))

    assert '<fieldset aria-describedby="id_topics_helptext id_topics_error"><legend' in html
    assert html.count('type="checkbox"') == 2


def test_a_page_chooses_what_a_required_field_says() -> None:
    assert "mention" not in rendered('{% field form.email mention="" %}', form=Sample())
    assert '<span class="mention">*</span>' in rendered('{% field form.email mention="*" %}', form=Sample())
    assert "mention" not in rendered("{% field form.phone %}", form=Sample())


def test_the_summary_links_each_error_to_its_field() -> None:
    html = rendered("{% error_summary form %}", form=Sample({"email": "moi"}))

    assert 'tabindex="-1" autofocus' in html
    assert '<a href="#id_email">Mon email&nbsp;: ' in html
    assert '<a href="#id_topics_0">' in html
    assert "3 informations sont à corriger" in html


def test_the_summary_tells_what_concerns_the_whole_form() -> None:
    form = SignIn({"child_code": "123456", "family_code": "654321"})
    form.add_error(None, "Ces codes ne vont pas ensemble.")

    html = rendered("{% error_summary form %}", form=form)

    assert "Une information est à corriger" in html
    assert "<li>Ces codes ne vont pas ensemble.</li>" in html


def test_a_good_form_has_no_summary() -> None:
    form = SignIn({"child_code": "123456", "family_code": "654321"})

    assert rendered("{% error_summary form %}", form=form).strip() == ""
    assert rendered("{% error_summary form %}", form=SignIn()).strip() == ""


class Codes(forms.Form):
    code = DigitsField()
    other = DigitsField(least=6, most=6, required=False, secret=True)


@pytest.mark.parametrize("typed", ["12345678", "1234 5678", "12.34.56.78", " 1234-5678 ", "1234\u00a05678"])
def test_a_code_may_be_typed_with_its_spaces(typed: str) -> None:
    form = Codes({"code": typed})

    assert form.is_valid()
    assert form.cleaned_data == {"code": "12345678", "other": ""}


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", "Saisissez ce code."),
        ("12ab56", "Ce code ne contient que des chiffres."),
        ("١٢٣٤٥٦", "Ce code ne contient que des chiffres."),
        ("12345", "Ce code compte 6 à 10 chiffres."),
        ("12345678901", "Ce code compte 6 à 10 chiffres."),
    ],
)
def test_a_code_gets_one_complaint_at_a_time(typed: str, complaint: str) -> None:
    assert Codes({"code": typed}).errors == {"code": [complaint]}


def test_a_secret_code_is_never_sent_back() -> None:
    html = str(Codes({"code": "1", "other": "123"})["other"])

    assert 'type="password"' in html and "123" not in html
    assert "maxlength" not in html
