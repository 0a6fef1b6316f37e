"""Pages by cursor: a page starts after the last row of the one before, so that rows added or gone shift nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from lps.accounts.api.fields import Filters, NumberParameter, complaint
from tenants import context

USUAL_SIZE, LARGEST_SIZE = 50, 200

Row = TypeVar("Row", bound=Model)


class PageFilters(Filters):
    """What every list takes."""

    taille = NumberParameter(
        required=False,
        min_value=1,
        max_value=LARGEST_SIZE,
        default=USUAL_SIZE,
        help_text=_("Combien de lignes dans une page."),
    )
    curseur = serializers.CharField(
        required=False,
        max_length=500,
        help_text=_("Où commence la page : recopié de « suivant », jamais fabriqué."),
    )


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of the next page; "" when this is the last one."""

    rows: Sequence[Row]
    next_cursor: str


def page_of(rows: QuerySet[Row], *, order: Sequence[str], path: str, size: int, cursor: str) -> Page[Row]:
    """One page of rows in ascending `order`, whose last field is unique; `path` is the list that the cursor is for.

    Raises `ValidationError` for a cursor that this list never gave.
    """
    if cursor:
        rows = rows.filter(_after(order, _read(cursor, path, len(order))))
    found = list(rows.order_by(*order)[: size + 1])
    shown = found[:size]
    return Page(shown, _written(shown[-1], order, path) if len(found) > size else "")


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows beyond these values: (a, b) > (x, y) is a > x, or a = x and b > y."""
    known = list(zip(order, values, strict=True))
    steps = (Q(**dict(known[:number])) & Q(**{f"{name}__gt": value}) for number, (name, value) in enumerate(known))
    return reduce(or_, steps)


def _written(row: Model, order: Sequence[str], path: str) -> str:
    values = [value if isinstance(value := getattr(row, name), int) else str(value) for name in order]
    return signing.dumps(values, salt=_salt(path))


def _read(cursor: str, path: str, length: int) -> list[Any]:
    try:
        values = signing.loads(cursor, salt=_salt(path))
    except signing.BadSignature as error:
        message = _("Ce curseur ne vient pas de cette liste : repartez de la première page.")
        raise complaint("curseur", code="invalid", message=message) from error
    return list(values)


def _salt(path: str) -> str:
    return f"api:{context.current().pk}:{path}"
