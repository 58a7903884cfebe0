"""Texts that are none, are broken, or were made to break their reader: one clear line, or a draft with a note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from overlook import run
from overlook.claims.texts import read_text
from overlook.claims.texts.dates import find_dates
from overlook.claims.texts.documents import read_document
from overlook.claims.texts.numbers import find_numbers
from overlook.errors import InputError, OverlookError
from overlook.run.read import statement_row
from pdfs import locked, make_pdf

PUBLISHED = date(2018, 8, 1)
SAID = "The ministry said on Monday that 40 trucks had left."


def code_of(path: Path) -> str:
    with pytest.raises(OverlookError) as raised:
        run.read(path, published=PUBLISHED)
    text = str(raised.value)
    assert "\n" not in text
    assert text.isprintable()
    assert str(path) in text
    assert raised.value.remedy
    return raised.value.code


def spans(row: Any) -> Iterator[dict[str, Any]]:
    if isinstance(row, dict):
        if "start" in row:
            yield row
        for value in row.values():
            yield from spans(value)
    elif isinstance(row, list):
        for value in row:
            yield from spans(value)


def check(text: str) -> int:
    """Offsets of every statement slice back; how many statements there are."""
    statements = read_text(text, PUBLISHED)
    for statement in statements:
        for span in spans(statement_row(statement)):
            assert text[span["start"] : span["end"]] == span["text"]
    return len(statements)


@pytest.mark.parametrize("name", ["image.txt", "image.html", "image.pdf", "image"])
def test_an_image_by_any_name_is_no_text(tmp_path, name):
    Image.new("L", (8, 8)).save(tmp_path / name, format="TIFF")
    assert code_of(tmp_path / name) == "E-INPUT-TEXT-KIND"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "E-INPUT-TEXT-EMPTY"),
        (b" \n\t ", "E-INPUT-TEXT-EMPTY"),
        (b"--- ... ---", "E-INPUT-TEXT-EMPTY"),
        (b"\xef\xbb\xbf", "E-INPUT-TEXT-EMPTY"),
        (b"<html><script>x()</script></html>", "E-INPUT-TEXT-EMPTY"),
        (b"PK\x03\x04 docx", "E-INPUT-TEXT-KIND"),
        (b"\x89PNG\r\n", "E-INPUT-TEXT-KIND"),
        (b"{\\rtf1 He said}", "E-INPUT-TEXT-KIND"),
        (bytes(range(256)) * 8, "E-INPUT-TEXT-KIND"),
        (b"\x01\x02\x03\x04 a \x05\x06" * 9, "E-INPUT-TEXT-KIND"),
        ("Он сказал: завод работает".encode("koi8-r"), "E-INPUT-TEXT-ENCODING"),
        (b"%PDF-1.4\nrubbish", "E-INPUT-PDF"),
        (b"%PDF-1.7\n" + b"1 0 obj <<" * 5000, "E-INPUT-PDF"),
        (make_pdf([[], []]), "E-INPUT-PDF-SCANNED"),
        (make_pdf([]), "E-INPUT-PDF"),
        (locked(make_pdf([[SAID]]), "secret"), "E-INPUT-PDF-ENCRYPTED"),
        (make_pdf([[SAID]])[:300], "E-INPUT-PDF"),
        (b"<div>" * 20_000 + b"x", "E-INPUT-HTML-DEPTH"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_line_with_a_remedy(tmp_path, data, code):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert code_of(path) == code
    assert path.read_bytes() == data


def test_a_file_of_no_end_is_refused_before_it_is_decoded():
    with pytest.raises(InputError) as raised:
        read_document(b"a" * (64 * 2**20 + 1))
    assert raised.value.code == "E-INPUT-TEXT-SIZE"


def test_a_pdf_of_more_pages_than_a_person_reads_is_refused(monkeypatch):
    monkeypatch.setattr("overlook.claims.texts.documents_pdf.MOST_PAGES", 3)
    assert read_document(make_pdf([[SAID]] * 3)).kind == "pdf"
    with pytest.raises(InputError) as raised:
        read_document(make_pdf([[SAID]] * 4))
    assert raised.value.code == "E-INPUT-PDF-PAGES"


@pytest.mark.parametrize("cut", range(100, 700, 100))
def test_a_pdf_cut_anywhere_is_read_with_a_note_or_refused(cut, capsys):
    pdf = make_pdf([[SAID], [SAID]])
    try:
        document = read_document(pdf[:cut], "a.pdf")
    except InputError as error:
        assert error.code in {"E-INPUT-PDF", "E-INPUT-PDF-SCANNED"}  # noqa: PT017
    else:
        assert document.notes
    assert capsys.readouterr() == ("", "")


@settings(max_examples=60, deadline=None)
@given(st.integers(9, 800), st.binary(min_size=1, max_size=6))
def test_a_pdf_with_wrong_bytes_is_a_document_or_one_error(place, junk):
    pdf = make_pdf([[SAID], [SAID]])
    broken = pdf[:place] + junk + pdf[place + len(junk) :]
    try:
        read_document(broken, "a.pdf")
    except InputError as error:
        assert error.code in {"E-INPUT-PDF", "E-INPUT-PDF-SCANNED", "E-INPUT-TEXT-EMPTY"}  # noqa: PT017


def test_mixed_encodings_give_drafts_and_a_note(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("“We left Tromsø,” he said.\n".encode() + "“We stayed,” she said.\n".encode("cp1252"))
    told = run.read(path)
    assert len(told.statements) == 2
    assert told.document.notes == ("mixed encodings: UTF-8, but for 2 bytes read as Windows-1252",)


def test_scripts_of_a_page_are_neither_run_nor_read(tmp_path):
    path = tmp_path / "a.html"
    path.write_text(
        "<html><script>document.write('The ministry said no.')</script><body onload='x()'>"
        f"<iframe src='https://example.org'></iframe><p>{SAID}</p><img src=x onerror='x()'></body></html>"
    )
    told = run.read(path, published=PUBLISHED)
    assert told.document.text == SAID
    assert len(told.statements) == 1


@pytest.mark.parametrize(
    "text",
    [
        "“He said “she said ‘no’ to me” and left,” the ministry said.",
        "The ministry said “it was closed. Nothing followed.",
        "The ministry said it was closed.” Nothing followed.",
        "''The ministry said \"it” was `closed’.",
        "By Ann Lee, Port Ellis, Aug. 1 — The ministry said it was closed.",
        "* The ministry said so.\n* The army said no.\n1. The navy said on Monday it left.",
        "PHOTO: Trucks at the works, the ministry said. (AP)",
        "\u202bאמר הדובר כי המפעל סגור\u202c. The ministry said on Monday that it was closed.",
        "قال المتحدث إن المصنع مغلق",
        "「工場は閉鎖された」と広報官は述べた。",
        "a\u0301 said b\u0301 that 👩‍👩‍👧 said 🚚🚚 left on Monday",
        "The ministry\u00a0said\u2028that it\x0cwas\x85closed\u2029on Monday.",
        "\ufeffThe ministry said it was closed.",
        "said " * 500,
        '"' * 501,
        "(" * 500 + "said" + ")" * 200,
    ],
)
def test_unruly_texts_are_read_and_offsets_slice_back(text):
    check(text)


LONG = ("a", "1", "1,", "“", "in ", "the late ", "between ", "one hundred and ", "\n", "3/", "(", "US$", "million ")


@pytest.mark.parametrize("piece", LONG)
def test_one_long_line_of_anything_ends(piece):
    """A rule whose time grows with the square of the line would take hours here."""
    text = piece * (200_000 // len(piece))
    for found in (*find_dates(text, PUBLISHED), *find_numbers(text)):
        assert text[found.span.start : found.span.end] == found.span.text
