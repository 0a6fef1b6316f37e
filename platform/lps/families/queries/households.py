"""Families, their addresses, and what they asked about their data."""

from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import F, QuerySet

from lps.families.models import DataRequest, Guardian, Household, email_key
from lps.families.queries.pupils import households_at
from notifications import queries as notifications


def household_by_key(*, pk: int) -> Household | None:
    """A household, or None."""
    return Household.objects.filter(pk=pk).first()


def household_names(pks: Iterable[int]) -> dict[int, str]:
    """The names of families, by their keys."""
    return dict(Household.objects.filter(pk__in=list(pks)).values_list("pk", "name"))


def guardian_in(household: Household, *, pk: int) -> Guardian | None:
    """The household's guardian of that key."""
    return Guardian.objects.select_related("household").filter(pk=pk, household=household).first()


def emails_of(household: Household) -> list[str]:
    """The addresses on file of a household: its guardians' and those it proved, each once."""
    known = [*Guardian.objects.filter(household=household).exclude(email="").values_list("email", flat=True)]
    known += proved_emails_of(household)
    return list({email_key(email): email for email in known}.values())


def proved_emails_of(household: Household) -> list[str]:
    """The addresses that a household proved to be its own, in the order of their proofs."""
    return [address.address for address in notifications.addresses_of(household.holder)]


def emails_of_many(households: Iterable[int]) -> dict[int, list[str]]:
    """The guardians' addresses of these households, each once: one statement."""
    found: dict[int, dict[str, str]] = {}
    rows = Guardian.objects.filter(household__in=list(households)).exclude(email="").order_by("pk")
    for household, email in rows.values_list("household", "email"):
        found.setdefault(household, {}).setdefault(email_key(email), email)
    return {household: list(emails.values()) for household, emails in found.items()}


def requests_of(household: Household) -> list[DataRequest]:
    """What a household asked about its personal data, the latest first."""
    return list(DataRequest.objects.filter(household=household))


def data_requests(*, day: date, sites: Collection[int] = ()) -> QuerySet[DataRequest]:
    """Every request about personal data, those to answer first, each group by date.

    Only those of families who on that day have a child at these schools when some are given.
    """
    waiting_first = F("answered_at").desc(nulls_first=True)
    rows = DataRequest.objects.select_related("household").order_by(waiting_first, "received_at", "pk")
    return rows.filter(household__in=households_at(sites, day=day)) if sites else rows
