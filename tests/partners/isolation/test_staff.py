"""Staff of one city see the applications of their people; of partners no more than the name."""

import pytest

from tests.factories import MembershipFactory
from tests.partners.isolation import walk
from umkm_portal.accounts.models import Membership
from umkm_portal.regions.models import Region

pytestmark = [pytest.mark.long, pytest.mark.django_db, pytest.mark.timeout(180)]
OBJECT = "<path:object_id>/change/"
ROUTES = [r for r in walk.ROUTES if r.startswith(("admin/partners/", "admin/mitra/"))]


def test_a_city_sees_no_partner_and_nobody_of_another_city(client, sides):
    mine, theirs, _ = sides
    # That a partner works with the dinas is no secret: filters name it.
    known = {theirs.slug, str(theirs.partner.pk), str(theirs.partner.organisation_id)}
    theirs.marks |= {theirs.call.slug, theirs.bazaar.slug, "pemilik kwim", "usaha kwim", "pks-kwim"}
    city = Region.objects.filter(code="31.74").first() or mine.region
    user = MembershipFactory(role=Membership.Role.CITY_OFFICE, region=city).user
    client.force_login(user)
    lists = ["/" + route for route in ROUTES if not walk.CONVERTER.search(route)]
    pages = [
        "/" + route.replace("<path:object_id>", number)
        for route in ROUTES
        if route.endswith(OBJECT)
        for number in walk.values_of(theirs)["int"][::3]
    ]

    answers = {path: client.get(path) for path in [*lists, *pages]}

    told = {path: walk.told(answer) for path, answer in answers.items()}
    wrong = {
        path: found
        for path, text in told.items()
        if (found := {*walk.leaks(text.replace(path, ""), theirs)} - known)
    }
    assert wrong == {}
    assert "200" in {str(answers[path].status_code) for path in lists}, "some page is hers"
