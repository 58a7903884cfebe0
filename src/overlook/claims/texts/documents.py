"""From a file's bytes to the text that is read: plain text, HTML or PDF, told apart by what the bytes are.

Nothing in a document is run, fetched or followed. Of plain text nothing is altered but its bytes decoded: line breaks
stay as they are. What could not be read as it was meant is said in `notes`; what cannot be read at all is an
InputError.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Literal

from overlook.errors import InputError

DocumentKind = Literal["text", "html", "pdf"]

#: A text of this size is a library. The limit keeps a wrong file from filling the memory.
LARGEST_BYTES = 64 * 2**20
#: Characters in which a document says what it is.
_HEAD = 2048
#: A text in Windows-1252 is mostly ASCII: letters of another script read as it would be mostly accents.
_FOREIGN = 0.25
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_UTF16_SAMPLE = 4096
#: More NUL bytes than this are binary data; fewer are a fault of whatever wrote the text.
_NOUGHTS = 0.01
#: So many printable bytes in a row are words of one byte a letter.
_ASCII_RUN = re.compile(rb"[\x20-\x7e]{24}")

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"II+\x00", "a TIFF image"),
    (b"MM\x00+", "a TIFF image"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"{\\rtf", "a rich-text document"),
    (b"%!PS", "a PostScript document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet table"),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|div|p|article|section|main|header|h[1-6]|table|span)"
    r"(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_ANY_TAG = re.compile(r"<(?:/?[a-z][a-z0-9]*(?:\s[^<>]*)?/?|!doctype[^>]*)>", re.IGNORECASE)
_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The text of a document, how it was had, and what is to be said of it. Offsets count characters of `text`."""

    text: str
    kind: DocumentKind
    #: Of text and HTML; "" for a PDF.
    encoding: str = ""
    notes: tuple[str, ...] = ()


def read_document(data: bytes, name: str = "") -> Document:
    """The text in `data`; `name` is its file's, for messages, and its suffix decides where the bytes do not.

    Raises InputError (E-INPUT-TEXT-KIND, -EMPTY, -ENCODING, -SIZE, E-INPUT-HTML-*, E-INPUT-PDF-*).
    """
    if len(data) > LARGEST_BYTES:
        what = f"{len(data) / 2**20:.0f} MB are too much for one text; {LARGEST_BYTES // 2**20} MB is the limit"
        raise InputError("E-INPUT-TEXT-SIZE", what, where=name, remedy="split it")
    if not data.strip():
        raise InputError("E-INPUT-TEXT-EMPTY", "there is no text in it", where=name, remedy="save it again")
    if b"%PDF-" in data[:1024]:
        from overlook.claims.texts.documents_pdf import pdf_text

        text, notes = pdf_text(data, name)
        return _checked(Document(text=text, kind="pdf", notes=notes), name)
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise _no_text(f"it is {what}, not a text", name)
    text, encoding, notes = decode(data, name)
    if is_html(text, name):
        from overlook.claims.texts.documents_html import html_text

        text, more = html_text(text, name)
        return _checked(Document(text=text, kind="html", encoding=encoding, notes=notes + more), name)
    return _checked(Document(text=text, kind="text", encoding=encoding, notes=notes), name)


def is_html(text: str, name: str = "") -> bool:
    """Does it begin as HTML does? With the suffix of HTML any tag will do."""
    if _HTML.match(text[:_HEAD]):
        return True
    return name.lower().endswith((".html", ".htm", ".xhtml")) and _ANY_TAG.search(text) is not None


