"""Why an answer cannot be taken; the text of each is the sentence for the person who gave it."""

from __future__ import annotations


class AnswerRefused(Exception):
    """The answer cannot be taken; `str()` is the sentence for the person who gave it."""


class CohortStarted(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Pelatihan ini sudah dimulai, jadi jawaban tidak bisa diubah lagi.")


class CohortNotOpen(AnswerRefused):
    def __init__(self) -> None:
        super().__init__(
            "Pendaftaran gelombang ini sudah ditutup. Lihat gelombang lain yang masih dibuka."
        )


class SeatElsewhere(AnswerRefused):
    def __init__(self) -> None:
        super().__init__(
            "Anda sudah memegang kursi di gelombang lain untuk pelatihan ini. "
            "Batalkan kursi itu dulu atau minta petugas memindahkannya."
        )


class HoldsSeat(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Anda sudah memegang kursi. Pilih Batalkan untuk melepas kursi itu.")


class WrongPerson(AnswerRefused):
    def __init__(self) -> None:
        super().__init__(
            "Undangan ini sudah ditandai salah alamat. Hubungi petugas bila itu keliru."
        )


class NothingToCancel(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Tidak ada kursi atau tempat di daftar tunggu yang bisa dibatalkan.")


class TrainingDiffers(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Pindah gelombang hanya bisa dalam pelatihan yang sama.")


class NoSeatThere(AnswerRefused):
    def __init__(self) -> None:
        super().__init__("Gelombang tujuan sudah penuh. Kursi yang lama tetap milik Anda.")
