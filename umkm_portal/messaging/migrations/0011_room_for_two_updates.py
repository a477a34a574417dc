from django.db import migrations


class Migration(migrations.Migration):
    """Both updates of a message, marked and recorded, find room beside it (decision 0041)."""

    dependencies = [
        ("messaging", "0010_provider_news"),
    ]

    operations = [
        migrations.RunSQL(
            sql="ALTER TABLE messaging_delivery SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE messaging_delivery SET (fillfactor = 70)",
        ),
    ]
