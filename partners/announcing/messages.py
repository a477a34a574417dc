"""The messages about results: in what words, to whom still, by which one channel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.urls import reverse

from participants.models import Participant
from partners.models import Appeal, CurationDecision, CurationList, CurationResult
from partners.reaching import PAGE
from umkm_portal.messaging import kinds
from umkm_portal.messaging.directory import Subject, register_subject
from umkm_portal.messaging.kinds import CampaignKind
from umkm_portal.messaging.models import Campaign, Channel, DeliveryBatch

Priority = DeliveryBatch.Priority

_FREE = "Kurasi ini gratis. Petugas tidak pernah meminta kode OTP atau pembayaran."
_DINAS = "Jakpreneur, Dinas PPKUKM Provinsi DKI Jakarta"

_RESULT = f"""Yth. Bapak/Ibu {{nama}},

Hasil kurasi {{judul}}: {{hasil}}.

{{keterangan}}

Rincian, langkah berikutnya, dan cara mengajukan keberatan ada di halaman Anda:
{{halaman}}

{_FREE}

{_DINAS}"""

_ANSWER = f"""Yth. Bapak/Ibu {{nama}},

Keberatan Anda tentang kurasi {{judul}} sudah dijawab: {{hasil}}.

{{keterangan}}

{{halaman}}

{_DINAS}"""

_INVITE = f"""Yth. pemilik usaha {{usaha}},

Usaha Anda ada di daftar kurasi {{judul}} dari {{mitra}}, tetapi belum terdaftar di Jakpreneur.

Daftar sekarang, gratis, dengan nomor HP atau email ini. Setelah terdaftar, hasil kurasi Anda tampil di halaman Anda:
{{halaman}}

Bila usaha ini bukan milik Anda, abaikan pesan ini.

{_DINAS}"""  # noqa: E501

_INVITE_TEXT = (
    "Jakpreneur Dinas PPKUKM DKI: usaha {usaha} ada di daftar kurasi {judul} dari {mitra}. "
    "Daftar gratis untuk melihat hasilnya: {halaman}"
)

_WORDS = """
SELECT r.id AS subject_id, r.participant_id AS recipient_key,
    CASE WHEN p.email <> '' THEN 'email' ELSE 'whatsapp' END AS channel,
    CASE WHEN p.email <> '' THEN p.email ELSE p.phone END AS address,
    jsonb_build_object(
        'nama', p.full_name,
        'judul', c.title,
        'hasil', CASE WHEN r.withdrawn_at IS NOT NULL THEN 'ditarik kembali'
            WHEN r.outcome = 'passed' THEN 'LOLOS'
            WHEN r.outcome = 'reserve' THEN 'cadangan'
            WHEN r.outcome = 'improve' THEN 'perlu perbaikan'
            ELSE 'belum lolos' END
            || CASE WHEN r.grade <> '' AND r.withdrawn_at IS NULL THEN ', nilai ' || r.grade
            ELSE '' END,
        'keterangan', CASE
            WHEN r.withdrawn_at IS NOT NULL THEN
                'Kurator memperbaiki daftarnya dan usaha Anda tidak ada lagi di sana. '
                || 'Bila Anda merasa ini keliru, ajukan keberatan.'
            WHEN r.outcome = 'passed' THEN
                coalesce('Yang perlu Anda siapkan: ' || nullif(c.needs, ''),
                    'Kami mengabari Anda tentang langkah berikutnya.')
            WHEN r.outcome = 'reserve' THEN 'Kami mengabari Anda bila ada tempat.'
            ELSE coalesce('Alasan: ' || nullif(r.reason, '') || '. ', '')
                || coalesce('Yang perlu diperbaiki: ' || nullif(r.note, ''),
                    'Anda boleh melamar lagi di kurasi berikutnya.') END,
        'halaman', {page} || c.slug || '/') AS context
