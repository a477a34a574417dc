"""The catalogue of bad files through the door of sales: words, and nothing left behind."""

import pytest

from partners.bazaars.services import receive_report
from partners.models import SalesRow
from tests.catalogue.outcomes import cases, sentences_of
from umkm_portal.imports.models import ImportFile
from umkm_portal.imports.services import process_file

pytestmark = pytest.mark.django_db
State = ImportFile.State
SHORT = [case for case in cases() if not case.is_long]


@pytest.mark.parametrize(
    "kinds", [SHORT[::24], pytest.param(SHORT, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_every_kind_of_bad_file_is_answered(shopee, now, kinds):
    for case in kinds:
        file, _ = receive_report(
            [case.make()],
            name=case.name,
            partner=shopee.partner,
            bazaar=shopee,
            uploader=None,
            now=now,
        )
        process_file(file.pk)
        file.refresh_from_db()
        sentences = sentences_of(file)
        assert file.state in (State.CHECKED, State.READ, State.FAILED), case.sent
        assert sentences, case.sent
        assert not any("ketik ulang NIK" in s or "Traceback" in s for s in sentences), case.sent
        assert (file.state == State.FAILED) == (not file.source.is_file()), case.sent
        if file.state == State.CHECKED:
            counted = file.accepted_count + file.rejected_count + file.review_count
            assert counted == file.total_rows == file.rows.count(), case.sent
    assert not SalesRow.objects.exists()
