"""The kinds of products that a call can ask for; staff edit them afterwards.

Milk, fish and meat need BPOM, not P-IRT. Which other kinds ask for what is not confirmed by any
source, so it stays open; the halal certificate too, whose date moved for small businesses.
"""

from django.db import migrations

KINDS = (
    ("makanan-kering", "Makanan kering dan camilan", "pirt"),
    ("bumbu-sambal", "Bumbu, sambal, dan saus", "pirt"),
    ("minuman", "Minuman kemasan", "pirt"),
    ("susu", "Susu dan olahannya", "bpom"),
    ("ikan", "Ikan dan olahannya", "bpom"),
    ("daging", "Daging dan olahannya", "bpom"),
    ("siap-saji", "Makanan siap saji", ""),
    ("fesyen", "Fesyen", ""),
    ("kriya", "Kriya dan kerajinan", ""),
    ("kecantikan", "Kecantikan dan perawatan", ""),
    ("lainnya", "Lainnya", ""),
)


def add_kinds(apps, schema_editor):
    kinds = apps.get_model("partners", "ProductKind")
    for slug, name, licence in KINDS:
        kinds.objects.get_or_create(slug=slug, defaults={"name": name, "licence": licence})


class Migration(migrations.Migration):
    replaces = [("partners", "0005_first_product_kinds")]

    dependencies = [("partners", "0001_tables")]

    operations = [migrations.RunPython(add_kinds, migrations.RunPython.noop)]
