"""An exported ledger is checked without its case; texts that may be erased are salted and go for good."""

import hashlib
import json
import sqlite3

import pytest

from overlook.errors import InputError, IntegrityError, StoreError
from overlook.store import Ledger, check_export


@pytest.fixture
def exported(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        for number in range(5):
            ledger.append("assessed", {"number": number, "name": "é\u2028"})
        path = tmp_path / "ledger.jsonl"
        path.write_text("".join(f"{line}\n" for line in ledger.lines()), encoding="utf-8", newline="")
        return path, ledger.head()


def test_a_whole_export_has_the_ledgers_head(exported):
    path, head = exported
    assert (check_export(path).entries, check_export(path).head) == (5, head)


def lines(path):
    return path.read_bytes().split(b"\n")[:-1]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda rows: [rows[0].replace(b"assessed", b"opinion"), *rows[1:]], 1),
        (lambda rows: [*rows[:2], *rows[3:]], 3),
        (lambda rows: [rows[1], rows[0], *rows[2:]], 1),
        (lambda rows: [*rows, rows[-1]], 6),
        (lambda rows: rows[1:], 1),
        (lambda rows: [rows[0].replace(b'"seq":1', b'"seq":true'), *rows[1:]], 1),
    ],
)
def test_tampering_names_the_line(exported, change, line):
    path, _ = exported
    path.write_bytes(b"\n".join([*change(lines(path)), b""]))
    with pytest.raises(IntegrityError, match=f"line {line} "):
        check_export(path)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}\n", b"[1]\n", b"\xff\xfe\n", b'{"seq":1\n', b'{"a":NaN}\n', b"[" * 100_000, b"\x00" * 100]
)
def test_what_is_no_export_is_one_clear_line(tmp_path, data):
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match="E-INPUT-LEDGER"):
        check_export(path)
    with pytest.raises(InputError, match="E-INPUT-UNREADABLE"):
        check_export(tmp_path / "none.jsonl")


def test_a_text_has_no_digest_that_a_guess_could_check(tmp_path):
    with Ledger(tmp_path / "one.sqlite") as one, Ledger(tmp_path / "two.sqlite") as two:
        first, again, other = one.keep_text("A. Name"), one.keep_text("A. Name"), two.keep_text("A. Name")
        assert first == again != other
        assert hashlib.sha256(b"A. Name").hexdigest() not in {first, other}
        one.erase_texts([first])
        assert one.keep_text("A. Name") != first


def test_an_erased_text_is_in_none_of_the_files(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        kept = [ledger.keep_text(f"Zebulon Quix {n}" + " and more" * 200) for n in range(40)]
        ledger.append("opinion", {"analyst": kept[0]})
        ledger.erase_texts(kept)
        assert not any(b"Zebulon" in file.read_bytes() for file in tmp_path.iterdir())
        assert ledger.verify() == 1
    assert not any(b"Zebulon" in file.read_bytes() for file in tmp_path.iterdir())


def test_another_reader_delays_an_erasure_and_loses_nothing(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        kept = ledger.keep_text("Zebulon Quix")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM texts").fetchone()
        import overlook.store.ledger as module

        timeout, module.TIMEOUT_S = module.TIMEOUT_S, 0.2
        try:
            with Ledger(path) as hasty, pytest.raises(StoreError):
                hasty.erase_texts([kept])
        finally:
            module.TIMEOUT_S = timeout
        other.close()
        ledger.erase_texts([kept])
    assert b"Zebulon" not in path.read_bytes()


def test_a_ledger_from_before_there_were_salts_stays_valid(tmp_path):
    path = tmp_path / "ledger.sqlite"
    bare = hashlib.sha256(b"A. Name").hexdigest()
    with Ledger(path) as ledger:
        ledger.append("opinion", {"analyst": bare})
    old = sqlite3.connect(path)
    old.execute("DROP TABLE texts")
    old.execute("CREATE TABLE texts (digest VARCHAR NOT NULL PRIMARY KEY, text VARCHAR NOT NULL)")
    old.execute("INSERT INTO texts VALUES (?, 'A. Name')", (bare,))
    old.commit()
    old.close()
    with Ledger(path) as ledger:
        assert ledger.verify() == 1
        assert ledger.read_text(bare) == "A. Name"
        assert ledger.unsalted() == {bare}
        assert ledger.keep_text("A. Name") != bare
        assert ledger.verify() == 1


def test_an_altered_salt_is_found(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.keep_text("A. Name")
    changed = sqlite3.connect(path)
    changed.execute("UPDATE texts SET salt = 'zz'")
    changed.commit()
    changed.close()
    with Ledger(path) as ledger, pytest.raises(IntegrityError, match="altered"):
        ledger.verify()


def test_lines_are_json_with_sorted_keys(exported):
    path, _ = exported
    for line in lines(path):
        row = json.loads(line)
        assert list(row) == sorted(row) == ["at", "body", "digest", "kind", "previous", "seq"]
