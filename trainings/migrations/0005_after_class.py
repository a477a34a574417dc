"""What people say after a class, why some did not come, and their transport money."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('trainings', '0004_meeting_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='ditanya')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='dijawab')),
                ('reason', models.CharField(blank=True, max_length=20, verbose_name='alasan')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='keterangan')),
                ('wants_next', models.BooleanField(default=False, verbose_name='mau gelombang berikutnya')),
                ('via', models.CharField(blank=True, max_length=20, verbose_name='lewat')),
            ],
            options={
                'verbose_name': 'alasan tidak hadir',
                'verbose_name_plural': 'alasan tidak hadir',
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField(blank=True, null=True, verbose_name='ditanya')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='dijawab')),
                ('changed_at', models.DateTimeField(blank=True, null=True, verbose_name='diubah')),
                ('comment', models.CharField(blank=True, max_length=1000, verbose_name='komentar')),
                ('may_name', models.BooleanField(default=False, verbose_name='boleh menyebut nama')),
                ('via', models.CharField(blank=True, max_length=20, verbose_name='lewat')),
            ],
            options={
                'verbose_name': 'umpan balik',
                'verbose_name_plural': 'umpan balik',
            },
        ),
        migrations.CreateModel(
            name='FeedbackQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(blank=True, choices=[('class', 'Kelas'), ('online', 'Bimtek daring'), ('practice', 'Praktik siaran langsung')], max_length=10, verbose_name='bentuk pelatihan')),
                ('slot', models.CharField(choices=[('first', 'Pertanyaan 1'), ('second', 'Pertanyaan 2'), ('third', 'Pertanyaan 3'), ('trainer', 'Tentang pelatih')], max_length=8, verbose_name='tempat')),
                ('text', models.CharField(max_length=160, verbose_name='pertanyaan')),
                ('words', models.CharField(max_length=160, verbose_name='lima kata, dari 1 sampai 5, dipisah koma')),
            ],
            options={
                'verbose_name': 'pertanyaan umpan balik',
                'verbose_name_plural': 'pertanyaan umpan balik',
            },
        ),
        migrations.CreateModel(
            name='FeedbackScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.CharField(choices=[('first', 'Pertanyaan 1'), ('second', 'Pertanyaan 2'), ('third', 'Pertanyaan 3'), ('trainer', 'Tentang pelatih')], max_length=8)),
                ('text', models.CharField(max_length=160, verbose_name='pertanyaan')),
                ('word', models.CharField(max_length=40, verbose_name='jawaban')),
                ('score', models.PositiveSmallIntegerField(verbose_name='nilai')),
            ],
            options={
                'verbose_name': 'nilai umpan balik',
                'verbose_name_plural': 'nilai umpan balik',
            },
        ),
        migrations.CreateModel(
            name='TransportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='nomor')),
                ('rate', models.BigIntegerField(verbose_name='uang transpor (rupiah)')),
                ('per', models.CharField(choices=[('session', 'Sesi hadir'), ('day', 'Hari hadir')], max_length=8, verbose_name='dihitung per')),
                ('people', models.PositiveIntegerField(verbose_name='orang')),
                ('rupiah', models.BigIntegerField(verbose_name='jumlah (rupiah)')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='dibuat')),
                ('paid_at', models.DateTimeField(blank=True, null=True, verbose_name='dibayarkan')),
                ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='dibatalkan')),
            ],
            options={
                'verbose_name': 'daftar uang transpor',
                'verbose_name_plural': 'daftar uang transpor',
            },
        ),
        migrations.CreateModel(
            name='TransportItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rupiah', models.BigIntegerField(verbose_name='uang transpor (rupiah)')),
            ],
            options={
                'verbose_name': 'kehadiran yang dibayar',
                'verbose_name_plural': 'kehadiran yang dibayar',
            },
        ),
        migrations.CreateModel(
            name='TransportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160, verbose_name='nama')),
                ('code', models.CharField(max_length=20, verbose_name='kode tiket')),
                ('sessions', models.PositiveIntegerField(verbose_name='sesi hadir')),
                ('rupiah', models.BigIntegerField(verbose_name='uang transpor (rupiah)')),
            ],
            options={
                'verbose_name': 'uang transpor',
                'verbose_name_plural': 'uang transpor',
            },
        ),
        migrations.AddField(
            model_name='cohort',
            name='transport_per',
            field=models.CharField(choices=[('session', 'Sesi hadir'), ('day', 'Hari hadir')], default='session', max_length=8, verbose_name='dihitung per'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='transport_rate',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='uang transpor (rupiah)'),
        ),
        migrations.AddConstraint(
            model_name='cohort',
            constraint=models.CheckConstraint(condition=models.Q(('transport_rate__isnull', True), ('transport_rate__gt', 0), _connector='OR'), name='cohort_transport_rate_positive', violation_error_message='Uang transpor lebih dari nol, atau kosongkan.'),
        ),
        migrations.AddField(
            model_name='absence',
            name='enrolment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='absences', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='absence',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='feedback',
            name='enrolment',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='feedback', to='trainings.enrolment'),
        ),
        migrations.AddConstraint(
            model_name='feedbackquestion',
            constraint=models.UniqueConstraint(fields=('kind', 'slot'), name='feedback_question_once', violation_error_message='Pertanyaan untuk tempat ini sudah ada. Ubah yang itu.'),
        ),
        migrations.AddField(
            model_name='feedbackscore',
            name='feedback',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='trainings.feedback'),
        ),
        migrations.AddField(
            model_name='feedbackscore',
            name='trainer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trainings.trainer', verbose_name='pelatih'),
        ),
        migrations.AddField(
            model_name='transportbatch',
            name='cancelled_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='transportbatch',
            name='cohort',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transport_batches', to='trainings.cohort'),
        ),
        migrations.AddField(
            model_name='transportbatch',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='trainings.budgetline'),
        ),
        migrations.AddField(
            model_name='transportbatch',
            name='made_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='transportbatch',
            name='paid_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='transportitem',
            name='attendance',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='transport', to='trainings.attendance'),
        ),
        migrations.AddField(
            model_name='transportrow',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='trainings.transportbatch', verbose_name='daftar'),
        ),
        migrations.AddField(
            model_name='transportrow',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transport_rows', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='transportitem',
            name='row',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='trainings.transportrow'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.UniqueConstraint(fields=('enrolment',), name='absence_once'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('note', ''), ('reason', ''), ('wants_next', False)), models.Q(('answered_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='absence_answered_with_reason'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.UniqueConstraint(fields=('enrolment',), name='feedback_once'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(('answered_at__isnull', False), ('comment', ''), _connector='OR'), name='feedback_comment_is_an_answer'),
        ),
        migrations.AddConstraint(
            model_name='feedbackscore',
            constraint=models.UniqueConstraint(condition=models.Q(('trainer__isnull', True)), fields=('feedback', 'slot'), name='feedback_score_once'),
        ),
        migrations.AddConstraint(
            model_name='feedbackscore',
            constraint=models.UniqueConstraint(condition=models.Q(('trainer__isnull', False)), fields=('feedback', 'trainer'), name='feedback_score_once_a_trainer'),
        ),
        migrations.AddConstraint(
            model_name='feedbackscore',
            constraint=models.CheckConstraint(condition=models.Q(('score__gte', 1), ('score__lte', 5)), name='feedback_score_in_scale'),
        ),
        migrations.AddConstraint(
            model_name='feedbackscore',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('slot', 'trainer'), ('trainer__isnull', False)), models.Q(models.Q(('slot', 'trainer'), _negated=True), ('trainer__isnull', True)), _connector='OR'), name='feedback_trainer_named'),
        ),
        migrations.AddConstraint(
            model_name='transportbatch',
            constraint=models.UniqueConstraint(fields=('cohort', 'number'), name='transport_number_once'),
        ),
        migrations.AddConstraint(
            model_name='transportbatch',
            constraint=models.CheckConstraint(condition=models.Q(('rate__gt', 0), ('rupiah__gt', 0), ('people__gt', 0)), name='transport_batch_positive'),
        ),
        migrations.AddConstraint(
            model_name='transportbatch',
            constraint=models.CheckConstraint(condition=models.Q(('paid_at__isnull', True), ('cancelled_at__isnull', True), _connector='OR'), name='transport_paid_or_cancelled'),
        ),
        migrations.AddConstraint(
            model_name='transportrow',
            constraint=models.UniqueConstraint(fields=('batch', 'enrolment'), name='transport_row_once'),
        ),
        migrations.AddConstraint(
            model_name='transportrow',
            constraint=models.CheckConstraint(condition=models.Q(('rupiah__gt', 0)), name='transport_row_positive'),
        ),
        migrations.AddConstraint(
            model_name='transportitem',
            constraint=models.UniqueConstraint(fields=('attendance',), name='transport_item_once'),
        ),
        migrations.AddConstraint(
            model_name='transportitem',
            constraint=models.CheckConstraint(condition=models.Q(('rupiah__gte', 0)), name='transport_item_not_negative'),
        ),
    ]
