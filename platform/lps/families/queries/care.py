"""What those who look after a child must know: whom to call, diets, health."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from lps.families import phones
from lps.families.models import Child, Contact, Custody, Diet, Enrollment, HealthNote
from tenants import context


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSheet:
    """What those who call the roll need of some children, by their keys; `order` is that of their names."""

    order: tuple[int, ...]
    names: Mapping[int, str]
    classes: Mapping[int, str]
    diets: Mapping[int, tuple[str, ...]]
    health: Mapping[int, tuple[str, ...]]
    forbidden: Mapping[int, tuple[str, ...]]


def call_sheet(children: Iterable[int], *, day: date, with_health: bool) -> CallSheet:
    """Names, classes on that day, diets, persons who may not fetch them, and health notes when asked: five statements.

    Health notes are read by entitled agents alone, and the caller logs it.
    """
    pks = list(children)
    rows = list(Child.objects.filter(pk__in=pks).order_by("name_sort", "pk"))
    classes = Enrollment.objects.filter(child__in=pks, valid_during__contains=day)
    forbidden = Contact.objects.filter(child__in=pks, kind=Contact.Kind.FORBIDDEN).order_by("pk")
    diets = Child.diets.through.objects.filter(child__in=pks).order_by("diet__order")
    return CallSheet(
        order=tuple(child.pk for child in rows),
        names={child.pk: str(child) for child in rows},
        classes=dict(classes.values_list("child", "school_class__name")),
        diets=_grouped(diets.values_list("child", "diet__name")),
        health=_health_of(pks, day=day) if with_health else {},
        forbidden=_grouped(forbidden.values_list("child", "name")),
    )


def _health_of(children: Sequence[int], *, day: date) -> dict[int, tuple[str, ...]]:
    """The notes in force on that day, opened."""
    notes = HealthNote.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), child__in=children)
    return _grouped((note.child_id, f"{note.get_kind_display()} {note.opened}".strip()) for note in notes)


def _grouped(pairs: Iterable[tuple[int, str]]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found


@dataclass(frozen=True, slots=True)
class Reachable:
    """Somebody to call about a child: a guardian, an emergency contact, who may fetch it."""

    name: str
    relation: str
    phone: str


def contacts_of(children: Iterable[int], *, day: date) -> dict[int, tuple[Reachable, ...]]:
    """Whom to call about these children on that day, guardians first, then those for an emergency: two statements.

    Never who may not fetch the child: the sheets name that person apart.
    """
    pks, region = list(children), phones.region_of(context.current().zone)
    found: dict[int, list[Reachable]] = {}
    custodies = Custody.objects.filter(child__in=pks, valid_during__contains=day)
    guardians = custodies.values_list(
        "child", "household__guardians__first_name", "household__guardians__last_name", "household__guardians__phone"
    )
    for child, first_name, last_name, phone in guardians.order_by("household__guardians__pk"):
        if last_name:
            found.setdefault(child, []).append(
                Reachable(
                    f"{first_name} {last_name}", "représentant", phones.shown(phone, region=region) if phone else ""
                )
            )
    contacts = Contact.objects.filter(child__in=pks).exclude(kind=Contact.Kind.FORBIDDEN)
    for contact in contacts.order_by("-kind", "pk"):
        words = contact.relation or contact.get_kind_display()
        phone = phones.shown(contact.phone, region=region) if contact.phone else ""
        found.setdefault(contact.child_id, []).append(Reachable(contact.name, words, phone))
    return {child: tuple(contacts) for child, contacts in found.items()}


def contact_of(child: Child, *, pk: int) -> Contact | None:
    """The child's contact of that key."""
    return Contact.objects.select_related("child").filter(pk=pk, child=child).first()


def diets() -> QuerySet[Diet]:
    """Every diet that the town knows."""
    return Diet.objects.all()


def diets_of(children: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """What each of these children does not eat, in the town's order: one statement."""
    rows = Child.diets.through.objects.filter(child__in=list(children)).order_by("diet__order", "diet")
    return _grouped(rows.values_list("child", "diet__name"))


def health_notes(child: Child) -> list[HealthNote]:
    """The child's health notes, still sealed."""
    return list(HealthNote.objects.filter(child=child))


def health_note_of(child: Child, *, pk: int) -> HealthNote | None:
    """The child's health note of that key, still sealed."""
    return HealthNote.objects.select_related("child").filter(pk=pk, child=child).first()
