"""What the sample pages show: a week with every kind of cell, forms with and without errors."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest
from django.template.backends.django import DjangoTemplates

import lps.ui
from lps.ui import grid
from lps.ui.forms import DigitsField
from lps.ui.grid import Column, Tile, TileKind
from lps.ui.nav import NavLink

ROOT = Path(lps.ui.__file__).parent
MISSING = "MISSING"
TODAY = date(2014, 10, 8)
PAGES = ("styleguide", "styleguide_pieces", "styleguide_home", "styleguide_office")

# An engine without the project's context processors: these pages know no commune and no database.
engine = DjangoTemplates(
    {
        "NAME": "ui",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "libraries": {"ui": "lps.ui.templatetags.ui"},
            "context_processors": ["django.template.context_processors.request"],
            "string_if_invalid": f"{MISSING} %s",
        },
    }
)

_SIGNS = {
    "✓": Tile(TileKind.OPEN, booked=True),
    "+": Tile(TileKind.OPEN),
    "V": Tile(TileKind.LOCKED, booked=True, reason="date limite passée"),
    "-": Tile(TileKind.LOCKED, reason="date limite passée"),
    ".": Tile(TileKind.NONE),
    "c": Tile(TileKind.FULL, note="complet"),
    "o": Tile(TileKind.OTHER, note="réservé par l'autre foyer"),
}
_PKS = {
    "Transport scolaire 8h30": 1,
    "Transport scolaire 11h30": 2,
    "Transport scolaire 13h30": 3,
    "Transport scolaire 16h30": 4,
    "Accueil Matin": 5,
    "Accueil Soir": 6,
    "Cantine": 7,
    "Petites vacances": 8,
}
_BUS = tuple(_PKS)[:4]


CALM = {"state": "calm", "text": "Modifiable jusqu'à la veille, 17h00"}


class Sample(forms.Form):
    email = forms.EmailField(label="Mon email", help_text="Pour recevoir mon ticket payeur")
    phone = forms.CharField(label="Tél. GSM", required=False)
    topics = forms.MultipleChoiceField(
        label="Thèmes",
        help_text="Vous pouvez en changer à tout moment",
        choices=[("1", "Enfance"), ("2", "Etat civil")],
        widget=forms.CheckboxSelectMultiple,
    )
    channel = forms.ChoiceField(label="Moyen", choices=[("1", "SMS"), ("2", "Email")], required=False)
    consent = forms.BooleanField(label="J'autorise la ville à m'écrire")
    comment = forms.CharField(label="Remarque", widget=forms.Textarea, required=False)


class SignIn(forms.Form):
    child_code = DigitsField(
        label="Code enfant",
        help_text="Celui d'un de vos enfants, sur le courrier de la mairie",
        autocomplete="username",
    )
    family_code = DigitsField(
        label="Code famille", help_text="Aussi appelé code payeur", autocomplete="current-password", secret=True
    )


class Code(forms.Form):
    code = DigitsField(label="Code à six chiffres", least=6, most=6, autocomplete="one-time-code")


def week(number: int, monday: date, rows: dict[str, str], *deadlines: dict[str, Any]) -> dict[str, Any]:
    """A week drawn with one sign a cell; as many days as the first row has signs."""
    length = len(next(iter(rows.values())))
    days = [monday + timedelta(days=shift) for shift in range(length)]
    columns = [Column.of(day) for day in days]
    lines = [
        (
            name,
            [_SIGNS[sign]._replace(value=f"{_PKS[name]}-{day:%Y%m%d}") for sign, day in zip(signs, days, strict=True)],
        )
        for name, signs in rows.items()
    ]
    return {
        "number": number,
        "first": monday,
        "last": monday + timedelta(days=6),
        "columns": columns,
        "deadlines": deadlines,
        "notes": grid.why_locked(columns=columns, lines=lines),
        "body": grid.rows(name="jour", columns=columns, lines=lines),
    }


def _tile(name: str, sign: str, day: date) -> Tile:
    return _SIGNS[sign]._replace(value=f"{_PKS[name]}-{day:%Y%m%d}")


def weeks() -> list[dict[str, Any]]:
    """Shut, near its deadline, far from it with seven days."""
    near = {
        "state": "near",
        "text": "Jeudi 09/10 : modifiable jusqu'à aujourd'hui 17h00",
        "left": "3 h 40",
        "closes_at": datetime(2014, 10, 8, 15, tzinfo=UTC),
        "past": "Jeudi 09/10\u00a0: date limite passée",
    }
    shut = {"state": "shut", "text": "Date limite passée : jeudi 25/09 à 17h00"}
    return [
        week(40, date(2014, 9, 29), dict(zip(_BUS[:2], ["VV.--", "V-.VV"], strict=True)), shut),
        week(
            41,
            date(2014, 10, 6),
            dict(zip(_BUS, ["--.+✓", "VV.✓✓", "--.++", "-V.co"], strict=True)) | {"Petites vacances": "....."},
            near,
        ),
        week(
            42, date(2014, 10, 13), {"Accueil Matin": "✓+.✓+.+", "Accueil Soir": "+✓o✓+..", "Cantine": "c+co✓✓✓"}, CALM
        ),
    ]


def weeks_alike(*rows: tuple[str, str]) -> list[dict[str, Any]]:
    """Weeks from the 41st on, each with its signs of the morning and of the evening bus."""
    monday = date(2014, 10, 6)
    return [
        week(41 + number, monday + timedelta(weeks=number), {_BUS[0]: morning, _BUS[3]: evening}, CALM)
        for number, (morning, evening) in enumerate(rows)
    ]


# Two children of a family, for what is copied from week to week and from one to the other.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "": {},
    "errors": {},
    "angeline": {"weeks": weeks_alike(("V-.+✓", "--.✓+"), ("++.++", "✓c.✓+"), ("+✓.+✓", "-V.++")), "child": "0"},
    "bertrand": {"weeks": weeks_alike(("--.++", "--.V-"), ("++.✓+", "++.c+"), ("✓+.++", "++.++")), "child": "1"},
}


def context(page: str, *, variant: str) -> dict[str, Any]:
    """What the page needs beside the request."""
    errors = variant == "errors"
    form_class = {"styleguide_home": SignIn, "styleguide_office": Code}.get(page, Sample)
    sent = {"phone": "06", "child_code": "12 ab", "code": "12"} if errors else None
    return {
        "form": form_class(sent),
        "weeks": weeks(),
        "child": "0",
        "today": TODAY,
        "now": datetime(2014, 10, 8, 11, 20, tzinfo=UTC),
        "amount": Decimal("1111.11"),
        "tabs": tabs(),
        "rail": rail(),
        "agent_name": "Claire Dubois",
        "theme_version": "1",
        "clock_moved": errors,
        "clock_now": "mercredi 08/10/2014, 13h20",
        **VARIANTS[variant],
    }


def tabs() -> list[NavLink]:
    names = ("Planning", "Facture", "Facture TIPI", "Préinscription", "aide")
    return [NavLink(url=f"/{name}", label=name, current=name == "Planning") for name in names]


def rail() -> list[NavLink]:
    first = [NavLink(url="/mairie/", label="Aujourd'hui", current=True), NavLink(url="/c", label="Cuisine")]
    more = [NavLink(url="/a", label="Absences", count=2), NavLink(url="/f", label="Factures", group="Régie")]
    return first + more + [NavLink(url="/e", label="Encaissements", group="Régie")]


def request() -> HttpRequest:
    asked = HttpRequest()
    asked.META["SERVER_NAME"], asked.META["SERVER_PORT"] = "buchelay.localhost", "80"
    asked.commune = SimpleNamespace(
        header_name="Ville de Buchelay", place_name="Buchelay", place_of="de Buchelay", slug="buchelay"
    )
    return asked


def render(page: str, *, variant: str = "") -> str:
    return engine.get_template(f"ui/{page}.html").render(context(page, variant=variant), request())


def render_bare(template: str, *, asked: HttpRequest | None) -> str:
    """A page that gets nothing but, perhaps, a request."""
    return engine.get_template(template).render({}, asked)
