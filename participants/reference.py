"""Lists that the programme starts with: steps P1 to P7, sectors, agencies. Staff edit them."""

from __future__ import annotations

import csv
from pathlib import Path

from participants.models import Sector, Stage
from umkm_portal.accounts.models import Organisation

AGENCIES = Path(__file__).resolve().parent / "data" / "agencies.csv"
STAGES = (
    ("P1", "Pendaftaran", "Terdaftar sebagai peserta; satu-satunya langkah wajib."),
    ("P2", "Pelatihan", "Mengikuti pelatihan atau bimbingan teknis."),
    ("P3", "Pendampingan", "Didampingi petugas dalam menjalankan usaha."),
    ("P4", "Perizinan", "Mengurus NIB dan izin usaha lainnya."),
    ("P5", "Pemasaran", "Ikut bazar, lokapasar, atau jualan siaran langsung."),
    ("P6", "Pelaporan keuangan", "Mencatat dan melaporkan keuangan usaha."),
    ("P7", "Permodalan", "Memperoleh akses modal."),
)
SECTORS = (
    ("makanan", "Makanan", "kuliner;kuliner makanan;makanan ringan;katering;camilan;kue"),
    ("minuman", "Minuman", "kuliner minuman;kopi;jamu"),
    ("fesyen", "Fesyen", "fashion;busana;pakaian;menjahit;konveksi;batik;aksesori;hijab"),
    ("kriya", "Kriya", "kerajinan;kerajinan tangan;craft;handicraft"),
    (
        "kecantikan-perawatan",
        "Kecantikan dan perawatan",
        "kecantikan;perawatan;bodycare;kosmetik;salon;pembersih rumah",
    ),
    ("jasa", "Jasa", "servis;bengkel;laundry;percetakan"),
    ("pertanian-perikanan", "Pertanian dan perikanan", "pertanian;perikanan;tanaman;peternakan"),
    ("perdagangan", "Perdagangan", "dagang;warung;toko kelontong;kelontong;pedagang"),
    ("digital-kreatif", "Digital dan kreatif", "digital;kreatif;desain;fotografi;konten"),
    ("lainnya", "Lainnya", "lain;lain lain;other"),
)


def load_reference_data() -> None:
    """Write the steps, sectors and agencies that are missing; what staff changed stays."""
    Stage.objects.bulk_create(
        [Stage(code=code, name=name, summary=summary) for code, name, summary in STAGES],
        ignore_conflicts=True,
    )
    Sector.objects.bulk_create(
        [Sector(slug=slug, name=name, aliases=aliases) for slug, name, aliases in SECTORS],
        ignore_conflicts=True,
    )
    with AGENCIES.open(encoding="utf-8", newline="") as file:
        Organisation.objects.bulk_create(
            [
                Organisation(
                    kind=Organisation.Kind.AGENCY,
                    slug=row["code"],
                    name=row["name"],
                    short_name=row["short_name"],
                    source=row["source"],
                )
                for row in csv.DictReader(file)
            ],
            ignore_conflicts=True,
        )
