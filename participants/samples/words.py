"""Words that invented people are made of."""

from __future__ import annotations

WOMEN = (  # noqa: SIM905 - words are read best as words
    "Siti Aminah Nur Dewi Sri Rina Yuni Ratna Fitri Wulan Maya Lestari Indah Ayu Putri Kartini "
    "Rahma Nurul Eka Dian Tuti Yanti Endang Sumiati Rohani Halimah Zubaidah Mpok Marlina Vera "
    "Linda Susi Ani Rosmala Tri Umi Khadijah Salma Nadia Intan"
).split()
MEN = (  # noqa: SIM905 - words are read best as words
    "Ahmad Budi Agus Dedi Eko Fajar Hadi Iwan Joko Kurnia Lukman Muhammad Nanang Opan Purwanto "
    "Rahmat Slamet Taufik Umar Wahyu Yusuf Zainal Andi Bambang Cahyo Darmawan Edi Firman "
    "Gunawan Hendra Irfan Mulyadi Rudi Samsul Teguh Udin Rizki Yohanes Ketut Made"
).split()
FAMILY = (  # noqa: SIM905 - words are read best as words
    "Hidayat Saputra Wijaya Santoso Lubis Siregar Nasution Harahap Simanjuntak Situmorang "
    "Tanjung Kusuma Pratama Setiawan Susanto Wibowo Utami Handayani Rahayu Puspita Permata Sari "
    "Wati Fauziah Kurniawan Ramadhan Maulana Firdaus Suryani Oktaviani Anggraini Halim Gunadi "
    "Sutrisno Nugroho Prasetyo Hakim Syahputra Batubara Pangaribuan"
).split()
TITLES = ("H. {}", "Hj. {}", "{}, S.E.", "Drs. {}")
CITY_WEIGHTS = {"31.75": 30, "31.73": 25, "31.74": 22, "31.72": 18, "31.71": 11, "31.01": 1}
"""Kota of Jakarta by how many people live there, in hundred thousands."""
OUTSIDE = (
    ("32.73", "Kota Bandung"),
    ("32.74", "Kota Cirebon"),
    ("33.72", "Solo"),
    ("34.71", "Kota Yogyakarta"),
    ("13.71", "Kota Padang"),
    ("16.71", "Kota Palembang"),
    ("52.71", "Kota Mataram"),
    ("32.76", "Depok"),
    ("36.71", "Kota Tangerang"),
)
SECTORS = (
    ("Makanan", 38, ("keripik singkong", "nasi uduk", "kue basah", "sambal botol", "rendang")),
    ("Minuman", 12, ("kopi susu", "bir pletok", "jamu", "es selendang mayang")),
    ("Fesyen", 17, ("batik betawi", "gamis", "hijab", "konveksi kaos", "kebaya encim")),
    ("Kriya", 7, ("ondel-ondel kecil", "anyaman", "lilin hias", "tas rajut")),
    ("Jasa", 9, ("laundry", "jahit", "servis AC", "katering harian")),
    ("Kecantikan", 5, ("sabun herbal", "lulur", "salon rumahan")),
    ("Perdagangan", 8, ("sembako", "alat tulis", "pulsa")),
    ("Digital dan kreatif", 2, ("desain grafis", "foto produk")),
    ("Pertanian", 2, ("sayur hidroponik", "ikan hias")),
)
SHOPS = ("Dapur", "Warung", "Toko", "Kedai", "Rumah", "Galeri", "Berkah", "Jaya", "Sumber", "Griya")
MARKETS = ("Pasar Tanah Abang", "Pasar Senen", "Pasar Jatinegara", "Pasar Cipulir", "Pasar Minggu")
STREETS = ("Jl. Melati", "Jl. Kenanga", "Gg. Haji Naim", "Jl. Mawar", "Jl. Swadaya", "Gg. Masjid")
AGENCIES = (
    *(("PPKUKM", 45), ("Nakertransgi", 18), ("KPKP", 8)),
    *(("Dinas Sosial", 9), ("Parekraf", 12), ("PPAPP", 8)),
)
CONSENT_SOURCES = ("Formulir kecamatan", "Pendamping", "Pendaftaran daring")
PREFIXES = ("0812", "0813", "0821", "0852", "0857", "0878", "0896", "0817", "0819", "0838")
