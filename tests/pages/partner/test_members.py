"""Members of a partner: invited once, with a role, gone at once; never without a manager."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from partners.models import MemberInvitation
from partners.space import members as services
from tests.factories import PartnerFactory, UserFactory
from tests.staff import make_member, make_user
from umkm_portal.accounts.models import Membership
from umkm_portal.messaging import sealing
from umkm_portal.messaging.models import Delivery

pytestmark = pytest.mark.django_db
Role = Membership.Role
MEMBERS = reverse("partner:members")


@pytest.fixture
def shopee():
    return PartnerFactory(organisation__short_name="Shopee")


@pytest.fixture
def manager(client, shopee):
    user = make_member(shopee, full_name="Rina")
    client.force_login(user)
    return user


def message_to(email):
    """What the newest invitation says: the values of its wording."""
    sent = Delivery.objects.filter(campaign__kind="partner_invitation", address=email)
    return sealing.unseal(sent.latest("pk").context, {"undangan"})


def link_to(email):
    return re.search(r"/mitra/gabung/\S+/", message_to(email)["undangan"])[0]


def membership(user):
    return Membership.objects.get(user=user)


def test_invited_member_comes_in_by_her_link_once(client, manager, shopee):
    client.post(MEMBERS, {"email": "Dewi@Shopee.example", "role": Role.PARTNER_UPLOADER})
    message, link = message_to("dewi@shopee.example"), link_to("dewi@shopee.example")
    assert (message["pengundang"], message["mitra"]) == ("Rina", "Shopee")
    client.logout()

    assert "dewi@shopee.example" in client.get(link).content.decode()
    answer = client.post(link, follow=True)

    dewi = membership(answer.context["request"].user)
    assert (dewi.organisation, dewi.role) == (shopee.organisation, Role.PARTNER_UPLOADER)
    assert answer.redirect_chain[-1][0] == "/mitra/"
    assert [client.get(link).status_code, client.post(link).status_code] == [410, 410]


@pytest.mark.parametrize(
    ("email", "role", "sentence"),
    [
        ("bukan email", Role.PARTNER_READER, "nama@contoh.com"),
        ("081234567890", Role.PARTNER_READER, "Tulis alamat email"),
        ("a@b.example", Role.HEAD_OFFICE, "Masukkan pilihan"),
        ("lama@contoh.example", Role.PARTNER_READER, "sudah menjadi anggota"),
        ("menunggu@contoh.example", Role.PARTNER_READER, "sudah diundang"),
    ],
)
def test_impossible_invitations_are_told(client, manager, shopee, email, role, sentence):
    make_member(shopee, Role.PARTNER_READER, email="lama@contoh.example")
    client.post(MEMBERS, {"email": "menunggu@contoh.example", "role": Role.PARTNER_READER})

    answer = client.post(MEMBERS, {"email": email, "role": role})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert MemberInvitation.objects.count() == 1


def test_revoked_or_old_link_opens_nothing(client, manager, shopee):
    now = timezone.now()
    for name in ("a", "b"):
        client.post(MEMBERS, {"email": f"{name}@b.example", "role": Role.PARTNER_READER})
    first, second = MemberInvitation.objects.order_by("pk")
    links = [link_to("a@b.example"), link_to("b@b.example")]

    client.post(reverse("partner:invitation_revoke", args=[first.pk]))
    MemberInvitation.objects.filter(pk=second.pk).update(expires_at=now)

    assert [client.post(link).status_code for link in links] == [410, 410]
    assert Membership.objects.count() == 1


def test_access_ends_at_the_next_click(client, manager, shopee):
    dewi = make_member(shopee, Role.PARTNER_READER)
    end = reverse("partner:member_end", args=[membership(dewi).pk])
    client.post(end)
    assert client.post(end).status_code == 404

    client.force_login(dewi)

    assert client.get("/mitra/").status_code == 404
    assert membership(dewi).ended_at is not None


@pytest.mark.parametrize("others", [0, 1])
def test_last_manager_stays(client, manager, shopee, others):
    for _ in range(others):
        make_member(shopee)
    make_member(shopee, Role.PARTNER_READER)
    make_member(PartnerFactory())
    own = membership(manager).pk

    client.post(reverse("partner:member_role", args=[own]), {"role": Role.PARTNER_READER})
    client.post(reverse("partner:member_end", args=[own]))

    left = services.members_of(shopee).filter(role=Role.PARTNER_MANAGER).count()
    assert left == 1
    assert services.members_of(shopee).filter(user=manager).count() == (0 if others == 2 else 1)


def test_members_of_another_partner_are_not_there(client, manager, shopee):
    tiktok = PartnerFactory()
    other = make_member(tiktok, full_name="Orang TikTok")
    invitation = services.invite_member(
        tiktok, email="x@tiktok.example", role=Role.PARTNER_READER, by=other, now=timezone.now()
    )

    shown = client.get(MEMBERS).content.decode()
    found = [
        client.post(reverse(name, args=[pk]), {"role": Role.PARTNER_READER})
        for name, pk in (
            ("partner:member_end", membership(other).pk),
            ("partner:member_role", membership(other).pk),
            ("partner:invitation_revoke", invitation.pk),
            ("partner:member_end", 999_999),
        )
    ]

    assert "TikTok" not in shown
    assert "tiktok" not in shown
    assert {answer.status_code for answer in found} == {404}
    assert len({answer.content for answer in found}) == 1
    assert membership(other).ended_at is None


@pytest.mark.parametrize("count", [1, 3])
def test_members_run_a_constant_number_of_queries(
    client, manager, shopee, count, django_assert_num_queries
):
    for n in range(count):
        make_member(shopee, Role.PARTNER_READER)
        services.invite_member(
            shopee,
            email=f"{n}@b.example",
            role=Role.PARTNER_READER,
            by=manager,
            now=timezone.now(),
        )
    client.get(MEMBERS)

    with django_assert_num_queries(6):
        client.get(MEMBERS)


def test_member_says_what_she_is_called(client, manager):
    address = reverse("partner:security")
    refused = client.post(address, {"full_name": " "})
    assert refused.status_code == 422
    assert "Isi nama Anda." in refused.content.decode()
    second_press = client.post(address, {"kode": "123456"})  # of the second code, passed already
    assert second_press.status_code == 200
    assert "Isi nama Anda." not in second_press.content.decode()

    assert client.post(address, {"full_name": "Dewi Lestari"}).url == address

    assert "Dewi Lestari" in client.get(MEMBERS).content.decode()


def test_other_accounts_know_of_no_space(client):
    client.force_login(UserFactory())
    absent = client.get("/mitra/tidak-ada/")

    for name in ("home", "members", "security", "switch"):
        answer = client.get(reverse(f"partner:{name}"))
        assert (answer.status_code, answer.content) == (404, absent.content)


def test_the_dinas_invites_the_first_manager(client, shopee):
    client.force_login(make_user("head"))
    address = reverse("admin:partners_memberinvitation_add")
    asked = {"partner": shopee.pk, "email": "pic@shopee.example", "role": Role.PARTNER_MANAGER}

    first, second = client.post(address, asked), client.post(address, asked)

    assert (first.status_code, second.status_code) == (302, 200)
    assert "sudah diundang" in second.content.decode()
    assert message_to("pic@shopee.example")["peran"] == "pengelola"
    assert client.get(reverse("admin:partners_memberinvitation_changelist")).status_code == 200
