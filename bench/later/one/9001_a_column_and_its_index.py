from django.db import migrations, models

from bench.later.one import LAST


class Migration(migrations.Migration):
    dependencies = [("voice", LAST)]

    operations = [
        migrations.AddField("call", "first", models.CharField(max_length=20, db_default="")),
        migrations.AddIndex("call", models.Index(fields=["first"], name="call_first")),
    ]
