from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("town", "0003_steps_skipped")]

    operations = [
        migrations.AlterField(
            model_name="townsettings",
            name="school_zone",
            field=models.CharField(blank=True, default="C", max_length=12, verbose_name="zone scolaire"),
        ),
    ]
