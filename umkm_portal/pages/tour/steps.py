"""The steps of the tour in words: what to do, what already happened, and one button each."""

from __future__ import annotations

from django.urls import reverse

from trainings.models import Cohort
from umkm_portal.common import codes
from umkm_portal.imports.models import ImportFile
from umkm_portal.messaging.models import Campaign, Exclusion
from umkm_portal.pages.tour.accounts import STAFF
from umkm_portal.pages.tour.campaign_steps import campaign_steps
from umkm_portal.pages.tour.campaigns import CampaignWalk
from umkm_portal.pages.tour.class_steps import class_steps
from umkm_portal.pages.tour.classes import ClassWalk
from umkm_portal.pages.tour.curations import CurationWalk
from umkm_portal.pages.tour.partner_steps import partner_steps
from umkm_portal.pages.tour.parts import Action, Part, Speaker, Step, Tick, admin_url, mail_url
from umkm_portal.pages.tour.walk import Walk


def steps(walk: Walk, *, language: str) -> list[Step]:
    say = Speaker(language)
    return [
        _import_step(walk, say),
        _invite_step(walk, say),
        _send_step(walk, say),
        _answer_step(walk, say),
        _waiting_step(walk, say),
        *campaign_steps(CampaignWalk(), say),
        *class_steps(ClassWalk(), say),
        _register_step(walk, say),
        _merge_step(walk, say),
        *partner_steps(CurationWalk(), say),
    ]


def parts(shown: list[Step], *, language: str) -> list[Part]:
    """The steps by part, numbered through."""
    say = Speaker(language)
    titles = {
        "import": say("Dari berkas sampai kelas penuh", "From a file to a full class"),
        "campaign": say("Kampanye: tulis, kirim, periksa", "A campaign: write, send, check"),
        "ready": say("Kelas: siap, hadir, bersertifikat", "The class: readied, held, certified"),
        "register": say("Pemilik baru dan data ganda", "A new owner, and a double"),
        "curate": say("Kurasi Shopee", "Shopee's curation"),
    }
    starts = [n for n, step in enumerate(shown) if step.key in titles]
    return [
        Part(titles[shown[start].key], shown[start:end], start + 1)
        for start, end in zip(starts, [*starts[1:], len(shown)], strict=True)
    ]


def invite_url(cohort: Cohort | None, *, has_round: bool) -> str:
    """The page where a wave invites, everybody at once chosen beforehand the first time."""
    if not cohort:
        return admin_url("trainings_cohort_changelist")
    page = admin_url("trainings_cohort_invite", cohort.pk)
    return page if has_round else f"{page}?everyone=on"


def _import_step(walk: Walk, say: Speaker) -> Step:
    file = walk.file
    state = file.state if file else ""
    later = (ImportFile.State.APPROVED, ImportFile.State.APPLYING, ImportFile.State.DONE)
    bad = file.rejected_count if file else 0
    is_checked = state in (ImportFile.State.CHECKED, *later)
    upload = admin_url("imports_importfile_add")
    page = admin_url("imports_importfile_change", file.pk) if file else upload
    return Step(
        "import",
        say("Unggah daftar yang berantakan", "Upload a messy list"),
        say(
            "Sebagai petugas, unggah berkas contoh, lihat baris mana yang salah dan mengapa, "
            "lalu terima baris yang benar.",
            "As an officer, upload the sample file, see which rows are wrong and why, then accept "
            "the good ones.",
        ),
        [
            Tick(say("Berkas diunggah", "File uploaded"), file is not None),
            Tick(
                say("Baris diperiksa", "Rows checked")
                + say(f": {bad} ditolak", f": {bad} rejected") * is_checked,
                is_checked,
            ),
            Tick(say("Baris yang benar disimpan", "Good rows stored"), state == later[-1]),
        ],
        [
            Action(
                say("Unduh berkas contoh", "Download the sample file"),
                reverse("pages:sample"),
                is_download=True,
            ),
            Action(
                say("Buka halaman unggah", "Open the upload page")
                if not file
                else say("Lihat berkas Anda", "See your file"),
                page,
                account=STAFF,
            ),
        ],
    )


