"""The campaign's steps of the tour: write, watch, what was not sent, one person, the queues."""

from __future__ import annotations

from django.urls import reverse

from umkm_portal.pages.tour.accounts import STAFF
from umkm_portal.pages.tour.campaigns import CampaignWalk
from umkm_portal.pages.tour.parts import Action, Speaker, Step, Tick, admin_url


def campaign_steps(walk: CampaignWalk, say: Speaker) -> list[Step]:
    return [
        _write_step(walk, say),
        _watch_step(walk, say),
        _untold_step(walk, say),
        _person_step(walk, say),
        _health_step(walk, say),
    ]


def _write_step(walk: CampaignWalk, say: Speaker) -> Step:
    campaign = walk.campaign
    page = admin_url("messaging_campaign_add")
    label = say("Buat kampanye", "Make a campaign")
    if campaign:
        page = admin_url("messaging_campaign_change", campaign.pk)
        label = say("Lanjutkan kampanye Anda", "Go on with your campaign")
    people = say.number(walk.reached)
    return Step(
        "campaign",
        say("Buat kampanye dalam lima langkah", "Write a campaign in five steps"),
        say(
            "Pilih Pengumuman, beri judul. Centang Semua peserta yang aktif dan bersedia: Anda "
            "langsung melihat berapa orang menerima dan mengapa yang lain tidak. Tulis kabar Anda "
            "di tempat […], lihat pratinjaunya, lalu Kirim.",
            "Choose Pengumuman (announcement) and a title. Tick Semua peserta yang aktif dan "
            "bersedia (all who are active and willing): you see at once how many get it and why "
            "the others do not. Write your news in place of […], look at the preview, then press "
            "Kirim (send).",
        ),
        [
            Tick(say("Rancangan dibuat", "A draft is made"), campaign is not None),
            Tick(
                say("Penerima dihitung", "The audience is counted")
                + say(f": {people} orang", f": {people} people") * bool(walk.reached),
                walk.reached > 0,
            ),
            Tick(say("Tombol Kirim ditekan", "Kirim was pressed"), walk.is_sent),
        ],
        [Action(label, page, account=STAFF)],
    )


def _watch_step(walk: CampaignWalk, say: Speaker) -> Step:
    actions = []
    if walk.campaign and walk.is_sent:
        page = admin_url("messaging_campaign_change", walk.campaign.pk)
        label = say("Lihat kampanye Anda", "Watch your campaign")
        actions.append(Action(label, page, account=STAFF))
    sent = say.number(walk.sent)
    return Step(
        "watch",
        say("Lihat kampanye berjalan, lalu jeda", "Watch it run, and pause it"),
        say(
            "Selama satu menit kampanye masih bisa diurungkan; tekan Mulai bila tidak mau "
            "menunggu. Angkanya bergerak sendiri. Tekan Jeda: pesan berhenti keluar. Tekan "
            "Lanjutkan: sisanya berangkat, tanpa ada yang dikirimi dua kali.",
            "For one minute it can still be taken back; press Mulai (start) not to wait. The "
            "figures move by themselves. Press Jeda (pause): nothing leaves any more. Press "
            "Lanjutkan (resume): the rest goes, and nobody is mailed twice.",
        ),
        [
            Tick(
                say("Pesan keluar", "Messages leave") + f": {sent}" * bool(walk.sent), walk.sent > 0
            ),
            Tick(say("Pernah dijeda", "It was paused"), walk.was_paused),
            Tick(say("Selesai", "It is done"), walk.is_over),
        ],
        actions,
    )


def _untold_step(walk: CampaignWalk, say: Speaker) -> Step:
    campaign, actions = walk.troubled, []
    if campaign:
        page = admin_url("messaging_campaign_list", campaign.pk, "belum-pasti")
        label = say("Tidak dikirim dan mengapa", "Not sent, and why")
        actions.append(Action(label, page, account=STAFF))
    inbox = admin_url("messaging_reply_changelist")
    label = say("Buka kotak balasan", "Open the replies")
    actions.append(Action(label, inbox, account=STAFF))
    actions.append(Action(say("Buka kotak surat", "Open the mailbox"), reverse("pages:mailbox")))
    resolved = say.number(walk.resolved)
    return Step(
        "untold",
        say("Tidak dikirim dan mengapa", "Not sent, and why"),
        say(
            "Di kampanye Pekan jajanan ada alamat yang terpental dan pesan yang nasibnya belum "
            "pasti. Yang belum pasti tidak diulang sendiri: centang, cari suratnya di kotak surat, "
            "lalu catat hasilnya. Sesudah itu jawab satu balasan WhatsApp.",
            "In the campaign Pekan jajanan some addresses bounced, and of some messages nobody "
            "knows whether they arrived. These are never repeated blindly: tick them, look for the "
            "mail in the mailbox, and note what became of them. Then answer one WhatsApp reply.",
        ),
        [
            Tick(
                say("Pesan yang belum pasti diputuskan", "An uncertain message was decided")
                + f": {resolved}" * bool(walk.resolved),
                walk.resolved > 0,
            ),
            Tick(say("Satu balasan ditangani", "A reply was dealt with"), walk.has_answered),
        ],
        actions,
    )


def _person_step(walk: CampaignWalk, say: Speaker) -> Step:
    person, actions = walk.person, []
    name = person.full_name if person else ""
    if person:
        page = admin_url("participants_participant_change", person.pk) + "#timeline-title"
        label = say(f"Buka data {name}", f"Open the record of {name}")
        actions.append(Action(label, page, account=STAFF))
    if walk.told and walk.campaign:
        page = admin_url("messaging_campaign_message", walk.campaign.pk, walk.told.pk)
        label = say("Lihat satu pesannya", "See that one message")
        actions.append(Action(label, page, account=STAFF))
    return Step(
        "person",
        say("Riwayat pesan satu orang", "One person's messages"),
        say(
            "Ada yang bertanya, “Saya tidak dapat kabar.” Buka datanya: setiap pesan berdiri di "
            "riwayatnya, kapan keluar, lewat saluran apa, dan apa kata server penerima.",
            "Somebody says, “I was never told.” Open the record: every message stands in the "
            "timeline, when it left, on which channel, and what the receiving server said.",
        ),
        [
            Tick(
                say("Pesan Anda ada di riwayat", "Your message is in the timeline of")
                + f" {name}" * bool(walk.told),
                walk.told is not None,
            )
        ],
        actions,
    )


def _health_step(walk: CampaignWalk, say: Speaker) -> Step:
    page = admin_url("operations")
    label = say("Buka Antrean & kesehatan", "Open Antrean & kesehatan")
    return Step(
        "health",
        say("Antrean dan kesehatan", "Queues and health"),
        say(
            "Satu halaman menjawab “apakah semuanya berjalan?”: antrean, laju per menit, kegagalan "
            "menurut sebab, dan kapan tiap proses terakhir memberi kabar.",
            "One page answers “does everything work?”: queues, messages a minute, failures by "
            "cause, and when each process last gave a sign of life.",
        ),
        [Tick(say("Semua antrean memberi kabar", "Every queue is alive"), walk.are_queues_alive)],
        [Action(label, page, account=STAFF)],
    )
