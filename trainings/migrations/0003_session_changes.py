"""What a session was before it changed, and how far the cancellation of a cohort has come."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trainings', '0002_setup_and_attendance'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='cohort',
            name='cancellation_told_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='cohort',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='dibatalkan'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='cancelled_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='cohort',
            name='forfeited_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.CreateModel(
            name='SessionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('moved', 'Dipindah'), ('cancelled', 'Dibatalkan'), ('added', 'Ditambah')], max_length=10, verbose_name='jenis')),
                ('starts_at', models.DateTimeField(verbose_name='mulai sebelumnya')),
                ('ends_at', models.DateTimeField(verbose_name='selesai sebelumnya')),
                ('link', models.URLField(blank=True, verbose_name='tautan sebelumnya')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='diubah')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='dikabarkan')),
                ('changed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='trainings.session')),
                ('venue', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trainings.venue')),
            ],
            options={
                'verbose_name': 'perubahan sesi',
                'verbose_name_plural': 'perubahan sesi',
                'indexes': [models.Index(condition=models.Q(('told_at__isnull', True)), fields=['changed_at'], name='session_untold')],
            },
        ),
    ]
