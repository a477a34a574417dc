import pytest

from umkm_portal.messaging.reply_words import meaning


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("YA", "yes"),
        ("ya kak", "yes"),
        ("y", "yes"),
        ("Iyaaa min 🙏", "yes"),
        ("ya, saya hadir. Terima kasih!", "yes"),
        ("Siap bu 👍", "yes"),
        ("insya ya bisa", "unclear"),
        ("bisa", "yes"),
        ("TIDAK", "no"),
        ("tdk", "no"),
        ("ga bisa", "no"),
        ("Maaf kak, saya nggak bisa hadir 🙏🙏", "no"),
        ("gk jadi ikut", "unclear"),
        ("stop", "stop"),
        ("Berhenti!", "stop"),
        ("STOP undangan wa ya", "stop"),
        ("jangan berhenti", "unclear"),
        ("tidak stop", "unclear"),
        ("bisa ga?", "unclear"),
        ("bisa tidak kak", "unclear"),
        ("ga bisa ga datang", "unclear"),
        ("ya tidak apa apa", "unclear"),
        ("YA / TIDAK", "unclear"),
        ("ya, tapi jam 10", "unclear"),
        ("ya jam sepuluh", "unclear"),
        ("ya untuk 2 orang", "unclear"),
        ("👍", "unclear"),
        ("", "unclear"),
        ("ya " * 40, "unclear"),
        ("ＹＡ", "yes"),
        ("di mana tempatnya", "unclear"),
    ],
)
def test_meaning_knows_short_answers_and_guesses_nothing(text, word):
    assert meaning(text) == word
