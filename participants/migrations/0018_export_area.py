from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0017_note_restrictions"),
    ]

    operations = [
        migrations.AddField(
            model_name="exportfile",
            name="area",
            field=models.JSONField(default=list, verbose_name="tugas pemohon"),
        ),
    ]
