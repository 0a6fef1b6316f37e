"""A document that a family gives (justificatif), of an absence or of a quotient: a photo made again by us, without what
a telephone hides in it, or a PDF.

What it is, its bytes say; its name and the type that the browser announced are never believed. A PDF is kept as it is,
and only ever given back as a file to download.
"""

import struct
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from PIL import Image, ImageFile, ImageOps

from lps.kernel.refusals import Refusal

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a telephone's photo; a small file may unfold into gigabytes
MAX_SIDE = 2000  # pixels: a certificate is still read
TYPES: Mapping[str, str] = {"jpg": "image/jpeg", "pdf": "application/pdf"}
_PICTURES = ("JPEG", "PNG", "WEBP")
_PDF = b"%PDF-"
_PDF_END = b"%%EOF"
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)


class DocumentRefused(ValueError):
    """`.refusal` says why: `empty`, `too_heavy`, `too_large`, `not_a_document`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code)


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes to keep, and the extension that says what they are."""

    content: bytes
    extension: str


def received(content: bytes) -> Document:
    """The document to keep of what was sent. Raises `DocumentRefused`."""
    if not content:
        raise DocumentRefused("empty")
    if len(content) > MAX_BYTES:
        raise DocumentRefused("too_heavy")
    if content.startswith(_PDF):
        if _PDF_END not in content[-2048:]:  # cut short on its way
            raise DocumentRefused("not_a_document")
        return Document(content, "pdf")
    try:
        return Document(_redrawn(content), "jpg")
    except Image.DecompressionBombError:
        raise DocumentRefused("too_large") from None
    except DocumentRefused:
        raise
    except _UNREADABLE:
        raise DocumentRefused("not_a_document") from None


def keep(document: Document, *, folder: str = "absences") -> str:
    """Save it under a name that nobody can guess; returns the name."""
    name = f"{folder}/{uuid.uuid4().hex}.{document.extension}"
    return default_storage.save(name, ContentFile(document.content))


@contextmanager
def kept(document: Document | None, *, folder: str = "absences") -> Iterator[str]:
    """Save it before the transaction that names it, and delete it when that fails: a slow store holds no lock.

    Gives its name, "" without a document; who names it nowhere after all forgets it.
    """
    name, done = keep(document, folder=folder) if document else "", False
    try:
        yield name
        done = True
    finally:
        if not done:
            forget(name)


def forget(name: str) -> None:
    """Delete it; "" is none, and one already gone stays so."""
    if name:
        default_storage.delete(name)


def is_picture(name: str) -> bool:
    """Whether a page may show it."""
    return name.endswith(".jpg")


def answer(name: str, *, called: str) -> HttpResponse:
    """The document as a response under the name `called`: a picture to look at, a PDF to download. 404 once gone."""
    extension = name.rpartition(".")[2]
    if extension not in TYPES:
        raise Http404
    try:
        with default_storage.open(name) as kept:
            content = kept.read()
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(content, content_type=TYPES[extension])
    to_save = content_disposition_header(not is_picture(name), f"{called}.{extension}")
    response.headers["Content-Disposition"] = to_save or "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _redrawn(content: bytes) -> bytes:
    """The same picture as a JPEG, upright, without metadata: neither place nor telephone."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # what prints PDF files turns it on for the whole process, once
    with Image.open(BytesIO(content), formats=_PICTURES) as sent:
        if sent.width * sent.height > MAX_PIXELS:
            raise DocumentRefused("too_large")
        upright = ImageOps.exif_transpose(sent).convert("RGBA")
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    bare = Image.new("RGB", upright.size, "white")
    bare.paste(upright, mask=upright.getchannel("A"))
    written = BytesIO()
    bare.save(written, format="JPEG", quality=85, optimize=True)
    return written.getvalue()
