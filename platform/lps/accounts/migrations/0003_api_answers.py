from django.db import migrations, models

import lps.kernel.clock


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_the_town_hall'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiAnswer',
            fields=[
                ('jeton', models.UUIDField(editable=False, primary_key=True, serialize=False, verbose_name="clé d'idempotence, hachée")),
                ('digest', models.CharField(max_length=64, verbose_name='empreinte de la demande')),
                ('status', models.PositiveSmallIntegerField(default=0, verbose_name='état')),
                ('headers', models.JSONField(default=dict, verbose_name='en-têtes')),
                ('body', models.TextField(verbose_name='corps')),
                ('kept_at', models.DateTimeField(default=lps.kernel.clock.real_now, verbose_name='gardée le')),
            ],
            options={
                'verbose_name': "réponse de l'API",
                'verbose_name_plural': "réponses de l'API",
                'indexes': [models.Index(fields=['kept_at'], name='api_answer_age')],
            },
        ),
    ]