def decode(data: bytes, name: str = "") -> tuple[str, str, tuple[str, ...]]:
    """(text, encoding, notes). A byte-order mark is obeyed and dropped; then UTF-8, what the HTML declares, UTF-16.

    What is none of these is read as Windows-1252 byte by byte where it is not UTF-8, with a note: texts pasted together
    mix the two. Raises InputError for bytes that are no text, or of another encoding that nothing declares.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, name)
    declared = _declared(data)
    if declared.startswith(("iso2022", "iso-2022", "hz")) and (b"\x1b" in data or b"~{" in data):
        # Seven-bit encodings are also valid UTF-8, and gibberish.
        return _strictly(data, declared, name)
    if b"\0" in data[:_UTF16_SAMPLE] and (encoding := _unmarked_utf16(data)):
        _require_one(data, encoding, name)
        return _strictly(data, encoding, name)
    noughts = data.count(0)
    if noughts > _NOUGHTS * len(data):
        raise _no_text("it holds binary data, not a text", name)
    notes = (f"{_times(noughts, 'NUL byte')} in it, kept as they are: check that no words are lost",) if noughts else ()
    try:
        return data.decode("utf-8"), "utf-8", notes
    except UnicodeDecodeError:
        if declared and declared not in {"utf-8", "ascii", "cp1252", "iso8859-1"}:
            return _strictly(data, declared, name)
    text, encoding, more = _mixed(data, name)
    return text, encoding, more + notes


def _declared(data: bytes) -> str:
    """Python's name of the encoding that the HTML declares, "" for none or an unknown one."""
    match = _CHARSET.search(data[:_HEAD])
    if match is None:
        return ""
    try:
        info = codecs.lookup(match[1].decode("ascii"))
    except LookupError:
        return ""
    return info.name if getattr(info, "_is_text_encoding", True) else ""


def _strictly(data: bytes, encoding: str, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Decode; what does not fit becomes U+FFFD, and a note says how often."""
    try:
        return data.decode(encoding), encoding, ()
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="replace")
    lost = text.count("\ufffd")
    if lost > _FOREIGN * len(text):
        raise _no_text(f"it says that it is {encoding}, and is not", name)
    return text, encoding, (f"{_times(lost, 'character')} could not be read as {encoding}: shown as \ufffd",)


def _unmarked_utf16(data: bytes) -> str:
    """Text of Latin letters in UTF-16 has a zero in every second byte; "" for anything else."""
    sample = data[:_UTF16_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _require_one(data: bytes, encoding: str, name: str) -> None:
    """Refuse UTF-16 pasted to text of one byte a letter: read as UTF-16, that would be another script."""
    if _ASCII_RUN.search(data):
        what = f"a part of it is {encoding} and a part is not"
        raise InputError("E-INPUT-TEXT-ENCODING", what, where=name, remedy="save each part as UTF-8")


def _mixed(data: bytes, name: str) -> tuple[str, str, tuple[str, ...]]:
    """UTF-8 where it is valid, Windows-1252 elsewhere."""
    text = data.decode("utf-8", errors="surrogateescape")
    strays = sum("\udc80" <= c <= "\udcff" for c in text)
    whole = sum(c > "\x7f" for c in text) - strays
    letters = sum(c.isalpha() for c in text)
    if strays > _FOREIGN * (letters + strays):
        if b"\0" in data:
            raise _no_text("it holds binary data, not a text", name)
        what = "it is neither UTF-8 nor Windows-1252, and declares nothing else"
        raise InputError("E-INPUT-TEXT-ENCODING", what, where=name, remedy="save it as UTF-8")
    text = text.translate({0xDC00 + byte: bytes([byte]).decode("cp1252", errors="replace") for byte in range(128, 256)})
    if whole:
        note = f"mixed encodings: UTF-8, but for {_times(strays, 'byte')} read as Windows-1252"
        encoding = "utf-8 and cp1252"
    else:
        note = f"not UTF-8: {_times(strays, 'byte')} read as Windows-1252; check letters with accents"
        encoding = "cp1252"
    return text, encoding, (note,)


def _checked(document: Document, name: str) -> Document:
    """Refuse what decodes and yet is no text."""
    text = document.text
    if document.kind == "pdf" and text.count("\ufffd") > 0.2 * len(text):
        remedy = "recognise its text first (OCR), and check what that read"
        raise InputError("E-INPUT-PDF", "its fonts do not say which letters they show", where=name, remedy=remedy)
    if not any(c.isalnum() for c in text):
        raise InputError("E-INPUT-TEXT-EMPTY", "there are no words in it", where=name, remedy="save it again")
    if document.kind != "pdf" and len(_CONTROLS.findall(text)) > 0.05 * len(text):
        raise _no_text("it holds binary data, not a text", name)
    return document


def _no_text(what: str, name: str) -> InputError:
    remedy = "save it as text, HTML or PDF; an image is added to a case by `overlook add`"
    return InputError("E-INPUT-TEXT-KIND", what, where=name, remedy=remedy)


def _times(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
