"""The guided tour, walked as a newcomer would on a whole running portal: servers, workers, mail.

PICTURES=folder keeps a screenshot of each stage there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.browser import tour_campaign
from tests.browser.conftest import OFFICE, PHONE
from tests.embedded.holders import environment, processes_below, wait_for
from tests.embedded.test_portal import Portal
from umkm_portal.embedded.folder import CHECKOUT
from umkm_portal.embedded.ports import free_port

pytestmark = pytest.mark.browser

PEOPLE = "500"
UNSTICK = "document.querySelectorAll('.final').forEach(bar => bar.style.position = 'static')"
"""In a picture of a whole page the bar of buttons stands at its end."""
PATIENCE = 60_000
"""Milliseconds for what workers do in the background."""
AROUND = {
    **{"EMAIL_URL": "", "DEMO_RATE": "15", "SWEEP_SECONDS": "1"},
    "ANNOUNCE_AFTER_MINUTES": "0.1",
}


@pytest.fixture
def address():
    """The address of a portal with a little practice data; it is gone at the end."""
    parent = Path(tempfile.mkdtemp(prefix="portal-tour-"))
    parent.chmod(0o755)
    data = parent / "data"
    seed = [sys.executable, "manage.py", "seed_demo", "--participants", PEOPLE]
    subprocess.run(
        seed, cwd=CHECKOUT, env=environment(data, **AROUND), check=True, capture_output=True
    )
    portal = Portal(data, "--port", str(free_port()), **AROUND)
    try:
        assert wait_for(lambda: portal.said("Ctrl-C") or portal.process.poll() is not None, 240)
        yield portal.wait_until_ready()["url"]
    finally:
        portal.end()
        assert wait_for(lambda: not processes_below(parent)), "processes are left"
        where = data / "where"
        if where.exists():
            shutil.rmtree(where.read_text().strip())
        shutil.rmtree(parent)


class Walker:
    """A person with a browser who follows the tour."""

    def __init__(self, page, address):
        self.page, self.address = page, address

    def step(self, key):
        self.page.goto(f"{self.address}/coba/")
        step = self.page.locator(f"#langkah-{key}")
        if not step.locator("details[open]").count():
            step.locator("summary").click()
        return step

    def press(self, key, name):
        self.step(key).get_by_role("button", name=name).first.click()

    def open_mail(self, key, name):
        """Open a mail from a step and follow the link in it."""
        self.step(key).get_by_role("link", name=name).click()
        self.page.locator('.mail a[href*="/u/"]').first.click()
        self.page.locator(".inv").wait_for()

    def wait_for_tick(self, key, words):
        assert self.ticks(key, words, seconds=PATIENCE / 1000), words

    def ticks(self, key, words, *, seconds):
        done = self.page.locator(f"#langkah-{key} li.ok", has_text=words)
        return wait_for(lambda: self.step(key) and done.count(), seconds)

    def keep(self, name):
        if folder := os.environ.get("PICTURES"):
            width = self.page.viewport_size["width"]
            self.page.evaluate(UNSTICK)
            self.page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


@pytest.mark.timeout(600)
@pytest.mark.long
@pytest.mark.parametrize(
    "size",
    [pytest.param(OFFICE, id="1366"), pytest.param(PHONE, id="390")],
)
def test_tour_is_walked_and_every_step_ticks(page, address, size, tmp_path):
    page.set_viewport_size(size)
    page.set_default_timeout(PATIENCE)
    walker = Walker(page, address)
    complaints = []

    def note(error):
        if "/admin/" not in page.url:  # the staff theme has quirks of its own
            complaints.append(f"{page.url}: {error}")

    page.on("pageerror", note)
    page.goto(address)
    walker.keep("beranda")

    upload_and_accept(walker, tmp_path)
    invite(walker)
    pause_and_kill(walker)
    answer_and_move_up(walker)
    tour_campaign.walk(walker)
    ready_and_publish(walker)
    scan_a_ticket(walker)
    print_certificates(walker)
    register(walker)
    merge_the_double(walker)
    hand_in_a_curation(walker, tmp_path)
    announce_and_read(walker)
    invite_the_curated(walker)

    page.goto(f"{address}/coba/?bahasa=en")
    assert page.locator(".tour > li.done").count() == 18
    page.locator("#langkah-send summary").click()
    assert "Balanced: nobody missed, nobody twice" in page.inner_text("#langkah-send")
    walker.keep("tur")
    assert complaints == []


def upload_and_accept(walker, folder):
    page = walker.page
    step = walker.step("import")
    with page.expect_download() as download:
        step.get_by_role("link", name="Unduh berkas contoh").click()
    sample = folder / download.value.suggested_filename
    download.value.save_as(sample)
    walker.press("import", "Buka halaman unggah")
    page.locator("input[type=file]").set_input_files(sample)
    page.get_by_role("button", name="Unggah dan periksa").click()
    walker.wait_for_tick("import", "Baris diperiksa: 18 ditolak")
    walker.press("import", "Lihat berkas Anda")
    walker.keep("unggahan")
    page.get_by_role("button", name=re.compile("Terima")).click()
    walker.wait_for_tick("import", "Baris yang benar disimpan")


def invite(walker):
    walker.press("invite", "Buka Undang")
    walker.keep("undang")
    walker.page.get_by_role("button", name=re.compile("Setujui dan kirim ke")).click()
    walker.wait_for_tick("invite", "Putaran disetujui")


def pause_and_kill(walker):
    page = walker.page
    walker.wait_for_tick("send", "Pesan terkirim")
    walker.press("send", "Buka kampanye")
    page.get_by_role("button", name="Jeda").click()
    page.get_by_role("button", name="Lanjutkan").click()
    page.get_by_role("button", name="Jeda").wait_for()
    walker.step("send").get_by_role("button", name="kill -9").first.wait_for()
    walker.keep("tur-kirim")
    kill = page.locator("#langkah-send").get_by_role("button", name="kill -9").first
    kill.click()
    while not walker.ticks("send", "Rombongan diambil alih", seconds=15) and kill.is_visible():
        kill.click()  # that process had just put its batch down
    walker.wait_for_tick("send", "Rombongan diambil alih")
    walker.wait_for_tick("send", "Kampanye selesai, pembukuan cocok")


def answer_and_move_up(walker):
    page = walker.page
    walker.open_mail("answer", "Buka suratnya")
    walker.keep("undangan")
    page.get_by_role("button", name="Ya").click()
    page.get_by_role("heading", name="Kursi Anda aman").wait_for()
    walker.keep("tiket")
    walker.open_mail("waiting", "Buka surat orang berikutnya")
    page.get_by_role("button", name="Ya").click()
    page.get_by_role("heading", name="Anda di daftar tunggu").wait_for()
    walker.open_mail("waiting", "Buka surat pemilik kios")
    page.get_by_role("link", name="Saya tidak jadi bisa hadir").click()
    page.get_by_role("button", name="Ya, batalkan").click()
    page.get_by_role("heading", name="Kehadiran dibatalkan").wait_for()
    walker.wait_for_tick("waiting", "Ia sudah diberi tahu")
    walker.open_mail("waiting", "Buka surat tawaran")
    page.get_by_role("heading", name="Ada kursi untuk Anda").wait_for()


def ready_and_publish(walker):
    """What a draft lacks is mended line by line, then it is published."""
    page = walker.page
    walker.press("ready", "Lihat apa yang kurang")
    draft = page.url
    walker.keep("kesiapan")

    page.get_by_role("link", name="Lengkapi tempat").click()
    page.locator(".field-venue .select2-selection").first.click()
    page.keyboard.type("Cakung")
    page.get_by_role("option", name="Kantor Kecamatan Cakung").click()
    page.get_by_role("button", name="Simpan dan lanjut mengubah").click()
    page.get_by_role("link", name="Lengkapi pelatih").click()
    for place in (0, 1):
        page.get_by_role("button", name="Bersedia semua sesi").nth(place).click()
        page.get_by_text("Jawaban untuk 1 sesi disimpan").wait_for()
    page.goto(draft)
    page.get_by_role("link", name="Lengkapi anggaran").click()
    page.get_by_role("link", name="Tambahkan Pos anggaran lagi").click()
    page.locator("[name=budget_lines-0-planned]").fill("2.500.000")
    page.get_by_role("button", name="Simpan dan lanjut mengubah").click()
    page.get_by_role("link", name="Lengkapi materi").click()
    page.locator("[name=materials]").fill("Salindia dan lembar latihan")
    page.get_by_role("button", name="Simpan", exact=True).click()
    walker.press("ready", "Lihat apa yang kurang")
    page.get_by_role("button", name="Terbitkan gelombang").click()
    page.get_by_text("Gelombang dibuka.").wait_for()
    walker.keep("terbit")
    walker.wait_for_tick("ready", "Lengkap: 6 dari 6")
    walker.wait_for_tick("ready", "Gelombang terbit")


def scan_a_ticket(walker):
    """The code of a ticket is typed at the door of today's class, and once more."""
    page = walker.page
    step = walker.step("scan")
    code = re.search(r"JKP-\w{4}-\w{4}", step.inner_text())[0]
    walker.press("scan", "Buka pintu kelas")
    page.locator("html.has-door").wait_for()
    for told in ("Berhasil", "Sudah tercatat"):
        page.get_by_label("Kode tiket atau nama").fill(code)
        page.keyboard.press("Enter")
        page.locator("[data-screen]", has_text=told).wait_for()
        walker.keep(f"pintu-{told.split()[0].lower()}")
    walker.wait_for_tick("scan", "Tiket tercatat hadir")
    walker.wait_for_tick("scan", "sudah tercatat")


