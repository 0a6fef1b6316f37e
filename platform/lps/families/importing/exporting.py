"""Families as lines of the documented template: what an import of that very file would find standing already."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from lps.families import phones
from lps.families.importing import reading
from lps.families.importing.columns import COLUMNS
from lps.families.models import Custody, Enrollment, Guardian
from lps.families.queries.care import diets_of
from lps.kernel import spreadsheet
from tenants import context

GUARDIANS = 2  # of a household: those that the template has columns for, who pays first


def lines(*, day: date, sites: Collection[int] = (), with_codes: bool) -> list[dict[str, str]]:
    """One line a child and household that has it on that day, by school, class and name: four statements.

    Only children of these schools when some are given. Spaces are folded, as an import reads them.
    """
    seats = _seats(day=day, sites=sites)
    held = Custody.objects.filter(valid_during__contains=day, child__anonymized_at__isnull=True)
    if sites:
        held = held.filter(child__in=list(seats))
    custodies = list(held.select_related("child", "household"))
    guardians = _guardians({one.household_id for one in custodies})
    diets = diets_of({one.child_id for one in custodies})
    found = [
        {
            **_seat(seats.get(one.child_id)),
            **_child(one, diets.get(one.child_id, ()), with_codes=with_codes),
            **_household(one, with_codes=with_codes),
            **_told(guardians.get(one.household_id, ())),
        }
        for one in custodies
    ]
    names = {id(line): one.child.name_sort for line, one in zip(found, custodies, strict=True)}
    found.sort(key=lambda line: (line["school"], line["school_class"], names[id(line)], line["household"]))
    return [{key: reading.clean(cell) for key, cell in line.items()} for line in found]


def as_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """The lines as a French spreadsheet opens them, under the template's names."""
    head = [column.name for column in COLUMNS]
    return spreadsheet.table([head, *([row.get(column.key, "") for column in COLUMNS] for row in rows)])


def _seats(*, day: date, sites: Collection[int]) -> dict[int, Enrollment]:
    rows = Enrollment.objects.filter(valid_during__contains=day)
    if sites:
        rows = rows.filter(school_class__site__in=list(sites))
    return {row.child_id: row for row in rows.select_related("school_class__site", "school_class__teacher")}


def _guardians(households: Collection[int]) -> dict[int, list[Guardian]]:
    found: dict[int, list[Guardian]] = {}
    for one in Guardian.objects.filter(household__in=households).order_by("-is_payer", "pk"):
        found.setdefault(one.household_id, []).append(one)
    return found


def _seat(seat: Enrollment | None) -> dict[str, str]:
    if seat is None:
        return {"school": "", "school_class": ""}
    where = seat.school_class
    teacher = str(where.teacher).strip() if where.teacher else ""
    return {"school": where.site.name, "school_class": where.name, "level": where.level, "teacher": teacher}


def _child(custody: Custody, diets: Iterable[str], *, with_codes: bool) -> dict[str, str]:
    child = custody.child
    return {
        "child_last_name": child.last_name,
        "child_first_name": child.first_name,
        "birth_date": f"{child.birth_date:%d/%m/%Y}" if child.birth_date else "",
        "child_code": child.child_code if with_codes else "",
        "diets": ", ".join(diets),
    }


def _household(custody: Custody, *, with_codes: bool) -> dict[str, str]:
    household = custody.household
    return {
        "household": household.name,
        "family_code": household.family_code if with_codes else "",
        "street": household.street,
        "postal_code": household.postal_code,
        "city": household.city,
    }


def _told(guardians: Iterable[Guardian]) -> dict[str, str]:
    region = phones.region_of(context.current().zone)
    return {
        f"{key}_{rank}": value
        for rank, one in enumerate(list(guardians)[:GUARDIANS], start=1)
        for key, value in {
            "title": one.title,
            "last_name": one.last_name,
            "first_name": one.first_name,
            "email": one.email,
            "phone": phones.shown(one.phone, region=region) if one.phone else "",
        }.items()
    }
