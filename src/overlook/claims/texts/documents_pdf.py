"""PDF to text by pypdf: page by page, in the order that the file gives, columns as they stand there.

Lines are joined into paragraphs and words that a line's end broke are mended. Nothing embedded is run or opened. A page
without text is a picture: it is said so, and never read as empty. Bold, footnotes and tables are not told apart.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from overlook.errors import InputError

#: Above this a file is a library, or made to exhaust its reader.
MOST_PAGES = 10_000
#: A line shorter than this share of a full one ends a paragraph, when the next begins as a sentence does.
_SHORT = 0.8
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]\n([a-z][^\W\d_]*)")
_STOP = re.compile(r"[.?!:][\"”’')\]]*$")
_SURROGATES = re.compile("[\ud800-\udfff]")


def pdf_text(data: bytes, name: str = "") -> tuple[str, tuple[str, ...]]:
    """(text, notes). Paragraphs are parted by a blank line; a paragraph may run over the end of a page.

    Raises InputError: E-INPUT-PDF-ENCRYPTED (a password is needed), E-INPUT-PDF-SCANNED (no page has text),
    E-INPUT-PDF-PAGES (more than `MOST_PAGES`), E-INPUT-PDF (cannot be read).
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    with _complaints() as said:
        try:
            reader = PdfReader(io.BytesIO(data), strict=False)
            _require_open(reader, name)
            n_pages = _count(reader, name)
            pages = [_page(reader, k) for k in range(n_pages)]
        except InputError:
            raise
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, LookupError, OSError) as error:
            raise _damaged(name) from error
        except (AssertionError, RecursionError, MemoryError, ArithmeticError, NotImplementedError) as error:
            raise _damaged(name) from error
    failed = [k + 1 for k, text in enumerate(pages) if text is None]
    if n_pages == 0 or len(failed) == n_pages:
        raise _damaged(name)
    lines = [[line.rstrip() for line in (text or "").splitlines()] for text in pages]
    bare = [k + 1 for k, page in enumerate(lines) if not any(page) and k + 1 not in failed]
    if len(bare) + len(failed) == n_pages:
        what = f"none of its {n_pages} pages has text: it is a scan"
        remedy = "recognise its text first (OCR), and check what that read"
        raise InputError("E-INPUT-PDF-SCANNED", what, where=name, remedy=remedy)
    running = _running_heads(lines)
    text = _mended(_paragraphs(lines, running))
    return text, tuple(_notes(bare, failed, running, damaged=bool(said)))


def _damaged(name: str) -> InputError:
    remedy = "open it in a viewer and print it to a new PDF"
    return InputError("E-INPUT-PDF", "the PDF is damaged and cannot be read", where=name, remedy=remedy)


def _require_open(reader: object, name: str) -> None:
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError

    assert isinstance(reader, PdfReader)
    if not reader.is_encrypted:
        return
    try:
        # Many files carry an empty password: they may be read, and only printing or copying is restricted.
        if reader.decrypt("") != PasswordType.NOT_DECRYPTED:
            return
        what = "the PDF needs a password"
    except DependencyError:
        what = "the PDF is encrypted"
    raise InputError("E-INPUT-PDF-ENCRYPTED", what, where=name, remedy="save a copy without a password")


def _count(reader: object, name: str) -> int:
    n_pages = len(reader.pages)  # type: ignore[attr-defined]
    if n_pages > MOST_PAGES:
        what = f"{n_pages:,} pages; the limit is {MOST_PAGES:,}"
        raise InputError("E-INPUT-PDF-PAGES", what, where=name, remedy="split it")
    return n_pages


def _page(reader: object, k: int) -> str | None:
    """The text of page k, None when the page is broken. A broken page must not cost the others."""
    try:
        text: str = reader.pages[k].extract_text()  # type: ignore[attr-defined]
    except Exception:
        return None
    return _SURROGATES.sub("\ufffd", text.translate(_LIGATURES))


def _paragraphs(pages: list[list[str]], running: frozenset[str]) -> str:
    """Lines joined with line breaks inside a paragraph, a blank line between paragraphs."""
    full = _full_width(pages)
    out: list[str] = []
    blank = True
    for page in pages:
        blank = blank or not any(page)
        kept = [line for k, line in enumerate(page) if not (_key(line) in running and _at_edge(page, k))]
        for line in kept:
            if not line.strip():
                blank = True
                continue
            before = out[-1] if out else ""
            starts = line.lstrip()[:1]
            ends = bool(before) and (
                (blank and (_STOP.search(before) is not None or not starts.islower()))
                or (_STOP.search(before) is not None and len(before) < _SHORT * full and not starts.islower())
            )
            if out and ends:
                out.append("")
            out.append(line.strip())
            blank = False
    return "\n".join(out)


def _full_width(pages: list[list[str]]) -> int:
    widths = sorted(len(line) for page in pages for line in page if line.strip())
    return widths[int(0.9 * (len(widths) - 1))] if widths else 0


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", line.strip())


def _at_edge(page: list[str], k: int) -> bool:
    return k < 2 or k >= len(page) - 2


def _running_heads(pages: list[list[str]]) -> frozenset[str]:
    """Lines that stand at the head or foot of most pages, page numbers included."""
    filled = [page for page in pages if any(page)]
    if len(filled) < 3:
        return frozenset()
    seen = Counter(key for page in filled for key in {_key(page[k]) for k in range(len(page)) if _at_edge(page, k)})
    running = frozenset(key for key, n in seen.items() if key and n > 0.6 * len(filled))
    # Where a page would be left with nothing, what repeats is the text.
    return frozenset() if any(all(_key(line) in running | {""} for line in page) for page in filled) else running


def _mended(text: str) -> str:
    """Words broken at a line's end joined, as the rest of the text writes them.

    Where it writes neither form, two words that both occur keep their hyphen ("liquid-fueled"), and others lose it.
    """
    words = set(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", _BROKEN.sub(" ", text).casefold()))

    def join(match: re.Match[str]) -> str:
        first, second = match[1], match[2]
        whole, hyphened = first + second, f"{first}-{second}"
        if whole.casefold() in words:
            return whole
        both = first.casefold() in words and second.casefold() in words
        return hyphened if both or hyphened.casefold() in words else whole

    return _unwrapped(_BROKEN.sub(join, text)).replace("\u00ad", "")


def _unwrapped(text: str) -> str:
    """Each paragraph on one line: its line breaks were the page's, not the writer's."""
    return "\n\n".join(" ".join(part.split("\n")) for part in re.split(r"\n\n+", text)).strip()


def _notes(bare: list[int], failed: list[int], running: frozenset[str], *, damaged: bool) -> Iterator[str]:
    if bare:
        yield f"{_pages(bare)} without text, perhaps scanned: nothing there was read"
    if failed:
        yield f"{_pages(failed)} damaged: nothing there was read"
    if damaged and not failed:
        yield "the PDF is damaged in places: some of its text may be missing or out of order"
    if running:
        yield "lines that repeat at the head or foot of the pages were left out"


def _pages(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:8])) + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
    return f"page{'' if len(numbers) == 1 else 's'} {shown}"


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What pypdf would log, kept off the terminal."""
    said: list[str] = []

    class _Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, keep = logging.getLogger("pypdf"), _Keep(level=logging.WARNING)
    before = logger.propagate
    logger.addHandler(keep)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(keep)
        logger.propagate = before
