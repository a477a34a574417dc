"""The class's steps of the tour: ready a wave, scan a ticket, print and check a certificate."""

from __future__ import annotations

from django.urls import reverse

from trainings.attendance.marks import hour
from trainings.certificates.showing import download_url
from trainings.tickets import token_of
from umkm_portal.common import codes
from umkm_portal.pages.tour.accounts import STAFF
from umkm_portal.pages.tour.classes import ClassWalk
from umkm_portal.pages.tour.parts import Action, Speaker, Step, Tick, admin_url


def class_steps(walk: ClassWalk, say: Speaker) -> list[Step]:
    return [_ready_step(walk, say), _scan_step(walk, say), _certificate_step(walk, say)]


def _ready_step(walk: ClassWalk, say: Speaker) -> Step:
    found, plan = walk.readiness, walk.plan
    done, count = (found.done, len(found.items)) if found else (0, 6)
    is_ready = bool(found and found.is_ready)
    page = admin_url("trainings_cohort_change", plan.pk) if plan else ""
    label = say("Lihat gelombangnya", "See the wave")
    if not walk.is_open:
        label = say("Lihat apa yang kurang", "See what is missing")
    by_reason = bool(walk.is_open and plan and plan.override_reason)
    return Step(
        "ready",
        say("Siapkan satu gelombang, lalu terbitkan", "Ready a wave, then publish it"),
        say(
            "Rancangan Produk siap jual belum bisa diterbitkan. Baca yang kurang di Kesiapan, "
            "tekan barisnya, lengkapi: aula yang terpakai diganti, jawaban pelatih dicatat, "
            "anggaran dan materi diisi. Lalu tekan Terbitkan gelombang. Tidak sempat? "
            "Terbitkan dengan alasan; alasannya tercatat.",
            "The draft Produk siap jual cannot be published yet. Read what is missing at Kesiapan "
            "(readiness), follow each line and mend it: another hall, the trainers' answers, money "
            "and materials. Then press Terbitkan gelombang (publish). No time? Publish it with a "
            "reason; the reason stays on record.",
        ),
        [
            Tick(
                say("Lengkap", "Complete")
                + say(f": {done} dari {count}", f": {done} of {count}")
                + say(", terbit dengan alasan", ", published with a reason") * by_reason,
                is_ready or by_reason,
            ),
            Tick(say("Gelombang terbit", "The wave is published"), walk.is_open),
        ],
        [Action(label, page, account=STAFF)] if plan else [],
    )


def _scan_step(walk: ClassWalk, say: Speaker) -> Step:
    session, ticket, arrival = walk.session, walk.ticket, walk.arrival
    code = codes.display(ticket.short_code) if ticket else ""
    name = ticket.participant.full_name if ticket else ""
    came = say("Tiket tercatat hadir", "The ticket counts")
    if arrival:
        came += f": {name}, {hour(arrival.happened_at)}"
    text = say(
        "Hari ini belum ada kelas. Buat dahulu; kursinya sudah terisi.",
        "There is no class today. Make one first; its seats are taken already.",
    )
    if session and ticket:
        text = say(
            f"Hari ini ada kelas {session.cohort.training}. Buka pintunya, ketik kode tiket "
            f"{name}: {code}. Dengan dua layar: buka tiketnya di layar lain, lalu pindai QR-nya "
            "dengan kamera. Coba kode yang sama sekali lagi: tidak dihitung dua kali.",
            f"Today there is a class. Open its door and type the code of {name}'s ticket: {code}. "
            "With two screens: open the ticket on the other one and scan its QR by camera. Try the "
            "same code once more: it does not count twice.",
        )
    return Step(
        "scan",
        say("Pindai tiket di pintu kelas", "Scan a ticket at the door"),
        text,
        [
            Tick(came, arrival is not None),
            Tick(
                say("Kode yang sama lagi: sudah tercatat", "The same code again: known already"),
                walk.was_tried_again,
            ),
        ],
        _scan_actions(walk, say),
    )


def _scan_actions(walk: ClassWalk, say: Speaker) -> list[Action]:
    if not walk.session or not walk.ticket:
        label = say("Buat kelas hari ini", "Make a class for today")
        return [Action(label, reverse("pages:todays_class"), is_post=True)]
    door = reverse("trainings:door", args=[walk.session.pk])
    ticket = reverse("trainings:ticket", args=[token_of(walk.ticket)])
    return [
        Action(say("Buka pintu kelas", "Open the door"), door, account=STAFF),
        Action(say("Buka tiketnya", "Open the ticket"), ticket),
    ]


def _certificate_step(walk: ClassWalk, say: Speaker) -> Step:
    issued = say.number(walk.issued)
    label = say("Sertifikat terbit", "Certificates issued")
    return Step(
        "certificate",
        say("Cetak sertifikat, lalu periksa keasliannya", "Print certificates, check one"),
        say(
            "Kelas Siaran langsung dari kios sudah selesai; yang cukup jam hadirnya mendapat "
            "sertifikat. Tekan Buat berkas cetak baru di tab Sertifikat: semuanya dalam satu PDF. "
            "Lalu buka halaman yang dilihat siapa pun yang memindai QR di kertasnya.",
            "The class Siaran langsung dari kios is over; whoever was there long enough has a "
            "certificate. Press Buat berkas cetak baru (make the file for the printer) in the tab "
            "Sertifikat. Then open the page that anybody sees who scans the QR on the paper.",
        ),
        [
            Tick(label + f": {issued}" * bool(walk.issued), walk.issued > 0),
            Tick(say("Berkas cetak siap", "The file for the printer is ready"), walk.is_printed),
        ],
        _certificate_actions(walk, say),
    )


def _certificate_actions(walk: ClassWalk, say: Speaker) -> list[Action]:
    actions = []
    if walk.finished:
        page = admin_url("trainings_cohort_certificates", walk.finished.pk)
        label = say("Buka tab Sertifikat", "Open the certificates")
        actions.append(Action(label, page, account=STAFF))
    if walk.certificate:
        page = reverse("trainings:certificate", args=[walk.certificate.shown_number])
        actions.append(Action(say("Periksa keasliannya", "Check that it is genuine"), page))
        pdf = download_url(walk.certificate.enrolment)
        actions.append(Action(say("Unduh PDF-nya", "Download the PDF"), pdf, is_download=True))
    return actions
