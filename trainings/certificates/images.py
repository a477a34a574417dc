"""Signatures and logos of templates: read strictly, made small, written anew, never overwritten.

An issued certificate names its picture by file, so a file that was used stays.
"""

from __future__ import annotations

import os
import uuid
import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

FOLDER = "certificate-images"
LONGEST_SIDE = 800
MOST_BYTES = 4_000_000
MOST_PIXELS = 20_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
_UNREADABLE = "Gambar ini tidak terbaca. Pilih PNG, JPG, atau WebP yang lebih kecil."


class ImageRefused(ValueError):
    """The file cannot be used; `str()` says what to do."""


def keep_image(file: BinaryIO, *, size: int) -> str:
    """Write the picture anew as a PNG that keeps what is transparent; its path below MEDIA_ROOT.

    Raises ImageRefused.
    """
    if size > MOST_BYTES:
        raise ImageRefused(f"Gambar lebih besar dari {MOST_BYTES // 1_000_000} MB. Perkecil dulu.")
    data = _encode(file)
    folder = Path(settings.MEDIA_ROOT, FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{uuid.uuid4().hex}.png"
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
        target.write(data)
    return f"{FOLDER}/{path.name}"


def _encode(file: BinaryIO) -> bytes:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _smaller(Image.open(file, formats=FORMATS))
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise ImageRefused(_UNREADABLE) from error


def _smaller(image: Image.Image) -> bytes:
    if image.width * image.height > MOST_PIXELS:
        raise ImageRefused(_UNREADABLE)
    turned = ImageOps.exif_transpose(image).convert("RGBA")
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    found = BytesIO()
    turned.save(found, "PNG", optimize=True)
    return found.getvalue()
