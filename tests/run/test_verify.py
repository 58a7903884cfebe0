"""Whoever alters a derived value, the ledger or an image is found out, and the place is named."""

import sqlite3

import pytest

from overlook import run
from overlook.errors import IntegrityError


def test_an_untouched_case_is_whole(assessed_case):
    found = run.verify(assessed_case)
    assert found.values > 30
    assert found.inputs == 20
    assert len(found.head) == 64


def test_verify_finds_what_was_altered(assessed_case):
    value = next(p for p in (assessed_case / ".overlook" / "objects").rglob("*") if p.is_file())
    original = value.read_bytes()
    value.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    with pytest.raises(IntegrityError, match=value.name):
        run.verify(assessed_case)
    value.write_bytes(original)

    image = next((assessed_case / "imagery").glob("*.tif"))
    original = image.read_bytes()
    image.write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    with pytest.raises(IntegrityError, match="is not the file that was added"):
        run.verify(assessed_case)
    image.unlink()
    with pytest.raises(IntegrityError, match="not there any more"):
        run.verify(assessed_case)
    image.write_bytes(original)

    connection = sqlite3.connect(assessed_case / "ledger.sqlite")
    connection.execute("DROP TRIGGER entries_no_update")
    connection.execute("UPDATE entries SET body = replace(body, 'image', 'imagf') WHERE seq = 2")
    connection.commit()
    connection.close()
    with pytest.raises(IntegrityError, match="entry 2"):
        run.verify(assessed_case)


def test_a_stray_file_among_derived_values_is_found(assessed_case):
    (assessed_case / ".overlook" / "cache.tmp").write_text("x")
    with pytest.raises(IntegrityError, match=r"cache\.tmp: was not written by Overlook"):
        run.verify(assessed_case)