def print_certificates(walker):
    """Those of a class that is over, and what the page behind the QR says of one."""
    page = walker.page
    walker.press("certificate", "Buka tab Sertifikat")
    page.get_by_role("button", name="Buat berkas cetak baru").click()
    walker.wait_for_tick("certificate", "Sertifikat terbit: ")
    walker.wait_for_tick("certificate", "Berkas cetak siap")
    walker.press("certificate", "Buka tab Sertifikat")
    walker.keep("sertifikat-terbit")
    walker.step("certificate").get_by_role("link", name="Periksa keasliannya").click()
    page.get_by_text("Sertifikat ini asli dan berlaku").wait_for()
    walker.keep("sertifikat-asli")


def register(walker):
    page = walker.page
    walker.step("register").get_by_role("link", name="Mulai mendaftar").click()
    page.get_by_label("Nama lengkap").fill("Rahmawati Putri")
    page.get_by_label("Nomor HP atau email").fill("0812-9876-5432")
    page.get_by_role("button", name="Kirim kode").click()
    page.get_by_label("Kode 6 angka").wait_for()
    code_page = page.url
    page.get_by_label("Kode 6 angka").fill(code_in_the_mailbox(walker))
    assert page.url == code_page
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_label("NIK", exact=True).fill("3171994105850012")
    page.get_by_label("Tanggal lahir").fill("1 Mei 1985")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_label("Jakarta Pusat").check()
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_label("Kelurahan", exact=True).select_option("Kebon Kacang")
    page.get_by_label("Alamat lengkap").fill("Jalan Kebon Kacang 9")
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_label("Belum, baru rencana").check()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    page.get_by_label("Ya, undang saya").check()
    for question in page.get_by_role("radio", name="Tidak", exact=True).all():
        question.check()
    page.get_by_role("button", name="Simpan dan lanjut").click()
    walker.keep("periksa-jawaban")
    page.get_by_role("button", name="Kirim pendaftaran").click()
    page.get_by_role("heading", name="Pendaftaran terkirim").wait_for()
    walker.keep("terdaftar")
    walker.wait_for_tick("register", "Kursi atau tempat di antrean")
    walker.press("register", "Cari dia di daftar peserta")
    page.get_by_role("link", name="Rahmawati Putri").wait_for()
    walker.keep("peserta")


