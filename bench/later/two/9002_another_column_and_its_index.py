from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("voice", "9001_a_column_and_its_index")]

    operations = [
        migrations.AddField("call", "second", models.CharField(max_length=20, db_default="")),
        migrations.AddIndex("call", models.Index(fields=["second"], name="call_second")),
    ]
