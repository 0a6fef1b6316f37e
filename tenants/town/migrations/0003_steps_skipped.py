from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("town", "0002_the_town_hall")]

    operations = [
        migrations.AddField(
            model_name="townsettings",
            name="set_up_skipped",
            field=models.JSONField(blank=True, default=list, verbose_name="étapes passées"),
        ),
    ]