def code_in_the_mailbox(walker):
    """The six digits of the newest message to a phone, read in a second tab."""
    tab = walker.page.context.new_page()

    def newest():
        tab.goto(f"{walker.address}/coba/surat/")
        return tab.get_by_role("link", name="latihan ke 0812-9876-5432").count()

    assert wait_for(newest, PATIENCE / 1000)
    tab.get_by_role("link", name="latihan ke 0812-9876-5432").first.click()
    code = re.search(r"kode Anda (\d{6})", tab.inner_text("main"))[1]
    tab.close()
    return code


def merge_the_double(walker):
    page = walker.page
    walker.press("merge", "Bandingkan dua data")
    walker.keep("ganda")
    page.get_by_role("button", name="Orang yang sama: gabung").click()
    page.get_by_role("heading", name="Dua data sudah menjadi satu").wait_for()
    walker.keep("digabung")
    walker.wait_for_tick("merge", "Dua data menjadi satu")


def hand_in_a_curation(walker, folder):
    page = walker.page
    step = walker.step("curate")
    with page.expect_download() as download:
        step.get_by_role("link", name="Unduh daftar Shopee").click()
    sample = folder / download.value.suggested_filename
    download.value.save_as(sample)
    walker.press("curate", "Unggah sebagai Shopee")
    page.get_by_label("Berkas", exact=True).set_input_files(sample)
    page.get_by_role("button", name="Unggah dan periksa").click()
    page.get_by_text("323 baris selesai diperiksa").wait_for()
    walker.keep("mitra-periksa")
    assert "Terima 320 baris" in page.inner_text("main")
    owner = page.get_by_role("row").filter(has_text="Kerudung Bu Siti")
    owner.get_by_role("textbox").fill("0812-5550-0101")
    page.get_by_role("button", name="Simpan perbaikan").click()
    page.get_by_text("1 baris sudah benar.").wait_for()
    page.get_by_role("button", name="Terima 321 baris").click()
    page.get_by_text("321 baris diterima").wait_for()
    walker.keep("mitra-diterima")
    walker.wait_for_tick("curate", "Diterima: 321 baris")
    page.goto(f"{walker.address}/mitra/")
    walker.keep("mitra-beranda")


