"""What the staff pages say of a campaign whose messages are in the archive."""

from django.utils import timezone


def of(campaign):
    """The archive of a campaign with its sentence as `words`, or None."""
    found = getattr(campaign, "archive", None)
    if found is not None:
        found.words = _words(found, campaign)
    return found


def counts_of(campaign):
    """Archived messages by state."""
    found = getattr(campaign, "archive", None)
    return found.counts if found else {}


def is_over(campaign):
    """Whether the rows of a finished campaign have begun to leave: nothing is to be done there."""
    return not campaign.is_standing and getattr(campaign, "archive", None) is not None


def words(campaign):
    found = of(campaign)
    return found.words if found else ""


def _words(archive, campaign):
    if campaign.is_standing:
        since = archive.settled_before
        return f"Pesan sebelum {_day(since)} ada di arsip." if since and archive.counts else ""
    if archive.done_at is None:
        return (
            f"Rincian per orang sedang dipindahkan ke arsip sejak {_day(archive.begun_at)}. "
            "Daftar di halaman ini tidak lengkap lagi."
        )
    return (
        f"Rincian per orang diarsipkan pada {_day(archive.done_at)}. Jumlahnya tetap seperti di "
        "atas; pesan seseorang dapat dibaca di halaman orang itu."
    )


def _day(moment):
    return f"{timezone.localtime(moment):%d/%m/%Y}"
