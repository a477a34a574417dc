"""Restrictions that were granted before they had a column of their own."""

from django.db import migrations
from django.db.models import Max


def note(apps, schema_editor):
    requests = apps.get_model("participants", "DataRequest").objects
    people = apps.get_model("participants", "Participant").objects
    granted = requests.filter(kind="restriction", state="done").order_by()
    for person, since in granted.values_list("participant").annotate(Max("decided_at")):
        # Who stated her will again afterwards has lifted it in the only way there was.
        people.filter(pk=person, status="active", willing_source="pembatasan").update(
            restricted_at=since
        )


class Migration(migrations.Migration):
    dependencies = [("participants", "0016_restricted_data")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
