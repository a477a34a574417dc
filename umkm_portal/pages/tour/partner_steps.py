"""The partner's steps of the tour: hand in a list, announce it, invite those who passed."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from umkm_portal.pages.tour.accounts import OWNER, SHOPEE, STAFF
from umkm_portal.pages.tour.curations import CurationWalk
from umkm_portal.pages.tour.parts import Action, Speaker, Step, Tick, admin_url, mail_url


def partner_steps(walk: CurationWalk, say: Speaker) -> list[Step]:
    return [_curate_step(walk, say), _announce_step(walk, say), _train_step(walk, say)]


def _curate_step(walk: CurationWalk, say: Speaker) -> Step:
    file = walk.file
    upload = f"{reverse('partner:upload')}?kurasi={walk.call.pk}" if walk.call else ""
    return Step(
        "curate",
        say("Sebagai Shopee: unggah daftar yang lolos", "As Shopee: upload who passed"),
        say(
            "Unduh daftar contoh: judul di atas tabel, nama kolom berbeda, tiga nomor HP keliru. "
            "Unggah, lalu perbaiki nomor Kerudung Bu Siti: 0812-5550-0101. Tekan Simpan perbaikan, "
            "lalu Terima.",
            "Download the sample list: a title above the table, other column names, three wrong "
            "phones. Upload it, then mend that of Kerudung Bu Siti: 0812-5550-0101. Press Simpan "
            "perbaikan (save), then Terima (accept).",
        ),
        _curate_ticks(walk, say),
        [
            Action(
                say("Unduh daftar Shopee", "Download Shopee's list"),
                reverse("pages:curation_sample"),
                is_download=True,
            ),
            Action(
                say("Unggah sebagai Shopee", "Upload as Shopee"),
                upload or "/mitra/",
                account=SHOPEE,
            )
            if not file
            else Action(
                say("Lihat daftar Anda", "See your list"),
                reverse("partner:list", args=[file.pk]),
                account=SHOPEE,
            ),
        ],
    )


def _curate_ticks(walk: CurationWalk, say: Speaker) -> list[Tick]:
    file = walk.file
    bad = file.rejected_count if file else 0
    count = say.number(file.accepted_count if file else 0)
    is_accepted = bool(file and file.approved_at and not file.undone_at)
    checked, accepted = say("Diperiksa", "Checked"), say("Diterima", "Accepted")
    if bad:
        checked += say(f": {bad} perlu diperbaiki", f": {bad} to repair")
    if is_accepted:
        accepted += say(f": {count} baris", f": {count} rows")
    return [
        Tick(say("Daftar diunggah", "List uploaded"), file is not None),
        Tick(checked, walk.is_checked),
        Tick(say("Satu baris diperbaiki", "A row was repaired"), walk.repaired > 0),
        Tick(accepted, is_accepted),
    ]


def _announce_step(walk: CurationWalk, say: Speaker) -> Step:
    version = walk.version
    count = say.number(walk.told_count)
    label = say("Diumumkan", "Announced")
    if walk.is_announced and not walk.is_told and version and version.announce_at:
        moment = f"{timezone.localtime(version.announce_at):%H.%M.%S}"
        label += say(f", pesan berangkat pukul {moment}", f", messages leave at {moment}")
    return Step(
        "announce",
        say("Umumkan, lalu lihat sebagai pemilik", "Announce, then look as the owner"),
        say(
            "Sebagai dinas, tekan Umumkan. Selama satu menit itu bisa diurungkan; sesudahnya "
            "setiap pemilik usaha dikabari satu kali. Buka suratnya, lalu halaman Siti Aminah.",
            "As the dinas, press Umumkan (announce). For one minute that can be undone; then each "
            "owner is told once. Open the mail, then Siti Aminah's page.",
        ),
        [
            Tick(label, walk.is_announced),
            Tick(
                say("Hasil terbit", "Results are out")
                + say(f": {count} usaha", f": {count} businesses") * walk.is_told,
                walk.is_told,
            ),
            Tick(say("Surat hasil sampai", "The mail arrived"), walk.mail is not None),
            Tick(_owner_label(walk, say), walk.has_owner_looked),
        ],
        _announce_actions(walk, say) if version else [],
    )


def _owner_label(walk: CurationWalk, say: Speaker) -> str:
    """Where her row was announced unrepaired, how she still gets her result."""
    label = say("Siti Aminah melihat hasilnya", "Siti Aminah saw it")
    if walk.is_told and walk.owner_result is None:
        label += say(
            ". Barisnya belum diperbaiki: betulkan nomornya di berkas contoh, unggah sebagai "
            "Shopee, terima, lalu umumkan versi baru itu",
            ". Her row was not repaired: correct the phone in the sample file, upload it as "
            "Shopee, accept it and announce that new version",
        )
    return label


def _announce_actions(walk: CurationWalk, say: Speaker) -> list[Action]:
    actions = []
    if walk.version:
        page = admin_url("partners_curationlist_change", walk.version.pk)
        label = say("Buka daftarnya sebagai dinas", "Open the list as the dinas")
        actions.append(Action(label, page, account=STAFF))
    if walk.mail:
        label = say("Buka surat hasil", "Open the mail")
        actions.append(Action(label, mail_url(walk.mail)))
    if walk.owner_result:
        page = reverse("mine:call", args=[walk.owner_result.call.slug])
        label = say("Lihat sebagai Siti Aminah", "Look as Siti Aminah")
        actions.append(Action(label, page, account=OWNER))
    return actions


def _train_step(walk: CurationWalk, say: Speaker) -> Step:
    title = walk.cohort.training.title if walk.cohort else ""
    opened = walk.round
    size = say.number(opened.size if opened else 0)
    actions = []
    if opened and opened.campaign:
        page = admin_url("messaging_campaign_change", opened.campaign.pk)
        actions.append(Action(say("Buka kampanye", "Open the campaign"), page, account=STAFF))
        if walk.invitation:
            label = say("Buka undangannya", "Open the invitation")
            actions.append(Action(label, mail_url(walk.invitation)))
    elif walk.is_told and walk.version:
        page = admin_url("partners_curationlist_change", walk.version.pk)
        label = say("Buka daftar yang diumumkan", "Open the announced list")
        actions.append(Action(label, page, account=STAFF))
    return Step(
        "train",
        say("Undang yang lolos ke pelatihan Shopee", "Invite them to Shopee's training"),
        say(
            "Di daftar yang sudah diumumkan tekan Undang yang lolos ke pelatihan. Di bawah Undang "
            f"pilih {title or 'kelas Shopee'}, lalu setujui. Hanya yang lolos yang diundang.",
            "On the announced list press Undang yang lolos ke pelatihan (invite who passed). Below "
            f"Undang choose {title or 'the class of Shopee'}, then approve. Only they are invited.",
        ),
        [
            Tick(
                say("Undangan disetujui", "Invitation approved")
                + say(f": {size} orang", f": {size} people") * bool(opened),
                opened is not None,
            ),
            Tick(say("Undangan sampai", "The invitation arrived"), walk.invitation is not None),
        ],
        actions,
    )
