"""Why a row waits for a person, what she may decide, and what a decision or a policy leaves alone.

A field of the slice that is NULL keeps what is known: to keep is to blank it there.
"""

from __future__ import annotations

from participants.models import Participant
from umkm_portal.imports.models import RowDecision
from umkm_portal.imports.profiles import PolicyField

Choice = RowDecision.Choice
REASONS = {
    "claim": (
        "nik",
        "NIK ini sudah dipakai pendaftar yang KTP-nya belum dilihat petugas.",
        "Petugas mencocokkan KTP pendaftar itu, lalu berkas diunggah lagi.",
    ),
    "number": (
        "nik",
        "NIK tersimpan sebagai angka dan data lainnya tidak cocok dengan peserta itu.",
        "Ubah format kolom NIK menjadi Teks, ketik ulang NIK, lalu unggah lagi.",
    ),
    "name": (
        "full_name",
        "Nama berbeda dengan nama peserta terverifikasi yang ber-NIK sama.",
        "Petugas mencocokkan nama dengan KTP; isian terverifikasi tidak ditimpa.",
    ),
    "birth_date": (
        "birth_date",
        "Tanggal lahir berbeda dengan data peserta yang sudah terverifikasi.",
        "Petugas mencocokkan tanggal lahir dengan KTP; isian terverifikasi tidak ditimpa.",
    ),
    "nik": (
        "nik",
        "NIK berbeda dengan NIK peserta itu yang sudah terverifikasi.",
        "Petugas mencocokkan NIK dengan KTP; isian terverifikasi tidak ditimpa.",
    ),
    "contact": (
        "phone",
        "Nomor HP atau email berbeda dengan yang sudah dibuktikan pemilik akun.",
        "Tanyakan kepada peserta; ia mengubahnya sendiri lewat akunnya.",
    ),
    "policy": (
        "Isian yang berbeda",
        "Isian di berkas berbeda dengan yang sudah tersimpan.",
        "Bandingkan keduanya, lalu pilih yang benar.",
    ),
}
"""Why a row waits for a person: the column, what was found, what to do."""

CHOICES = {
    "claim": (Choice.TAKE, Choice.NEW, Choice.LINK, Choice.SKIP),
    "number": (Choice.TAKE, Choice.NEW, Choice.LINK, Choice.SKIP),
    "name": (Choice.KEEP, Choice.TAKE, Choice.LINK, Choice.SKIP),
    "birth_date": (Choice.KEEP, Choice.TAKE, Choice.LINK, Choice.SKIP),
    "nik": (Choice.KEEP, Choice.LINK, Choice.SKIP),
    "contact": (Choice.KEEP, Choice.LINK, Choice.SKIP),
    "policy": (Choice.KEEP, Choice.TAKE, Choice.LINK, Choice.SKIP),
}
"""A verified NIK and a contact that an account proved are not replaced by a file."""

POLICY_FIELDS = (
    PolicyField("full_name", "Nama"),
    PolicyField("phone", "Nomor HP"),
    PolicyField("email", "Email"),
    PolicyField("birth_date", "Tanggal lahir"),
    PolicyField("region", "Wilayah tempat tinggal"),
    PolicyField("address", "Alamat"),
    PolicyField("track", "Jalur"),
    PolicyField("agency", "Dinas pembina"),
    PolicyField("sector", "Sektor usaha"),
    PolicyField("products", "Produk"),
    PolicyField("market", "Pasar"),
    PolicyField("stall", "Kios"),
    PolicyField("sells_live", "Jualan siaran langsung"),
    PolicyField("nib", "NIB"),
    PolicyField("yearly_sales", "Omzet setahun"),
)

_TEXTS = {**dict.fromkeys(("phone", "email", "address", "track"), "p")}
_TEXTS |= dict.fromkeys(("products", "market", "stall", "nib"), "b")
_KNOWN = {
    **{
        key: (f"{alias}.{key} <> ''", f"{alias}.{key}", f"s.{key}") for key, alias in _TEXTS.items()
    },
    "birth_date": ("p.birth_date IS NOT NULL", "p.birth_date::text", "s.birth_date"),
    "region": ("p.region_id IS NOT NULL", "p.region_id", "s.region_id"),
    "sector": ("b.sector_id IS NOT NULL", "b.sector_id", "s.sector_id"),
    "sells_live": ("b.sells_live IS NOT NULL", "b.sells_live", "s.sells_live"),
    "yearly_sales": ("b.yearly_sales IS NOT NULL", "b.yearly_sales::text", "s.yearly_sales"),
}
"""Of each field: whether the register knows it, what it knows, and what the file says."""
_PROVED = {
    "phone": "p.account_id IS NOT NULL",
    "email": "p.account_id IS NOT NULL",
    "birth_date": f"p.identity = '{Participant.Identity.VERIFIED}' AND s.decision <> 'take'",
}
"""What no decision, or only the one to take the file's value, replaces."""


def _is_kept(key: str, is_known: str) -> str:
    """SQL for: what is known of this field stays, whatever the row says."""
    by_decision = f"s.decision IN ('keep', 'link') AND '{key}' = ANY(%(reviewed)s)"
    kept = f"'{key}' = ANY(%(kept)s) OR {by_decision}"
    if key in _PROVED:
        kept += f" OR s.decision <> '' AND {_PROVED[key]}"
    return f"({is_known}) AND ({kept})"


def _blanked() -> str:
    sets = [
        f"{value.removeprefix('s.')} = CASE WHEN {_is_kept(key, is_known)} THEN NULL "
        f"ELSE {value} END"
        for key, (is_known, _, value) in _KNOWN.items()
    ]
    return ", ".join(sets)


KEEP_KNOWN = f"""
    UPDATE slice s SET {_blanked()},
        full_name = CASE
            WHEN 'full_name' = ANY(%(kept)s) AND p.identity <> 'verified' THEN p.full_name
            WHEN s.decision IN ('keep', 'link')
                 AND (p.identity = 'verified' OR 'full_name' = ANY(%(reviewed)s))
                THEN p.full_name
            ELSE s.full_name END
    FROM slice same
    JOIN participants_participant p ON p.id = ANY(ARRAY[same.target_id])
    LEFT JOIN participants_business b ON b.id = ANY(ARRAY[same.business_id])
    WHERE s.row_no = same.row_no
"""  # noqa: S608 - constants of this module
"""Blanks in the slice what a policy or a decision leaves as it is known."""

DIFFERS_WHERE_REVIEWED = " OR ".join(
    (
        "'full_name' = ANY(%(reviewed)s) AND p.full_name <> s.full_name",
        *(
            f"'{key}' = ANY(%(reviewed)s) AND {is_known} AND {known} <> {value}"
            for key, (is_known, known, value) in _KNOWN.items()
        ),
        "'agency' = ANY(%(reviewed)s) AND p.agency_id <> s.agency_id",
    )
)

LEAVE_FOREIGN_NIKS = """
    UPDATE slice s SET nik = NULL, nik_indexes = NULL, nik_last4 = NULL
    WHERE s.decision IN ('new', 'link') AND s.nik IS NOT NULL AND (
        s.decision = 'new' AND s.is_number_nik OR EXISTS (
            SELECT 1 FROM participants_participant o
            WHERE o.nik_index = ANY(s.nik_indexes) AND o.identity || '' = 'verified'
              AND o.status || '' = 'active' AND o.id IS DISTINCT FROM s.target_id))
"""
"""A NIK that is verified for somebody else does not come along to the person that staff chose."""
