"""What opens a family's room: codes, links, addresses."""

from collections.abc import Iterable
from datetime import date, datetime

from lps.families import codes
from lps.families.models import Child, Custody, FamilyLink, Guardian, Household, email_key
from lps.families.queries.custody import days_within
from notifications import queries as notifications


def known_family_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a household bears: one statement."""
    return set(Household.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def known_child_lookups(lookups: Iterable[str]) -> set[str]:
    """Those of these look-up hashes that a child bears: one statement."""
    return set(Child.objects.filter(code_lookup__in=list(lookups)).values_list("code_lookup", flat=True))


def custody_by_codes(*, child_code: str, family_code: str, day: date) -> Custody | None:
    """The custody that this pair of codes opens on this day: one statement, whatever is wrong."""
    return (
        Custody.objects.filter(
            child__code_lookup=codes.child_lookup(child_code),
            household__code_lookup=codes.family_lookup(family_code),
            valid_during__contains=day,
        )
        .select_related("child", "household")
        .first()
    )


def custody_known_by_codes(*, child_code: str, family_code: str, day: date) -> Custody | None:
    """The custody of this pair of codes: the one of this day, else the last, be it over or to come. One statement."""
    found = Custody.objects.filter(
        child__code_lookup=codes.child_lookup(child_code), household__code_lookup=codes.family_lookup(family_code)
    )
    custodies = list(found.select_related("child", "household").order_by("-valid_during"))
    return next((one for one in custodies if days_within(one.valid_during, [day])), next(iter(custodies), None))


def custodies_by_child_code(*, child_code: str, day: date) -> list[Custody]:
    """The custodies in which this code's child is on this day: two when it has two households. One statement."""
    found = Custody.objects.filter(child__code_lookup=codes.child_lookup(child_code), valid_during__contains=day)
    return list(found.select_related("child", "household").order_by("pk"))


def custody_on(*, pk: int, day: date) -> Custody | None:
    """A custody that holds on a day, or None."""
    return Custody.objects.filter(pk=pk, valid_during__contains=day).select_related("child", "household").first()


def household_in_force(*, key: str, generation: int) -> Household | None:
    """The household that a session or a device names, unless its code was renewed since."""
    if not key.isdecimal():
        return None
    return Household.objects.filter(pk=int(key), generation=generation).first()


def households_of_email(email: str) -> list[tuple[Household, str]]:
    """The households that have this address on file, each with the address as it is on file there.

    A link goes to the address on file, never to a look-alike that was typed.
    """
    wanted = email_key(email)
    if not wanted:
        return []
    found = {g.household: g.email for g in Guardian.objects.filter(email_key=wanted).select_related("household")}
    holders = [holder.removeprefix("household:") for holder in notifications.holders_of(email)]
    for proved in Household.objects.filter(pk__in=[int(key) for key in holders if key.isdecimal()]):
        own = {email_key(known.address): known.address for known in notifications.addresses_of(proved.holder)}
        if wanted in own:
            found.setdefault(proved, own[wanted])
    return sorted(found.items(), key=lambda pair: pair[0].pk)


def link_in_force(*, lookup: str, purpose: FamilyLink.Purpose, now: datetime) -> FamilyLink | None:
    """The link of that hashed token, unless used or expired at `now` (true time)."""
    return FamilyLink.objects.filter(lookup=lookup, purpose=purpose, used_at__isnull=True, expires_at__gt=now).first()


def tries_the_portal(*, household: int) -> bool:
    """Whether the town chose this family to come in before its portal opens."""
    return Household.objects.filter(pk=household, tries_portal=True).exists()