def _invite_step(walk: Walk, say: Speaker) -> Step:
    cohort, campaign = walk.cohort, walk.campaign
    excluded = say.number(Exclusion.objects.filter(campaign=campaign).count() if campaign else 0)
    size = say.number(walk.round.size if walk.round else 0)
    page = invite_url(cohort, has_round=bool(walk.round))
    return Step(
        "invite",
        say("Undang ke satu gelombang", "Invite to one wave"),
        say(
            f"Buka Undang pada gelombang {cohort or ''} dengan cara Semua sekaligus, supaya banyak "
            "surat berangkat. Baca siapa yang tidak diundang dan alasannya, lalu setujui.",
            f"Open Undang (invite) of the wave {cohort or ''} with Semua sekaligus (all at once), "
            "so that many mails go. Read who is left out and why, then approve.",
        ),
        [
            Tick(
                say("Putaran disetujui", "Round approved")
                + say(f": {size} orang", f": {size} people") * bool(walk.round),
                bool(walk.round),
            ),
            Tick(
                say("Yang tidak diundang dicatat", "Those left out are on record")
                + say(f": {excluded} orang", f": {excluded} people") * bool(campaign),
                bool(campaign),
            ),
        ],
        [Action(say("Buka Undang", "Open the invitation"), page, account=STAFF)],
    )


def _send_step(walk: Walk, say: Speaker) -> Step:
    campaign, books = walk.campaign, walk.books
    sent = books.sent if books else 0
    is_done = bool(campaign and books and campaign.state == Campaign.State.DONE)
    actions = []
    if campaign:
        page = admin_url("messaging_campaign_change", campaign.pk)
        actions.append(Action(say("Buka kampanye", "Open the campaign"), page, account=STAFF))
    return Step(
        "send",
        say("Lihat pesan berangkat, jeda, matikan satu proses", "Watch, pause, kill a worker"),
        say(
            "Pesan berangkat dengan kecepatan yang terlihat. Tekan Jeda lalu Lanjutkan di halaman "
            "kampanye. Matikan satu proses pengirim di bawah ini: proses lain meneruskan, tidak "
            "ada yang terlewat dan tidak ada yang dikirimi dua kali.",
            "Mails go at a visible pace. Press Jeda (pause) and Lanjutkan (resume) on the campaign "
            "page. Kill one sending process below: another goes on, nobody is missed and nobody is "
            "mailed twice.",
        ),
        [
            Tick(
                say("Pesan terkirim", "Messages sent") + f": {say.number(sent)}" * bool(sent),
                sent > 0,
            ),
            Tick(say("Kampanye pernah dijeda", "The campaign was paused"), walk.was_paused),
            Tick(
                say("Rombongan diambil alih dari proses mati", "A dead worker's batch taken over"),
                walk.lost_a_worker,
            ),
            Tick(
                say("Kampanye selesai, pembukuan cocok", "Campaign done, the books balance"),
                is_done and bool(books and books.is_balanced),
            ),
        ],
        actions,
    )


def _answer_step(walk: Walk, say: Speaker) -> Step:
    mail, owner = walk.owner_mail, walk.owner
    code = codes.display(owner.short_code) if owner else ""
    has_mail = mail is not None or owner is not None
    return Step(
        "answer",
        say("Jawab dari surat pemilik kios", "Answer from the stall owner's mail"),
        say(
            "Buka surat undangan pemilik kios di kotak surat, tekan tautannya, jawab Ya, dan lihat "
            "kursi serta kode tiketnya.",
            "Open the stall owner's invitation in the mailbox, follow the link, answer Ya (yes), "
            "and see the seat and the ticket code.",
        ),
        [
            Tick(say("Surat undangan sampai", "The invitation arrived"), has_mail),
            Tick(
                say("Dijawab Ya", "Answered yes") + say(f", tiket {code}", f", ticket {code}")
                if owner
                else say("Dijawab Ya", "Answered yes"),
                owner is not None,
            ),
        ],
        [Action(say("Buka suratnya", "Open the mail"), mail_url(mail))] if mail else [],
    )