def announce_and_read(walker):
    page = walker.page
    walker.press("announce", "Buka daftarnya sebagai dinas")
    walker.keep("umumkan")
    page.get_by_role("button", name="Umumkan").click()
    page.get_by_role("button", name="Urungkan").wait_for()
    walker.wait_for_tick("announce", "Hasil terbit: 321 usaha")
    walker.wait_for_tick("announce", "Surat hasil sampai")
    walker.step("announce").get_by_role("link", name="Buka surat hasil").click()
    page.get_by_text("LOLOS", exact=False).first.wait_for()
    walker.press("announce", "Lihat sebagai Siti Aminah")
    page.get_by_text("Selamat, usaha Anda lolos kurasi.").wait_for()
    walker.keep("hasil-kurasi")
    walker.wait_for_tick("announce", "Siti Aminah melihat hasilnya")


def invite_the_curated(walker):
    page = walker.page
    walker.press("train", "Buka daftar yang diumumkan")
    page.get_by_role("button", name="Undang yang lolos ke pelatihan").click()
    walker.keep("segmen-lolos")
    page.get_by_role("link", name="Kelas Shopee untuk usaha yang lolos kurasi").click()
    walker.keep("undang-lolos")
    page.get_by_role("button", name=re.compile("Setujui dan kirim ke")).click()
    walker.wait_for_tick("train", "Undangan disetujui")
    walker.wait_for_tick("train", "Undangan sampai")
