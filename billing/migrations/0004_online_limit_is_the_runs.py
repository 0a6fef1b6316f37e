"""Until when an invoice can be paid online is its run's, fixed at publication: a written invoice never changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_desk_and_reminders")]

    operations = [migrations.RemoveField(model_name="invoice", name="online_until")]
