"""Families that can be written to at once: those of a school, of a class."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext_lazy as _

from lps.families.models import Custody, Enrollment, Guardian
from lps.families.queries.school import classes_on_roll, schools
from notifications.audiences import Audience, Choice, Recipients
from notifications.models import Class
from notifications.rules.numbers import BadNumber, mobile
from notifications.services.sms import number_lookup


def recipients_of(households: Iterable[int]) -> Recipients:
    """How these households are written to: their proved addresses, and the mobiles of their guardians."""
    homes = list(households)
    phones = Guardian.objects.filter(household__in=homes).exclude(phone="").order_by("pk")
    numbers = {
        number_lookup(number): number for phone in phones.values_list("phone", flat=True) for number in _mobile(phone)
    }
    return Recipients(frozenset(f"household:{pk}" for pk in homes), numbers)


def _mobile(phone: str) -> list[str]:
    try:
        return [mobile(phone)]
    except BadNumber:
        return []


def _schools(today: date) -> list[Choice]:
    return [Choice(kind="school", key=site.pk, label=site.name, site_id=site.pk) for site in schools()]


def _classes(today: date) -> list[Choice]:
    return [
        Choice(kind="class", key=one.pk, label=f"{one}, {one.site.name}", site_id=one.site_id)
        for one in classes_on_roll(today)
        if getattr(one, "pupils", 0)
    ]


def _of_school(key: int, today: date) -> Recipients:
    return _homes(today, school_class__site=key)


def _of_class(key: int, today: date) -> Recipients:
    return _homes(today, school_class=key)


def _homes(today: date, **where: int) -> Recipients:
    seated = Enrollment.objects.filter(valid_during__contains=today, **where).order_by()
    held = Custody.objects.filter(child__in=seated.values("child"), valid_during__contains=today).order_by()
    return recipients_of(held.values_list("household", flat=True).distinct())


OWN = (
    Audience(kind="school", label=_("Familles d'une école"), of=Class.SERVICE, choices=_schools, recipients=_of_school),
    Audience(kind="class", label=_("Familles d'une classe"), of=Class.SERVICE, choices=_classes, recipients=_of_class),
)
