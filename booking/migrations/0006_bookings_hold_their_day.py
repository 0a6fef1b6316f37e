from django.db import migrations

ALTER = (
    "ALTER TABLE booking_booking ALTER CONSTRAINT booking_booking_service_day_id_bcb4ec55_fk_booking_s"
    " DEFERRABLE INITIALLY %s"
)


class Migration(migrations.Migration):
    """A booking holds its day from its insert on, and no longer from the commit: who closes days waits for it."""

    dependencies = [
        ('booking', '0005_meals'),
    ]

    operations = [migrations.RunSQL(ALTER % "IMMEDIATE", reverse_sql=ALTER % "DEFERRED")]
