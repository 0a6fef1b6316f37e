"""The family's own data, gathered for its download: each app gives its part.

An app to the left registers its part in its AppConfig: `register("Réservations", bookings_of)`, a
function from a household to rows of plain values (texts, numbers, days, instants, amounts).
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from lps.families.models import Custody, DataRequest, Enrollment, Guardian, Household
from lps.kernel import spreadsheet
from notifications import queries as notifications
from tenants import context
from tenants.town import house_rules

Row = dict[str, Any]
Part = Callable[[Household], list[Row]]
Writer = Callable[[Household], str]

_parts: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Add a part under its French name; raise ValueError for a name that another part bears."""
    if _parts.setdefault(name, part) is not part:
        raise ValueError(f"registered twice: {name}")


def gather(household: Household) -> dict[str, list[Row]]:
    """Every part, in the order of registration."""
    return {name: part(household) for name, part in _parts.items()}


def as_json(household: Household) -> str:
    """The family's data as one JSON document, for people and for another service."""
    document = {"commune": context.current().header_name, "famille": household.name, "données": gather(household)}
    return json.dumps(document, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def as_csv(household: Household) -> str:
    """The same as a table that a French spreadsheet opens: one line per value."""
    head = ("rubrique", "ligne", "information", "valeur")
    return spreadsheet.table([head, *_lines(gather(household))])


def _lines(parts: dict[str, list[Row]]) -> Iterator[tuple[str, int, str, str]]:
    for name, rows in parts.items():
        for number, row in enumerate(rows, start=1):
            for label, value in row.items():
                yield name, number, label, _as_text(value)


def _as_text(value: Any) -> str:
    """A value as people read it: days and hours of the commune, "oui" and "non", lists on one line."""
    match value:
        case None:
            return ""
        case bool():
            return _("oui") if value else _("non")
        case datetime():
            return f"{value.astimezone(context.current().zone):%d/%m/%Y %H:%M:%S}"
        case date():
            return f"{value:%d/%m/%Y}"
        case list() | tuple():
            return " ; ".join(_as_text(one) for one in value)
        case dict():
            return ", ".join(f"{label}\u00a0: {_as_text(one)}" for label, one in value.items())
        case _:
            return str(value)


def household_part(household: Household) -> list[Row]:
    """The household itself, its code included: it is the family's own."""
    return [
        {
            "nom": household.name,
            "code famille": household.family_code,
            "code renouvelé le": household.code_renewed_at,
            "adresse": household.street,
            "code postal": household.postal_code,
            "ville": household.city,
        }
    ]


def guardians_part(household: Household) -> list[Row]:
    """Its guardians (représentants)."""
    return [
        {
            "civilité": guardian.title,
            "prénom": guardian.first_name,
            "nom": guardian.last_name,
            "courriel": guardian.email,
            "téléphone": guardian.phone,
            "payeur": guardian.is_payer,
        }
        for guardian in Guardian.objects.filter(household=household)
    ]


def children_part(household: Household) -> list[Row]:
    """Its children, with the days during which they belong to it."""
    custodies = Custody.objects.filter(household=household).select_related("child")
    return [
        {
            "prénom": custody.child.first_name,
            "nom": custody.child.last_name,
            "né le": custody.child.birth_date,
            "code enfant": custody.child.child_code,
            "dans la famille à partir du": custody.valid_during.lower,
            "jusqu'au (exclu)": custody.valid_during.upper,
        }
        for custody in custodies
    ]


def enrollments_part(household: Household) -> list[Row]:
    """Its children's classes."""
    enrollments = (
        Enrollment.objects.filter(child__custodies__household=household)
        .select_related("child", "school_class__site", "school_class__teacher")
        .order_by("child__name_sort", "valid_during", "pk")
        .distinct()
    )
    return [
        {
            "enfant": str(enrollment.child),
            "école": enrollment.school_class.site.name,
            "classe": str(enrollment.school_class),
            "à partir du": enrollment.valid_during.lower,
            "jusqu'au (exclu)": enrollment.valid_during.upper,
        }
        for enrollment in enrollments
    ]


def consents_part(household: Household) -> list[Row]:
    """The addresses it proved, with the consent given then and its end."""
    return [
        {
            "adresse": address.address,
            "consentement": address.consent,
            "prouvée le": address.proved_at,
            "retirée le": address.withdrawn_at,
        }
        for address in notifications.consents_of(household.holder)
    ]


def requests_part(household: Household) -> list[Row]:
    """What it asked about these data."""
    return [
        {
            "demande": asked.get_kind_display(),
            "précisions": asked.words,
            "reçue le": asked.received_at,
            "réponse": asked.answer,
            "traitée le": asked.answered_at,
        }
        for asked in DataRequest.objects.filter(household=household)
    ]


def rules_part(household: Household) -> list[Row]:
    """The rules that it accepted, which version and when."""
    return [
        {
            "règlement": accepted.rules.title,
            "en vigueur à partir du": accepted.rules.in_force_from,
            "version publiée le": accepted.rules.published_at,
            "accepté le": accepted.accepted_at,
        }
        for accepted in house_rules.acceptances_of(household.holder)
    ]


OWN: dict[str, Part] = {
    "Famille": household_part,
    "Représentants": guardians_part,
    "Enfants": children_part,
    "Classes": enrollments_part,
    "Adresses et consentements": consents_part,
    "Demandes": requests_part,
    "Règlements acceptés": rules_part,
}
