"""What goes in and out of the API; partners read the descriptions, so they are Indonesian."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Header, Path, Query, Schema
from pydantic import ConfigDict, StrictBool, StrictInt, StringConstraints, WithJsonSchema

from umkm_portal.common import money

MOST_ROWS = 5_000
MOST_ON_PAGE = 500
LARGEST = 2**31 - 1
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Text = Annotated[str, StringConstraints(max_length=300, pattern=_PLAIN)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
BazaarSlug = Annotated[str, StringConstraints(max_length=60, pattern=r"^[-a-zA-Z0-9_]+$")]
IdempotencyKey = Annotated[
    str,
    Header(
        ...,
        alias="Idempotency-Key",
        description="Tanda unik permintaan ini, misalnya UUID. Kunci yang sama dengan isi yang "
        "sama dijawab sama; dengan isi lain ditolak (409). Disimpan 7 hari.",
        min_length=8,
        max_length=120,
        pattern=r"^[A-Za-z0-9._:-]+$",
    ),
]
Slug = Annotated[
    str, Path(..., max_length=60, pattern=r"^[-a-zA-Z0-9_]+$", description="Kode kurasi.")
]
ListNumber = Annotated[int, Path(..., ge=0, le=LARGEST, description="Nomor daftar.")]
After = Annotated[
    int,
    Query(0, ge=0, le=LARGEST, description="Isi `next` dari halaman sebelumnya."),
]
Limit = Annotated[int, Query(100, ge=1, le=MOST_ON_PAGE, description="Isi per halaman.")]


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


# --- In ---------------------------------------------------------------------------------------
class Row(_Strict):
    """Satu usaha. Isi paling sedikit salah satu: `code`, `phone` dengan nama, atau `store_link`."""

    code: Text = Field("", description="Kode peserta, paling pasti. Contoh: JKP-7K3M-Q2XA")
    business_name: Text = Field("", description="Nama usaha atau toko")
    full_name: Text = Field("", description="Nama pemilik")
    phone: Text = Field("", description="Nomor HP atau WhatsApp")
    email: Text = ""
    store_link: Text = Field("", description="Tautan atau nama akun toko")
    nik: Text = Field("", description="Tidak perlu bila ada kode. Tidak pernah dikirim balik")
    products: Text = ""
    category: Text = ""
    nib: Text = ""
    pirt: Text = ""
    halal: Text = ""
    bpom: Text = ""
    city: Text = ""
    district: Text = ""
    village: Text = ""
    result: Text = Field("", description="Lolos, Tidak lolos, Cadangan, atau Perbaikan")
    grade: Text = Field("", description="A, B, C, atau D")
    reason: Text = Field("", description="Alasan, dibaca pemilik usaha")
    note: Text = Field("", description="Catatan")


class RowsIn(_Strict):
    """Daftar hasil kurasi sebagai JSON."""

    rows: list[Row] = Field(min_length=1, max_length=MOST_ROWS)
    all_pass: StrictBool = Field(False, description="Semua baris lolos; `result` boleh kosong.")


class SaleRow(_Strict):
    """Penjualan satu usaha di satu masa dan satu kanal. Isi `code`, `phone` dengan nama, atau
    `store_link`."""

    code: Text = Field("", description="Kode peserta, paling pasti. Contoh: JKP-7K3M-Q2XA")
    business_name: Text = Field("", description="Nama usaha atau toko")
    full_name: Text = Field("", description="Nama pemilik")
    phone: Text = Field("", description="Nomor HP atau WhatsApp")
    store_link: Text = Field("", description="Tautan atau nama akun toko")
    period_from: Day = Field(description="Hari pertama")
    period_to: Day | None = Field(None, description="Hari terakhir; kosong berarti satu hari")
    channel: Text = Field("", description="Kanal, misalnya Live; kosong berarti bazarnya")
    orders: StrictInt | None = Field(None, ge=0, le=10_000_000, description="Jumlah pesanan")
    amount: StrictInt = Field(ge=0, le=money.LARGEST, description="Rupiah, bilangan bulat")


class SalesIn(_Strict):
    """Laporan penjualan sebagai JSON."""

    bazaar: BazaarSlug | None = Field(
        None, description="Kode bazar; kosong bila bukan untuk satu bazar."
    )
    rows: list[SaleRow] = Field(min_length=1, max_length=MOST_ROWS)


class MatchIn(_Strict):
    """Judul kolom berkas, masing-masing dengan nama isian kita; kosong berarti dilewati."""

    mapping: dict[Text, Text] = Field(max_length=200)


class ColumnsIn(MatchIn):
    """Judul kolom berkas, masing-masing dengan nama isian kita; kosong berarti dilewati."""

    all_pass: StrictBool = Field(False, description="Semua baris lolos.")


class AcceptIn(_Strict):
    """Versi yang Anda bandingkan, supaya versi baru orang lain tidak tertimpa tanpa dilihat."""

    seen_version: StrictInt | None = Field(
        None, ge=0, le=LARGEST, description="`current_version` dari status, bila ada."
    )


# --- Out --------------------------------------------------------------------------------------
class CallOut(Schema):
    """Satu kurasi Anda."""

    slug: str
    title: str
    state: Literal["open", "closed"]
    is_open: bool = Field(description="Apakah pemilik usaha bisa melamar sekarang.")
    opens_at: datetime
    closes_at: datetime
    quota: int | None
    has_grades: bool
    current_version: int | None = Field(description="Versi daftar yang berlaku.")
    current_list: int | None = Field(description="Nomor daftar yang menjadi versi itu.")


class Calls(Schema):
    items: list[CallOut]
    next: int | None = Field(description="Isi `after` untuk halaman berikutnya.")


class Outcomes(Schema):
    """Baris menurut hasilnya."""

    passed: int = 0
    failed: int = 0
    reserve: int = 0
    improve: int = 0


class Changes(Schema):
    """Perubahan terhadap versi yang berlaku."""

    added: int
    changed: int
    gone: int
    same: int


class ListSummary(Schema):
    """Satu daftar yang Anda kirim."""

    id: int
    call: str | None
    name: str
    state: Literal[
        "checking",
        "columns_needed",
        "checked",
        "storing",
        "accepted",
        "announcing",
        "announced",
        "replaced",
        "withdrawn",
        "refused",
        "cancelled",
    ] = Field(
        description="checking: sedang dibaca. columns_needed: cocokkan kolom. checked: menunggu "
        "Anda terima. storing: sedang disimpan. accepted: diterima. announcing, announced: "
        "pengumuman oleh dinas. replaced: ada versi baru. withdrawn, cancelled: ditarik, "
        "dibatalkan. refused: berkas tidak bisa dibaca, lihat message."
    )
    version: int | None = Field(description="Versi yang terjadi dari daftar ini.")
    rows: int
    message: str = Field(description="Mengapa berkas ditolak; biasanya kosong.")
    uploaded_at: datetime
    checked_at: datetime | None
    accepted_at: datetime | None


class ListOut(ListSummary):
    """Status satu daftar. Angka tersedia setelah `checked`."""

    acceptable: int | None = Field(description="Baris yang disimpan bila Anda terima.")
    to_repair: int | None = Field(description="Baris yang harus diperbaiki; lihat problems.")
    repeated: int | None = Field(description="Baris yang berulang.")
    outside: int | None = Field(description="Baris dengan alamat di luar Jakarta.")
    over_quota: int | None = Field(description="Berapa yang lolos melebihi kuota.")
    outcomes: Outcomes | None
    current_version: int | None = Field(description="Versi yang berlaku sekarang.")
    changes: Changes | None
    headings: dict[str, str] | None = Field(
        description="Judul kolom berkas dan isian kita, selama bisa dicocokkan."
    )


class Lists(Schema):
    items: list[ListSummary]
    next: int | None


class RowProblem(Schema):
    """Satu hal yang menahan satu baris."""

    row: int = Field(description="Baris menurut berkas. Pada JSON, baris pertama `rows` adalah 2.")
    sheet: str
    column: str
    value: str = Field(description="Isi yang keliru; data pribadi disamarkan.")
    message: str
    repair: str


class Problems(Schema):
    items: list[RowProblem]
    next: int | None


class Decision(Schema):
    """Satu keputusan Anda, seperti Anda kirim."""

    row: int
    business_name: str
    store_link: str
    outcome: Literal["passed", "failed", "reserve", "improve"]
    grade: str
    reason: str
    note: str


class Decisions(Schema):
    id: int = Field(description="Nomor daftar.")
    version: int
    state: str
    items: list[Decision]
    next: int | None


# --- Out: sales -------------------------------------------------------------------------------
class BazaarOut(Schema):
    """Satu bazar Anda."""

    slug: str
    name: str
    call: str | None = Field(description="Kurasi yang pesertanya ikut.")
    starts_on: date
    ends_on: date
    current_version: int | None = Field(description="Versi laporan penjualan yang berlaku.")
    current_report: int | None = Field(description="Nomor laporan yang menjadi versi itu.")


class Bazaars(Schema):
    items: list[BazaarOut]
    next: int | None


class ReportSummary(Schema):
    """Satu laporan penjualan yang Anda kirim."""

    id: int
    bazaar: str | None
    name: str
    state: Literal[
        "checking",
        "columns_needed",
        "checked",
        "storing",
        "accepted",
        "replaced",
        "withdrawn",
        "refused",
        "cancelled",
    ] = Field(description="Sama dengan status daftar; laporan tidak diumumkan.")
    version: int | None
    rows: int
    message: str = Field(description="Mengapa berkas ditolak; biasanya kosong.")
    uploaded_at: datetime
    checked_at: datetime | None
    accepted_at: datetime | None


class Sold(Schema):
    """Jumlah yang tersimpan."""

    businesses: int
    orders: int
    amount: int = Field(description="Rupiah.")


class ReportOut(ReportSummary):
    """Status satu laporan. Angka tersedia setelah `checked`."""

    acceptable: int | None = Field(description="Baris yang disimpan bila Anda terima.")
    to_repair: int | None = Field(description="Baris yang harus diperbaiki; lihat problems.")
    stored: Sold | None
    headings: dict[str, str] | None = Field(
        description="Judul kolom berkas dan isian kita, selama bisa dicocokkan."
    )


class Reports(Schema):
    items: list[ReportSummary]
    next: int | None
