"""A picture received from a town, made again by us: what a visitor's browser gets is never the file sent."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile, ImageOps

from lps.kernel.refusals import Refusal

MAX_BYTES = 1_000_000
MAX_PIXELS = 16_000_000  # a small file may unfold into gigabytes
MAX_SIDE = 800  # pixels: more than any page or printed invoice shows
EXTENSIONS: Mapping[str, str] = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}  # SVG may carry scripts

# What Pillow raises on a broken file, format by format.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


class PictureRefused(ValueError):
    """`.refusal` says why: `too_heavy` (max_bytes), `too_large` (max_pixels), `not_a_picture` (formats)."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture and the extension that says its format."""

    content: bytes
    extension: str


def redrawn(content: bytes) -> Picture:
    """The same picture, decoded and encoded again in its own format, upright, small, without metadata.

    An animation keeps its first image. Raises `PictureRefused`.
    """
    if len(content) > MAX_BYTES:
        raise PictureRefused(Refusal("too_heavy", max_bytes=MAX_BYTES))
    try:
        return _redraw(content)
    except PictureRefused:
        raise
    except Image.DecompressionBombError:  # so large that Pillow itself stops before we ask
        raise PictureRefused(Refusal("too_large", max_pixels=MAX_PIXELS)) from None
    except _UNREADABLE:
        raise PictureRefused(Refusal("not_a_picture", formats=tuple(EXTENSIONS))) from None


def _redraw(content: bytes) -> Picture:
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # what prints PDF files turns it on for the whole process, once
    with Image.open(BytesIO(content), formats=tuple(EXTENSIONS)) as received:
        kind = received.format or ""
        if received.width * received.height > MAX_PIXELS:
            raise PictureRefused(Refusal("too_large", max_pixels=MAX_PIXELS))
        upright = ImageOps.exif_transpose(received)
        drawn = upright.convert("RGB" if kind == "JPEG" else "RGBA")
    drawn.thumbnail((MAX_SIDE, MAX_SIDE))
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    written = BytesIO()
    bare.save(written, format=kind, optimize=True)
    return Picture(written.getvalue(), EXTENSIONS[kind])
