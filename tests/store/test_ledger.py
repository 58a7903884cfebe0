"""The ledger: append-only, chained, and able to say where it breaks."""

import sqlite3
from datetime import UTC, datetime

import pytest

from overlook.errors import IntegrityError, StoreError
from overlook.store import Ledger

NOW = datetime(2020, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        for number in range(5):
            ledger.append("assessed", {"number": number}, now=NOW)
    return path


def tamper(path, *statements):
    connection = sqlite3.connect(path)
    for statement in ("DROP TRIGGER entries_no_update", "DROP TRIGGER entries_no_delete", *statements):
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_entries_come_back_in_order(path):
    with Ledger(path) as ledger:
        assert [e.body["number"] for e in ledger.entries()] == [0, 1, 2, 3, 4]
        assert ledger.entries("plan") == ()
        assert ledger.verify() == 5
        assert ledger.entries()[-1].digest == ledger.head()
        assert ledger.entries()[0].at == NOW


def test_an_empty_ledger_is_whole(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.verify() == 0
        assert ledger.head() == "0" * 64


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE entries SET body = '{\"number\":9}' WHERE seq = 3", "entry 3"),
        ("UPDATE entries SET at = '2019-01-01T00:00:00+00:00' WHERE seq = 2", "entry 2"),
        ("DELETE FROM entries WHERE seq = 4", "entry 4"),
        ("DELETE FROM entries WHERE seq = 1", "entry 1"),
        ("UPDATE entries SET digest = 'f' || substr(digest, 2) WHERE seq = 5", "entry 5"),
    ],
)
def test_tampering_names_the_first_broken_link(path, statement, broken):
    tamper(path, statement)
    with Ledger(path) as ledger, pytest.raises(IntegrityError, match=broken):
        ledger.verify()


def test_the_database_itself_refuses_to_change_an_entry(path):
    connection = sqlite3.connect(path)
    for statement in ("UPDATE entries SET kind = 'x'", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


def test_an_erased_text_leaves_the_chain_whole(path):
    with Ledger(path) as ledger:
        digest = ledger.keep_text("a person's name")
        ledger.append("opinion", {"analyst": digest})
        assert ledger.read_text(digest) == "a person's name"
        ledger.erase_texts([digest])
        assert ledger.read_text(digest) is None
        assert ledger.verify() == 6


def test_an_altered_text_is_found(path):
    with Ledger(path) as ledger:
        ledger.keep_text("a person's name")
    tamper(path, "UPDATE texts SET text = 'another name'")
    with Ledger(path) as ledger, pytest.raises(IntegrityError, match="altered"):
        ledger.verify()


def test_two_writers_never_chain_to_the_same_entry(path):
    with Ledger(path) as one, Ledger(path) as two:
        for _ in range(10):
            one.append("a", {})
            two.append("b", {})
        assert one.verify() == 25


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(IntegrityError, match="not a whole database"):
        Ledger(path)


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(StoreError, match="E-STORE-LEDGER"):
        Ledger(tmp_path / "no" / "ledger.sqlite")
