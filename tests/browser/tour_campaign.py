"""The tour's steps about campaigns, as the walker of `test_tour` takes them."""

import re


def walk(walker):
    write_a_campaign(walker)
    watch_and_pause(walker)
    look_into_what_was_not_sent(walker)
    look_at_one_person_and_the_queues(walker)


def write_a_campaign(walker):
    """The five steps of the desk."""
    page = walker.page
    walker.press("campaign", "Buat kampanye")
    page.locator("[name=purpose][value=announcement]").check()
    page.get_by_label("Judul kampanye").fill("Kelas siaran langsung dibuka")
    page.get_by_role("button", name="Buat rancangan, lanjut").click()
    page.get_by_label("Semua peserta yang aktif dan bersedia").check()
    page.get_by_role("button", name="Hitung").click()
    walker.keep("kampanye-penerima")
    page.get_by_role("button", name="Simpan, lanjut").click()
    text = page.locator("[name=body_email]")
    text.fill(re.sub(r"\[[^]]*\]", "Kelas siaran langsung dibuka pekan depan.", text.input_value()))
    walker.keep("kampanye-pesan")
    page.get_by_role("button", name="Simpan, lanjut").click()
    page.get_by_role("button", name="Simpan, lanjut").click()
    walker.keep("kampanye-periksa")
    page.get_by_role("button", name=re.compile(r"Kirim ke \d")).click()
    page.get_by_role("button", name="Mulai").wait_for()
    walker.wait_for_tick("campaign", "Tombol Kirim ditekan")


def watch_and_pause(walker):
    page = walker.page
    walker.press("watch", "Lihat kampanye Anda")
    page.get_by_role("button", name="Mulai").click()
    walker.wait_for_tick("watch", "Pesan keluar")
    walker.press("watch", "Lihat kampanye Anda")
    page.get_by_role("button", name="Jeda").click()
    page.get_by_text("Kampanye dijeda").first.wait_for()
    walker.keep("kampanye-dijeda")
    page.get_by_role("button", name="Lanjutkan").click()
    page.get_by_role("button", name="Jeda").wait_for()
    walker.keep("kampanye-berjalan")
    walker.wait_for_tick("watch", "Selesai")


def look_into_what_was_not_sent(walker):
    """One message of unknown end is decided, one reply is closed."""
    page = walker.page
    walker.press("untold", "Tidak dikirim dan mengapa")
    walker.keep("belum-pasti")
    page.get_by_role("checkbox", name=re.compile("^Pilih")).first.check()
    page.get_by_label("Saya sudah memeriksa").check()
    page.get_by_role("button", name="Catat: sudah terkirim").click()
    page.get_by_text("Hasil 1 pesan dicatat").wait_for()
    page.get_by_role("link", name=re.compile("Ditolak atau terpental")).click()
    page.locator("td", has_text="550 5.1.1").first.wait_for()
    walker.keep("terpental")
    walker.press("untold", "Buka kotak balasan")
    walker.keep("balasan")
    page.get_by_role("link", name=re.compile("Suami saya|Boleh bawa|Kak, tempatnya")).first.click()
    walker.keep("satu-balasan")
    page.get_by_role("button", name="Sudah dijawab").click()
    walker.wait_for_tick("untold", "Pesan yang belum pasti diputuskan: 1")
    walker.wait_for_tick("untold", "Satu balasan ditangani")


def look_at_one_person_and_the_queues(walker):
    page = walker.page
    walker.wait_for_tick("person", "Pesan Anda ada di riwayat")
    walker.press("person", "Buka data ")
    page.get_by_text("Kelas siaran langsung dibuka").first.wait_for()
    walker.keep("riwayat")
    walker.press("person", "Lihat satu pesannya")
    page.get_by_text("Diterima server").first.wait_for()
    walker.keep("satu-pesan")
    walker.wait_for_tick("health", "Semua antrean memberi kabar")
    walker.press("health", "Buka Antrean & kesehatan")
    page.get_by_role("heading", name="Antrean & kesehatan").first.wait_for()
    walker.keep("antrean")
