"""Name the month's run that each correction made so far mends: the one of the same days."""

from django.db import migrations

NAME = """
UPDATE billing_billingrun correction SET corrects_id = (
    SELECT min(month.id) FROM billing_billingrun month
    WHERE month.kind = 'month' AND month.cash_office_id = correction.cash_office_id
        AND month.first_day = correction.first_day AND month.last_day = correction.last_day
)
WHERE correction.kind = 'correction' AND correction.corrects_id IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_what_corrections_mend")]

    operations = [migrations.RunSQL(NAME, migrations.RunSQL.noop, elidable=True)]
