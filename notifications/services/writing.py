"""Many messages in one statement: what is common is given once, and the database draws the marks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from notifications.models import ADDRESS_PURPOSE, FACTS_PURPOSE, Campaign, Class, Kind, OutboxMessage, State
from tenants import keys

OWN_ID_DIGITS = 20  # hexadecimal, of an SMS's mark: the longest that every provider keeps
# A model and its checks, made and bound for each of thousands, took three quarters of the time.
_INSERT = """
INSERT INTO {table} ("to", facts, message_id, dedup_key, kind, template, requested_by, created_at, due_at, state,
                     attempts, last_error, message_class, campaign_id, parts, provider_ref, outcome, outcome_reason)
SELECT {own}, %(kind)s, %(template)s, %(requested_by)s, %(now)s, %(now)s, %(state)s,
       0, '', %(message_class)s, %(campaign)s, %(parts)s, '', '', ''
FROM unnest({given}, rank) ORDER BY rank ON CONFLICT DO NOTHING
"""
_DRAWN = "replace(gen_random_uuid()::text, '-', '')"
# The numbers are sealed one by one; the text is sealed once, for it is the same.
_ALIKE = {
    "own": f"sealed, %(facts)s, left({_DRAWN}, %(digits)s), NULL",
    "given": "%(to)s::text[]) WITH ORDINALITY AS given (sealed",
}
# Each bears its own facts: a name, a link. Of two workers that write the same keys at once, one writes them.
_EMAILS = {
    "own": f"sealed, facts, '<' || {_DRAWN} || '@' || %(host)s || '>', dedup_key",
    "given": "%(to)s::text[], %(facts)s::text[], %(keys)s::text[]) WITH ORDINALITY AS given (sealed, facts, dedup_key",
}


class Email(NamedTuple):
    """An e-mail to write: its address and its facts, as texts in clear."""

    to: str
    facts: str
    dedup_key: str | None


def write_alike(
    numbers: Sequence[str],
    *,
    template: str,
    facts: str,
    requested_by: str,
    now: datetime,
    message_class: Class,
    campaign: Campaign | None,
    parts: int,
) -> int:
    """Write the same SMS, due at once, to these numbers (E.164); how many."""
    own = {
        "kind": Kind.SMS,
        "to": keys.encrypt_many(numbers, purpose=ADDRESS_PURPOSE),
        "facts": keys.encrypt(facts, purpose=FACTS_PURPOSE),
        "digits": OWN_ID_DIGITS,
        "message_class": message_class,
        "parts": parts,
    }
    return _write(_ALIKE, own | _common(template, requested_by, now, campaign))


def write_emails(
    emails: Sequence[Email],
    *,
    template: str,
    requested_by: str,
    now: datetime,
    campaign: Campaign | None,
    host: str,
) -> int:
    """Write these e-mails, due at once; how many: one whose `dedup_key` is there already is not written."""
    own = {
        "kind": Kind.EMAIL,
        "to": keys.encrypt_many((one.to for one in emails), purpose=ADDRESS_PURPOSE),
        "facts": keys.encrypt_many((one.facts for one in emails), purpose=FACTS_PURPOSE),
        "keys": [one.dedup_key for one in emails],
        "host": host,
        "message_class": Class.SERVICE,
        "parts": 1,
    }
    return _write(_EMAILS, own | _common(template, requested_by, now, campaign))


def _common(template: str, requested_by: str, now: datetime, campaign: Campaign | None) -> dict[str, Any]:
    return {
        "template": template,
        "requested_by": requested_by,
        "now": now,
        "state": State.WAITING,
        "campaign": campaign.pk if campaign else None,
    }


def _write(shape: Mapping[str, str], given: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(table=OutboxMessage._meta.db_table, **shape), given)
        return int(cursor.rowcount)
