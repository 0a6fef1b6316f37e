"""Which commune answers at which number of the voice server."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from tenants import context
from tenants.models import Commune, Line


class NumberTaken(ValueError):
    """Another commune answers at this number."""


def set_lines(*, commune: Commune, numbers: Sequence[str]) -> None:
    """Make a commune answer at these numbers (E.164) and at no other. Raises `NumberTaken`; nothing is changed then."""
    with context.public(), transaction.atomic():
        Line.objects.filter(commune=commune).exclude(number__in=numbers).delete()
        own = set(Line.objects.filter(commune=commune).values_list("number", flat=True))
        for number in numbers:
            if number not in own:
                _add(commune, number)


def _add(commune: Commune, number: str) -> None:
    try:
        with transaction.atomic():
            Line.objects.create(number=number, commune=commune)
    except IntegrityError as error:
        raise NumberTaken(number) from error