def _waiting_step(walk: Walk, say: Speaker) -> Step:
    cohort, waited, moved = walk.cohort, walk.waited, walk.moved_up
    free = cohort.free if cohort else 0
    actions = []
    if walk.next_mail and not waited:
        actions.append(
            Action(
                say("Buka surat orang berikutnya", "Open the next mail"), mail_url(walk.next_mail)
            )
        )
    if walk.owner_mail and waited and not walk.has_cancelled:
        actions.append(
            Action(
                say("Buka surat pemilik kios", "Open the owner's mail"), mail_url(walk.owner_mail)
            )
        )
    if walk.offer_mail:
        actions.append(
            Action(say("Buka surat tawaran", "Open the offer"), mail_url(walk.offer_mail))
        )
    return Step(
        "waiting",
        say("Daftar tunggu bergerak", "The waiting list moves"),
        say(
            f"Jawab Ya untuk orang berikutnya. Sisa {free} kursi; setelah penuh, jawaban Ya masuk "
            "daftar tunggu. Lalu pemilik kios membatalkan lewat tautan yang sama; orang pertama "
            "di daftar tunggu ditawari kursinya.",
            f"Answer yes for the next person. {free} seats are left; once full, a yes lands on the "
            "waiting list. Then the owner cancels by the same link, and the first in line is "
            "offered the seat.",
        ),
        [
            Tick(say("Ada yang masuk daftar tunggu", "Somebody waits"), waited is not None),
            Tick(say("Pemilik kios membatalkan", "The owner cancelled"), walk.has_cancelled),
            Tick(say("Yang menunggu ditawari kursi", "The waiting person moved up"), bool(moved)),
            Tick(say("Ia sudah diberi tahu", "And was told"), walk.offer_mail is not None),
        ],
        actions,
    )


def _register_step(walk: Walk, say: Speaker) -> Step:
    person, place = walk.newcomer, walk.newcomer_place
    code = codes.display(person.code) if person else ""
    seat = f": {place.get_state_display()}, {place.cohort}" if place else ""
    start = reverse("registration:start")
    cohort = f"?gelombang={walk.open_class.code}" if walk.open_class else ""
    actions = [
        Action(say("Mulai mendaftar", "Start to register"), f"{start}{cohort}"),
        Action(say("Buka kotak surat", "Open the mailbox"), reverse("pages:mailbox")),
    ]
    if person:
        page = f"{admin_url('participants_participant_changelist')}?q={person.code}"
        label = say("Cari dia di daftar peserta", "Find her in the register")
        actions = [Action(label, page, account=STAFF), *actions]
    return Step(
        "register",
        say("Daftar sebagai pemilik usaha baru", "Register as a new owner"),
        say(
            "Dengan ponsel, atau jendela yang disempitkan: isi nama dan nomor HP mana saja, ambil "
            "kodenya di kotak surat, jawab lima halaman. Kelas yang dipilih menjadi kursi. Boleh "
            "berhenti di tengah dan lanjut di perangkat lain. NIK latihan: 3171994105850012 "
            "(lahir 1 Mei 1985). Lalu cari dia sebagai petugas.",
            "On a phone or in a narrow window: give a name and any mobile number, take the code "
            "from the mailbox, answer five pages. The class you came from becomes a seat. You may "
            "stop halfway and go on at another device. Practice NIK: 3171994105850012 (born on "
            "1 May 1985). Then find her as the officer.",
        ),
        [
            Tick(say("Nomor dibuktikan dengan kode", "Number proved"), bool(walk.registration)),
            Tick(say("Terdaftar", "Registered") + f": {code}" * bool(person), bool(person)),
            Tick(
                say("Kursi atau tempat di antrean", "A seat or a place in line") + seat,
                place is not None,
            ),
            Tick(say("Ada di daftar petugas", "In the officer's list"), walk.is_newcomer_listed),
        ],
        actions,
    )


def _merge_step(walk: Walk, say: Speaker) -> Step:
    pair, merge = walk.twins, walk.merge
    actions = []
    if merge:
        page = admin_url("participants_merge_change", merge.pk)
        label = say("Lihat penggabungannya", "See the merge")
        actions.append(Action(label, page, account=STAFF))
    elif pair:
        page = admin_url("participants_duplicatepair_change", pair.pk)
        label = say("Bandingkan dua data", "Compare the two records")
        actions.append(Action(label, page, account=STAFF))
    return Step(
        "merge",
        say("Gabungkan orang yang tercatat dua kali", "Merge a person who stands there twice"),
        say(
            "Bu Sukarni tercatat dua kali: sekali dengan ejaan lama, tanpa NIK. Bandingkan kedua "
            "data, tekan Orang yang sama: gabung. Penggabungan bisa dibatalkan di halaman itu.",
            "Sukarni stands in the register twice, once in old spelling and without an ID number. "
            "Compare the records and press Orang yang sama: gabung (same person: merge). The same "
            "page takes it back.",
        ),
        [
            Tick(say("Dugaan ganda ditemukan", "The double was found"), pair is not None),
            Tick(say("Dua data menjadi satu", "Two records became one"), merge is not None),
        ],
        actions,
    )
