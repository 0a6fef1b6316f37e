from django.db import migrations

ROWS = "INSERT INTO voice_hearing (slug, word_id) SELECT 'un', min(id) FROM voice_pronunciation"


class Migration(migrations.Migration):
    """Their reference is checked at the commit."""

    dependencies = [("voice", "9001_several_kinds")]

    operations = [migrations.RunSQL(ROWS, migrations.RunSQL.noop)]
