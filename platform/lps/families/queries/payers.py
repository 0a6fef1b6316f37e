"""Who pays for a household, as bills are addressed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from django.db import connection


class PayerChild(NamedTuple):
    """A child of a household, and one of the times during which it has it, each to the eve of its end."""

    pk: int
    first_name: str
    since: date
    until: date | None


class PayerRow(NamedTuple):
    """Who pays for a household and where to write: "" for what is not known. Its children, the eldest first."""

    household_id: int
    payer: str
    street: str
    postal_code: str
    city: str
    children: tuple[PayerChild, ...]


_PAYERS = """
SELECT household.id, coalesce(payer.name, ''), household.street, household.postal_code, household.city,
    children.keys, children.names, children.since, children.until
FROM families_household household
LEFT JOIN LATERAL (
    SELECT concat_ws(' ', nullif(guardian.title, ''), guardian.first_name, guardian.last_name) AS name
    FROM families_guardian guardian WHERE guardian.household_id = household.id
    ORDER BY guardian.is_payer DESC, guardian.id LIMIT 1
) payer ON true
LEFT JOIN LATERAL (
    SELECT array_agg(child.id ORDER BY child.birth_date, child.id, custody.id) AS keys,
        array_agg(child.first_name ORDER BY child.birth_date, child.id, custody.id) AS names,
        array_agg(coalesce(lower(custody.valid_during), '0001-01-01') ORDER BY child.birth_date, child.id, custody.id)
            AS since,
        array_agg(upper(custody.valid_during) ORDER BY child.birth_date, child.id, custody.id) AS until
    FROM families_custody custody JOIN families_child child ON child.id = custody.child_id
    WHERE custody.household_id = household.id
) children ON true
WHERE %(households)s::bigint[] IS NULL OR household.id = ANY(%(households)s)
ORDER BY household.id
"""


def payers(households: Iterable[int] | None = None) -> Iterator[PayerRow]:
    """Who pays, for these households or all, in the order of their keys: one statement, read through a server-side
    cursor. Read it in a transaction.
    """
    with closing(connection.chunked_cursor()) as cursor:
        cursor.execute(_PAYERS, {"households": None if households is None else list(households)})
        while rows := cursor.fetchmany(500):
            yield from (PayerRow._make((*row[:5], _payer_children(row[5:]))) for row in rows)


def _payer_children(columns: Sequence[Sequence[Any] | None]) -> tuple[PayerChild, ...]:
    return tuple(PayerChild(*values) for values in zip(*(column or () for column in columns), strict=True))
