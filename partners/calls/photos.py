"""Photos of products: read strictly, made small, written anew without what the camera added."""

from __future__ import annotations

import os
import uuid
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

FOLDER = "applications"
LONGEST_SIDE = 1280
MOST_BYTES = 12_000_000
MOST_PIXELS = 60_000_000
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")


class PhotoRefused(ValueError):
    """The file cannot be used as a photo; `str()` says what to do."""


def keep_photo(file: BinaryIO, *, size: int) -> str:
    """Write the picture anew as a small JPEG; return its path below MEDIA_ROOT.

    No EXIF data (place, device) is kept. Raises PhotoRefused.
    """
    if size > MOST_BYTES:
        raise PhotoRefused(
            f"Foto lebih besar dari {MOST_BYTES // 1_000_000} MB. Kirim lewat WhatsApp ke diri "
            "sendiri agar mengecil, lalu pilih lagi."
        )
    data = _encode(file)
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}.jpg"
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
        target.write(data)
    return f"{FOLDER}/{path.name}"


def drop_photo(path: str) -> None:
    """Remove a kept photo; harmless when it is gone."""
    if path:
        Path(settings.MEDIA_ROOT, path).unlink(missing_ok=True)


def _encode(file: BinaryIO) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _smaller(Image.open(file, formats=FORMATS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRefused("Ukuran gambar terlalu besar. Pilih foto biasa dari HP.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PhotoRefused):
            raise
        raise PhotoRefused(
            "Berkas ini bukan foto yang bisa dibaca. Pilih foto JPG, PNG, atau WebP."
        ) from error


def _smaller(image: Image.Image) -> bytes:
    if image.width * image.height > MOST_PIXELS:
        raise PhotoRefused("Ukuran gambar terlalu besar. Pilih foto biasa dari HP.")
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    turned = ImageOps.exif_transpose(image).convert("RGB")
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", turned.size)
    bare.paste(turned)
    found = BytesIO()
    bare.save(found, "JPEG", quality=QUALITY, optimize=True)
    return found.getvalue()


def open_photo(path: str) -> BinaryIO | None:
    """A kept photo to be read; None when there is none."""
    try:
        return Path(settings.MEDIA_ROOT, path).open("rb") if path else None
    except OSError:
        return None
