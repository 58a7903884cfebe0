"""`overlook read`: drafts as text and as JSON lines, the text that offsets count, and one line for each mistake."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import overlook
from overlook import run
from overlook.claims.texts.dates import find_dates
from overlook.cli import main
from overlook.errors import InputError, UsageError
from pdfs import make_pdf
from shared import ROOT

PAGE = (ROOT / "docs" / "how-to" / "read-a-text.md").read_text(encoding="utf-8")

ARTICLE = """Trucks at the Kestrel works

A spokesman for the ministry said on Monday that about 40 trucks had reached the Kestrel works since June.

“We have seen nothing of the kind,” said Ada Lind, an analyst. It is reportedly closed.
"""
CASE = """
overlook: 1
id: c
title: C
sites:
  - {id: kestrel, name: Kestrel works, whereabouts: near Port Ellis}
"""
KEYS = {
    "source", "cue", "content", "kind", "source_type", "chain", "hedges", "negation", "modality", "dates", "places",
    "numbers",
}  # fmt: skip


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The console script, in this process."""

    def run_it(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["overlook", "read", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run_it


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


@pytest.fixture
def case(tmp_path: Path) -> Path:
    run.init(tmp_path / "case")
    (tmp_path / "case" / "case.yaml").write_text(CASE)
    return tmp_path / "case"


def spans(value: object) -> list[dict[str, Any]]:
    """Every part with a place in the text, however deep it stands."""
    if isinstance(value, list):
        return [span for one in value for span in spans(one)]
    if not isinstance(value, dict):
        return []
    return ([value] if {"start", "end", "text"} <= value.keys() else []) + spans(list(value.values()))


def test_json_is_one_statement_a_line_and_every_span_slices_back(command: Command, article: Path, case: Path) -> None:
    done = command(article, "--published", "2018-08-01", "--case", case, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(row) == KEYS | {"predictions"} for row in rows)
    assert all(ARTICLE[span["start"] : span["end"]] == span["text"] for row in rows for span in spans(row))
    first = rows[0]
    assert [span["text"] for span in first["source"]] == ["A spokesman for the ministry"]
    assert (first["kind"], first["source_type"]) == ("indirect", "role")
    said, since = first["dates"]
    assert (said["text"], said["from"], said["to"], said["precision"]) == ("Monday", "2018-07-30", "2018-07-30", "day")
    assert (since["text"], since["from"], since["to"]) == ("since June", "2018-06-01", "2018-08-01")
    assert (said["in_content"], since["in_content"]) == (False, True)
    (place,) = first["places"]
    assert (place["text"], place["site"], place["zone"], place["near"]) == ("Kestrel works", "kestrel", None, None)
    (number,) = first["numbers"]
    assert (number["low"], number["high"], number["unit"], number["approximate"]) == (40, 40, "trucks", True)
    assert any(row["kind"] == "direct" and row["source_type"] == "named" for row in rows)
    assert any(row["source"] is None and row["hedges"] for row in rows)


def test_people_get_numbered_drafts(command: Command, article: Path, case: Path) -> None:
    done = command(article, "--published", "2018-08-01", "--case", case)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1. A spokesman for the ministry → ")
    for line in (
        "   indirect, role source; cue: said on Monday",
        "   date (of the saying): Monday = 2018-07-30",
        "   date: since June = 2018-06-01 to 2018-08-01",
        "   place: Kestrel works = site kestrel",
        "   number: about 40 trucks = about 40 trucks",
    ):
        assert f"\n{line}\n" in done.stdout


WEB = """Officials told the Gazette that vehicles were coming and going at the Kestrel works.

The site was gritted last week, they said. The ministry vowed to stop production.

“We could not confirm all parts of the leak,” said Ada Lind. The talks were held in May.
"""
TWO = CASE + "  - {id: mast, name: Mast hill}\n"


def web(tmp_path: Path, yaml: str = TWO) -> tuple[Path, Path]:
    path = tmp_path / "web.txt"
    path.write_text(WEB, "utf-8")
    run.init(tmp_path / "c")
    (tmp_path / "c" / "case.yaml").write_text(yaml)
    return path, tmp_path / "c"


def test_a_case_tells_what_could_be_seen_and_what_no_list_knows(command: Command, tmp_path: Path) -> None:
    path, case = web(tmp_path)
    done = command(path, "--published", "2018-08-01", "--case", case)
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "   could be seen: The vehicle count in Kestrel works was above the declared quiet rate.",
        "      coming-and-going-vehicle, from “vehicles … coming and going … Kestrel works”",
        "      needs: Images of Kestrel works, at 0.50 m or finer.",
        "      would look the same: other work at the site; activity staged to be seen from above (deception)",
        "   note: It is an undertaking: declare it under commitments. Of the present it says nothing.",
        "context: May = 2018-05-01 to 2018-05-31; in “The talks were held in May.”",
    ):
        assert f"\n{line}\n" in done.stdout
    (gritted,) = [line for line in done.stdout.splitlines() if "“gritted”" in line]
    assert gritted.startswith("   not known: ")


def test_a_site_that_nobody_names_is_asked_for(command: Command, tmp_path: Path) -> None:
    path, case = web(tmp_path)
    path.write_text("At the Kestrel works it rained.\n\n“The site is still active,” said Ada Lind.\n", "utf-8")
    (row,) = [json.loads(line) for line in command(path, "--case", case, "--json").stdout.splitlines()]
    (part,) = row["predictions"]["parts"]
    assert part["site"] is None
    assert part["ask"][0] == (
        "Which site? The case has kestrel, mast. Before these words the text last named “Kestrel works” (kestrel)."
    )
    (case / "case.yaml").write_text(CASE)
    (row,) = [json.loads(line) for line in command(path, "--case", case, "--json").stdout.splitlines()]
    assert row["predictions"]["parts"][0]["site"] == "kestrel"


def test_a_leak_is_a_table_of_its_parts(command: Command, tmp_path: Path) -> None:
    claim = """
sources: [{id: nobody, name: Officials, kind: anonymous}, {id: ada, name: Ada Lind, kind: named}]
claims:
  - id: old
    quote: It was built.
    chain: [nobody]
    not_observable: [what is made]
    predictions:
      - {id: hall, relation: built, site: kestrel, indicator: hall}
      - {id: goods, relation: present, site: kestrel, indicator: goods, inside: true}
  - {id: hers, quote: It was not., chain: [ada]}
"""
    path, case = web(tmp_path, TWO + claim)
    done = command(path, "--published", "2018-08-01", "--case", case)
    table = done.stdout.partition("“confirm all parts of the leak” is of a whole.")[2]
    assert (
        "      statement 1: that vehicles were coming and going at the Kestrel works\n         could be seen: The veh"
        in table
    )
    assert "claim old: It was built.\n         could be seen: built: hall (hall)\n" in table
    assert "         no image shows: present: goods (goods)\n         no image shows: what is made\n" in table
    assert "claim hers" not in table
    rows = [json.loads(line) for line in command(path, "--case", case, "--json").stdout.splitlines()]
    wholes = [row["predictions"]["whole"] for row in rows if "whole" in row.get("predictions", {})]
    assert [(w["words"]["text"], w["claims"][0]["id"]) for w in wholes[:1]] == [
        ("confirm all parts of the leak", "old")
    ]
    assert all(WEB[span["start"] : span["end"]] == span["text"] for row in rows for span in spans(row))


def test_dates_of_the_writer_are_told_when_they_are_asked_for(command: Command, tmp_path: Path) -> None:
    path, case = web(tmp_path)
    assert "context" not in command(path, "--published", "2018-08-01").stdout
    for asked in (("--dates",), ("--case", case)):
        done = command(path, "--published", "2018-08-01", *asked, "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        (row,) = [row["context"] for row in rows if "context" in row]
        assert (row["text"], row["from"], row["line"]["text"]) == ("May", "2018-05-01", "The talks were held in May.")
    assert "give it as --published" in command(path, "--dates").stdout


def test_without_a_day_of_publication_relative_dates_stay_open_and_it_says_so(command: Command, article: Path) -> None:
    done = command(article, "--json")
    dates = [dated for line in done.stdout.splitlines() for dated in json.loads(line)["dates"]]
    assert {(dated["from"], dated["to"]) for dated in dates} == {(None, None)}
    assert "give it as --published" in done.stderr
    assert "Monday = not resolved; counts from the day of publication, which is not given" in command(article).stdout


def test_text_is_what_the_offsets_count(command: Command, tmp_path: Path) -> None:
    page, out = tmp_path / "page.html", tmp_path / "page.txt"
    page.write_text("<html><body><h1>Head</h1><script>x()</script><p>“We left,” he said.</p></body></html>", "utf-8")
    done = command(page, "--published", "2018-08-01", "--text", out, "--json")
    text = out.read_bytes().decode()
    assert text == "Head\n\n“We left,” he said."
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows
    assert all(text[span["start"] : span["end"]] == span["text"] for row in rows for span in spans(row))
    # What is there already is never written over.
    again = command(page, "--text", out)
    assert again.returncode == 2
    assert "[E-USAGE-TEXT-EXISTS]" in again.stderr
    assert out.read_bytes().decode() == text


def test_line_breaks_are_those_of_the_file(tmp_path: Path) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_bytes("One.\r\n\r\nHe said that it was closed.\r\n".encode("utf-16"))
    told = run.read(source, text=out)
    assert told.document.text == "One.\r\n\r\nHe said that it was closed.\r\n"
    assert out.read_bytes() == told.document.text.encode("utf-8")
    assert told.statements[0].cue[0].start == told.document.text.index("said")


def test_the_package_offers_the_verb(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([["The ministry said last week that the works were closed."]]))
    told = overlook.read(path, published=date(2018, 8, 1))
    assert told.document.kind == "pdf"
    assert told.rows[0]["dates"][0]["from"] == "2018-07-23"
    assert len(told.digest) == 64


def test_no_statement_is_no_claim_that_there_is_none(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Rain.\n")
    done = command(path)
    assert done.stdout == "no attributed statement was found; that does not mean that there is none\n"
    assert command(path, "--json").stdout == ""


def test_nothing_of_a_text_reaches_the_terminal_as_a_command(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The ministry said that all \x1b[2J\x07 \u202etrucks had left the [bold]yard[/bold].\n", "utf-8")
    done = command(path)
    assert done.returncode == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)
    assert "[bold]yard[/bold]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--published", "yesterday"), "E-USAGE-TIME"),
        (("--published", "2018-13-01"), "E-USAGE-TIME"),
        (("--published", "0001-01-01"), "E-USAGE-TIME"),
    ],
)
def test_a_mistyped_date_is_one_line(command: Command, article: Path, arguments: tuple[str, ...], code: str) -> None:
    done = command(article, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"[{code}]" in done.stderr


def test_files_and_folders_that_are_not_there_are_one_line(command: Command, article: Path, tmp_path: Path) -> None:
    for act, kind, code in (
        (lambda: run.read(tmp_path / "none.txt"), InputError, "E-INPUT-MISSING"),
        (lambda: run.read(tmp_path), InputError, "E-INPUT-TEXT-KIND"),
        (lambda: run.read(article, text=tmp_path / "no" / "b.txt"), UsageError, "E-USAGE-TEXT"),
    ):
        with pytest.raises(kind) as raised:
            act()
        assert raised.value.code == code
    assert command(article, "--case", tmp_path / "none").stderr.endswith("[E-CASE-NO-FILE]\n")


def test_the_page_shows_what_the_command_prints(command: Command, tmp_path: Path) -> None:
    blocks = (r"```txt article.txt\n", r"```yaml kestrel/case.yaml\n", r"printed:\n\n```\n")
    found = [re.search(rf"{head}(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for head in blocks]
    text, yaml, shown = (match[1] for match in found if match)
    (tmp_path / "article.txt").write_text(text, "utf-8")
    run.init(tmp_path / "kestrel")
    (tmp_path / "kestrel" / "case.yaml").write_text(yaml, "utf-8")
    done = command(tmp_path / "article.txt", "--published", "2018-08-01", "--case", tmp_path / "kestrel")
    assert done.stdout == shown


@pytest.mark.parametrize(
    ("said", "first", "last"),
    re.findall(r"^\| (\D[^|]*?) \| ([\d-]{7,10})(?: to ([\d-]{10}))? \|", PAGE, re.MULTILINE),
)
def test_the_page_shows_what_dates_mean(said: str, first: str, last: str) -> None:
    (found,) = find_dates(f"It was {said}.".replace("was will", "will"), date(2018, 8, 1))
    assert found.start is not None
    assert found.end is not None
    assert f"{found.start:%F}".startswith(first)
    assert f"{found.end:%F}".startswith(last or first)
