"""The columns of the register, and the headings under which offices send them."""

from __future__ import annotations

from umkm_portal.imports.profiles import Column

COLUMNS = (
    Column(
        "full_name",
        "Nama lengkap",
        (
            *("nama", "nama pemilik", "nama peserta", "nama pelaku usaha", "nama wirausaha"),
            *("nama sesuai ktp", "nama lengkap sesuai ktp", "pemilik"),
            *("name", "full name", "owner name", "participant name"),
        ),
        is_required=True,
        example="Siti Aminah",
        pattern=r"(?!jl\b|jalan\b|ya$|tidak$)[a-z][a-z .,'’-]{2,59}",
    ),
    Column(
        "nik",
        "NIK",
        (
            *("no ktp", "nomor ktp", "ktp", "no nik", "nomor nik", "nik ktp", "nik pemilik"),
            *("nomor induk kependudukan", "no induk kependudukan", "nik sesuai ktp", "n i k"),
            *("national id", "national id number", "nik number", "id card number"),
        ),
        is_private=True,
        example="3171990101900001",
        pattern=r"'?\d{4} ?\d{4} ?\d{4} ?\d{4}",
    ),
    Column(
        "phone",
        "Nomor HP",
        (
            *("no hp", "hp", "nohp", "no handphone", "nomor handphone", "handphone", "no wa", "wa"),
            *("nomor wa", "nomor whatsapp", "no whatsapp", "whatsapp", "telepon", "no telepon"),
            *("nomor telepon", "no telp", "telp", "no hp wa", "no hp whatsapp", "hp wa"),
            *("phone", "phone number", "mobile", "mobile phone", "mobile number"),
            *("whatsapp number", "telephone", "contact number"),
        ),
        is_private=True,
        example="0812-3456-7890",
        pattern=r"'?(?:\+?62|0)?[ -]?8[\d -]{7,14}",
    ),
    Column(
        "email",
        "Email",
        ("e mail", "surel", "alamat email", "alamat surel", "email aktif", "email address"),
        is_private=True,
        example="siti@example.com",
        pattern=r"\S+@\S+\.\S+",
    ),
    Column(
        "birth_date",
        "Tanggal lahir",
        ("tgl lahir", "tanggal kelahiran", "lahir", "date of birth", "birth date", "dob"),
        example="25/03/1990",
        pattern=r"\d{1,2}[/. -](?:\d{1,2}|[a-z]+)[/. -]\d{4}|\d{4}-\d\d-\d\d",
    ),
    Column(
        "city",
        "Kota/kabupaten",
        (
            *("kota", "kabupaten", "kab kota", "kota kab", "kota kab administrasi", "wilayah"),
            *("kota administrasi", "kota asal", "kota domisili", "kabupaten kota", "city"),
        ),
        example="Jakarta Pusat",
    ),
    Column(
        "district", "Kecamatan", ("kec", "kecamatan domisili", "district"), example="Tanah Abang"
    ),
    Column(
        "village",
        "Kelurahan",
        ("kel", "desa", "kelurahan desa", "desa kelurahan", "kelurahan domisili", "village"),
        example="Kebon Kacang",
    ),
    Column(
        "address",
        "Alamat",
        (
            *("alamat tinggal", "alamat domisili", "alamat rumah", "alamat ktp", "alamat lengkap"),
            *("address", "home address"),
        ),
        example="Jl. Kebon Kacang 9 No. 3",
    ),
    Column(
        "track", "Jalur", ("jalur wirausaha", "kelompok", "tingkat wirausaha"), example="Pemula"
    ),
    Column(
        "agency",
        "Dinas pembina",
        ("skpd", "opd", "perangkat daerah", "dinas", "pembina", "skpd pembina", "opd pembina"),
        example="PPKUKM",
    ),
    Column(
        "registered_on",
        "Tanggal daftar",
        ("tgl daftar", "tanggal pendaftaran", "tanggal registrasi", "tgl registrasi"),
        example="17/10/2022",
    ),
    Column(
        "business_name",
        "Nama usaha",
        (
            *("nama toko", "merek", "merk", "brand", "nama brand", "usaha", "nama usaha toko"),
            *("business name", "shop name", "store name", "brand name"),
        ),
        example="Dapur Bu Siti",
    ),
    Column(
        "sector",
        "Sektor usaha",
        ("sektor", "kategori", "jenis usaha", "kategori produk", "bidang usaha", "komoditas"),
        example="Makanan",
    ),
    Column(
        "products",
        "Produk",
        ("nama produk", "jenis produk", "produk unggulan", "produk usaha", "product name"),
        example="Keripik singkong",
    ),
    Column("market", "Pasar", ("nama pasar", "lokasi pasar"), example="Pasar Tanah Abang"),
    Column(
        "stall", "Kios", ("no kios", "nomor kios", "los", "kios los", "blok kios"), example="B2-14"
    ),
    Column(
        "nib",
        "NIB",
        ("nomor induk berusaha", "no nib", "nomor nib"),
        example="1234567890123",
        pattern=r"\d{13}",
    ),
    Column(
        "yearly_sales",
        "Omzet setahun",
        (
            *("omzet", "omset", "omset setahun", "omzet per tahun", "omset per tahun"),
            *("penjualan setahun", "penjualan per tahun", "omzet tahunan", "omset tahunan"),
        ),
        example="Rp120.000.000",
    ),
    Column(
        "sells_live",
        "Jualan siaran langsung",
        ("live selling", "siaran langsung", "jualan live", "live", "jualan lewat siaran langsung"),
        example="ya",
    ),
    Column(
        "platforms",
        "Tempat jual",
        ("marketplace", "kanal jual", "kanal penjualan", "lokapasar", "platform"),
        example="Shopee, TikTok",
    ),
    Column(
        "store_link",
        "Tautan toko",
        ("link toko", "url toko", "toko online", "link shopee", "link tiktok", "link toko online"),
        example="https://shopee.co.id/dapurbusiti",
        pattern=r"https?://\S+",
    ),
    Column(
        "is_active",
        "Masih aktif",
        ("aktif", "status aktif", "aktif tidak", "usaha aktif"),
        example="ya",
    ),
    Column(
        "last_activity_on",
        "Kegiatan terakhir",
        ("tanggal kegiatan terakhir", "aktivitas terakhir", "terakhir aktif"),
        example="12/08/2026",
    ),
    Column("active_until", "Aktif sampai", ("berlaku aktif sampai",), example="31/12/2026"),
    Column(
        "last_served_on",
        "Pelatihan terakhir",
        ("tanggal pelatihan terakhir", "terakhir dilatih", "terakhir ikut pelatihan"),
        example="05/05/2025",
    ),
    Column(
        "is_willing",
        "Bersedia dilatih",
        (
            *("bersedia", "kesediaan", "mau dilatih", "bersedia ikut pelatihan", "minat pelatihan"),
            *("mau ikut pelatihan", "bersedia mengikuti pelatihan"),
        ),
        example="ya",
    ),
    Column(
        "willing_on",
        "Tanggal kesediaan",
        ("tgl kesediaan", "tanggal bersedia"),
        example="01/09/2026",
    ),
    Column(
        "whatsapp",
        "Persetujuan WhatsApp",
        ("setuju whatsapp", "izin whatsapp", "persetujuan wa", "setuju wa", "izin wa"),
        example="ya",
    ),
    Column(
        "whatsapp_on",
        "Tanggal persetujuan",
        ("tgl persetujuan", "tanggal persetujuan whatsapp", "tanggal setuju"),
        example="01/09/2026",
    ),
    Column(
        "whatsapp_source",
        "Sumber persetujuan",
        ("asal persetujuan", "bukti persetujuan"),
        example="Formulir kecamatan",
    ),
    Column(
        "code",
        "Kode peserta",
        ("id jakpreneur", "no peserta", "nomor peserta", "id peserta"),
        example="",
    ),
)
"""Names first: a heading that fits two columns goes to the first."""
