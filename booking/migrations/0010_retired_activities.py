from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('booking', '0009_the_calendar_room'),
    ]

    operations = [
        migrations.AddField(
            model_name='activity',
            name='retired_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='retirée le'),
        ),
    ]
