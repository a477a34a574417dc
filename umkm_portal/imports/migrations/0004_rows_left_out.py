from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0003_repairs_decisions_undo"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rowdecision",
            name="choice",
            field=models.CharField(
                choices=[
                    ("take", "Pakai isi berkas"),
                    ("keep", "Pertahankan data portal"),
                    ("link", "Ini peserta lain"),
                    ("new", "Orang lain: catat sebagai peserta baru"),
                    ("skip", "Lewati baris ini"),
                    ("gone", "Data orang ini sudah dihapus"),
                ],
                max_length=4,
                verbose_name="keputusan",
            ),
        ),
    ]
