"""What prices a run stood on: a digest of them, so that nobody validates amounts that are no longer those decided."""

from typing import Any

from django.db import connection

from billing.models import BillingRun

_HOLD = """
LOCK TABLE billing_tariff, billing_tariffprice, billing_quotient, billing_householdterms, billing_billingsettings
IN SHARE MODE
"""
# Periods are cut to the run's days: a price that ends or begins later changes nothing of them. Households are those
# that the run asks, and those it may give back to; the others' quotients are not its own. A correction stands on what
# was invoiced too: another one, or a canceled invoice, makes it another difference.
_DIGEST = """
WITH days AS (SELECT daterange(%(first)s, %(last)s, '[]') AS during),
issued AS (
    SELECT invoice.id, invoice.household_id
    FROM billing_invoice invoice JOIN billing_billingrun former ON former.id = invoice.run_id
    WHERE %(corrected)s::bigint IN (former.id, former.corrects_id)
        AND (cardinality(%(households)s::bigint[]) = 0 OR invoice.household_id = ANY(%(households)s::bigint[]))
),
concerned AS (
    SELECT household_id FROM billing_draftinvoice WHERE run_id = %(run)s
    UNION
    SELECT household_id FROM issued
),
tariffs AS (
    SELECT tariff.*, tariff.valid_during * days.during AS held FROM billing_tariff tariff, days
    WHERE tariff.cash_office_id = %(office)s AND tariff.valid_during && days.during
),
local AS (SELECT resident_postal_codes AS codes FROM billing_billingsettings),
facts AS (
    SELECT 1 AS kind, (to_jsonb(tariffs) - '{valid_during,made_at,made_by}'::text[])::text AS fact FROM tariffs
    UNION ALL
    SELECT 2, (to_jsonb(price) - 'id')::text
    FROM billing_tariffprice price JOIN tariffs ON tariffs.id = price.tariff_id
    UNION ALL
    SELECT 3, jsonb_build_array(quotient.household_id, quotient.value, quotient.valid_during * days.during)::text
    FROM billing_quotient quotient JOIN concerned USING (household_id), days
    WHERE quotient.valid_during && days.during
    UNION ALL
    SELECT 4, jsonb_build_array(household.id, terms.resident, household.postal_code)::text
    FROM concerned JOIN families_household household ON household.id = concerned.household_id
    LEFT JOIN billing_householdterms terms ON terms.household_id = household.id
    UNION ALL
    SELECT 5, codes::text FROM local
    UNION ALL
    SELECT 6, jsonb_build_array(count(*), max(id))::text FROM issued HAVING count(*) > 0
)
SELECT encode(sha256(convert_to(coalesce(string_agg(fact, E'\\n' ORDER BY kind, fact COLLATE "C"), ''), 'UTF8')), 'hex')
FROM facts
"""


def hold_prices() -> None:
    """Keep tariffs, quotients and residence as they are until the transaction ends: who changes them waits."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)


def digest(run: BillingRun) -> str:
    """The digest of the tariffs, prices, quotients and residence behind a run's drafts: one statement."""
    facts: dict[str, Any] = {
        "run": run.pk,
        "office": run.cash_office_id,
        "first": run.origin.first_day,
        "last": run.origin.last_day,
        "households": run.households,
        "corrected": run.corrects_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, facts)
        return str(cursor.fetchone()[0])


def is_current(run: BillingRun) -> bool:
    """Whether a run's drafts were computed with the prices of now."""
    return run.basis == digest(run)
