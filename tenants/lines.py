"""Which commune answers at which number of the voice server."""

from django.db import IntegrityError, transaction

from tenants import context
from tenants.models import Commune, Line


class NumberTaken(ValueError):
    """Another commune answers at this number."""


def set_line(*, commune: Commune, number: str) -> None:
    """Make a commune answer at this number (E.164) alone, at none when it is empty. Raises `NumberTaken`."""
    with context.public(), transaction.atomic():
        Line.objects.filter(commune=commune).exclude(number=number).delete()
        if number and not Line.objects.filter(commune=commune, number=number).exists():
            _add(commune, number)


def _add(commune: Commune, number: str) -> None:
    try:
        with transaction.atomic():
            Line.objects.create(number=number, commune=commune)
    except IntegrityError as error:
        raise NumberTaken(number) from error
