import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("partners", "0003_member_invitations"),
    ]

    operations = [
        migrations.AddField(
            model_name="curationresult",
            name="list",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="results",
                to="partners.curationlist",
            ),
        ),
        migrations.AddField(
            model_name="curationresult",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ditarik kembali"),
        ),
    ]