FROM partners_curationresult r
JOIN partners_curationcall c ON c.id = r.call_id
JOIN participants_participant p ON p.id = r.participant_id
"""
_EXPANSION = """
SELECT told.recipient_key, told.subject_id, told.channel, told.address, told.context
FROM messaging_audiencemember m JOIN ({words}) told ON told.subject_id = m.subject_id
WHERE m.campaign_id = %(campaign)s AND m.position BETWEEN %(first)s AND %(last)s
"""


def register() -> None:
    """Tell the sender about the messages, and its pages what they are about."""
    for kind in (result_kind(), APPEAL, INVITE):
        kinds.register(kind)
    register_subject("curation_result", _subject_of)


def words_of(result_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What fills the message about each of these results; one query."""
    query = f"SELECT subject_id, context FROM ({_words()}) told WHERE subject_id = ANY(%s)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, [list(result_ids)])
        return {pk: _read(context) for pk, context in cursor.fetchall()}


def _words() -> str:
    page = f"{settings.PORTAL_URL}{PAGE}".replace("'", "''").replace("%", "%%")
    return _WORDS.replace("{page}", f"'{page}'")


def _read(context: Any) -> dict[str, str]:
    return json.loads(context) if isinstance(context, str) else context


def _single(result_id: int) -> dict[str, str]:
    return words_of([result_id])[result_id]


def _still_so(campaign: Campaign, result_ids: Sequence[int]) -> set[int]:
    """Results as the message tells them: a later list has not told anything else since."""
    rows = CurationResult.objects.filter(
        pk__in=result_ids, participant__status=Participant.Status.ACTIVE
    )
    if campaign.subject_id:
        rows = rows.filter(list=campaign.subject_id)
    return set(rows.values_list("pk", flat=True))


def _still_answered(campaign: Campaign, appeal_ids: Sequence[int]) -> set[int]:
    rows = Appeal.objects.filter(
        pk__in=appeal_ids, participant__status=Participant.Status.ACTIVE
    ).exclude(state=Appeal.State.OPEN)
    return set(rows.values_list("pk", flat=True))


def _still_unknown(campaign: Campaign, decision_ids: Sequence[int]) -> set[int]:
    """Businesses whose owner has not registered meanwhile."""
    rows = CurationDecision.objects.unmatched().filter(pk__in=decision_ids)
    return set(rows.values_list("pk", flat=True))


def _subject_of(campaign: Campaign) -> Subject | None:
    rows = CurationList.objects.select_related("call").filter(pk=campaign.subject_id or 0)
    version = rows.first()
    if version is None:
        return None
    link = reverse("admin:partners_curationlist_change", args=[version.pk])
    return Subject(f"{version.call.title}, versi {version.version}", link, link)


_SAMPLE = {
    "nama": "Siti Aminah",
    "judul": "Shopee Bazaar Online Jakpreneur",
    "hasil": "LOLOS, nilai A",
    "keterangan": "Yang perlu Anda siapkan: 50 produk siap kirim dan foto produk.",
    "halaman": "https://contoh.example/saya/kurasi/bazaar-online/",
}


def result_kind() -> CampaignKind:
    """The message about a result: by campaign for a list, singly for who is found later."""
    return CampaignKind(
        name="curation_result",
        label="Hasil kurasi",
        purpose="service",
        priority=Priority.BULK,
        variables=_SAMPLE,
        wording={
            Channel.EMAIL: ("Hasil kurasi {judul}", _RESULT),
            Channel.WHATSAPP: ("", _RESULT),
        },
        expansion_sql=_EXPANSION.replace("{words}", _words()),
        still_wanted=_still_so,
        single_context=_single,
    )


APPEAL = CampaignKind(
    name="curation_appeal",
    label="Jawaban keberatan kurasi",
    purpose="service",
    priority=Priority.CHANGE,
    variables={**_SAMPLE, "hasil": "hasil tetap", "keterangan": "Nomor BPOM belum ada."},
    wording={
        Channel.EMAIL: ("Keberatan Anda sudah dijawab: {judul}", _ANSWER),
        Channel.WHATSAPP: ("", _ANSWER),
    },
    still_wanted=_still_answered,
)
INVITE = CampaignKind(
    name="curation_invite",
    label="Ajakan mendaftar dari daftar kurasi",
    purpose="service",
    priority=Priority.CHANGE,
    variables={
        "usaha": "Dapur Siti",
        "judul": "Shopee Bazaar Online Jakpreneur",
        "mitra": "Shopee",
        "halaman": "https://contoh.example/daftar/",
    },
    wording={
        Channel.EMAIL: ("Usaha Anda di daftar kurasi {mitra}", _INVITE),
        Channel.SMS: ("", _INVITE_TEXT),
    },
    still_wanted=_still_unknown,
)
