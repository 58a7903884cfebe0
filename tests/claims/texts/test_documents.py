"""Documents: what the bytes are, how they decode, and what HTML and PDF leave of themselves."""

from __future__ import annotations

import contextlib
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.claims.texts.documents import decode, is_html, read_document
from overlook.claims.texts.documents_html import html_text
from overlook.errors import InputError
from pdfs import locked, make_pdf

QUOTE = "“Nothing moved,” she said – in Tromsø.\r\n\r\nÜber 5 €.\n"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
     ("utf-32-le", b"\xff\xfe\x00\x00"), ("utf-16-le", b""), ("utf-16-be", b"")],
)  # fmt: skip
def test_unicode_decodes_to_the_same_characters_with_line_breaks_as_they_are(encoding, mark):
    document = read_document(mark + QUOTE.encode(encoding), "a.txt")
    assert (document.text, document.kind, document.notes) == (QUOTE, "text", ())


def test_windows_1252_is_read_and_said():
    document = read_document(QUOTE.encode("cp1252"))
    assert document.text == QUOTE
    assert document.encoding == "cp1252"
    assert document.notes == ("not UTF-8: 6 bytes read as Windows-1252; check letters with accents",)


def test_mixed_encodings_are_read_byte_by_byte_and_said():
    data = "“One,” he said in Tromsø. ".encode() + "“Two,” she said.".encode("cp1252")
    document = read_document(data)
    assert document.text == "“One,” he said in Tromsø. “Two,” she said."
    assert document.notes == ("mixed encodings: UTF-8, but for 2 bytes read as Windows-1252",)


def test_undefined_bytes_and_cut_characters_are_shown_as_lost():
    text, encoding, notes = decode(b"a plain text, \x81 and more of it")
    assert (text, encoding) == ("a plain text, \ufffd and more of it", "cp1252")
    text, encoding, notes = decode(b"\xff\xfe" + "He said so".encode("utf-16-le") + b"\x00")
    assert (text, encoding) == ("He said so\ufffd", "utf-16-le")
    assert notes == ("1 character could not be read as utf-16-le: shown as \ufffd",)


def test_a_few_nul_bytes_are_said_and_kept_and_many_are_no_text():
    said = "He said so, and that it was closed. " * 4
    text, encoding, notes = decode((said[:20] + "\0" + said[20:]).encode())
    assert (text, encoding) == (said[:20] + "\0" + said[20:], "utf-8")
    assert notes == ("1 NUL byte in it, kept as they are: check that no words are lost",)
    assert decode(("He said “so”. " * 900).encode() + b"\0")[2] == notes
    with pytest.raises(InputError) as raised:
        decode((said + "\0\0\0").encode())
    assert raised.value.code == "E-INPUT-TEXT-KIND"


def test_utf16_pasted_to_another_encoding_is_refused_and_never_read_as_another_script():
    said = "The ministry said that the works were closed.\n"
    for data in (said.encode() + 3 * said.encode("utf-16-le"), 3 * said.encode("utf-16-be") + said.encode()):
        with pytest.raises(InputError) as raised:
            decode(data)
        assert raised.value.code == "E-INPUT-TEXT-ENCODING"


def test_a_script_of_another_code_page_is_refused_and_not_read_as_accents():
    with pytest.raises(InputError) as raised:
        read_document("Он сказал, что завод работает. Никто не видел машин.".encode("cp1251"), "a.txt")
    assert raised.value.code == "E-INPUT-TEXT-ENCODING"


def test_html_is_read_as_it_declares_itself():
    said = "<html><head><meta charset='windows-1251'></head><body><p>Он сказал</p></body></html>"
    assert read_document(said.encode("cp1251")).text == "Он сказал"
    # Valid UTF-8 with letters beyond ASCII is UTF-8, whatever it declares.
    assert read_document(said.encode()).text == "Он сказал"
    kept = '<meta charset="iso-2022-jp"><p>彼は言った</p>'
    assert read_document(kept.encode("iso-2022-jp")).text == "彼は言った"


@pytest.mark.parametrize(
    ("text", "name", "yes"),
    [
        ("<!DOCTYPE html><p>x", "a.txt", True),
        ("  <!-- saved --> <html><body>x", "a", True),
        ('<?xml version="1.0"?>\n<html xmlns="x"><body>x', "a.txt", True),
        ("<div class='x'>He said</div>", "a.txt", True),
        ("He said that <p> is a tag.", "a.txt", False),
        ("He said <b>no</b>", "a.html", True),
        ("He said 2 < 3 and 4 > 3.", "a.html", False),
        ("<He> said", "a.txt", False),
    ],
)
def test_html_is_told_by_what_it_is(text, name, yes):
    assert is_html(text, name) is yes


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<p>One\n  and\ttwo.<br>Three.</p>", "One and two.\nThree."),
        ("<p>a <b>b</b><i>c</i></p>", "a bc"),
        (
            "<p>&ldquo;No,&rdquo; she&nbsp;said &amp; left &#8212; &lt;script&gt;</p>",
            "“No,” she\xa0said & left — <script>",
        ),
        ("<p>One<script>alert('two')</script>.</p><style>p {}</style>", "One."),
        ("<nav><a>Home</a></nav><p>One.</p><footer>Imprint</footer>", "One."),
        ("<article><p>One.</p><footer>By Ann</footer></article>", "One.\n\nBy Ann"),
        ("<p>One.<span hidden>two</span><span style='display: none'>three</span></p>", "One."),
        ("<p>One.</p><div aria-hidden='true'>x</div><div role='navigation'>y</div>", "One."),
        ("<h1>Head</h1><span class='byline'>By Ann</span><p>One.</p>", "Head\n\nBy Ann\n\nOne."),
        ("<figure><img alt='x'><figcaption>Trucks, he said.</figcaption></figure>", "Trucks, he said."),
        ("<ul><li>One</li><li>Two</li></ul>", "One\n\nTwo"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<pre>one\n  two</pre>", "one\ntwo"),
        ("<p>He said <q>no</q>.</p>", "He said “no”."),
        ("<title>Head</title><p>One.</p>", "Head\n\nOne."),
        ("<title>Head of the story - Daily</title><h1>Head of the story</h1><p>One.</p>", "Head of the story\n\nOne."),
        ("<p>One<!-- two -->.</p>", "One."),
        ("<p>Unclosed <b>bold<p>Next", "Unclosed bold\n\nNext"),
        ("<a href='https://example.org/x'>link</a><img src='http://example.org/y.png'>", "link"),
        ("<textarea>x</textarea><select><option>y</select><p>One.", "One."),
        ("<p>One.</p><template><p>x</p></template><noscript>y</noscript>", "One."),
    ],
)
def test_html_leaves_what_a_reader_would_see(markup, text):
    assert html_text(markup)[0] == text


