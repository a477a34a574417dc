from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0009_duplicates_and_merges"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(
                fields=["purpose", "event", "participant", "happened_at"], name="consent_purpose"
            ),
        ),
    ]
