import django.db.models.deletion
from django.db import migrations, models

from lps.journal.operations import RefuseChange


class Migration(migrations.Migration):
    """Closures undone with what they left out, periods reopened for one child, holidays corrected by the town."""

    dependencies = [
        ('booking', '0008_why_a_rule_was_passed_over'),
    ]

    operations = [
        migrations.AddField(
            model_name='closure',
            name='left_out',
            field=models.JSONField(
                db_default=[], default=list, editable=False, verbose_name='réservations non remises'
            ),
        ),
        migrations.AddField(
            model_name='schoolvacation',
            name='published_day',
            field=models.DateField(
                blank=True, editable=False, null=True, verbose_name='premier jour du calendrier national'
            ),
        ),
        migrations.AddField(
            model_name='schoolvacation',
            name='is_local',
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name='saisies par la commune'
            ),
        ),
        migrations.AddField(
            model_name='publicholiday',
            name='is_local',
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name='saisi par la commune'
            ),
        ),
        migrations.AddField(
            model_name='periodchoice',
            name='round',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, verbose_name='tour'),
        ),
        migrations.RemoveConstraint(model_name='periodchoice', name='period_choice_once'),
        migrations.AddConstraint(
            model_name='periodchoice',
            constraint=models.UniqueConstraint(
                fields=('child', 'household', 'period', 'round'),
                name='period_choice_once',
                violation_error_message='Cette période est déjà validée pour cet enfant.',
            ),
        ),
        migrations.CreateModel(
            name='PeriodReopening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='rouverte le')),
                ('by', models.CharField(max_length=120, verbose_name='par')),
                ('reason', models.CharField(max_length=200, verbose_name='motif, tel que la famille le lit')),
                (
                    'choice',
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='reopening',
                        to='booking.periodchoice',
                    ),
                ),
            ],
            options={
                'verbose_name': "réouverture d'une période",
                'verbose_name_plural': 'réouvertures de périodes',
                'ordering': ('pk',),
            },
        ),
        RefuseChange('PeriodReopening'),
    ]
