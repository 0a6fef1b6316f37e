"""What a commune counts, read across the schemas of a page of communes in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from psycopg import sql

from tenants import context
from tenants.fleet import versions
from tenants.fleet.versions import Standing
from tenants.models import Commune

_EACH = sql.SQL(
    "SELECT {slug}::text,"
    " (SELECT count(*) FROM {schema}.families_household WHERE code_lookup NOT LIKE 'erased:%%'),"
    " (SELECT count(*) FROM {schema}.families_child WHERE anonymized_at IS NULL),"
    " (SELECT count(*) FROM {schema}.booking_booking WHERE canceled_at IS NULL AND day >= %(since)s"
    " AND day < %(until)s),"
    " (SELECT count(*) FROM {schema}.billing_invoice WHERE issued_at >= %(since)s AND issued_at < %(until)s),"
    " (SELECT count(*) FROM {schema}.notifications_outboxmessage WHERE sent_at >= %(since)s AND sent_at < %(until)s),"
    " (SELECT count(*) FROM {schema}.notifications_outboxmessage WHERE state = 'dead'),"
    " (SELECT count(*) FROM {schema}.accounts_account WHERE is_active),"
    " (SELECT max(last_sign_in_at) FROM {schema}.accounts_account),"
    " (SELECT coalesce(sum(parts), 0) FROM {schema}.notifications_outboxmessage WHERE kind = 'sms'"
    " AND sent_at >= %(since)s AND sent_at < %(until)s),"
    " (SELECT count(*) FROM {schema}.voice_call WHERE door <> 'trial' AND called_at >= %(since)s"
    " AND called_at < %(until)s),"
    " coalesce((SELECT last_error FROM {schema}.notifications_outboxmessage WHERE state = 'dead'"
    " ORDER BY id DESC LIMIT 1), '')"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One commune's: what stands, what the month brought (bookings by their day), and what deserves a look."""

    households: int
    children: int
    bookings: int
    invoices: int
    messages: int
    dead_messages: int
    agents: int
    last_sign_in_at: datetime | None
    sms_parts: int
    calls: int
    last_error: str


def standings(communes: Sequence[Commune]) -> dict[str, Standing]:
    """Where the schema of each stands beside the code, by slug."""
    return {one.commune.slug: one for one in versions.standings(communes)}


def behind(communes: Sequence[Commune]) -> set[str]:
    """The slugs of those whose schema is not the code's: their figures cannot be read."""
    return {slug for slug, standing in standings(communes).items() if not is_readable(standing)}


def is_readable(standing: Standing) -> bool:
    """Whether its figures can be read: the schema is the code's."""
    return not standing.missing and not standing.unknown


def of_month(communes: Sequence[Commune], *, first_day: date) -> dict[str, Figures]:
    """The figures of a month by slug, in one statement; the communes must be at the code's schema."""
    if not communes:
        return {}
    until = date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)
    each = [_EACH.format(slug=sql.Literal(one.slug), schema=sql.Identifier(one.schema_name)) for one in communes]
    with context.public(), connection.cursor() as cursor:
        statement = sql.SQL(" UNION ALL ").join(each).as_string(cursor.connection)
        cursor.execute(statement, {"since": first_day, "until": until})
        return {slug: Figures(*facts) for slug, *facts in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class ToKeep:
    """The accounting pieces that a town keeps for ten years: how many invoices, and the last one's instant."""

    invoices: int
    last: datetime | None


def to_keep(commune: Commune, *, since: datetime) -> ToKeep:
    """The invoices issued since an instant."""
    with context.use(commune), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(issued_at) FROM billing_invoice WHERE issued_at >= %s", [since])
        return ToKeep(*cursor.fetchone())
