from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0007_admissions'),
    ]

    operations = [
        migrations.AddField(
            model_name='receipt',
            name='passed_over',
            field=models.JSONField(default=list, verbose_name='règles outrepassées'),
        ),
        migrations.AlterField(
            model_name='absence',
            name='state',
            field=models.CharField(choices=[('declared', 'à examiner'), ('accepted', 'acceptée'), ('refused', 'refusée'), ('withdrawn', 'retirée')], default='declared', max_length=9, verbose_name='état'),
        ),
    ]
