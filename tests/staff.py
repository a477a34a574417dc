"""The kinds of people who knock at the staff pages, for the stranger tests of every page."""

from tests.factories import MembershipFactory, OrganisationFactory, RegionFactory, UserFactory
from umkm_portal.accounts.models import Membership, Organisation, User
from umkm_portal.regions.models import Region

KINDS = ("anonymous", "owner", "partner", "roleless", "auditor", "city", "head", "superuser")


def make_user(kind: str) -> User | None:
    """A user of that kind, saved; None for an anonymous visitor."""
    if kind == "anonymous":
        return None
    if kind == "owner":
        return UserFactory()
    if kind == "partner":
        organisation = OrganisationFactory(kind=Organisation.Kind.PARTNER)
        role = Membership.Role.PARTNER_MANAGER
        return MembershipFactory(user=UserFactory(), organisation=organisation, role=role).user
    if kind == "superuser":
        return UserFactory(is_staff=True, is_superuser=True)
    if kind == "roleless":
        return UserFactory(is_staff=True)
    roles = {
        "auditor": Membership.Role.AUDITOR,
        "city": Membership.Role.CITY_OFFICE,
        "head": Membership.Role.HEAD_OFFICE,
    }
    region = _south() if kind == "city" else None
    return MembershipFactory(role=roles[kind], region=region).user


def make_member(partner, role=Membership.Role.PARTNER_MANAGER, **facts) -> User:
    """A user who acts for a partner in one role."""
    user = UserFactory(**facts)
    return MembershipFactory(user=user, organisation=partner.organisation, role=role).user


def _south() -> Region:
    city = Region.objects.filter(code="31.74").first()
    return city or RegionFactory(code="31.74", level=Region.Level.CITY)


def answers(client, url: str, kinds=KINDS) -> dict[str, int]:
    """The status that each kind of visitor gets on GET."""
    found = {}
    for kind in kinds:
        client.cookies.clear()  # as a browser that was never here
        if user := make_user(kind):
            client.force_login(user)
        found[kind] = client.get(url).status_code
    return found
