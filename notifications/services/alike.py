"""One SMS to many numbers, in one statement: what is common is written once, and the database draws the marks."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from notifications.models import ADDRESS_PURPOSE, FACTS_PURPOSE, Campaign, Class, Kind, OutboxMessage, State
from tenants import keys

OWN_ID_DIGITS = 20  # hexadecimal, of an SMS's mark: the longest that every provider keeps
# The numbers are sealed one by one; the text is sealed once, for it is the same.
_WRITE = """
INSERT INTO {table} (kind, "to", template, facts, requested_by, message_id, created_at, due_at, state, attempts,
                     last_error, message_class, campaign_id, parts, provider_ref, outcome, outcome_reason)
SELECT %(kind)s, sealed, %(template)s, %(facts)s, %(requested_by)s,
       left(replace(gen_random_uuid()::text, '-', ''), %(digits)s),
       %(now)s, %(now)s, %(state)s, 0, '', %(message_class)s, %(campaign)s, %(parts)s, '', '', ''
FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS given (sealed, rank) ORDER BY rank
"""


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
    given: dict[str, str | int | datetime | list[str] | None] = {
        "kind": Kind.SMS,
        "numbers": keys.encrypt_many(numbers, purpose=ADDRESS_PURPOSE),
        "template": template,
        "facts": keys.encrypt(facts, purpose=FACTS_PURPOSE),
        "requested_by": requested_by[:80],
        "digits": OWN_ID_DIGITS,
        "now": now,
        "state": State.WAITING,
        "message_class": message_class,
        "campaign": campaign.pk if campaign else None,
        "parts": parts,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(table=OutboxMessage._meta.db_table), given)
        return int(cursor.rowcount)