def test_hidden_text_is_counted_in_a_note():
    _, notes = html_text("<p hidden>x</p><p hidden>y</p><p hidden></p><p>One.")
    assert notes == ("2 hidden parts of the page were left out",)


def test_a_page_nested_as_deep_as_no_page_is_refused_at_once():
    assert html_text("<div>" * 900 + "deep" + "</div>" * 900)[0] == "deep"
    with pytest.raises(InputError) as raised:
        read_document(("<div>" * 50_000 + "deep").encode())
    assert raised.value.code == "E-INPUT-HTML-DEPTH"


def test_a_pdf_is_read_page_by_page_with_its_lines_joined():
    lines = [
        "The satellite images of the site show that the fac-",
        "tory is still at work, and that a liquid-",
        "fueled missile stood there, she said.",
        "Another paragraph is about something else, and it runs",
        "over the end of the page, as they do",
    ]
    pages = [lines, ["in long texts. The missile is liquid fueled."]]
    document = read_document(make_pdf(pages), "a.pdf")
    assert document.kind == "pdf"
    assert document.notes == ()
    first, second = document.text.split("\n\n")
    assert first == (
        "The satellite images of the site show that the factory is still at work, and that a liquid-fueled missile "
        "stood there, she said."
    )
    assert second.startswith("Another paragraph is about something else, and it runs over the end of the page, as they")
    assert second.endswith("do in long texts. The missile is liquid fueled.")


def test_a_pdf_called_html_is_a_pdf():
    assert read_document(make_pdf([["He said so."]]), "a.html").kind == "pdf"
    assert read_document(b"\n\n" + make_pdf([["He said so."]]), "a.txt").text == "He said so."


def test_pages_without_text_are_named():
    document = read_document(make_pdf([["He said so."], [], [], ["She did too."]]))
    assert document.notes == ("pages 2, 3 without text, perhaps scanned: nothing there was read",)
    assert document.text == "He said so.\n\nShe did too."


def test_running_heads_are_left_out_and_said():
    things = ("trucks", "cranes", "trains", "ships", "tanks")
    pages = [[f"The Daily, page {n}", f"She said that {thing} stood there."] for n, thing in enumerate(things, 1)]
    document = read_document(make_pdf(pages))
    assert "Daily" not in document.text
    assert document.text.count("She said that") == 5
    assert document.notes == ("lines that repeat at the head or foot of the pages were left out",)


def test_an_empty_password_opens_and_another_is_an_error():
    pdf = make_pdf([["He said so."]])
    assert read_document(locked(pdf, "")).text == "He said so."
    with pytest.raises(InputError) as raised:
        read_document(locked(pdf, "secret"), "a.pdf")
    assert raised.value.code == "E-INPUT-PDF-ENCRYPTED"


def test_a_broken_cross_reference_is_mended_and_said(capsys):
    pdf = make_pdf([["He said so."]])
    start = pdf.rindex(b"startxref")
    document = read_document(pdf[:start] + b"startxref\n7\n%%EOF\n")
    assert document.text == "He said so."
    assert document.notes == ("the PDF is damaged in places: some of its text may be missing or out of order",)
    assert capsys.readouterr() == ("", "")
    assert logging.getLogger("pypdf").propagate is True
    with pytest.raises(InputError) as raised:
        read_document(pdf[: start // 2], "a.pdf")
    assert raised.value.code == "E-INPUT-PDF"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_document_or_one_error(data):
    with contextlib.suppress(InputError):
        document = read_document(data, "a.txt")
        assert document.text.encode("utf-8")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=200))
def test_utf8_text_comes_back_as_it_went_in(text):
    assert decode(text.encode())[0] == text.removeprefix("\ufeff")


TAGS = [
    "<p>", "</p>", "<div>", "</div>", "<script>", "</script>", "<b", ">", "<!--", "-->", "&amp;", "&#", "x", " ",
    "<td>", "<table>", "<q>", "</q>", "<br/>", "<svg>", "<body hidden>", "\n", "“", "<template>", "<math>",
]  # fmt: skip


@given(st.lists(st.sampled_from(TAGS), max_size=40))
def test_any_markup_is_read_without_a_tag_that_was_one(parts):
    text, _ = html_text("".join(parts))
    assert "<script>" not in text
