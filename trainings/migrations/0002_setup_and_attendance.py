"""Programmes, the answers of trainers, money that is promised, and who was there.

Sessions knew their trainers by a bare link; each link becomes an assignment that waits for an
answer. Sessions that stand already get secrets of their own for the codes on the wall.
"""

import django.db.models.deletion
import django.utils.timezone
import trainings.models.cohorts
import uuid
from django.conf import settings
from django.db import migrations, models

COPY_TRAINERS = """
INSERT INTO trainings_assignment (session_id, trainer_id, state, note)
SELECT session_id, trainer_id, 'asked', '' FROM trainings_session_trainers
"""
OWN_SEEDS = "UPDATE trainings_session SET check_in_seed = replace(gen_random_uuid()::text, '-', '')"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_tables'),
        ('trainings', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('asked', 'Belum dijawab'), ('confirmed', 'Bersedia'), ('declined', 'Tidak bisa')], default='asked', max_length=10, verbose_name='jawaban')),
                ('fee', models.BigIntegerField(blank=True, null=True, verbose_name='honor (rupiah)')),
                ('note', models.CharField(blank=True, max_length=160, verbose_name='keterangan')),
                ('answered_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='dijawab')),
            ],
            options={
                'verbose_name': 'pelatih sesi',
                'verbose_name_plural': 'pelatih sesi',
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('came_at', models.DateTimeField(blank=True, null=True, verbose_name='datang')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='pulang')),
                ('minutes', models.PositiveIntegerField(blank=True, null=True, verbose_name='menit hadir')),
                ('via', models.CharField(choices=[('scan', 'Pindai'), ('code', 'Ketik kode'), ('search', 'Cari nama'), ('self', 'Kode di dinding'), ('walk_in', 'Datang langsung'), ('file', 'Berkas rapat daring')], max_length=8, verbose_name='lewat')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='diubah')),
            ],
            options={
                'verbose_name': 'kehadiran',
                'verbose_name_plural': 'kehadiran',
            },
        ),
        migrations.CreateModel(
            name='AttendanceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='nama berkas')),
                ('sha256', models.CharField(editable=False, max_length=64)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='diunggah')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='diterima')),
            ],
            options={
                'verbose_name': 'berkas rapat daring',
                'verbose_name_plural': 'berkas rapat daring',
            },
        ),
        migrations.CreateModel(
            name='AttendanceFileRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='baris')),
                ('name', models.CharField(blank=True, max_length=200, verbose_name='nama di rapat')),
                ('email', models.CharField(blank=True, max_length=254, verbose_name='email di rapat')),
                ('joined_at', models.DateTimeField(blank=True, null=True, verbose_name='masuk')),
                ('left_at', models.DateTimeField(blank=True, null=True, verbose_name='keluar')),
                ('minutes', models.PositiveIntegerField(verbose_name='menit')),
                ('match', models.CharField(choices=[('code', 'Kode tiket'), ('email', 'Email'), ('name', 'Nama'), ('staff', 'Petugas'), ('nobody', 'Belum cocok'), ('ignored', 'Bukan peserta')], max_length=8, verbose_name='cocok lewat')),
            ],
            options={
                'verbose_name': 'baris rapat daring',
                'verbose_name_plural': 'baris rapat daring',
            },
        ),
        migrations.CreateModel(
            name='AttendanceMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('kind', models.CharField(choices=[('in', 'Masuk'), ('out', 'Pulang'), ('undo', 'Dibatalkan')], default='in', max_length=4, verbose_name='jenis')),
                ('via', models.CharField(choices=[('scan', 'Pindai'), ('code', 'Ketik kode'), ('search', 'Cari nama'), ('self', 'Kode di dinding'), ('walk_in', 'Datang langsung'), ('file', 'Berkas rapat daring')], max_length=8, verbose_name='lewat')),
                ('read', models.CharField(blank=True, max_length=200, verbose_name='yang terbaca')),
                ('outcome', models.CharField(choices=[('accepted', 'Tercatat'), ('already', 'Sudah tercatat'), ('conflict', 'Perlu diperiksa'), ('refused', 'Ditolak')], max_length=8, verbose_name='hasil')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='sebab')),
                ('happened_at', models.DateTimeField(verbose_name='waktu di perangkat')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='diterima')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='diselesaikan')),
            ],
            options={
                'verbose_name': 'catatan kehadiran',
                'verbose_name_plural': 'catatan kehadiran',
            },
        ),
        migrations.CreateModel(
            name='Programme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(db_index=False, max_length=60, verbose_name='kode')),
                ('name', models.CharField(max_length=140, verbose_name='nama')),
                ('year', models.PositiveSmallIntegerField(verbose_name='tahun')),
                ('aim', models.TextField(blank=True, verbose_name='tujuan')),
                ('budget', models.BigIntegerField(blank=True, null=True, verbose_name='pagu anggaran (rupiah)')),
                ('budget_source', models.CharField(blank=True, max_length=140, verbose_name='sumber anggaran')),
            ],
            options={
                'verbose_name': 'program',
                'verbose_name_plural': 'program',
            },
        ),
        migrations.CreateModel(
            name='Unavailability',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_day', models.DateField(verbose_name='dari tanggal')),
                ('last_day', models.DateField(verbose_name='sampai tanggal')),
                ('reason', models.CharField(blank=True, max_length=160, verbose_name='alasan')),
            ],
            options={
                'verbose_name': 'waktu tidak tersedia',
                'verbose_name_plural': 'waktu tidak tersedia',
            },
        ),
        migrations.RemoveConstraint(
            model_name='budgetline',
            name='budget_not_negative',
        ),
        migrations.AddField(
            model_name='budgetline',
            name='committed',
            field=models.BigIntegerField(default=0, verbose_name='terikat (rupiah)'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='cancel_reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='alasan dibatalkan'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='forfeit_minutes',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='kursi hangus bila terlambat (menit)'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='overridden_by',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='cohort',
            name='override_reason',
            field=models.CharField(blank=True, max_length=300, verbose_name='dibuka walau belum siap'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='successor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessors', to='trainings.cohort', verbose_name='gelombang pengganti'),
        ),
        migrations.AddField(
            model_name='cohort',
            name='walk_ins',
            field=models.CharField(choices=[('nobody', 'Tidak'), ('free_seats', 'Ya, selama ada kursi')], default='nobody', max_length=10, verbose_name='boleh datang tanpa daftar'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='carried_from',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_to', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='session',
            name='cancelled_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='dibatalkan'),
        ),
        migrations.AddField(
            model_name='session',
            name='check_in_seed',
            field=models.CharField(default=trainings.models.cohorts.new_seed, editable=False, max_length=32),
        ),
        migrations.RunSQL(OWN_SEEDS, migrations.RunSQL.noop),
        migrations.AddField(
            model_name='session',
            name='sequence',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='training',
            name='level',
            field=models.CharField(choices=[('basic', 'Dasar'), ('intermediate', 'Lanjutan'), ('advanced', 'Mahir')], default='basic', max_length=12, verbose_name='tingkat'),
        ),
        migrations.AddField(
            model_name='training',
            name='pass_percent',
            field=models.PositiveSmallIntegerField(default=80, verbose_name='lulus bila hadir (% jam)'),
        ),
        migrations.AddField(
            model_name='training',
            name='track',
            field=models.CharField(blank=True, choices=[('new_entrepreneur', 'Pemula'), ('scaling_up', 'Naik kelas')], max_length=20, verbose_name='jalur peserta'),
        ),
        migrations.AlterField(
            model_name='budgetline',
            name='cohort',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budget_lines', to='trainings.cohort'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='trainings.session'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='trainer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='trainings.trainer', verbose_name='pelatih'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('session', 'trainer'), name='assignment_once'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('fee__isnull', True), ('fee__gte', 0), _connector='OR'), name='assignment_fee_not_negative'),
        ),
        migrations.RunSQL(COPY_TRAINERS, migrations.RunSQL.noop),
        migrations.RemoveField(model_name='session', name='trainers'),
        migrations.AddField(
            model_name='session',
            name='trainers',
            field=models.ManyToManyField(blank=True, related_name='sessions', through='trainings.Assignment', to='trainings.trainer', verbose_name='pelatih'),
        ),
        migrations.AddField(
            model_name='attendance',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendances', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='attendance',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendance',
            name='session',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attendances', to='trainings.session'),
        ),
        migrations.AddField(
            model_name='attendancefile',
            name='session',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendance_files', to='trainings.session'),
        ),
        migrations.AddField(
            model_name='attendancefile',
            name='uploaded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendancefilerow',
            name='enrolment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='meeting_rows', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='attendancefilerow',
            name='file',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='trainings.attendancefile'),
        ),
        migrations.AddField(
            model_name='attendancemark',
            name='enrolment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='trainings.enrolment'),
        ),
        migrations.AddField(
            model_name='attendancemark',
            name='made_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attendancemark',
            name='session',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='trainings.session'),
        ),
        migrations.AddField(
            model_name='attendancemark',
            name='settled_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='programme',
            name='organiser',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='penyelenggara'),
        ),
        migrations.AddField(
            model_name='budgetline',
            name='programme',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budget_lines', to='trainings.programme'),
        ),
        migrations.AddField(
            model_name='training',
            name='programme',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trainings', to='trainings.programme', verbose_name='program'),
        ),
        migrations.AddConstraint(
            model_name='budgetline',
            constraint=models.CheckConstraint(condition=models.Q(('planned__gte', 0), ('committed__gte', 0), ('spent__gte', 0)), name='budget_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='budgetline',
            constraint=models.CheckConstraint(condition=models.Q(('cohort__isnull', True), ('programme__isnull', True), _connector='XOR'), name='budget_of_one'),
        ),
        migrations.AddConstraint(
            model_name='training',
            constraint=models.CheckConstraint(condition=models.Q(('pass_percent__gte', 1), ('pass_percent__lte', 100)), name='training_pass_percent', violation_error_message='Syarat lulus antara 1 dan 100 persen jam.'),
        ),
        migrations.AddField(
            model_name='unavailability',
            name='trainer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='unavailable', to='trainings.trainer'),
        ),
        migrations.AddField(
            model_name='unavailability',
            name='venue',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='unavailable', to='trainings.venue'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.UniqueConstraint(fields=('session', 'enrolment'), name='attendance_once'),
        ),
        migrations.AddConstraint(
            model_name='attendance',
            constraint=models.CheckConstraint(condition=models.Q(('left_at__isnull', True), ('came_at__isnull', True), ('left_at__gte', models.F('came_at')), _connector='OR'), name='attendance_ordered'),
        ),
        migrations.AddConstraint(
            model_name='attendancefile',
            constraint=models.UniqueConstraint(fields=('session', 'sha256'), name='attendance_file_once'),
        ),
        migrations.AddConstraint(
            model_name='attendancefilerow',
            constraint=models.UniqueConstraint(fields=('file', 'number'), name='meeting_row_once'),
        ),
        migrations.AddIndex(
            model_name='attendancemark',
            index=models.Index(fields=['session', 'received_at'], name='mark_of_session'),
        ),
        migrations.AddIndex(
            model_name='attendancemark',
            index=models.Index(condition=models.Q(('outcome', 'conflict'), ('settled_at__isnull', True)), fields=['session'], name='mark_unsettled'),
        ),
        migrations.AddConstraint(
            model_name='attendancemark',
            constraint=models.UniqueConstraint(fields=('key',), name='mark_once'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.UniqueConstraint(fields=('slug',), name='programme_slug_unique'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(('budget__isnull', True), ('budget__gte', 0), _connector='OR'), name='programme_budget_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='programme',
            constraint=models.CheckConstraint(condition=models.Q(('year__gte', 2010), ('year__lte', 2100)), name='programme_year_plausible', violation_error_message='Tahun program antara 2010 dan 2100.'),
        ),
        migrations.AddConstraint(
            model_name='unavailability',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='unavailability_ordered', violation_error_message='Tanggal akhir tidak boleh sebelum tanggal awal.'),
        ),
        migrations.AddConstraint(
            model_name='unavailability',
            constraint=models.CheckConstraint(condition=models.Q(('venue__isnull', True), ('trainer__isnull', True), _connector='XOR'), name='unavailability_of_one'),
        ),
    ]
