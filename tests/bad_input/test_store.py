"""The ledger and the derived values, broken by hand: one line and its exit code, and nothing else is lost."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from overlook import run
from overlook.errors import IntegrityError, StoreError
from overlook.store import Ledger, Store, locked

from .conftest import NAMES, attempt, boxes, new_case, one_line, tiff, told, tree

LEDGER = "ledger.sqlite"


def sql(root: Path, *statements: str) -> None:
    connection = sqlite3.connect(root / LEDGER)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def delete_ledger(root: Path) -> None:
    for part in root.glob(f"{LEDGER}*"):
        part.unlink()


def empty_ledger(root: Path) -> None:
    delete_ledger(root)
    (root / LEDGER).write_bytes(b"")


def cut_ledger(root: Path) -> None:
    sql(root, "DROP TRIGGER entries_no_delete", "DELETE FROM entries WHERE seq > 5")


def drop_ledger(root: Path) -> None:
    sql(root, "DROP TABLE entries")


@pytest.mark.parametrize("lose", [delete_ledger, empty_ledger, cut_ledger, drop_ledger])
def test_a_ledger_that_was_lost_is_not_called_whole(case, lose):
    lose(case)
    with pytest.raises(IntegrityError, match="an assessment is stored that the ledger does not know"):
        run.verify(case)
    assert lose is not delete_ledger or not (case / LEDGER).exists()
    before = tree(case)
    assessed = run.assess(case)
    assert any("The ledger does not know an assessment" in note for note in assessed.assessment.notes)
    assert {name: data for name, data in tree(case).items() if name in before and "report" not in name}.items() <= (
        before.items()
    )
    with pytest.raises(IntegrityError, match=r"delete \.overlook"):
        run.verify(case)
    shutil.rmtree(case / ".overlook")
    assert told(case) == ()
    run.verify(case)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.write_bytes(p.read_bytes()[:5000]),
        lambda p: p.write_bytes(b"\xff" * 5000),
        lambda p: sql(p.parent, "DROP TABLE entries", "CREATE TABLE entries (a int)"),
        lambda p: sql(p.parent, "DROP TRIGGER entries_no_update", "UPDATE entries SET body = 'x' WHERE kind = 'asked'"),
        lambda p: sql(p.parent, "DROP TRIGGER entries_no_update", "UPDATE entries SET body = '3' WHERE kind = 'asked'"),
        lambda p: sql(p.parent, "DROP TRIGGER entries_no_update", "UPDATE entries SET at = 'x' WHERE kind = 'asked'"),
    ],
)
def test_a_broken_ledger_is_a_broken_link_to_every_command(case, spoil):
    spoil(case / LEDGER)
    before = tree(case)
    (case / "case.yaml").write_text((case / "case.yaml").read_text() + "notice: n\n")
    for command in (run.verify, run.assess):
        error, _ = attempt(lambda command=command: command(case))
        assert isinstance(error, IntegrityError)
    assert {k: v for k, v in tree(case).items() if k != "case.yaml"}.items() <= before.items()


def test_a_ledger_that_another_program_holds_or_that_is_a_folder_is_one_line(case, monkeypatch):
    holder = sqlite3.connect(case / LEDGER, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("overlook.store.ledger.TIMEOUT_S", 0.1)
    error, _ = attempt(lambda: run.assess(case))
    assert isinstance(error, StoreError)
    assert "locked" in one_line(error)
    holder.execute("ROLLBACK")
    holder.close()
    assert run.assess(case).reused
    delete_ledger(case)
    (case / LEDGER).mkdir()
    assert isinstance(attempt(lambda: run.assess(case))[0], StoreError)


def test_a_copy_that_may_not_be_written_is_verified_all_the_same(case, monkeypatch):
    found = run.verify(case)
    before = {p: p.stat().st_mtime_ns for p in case.rglob("*")}
    monkeypatch.setattr("overlook.store.ledger._is_writable", lambda path: False)
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert run.verify(case) == found
    assert {p: p.stat().st_mtime_ns for p in case.rglob("*")} == before


def test_a_folders_name_never_becomes_options_or_another_path(tmp_path):
    root = new_case(tmp_path / "a?mode=memory&x#%41 ; b")
    run.assess(root)
    assert (root / LEDGER).is_file()
    assert [p.name for p in tmp_path.iterdir()] == [root.name]
    assert run.verify(root).entries > 0


@pytest.mark.parametrize("part", ["", "objects", "steps", "tmp", "half"])
def test_derived_values_may_be_lost_in_part_or_whole(case, part):
    first = run.assess(case)
    if part == "half":
        for path in sorted(p for p in (case / ".overlook" / "objects").rglob("*") if p.is_file())[::2]:
            path.unlink()
    else:
        shutil.rmtree(case / ".overlook" / part)
    again = run.assess(case)
    assert (again.digest, again.made) == (first.digest, first.made)
    run.verify(case)


@pytest.mark.parametrize("part", ["", "objects", "steps"])
def test_a_file_where_a_folder_belongs_is_one_line(case, part):
    shutil.rmtree(case / ".overlook" / part)
    (case / ".overlook" / part).write_text("")
    for command in (run.assess, run.verify):
        assert isinstance(attempt(lambda command=command: command(case))[0], StoreError)


def test_emptied_values_and_records_are_broken_links(case):
    for path in (case / ".overlook" / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    for command in (run.assess, run.verify, run.report):
        assert isinstance(attempt(lambda command=command: command(case))[0], IntegrityError)


def test_a_pipe_or_a_link_among_the_values_does_not_stop_the_check(case):
    os.mkfifo(case / ".overlook" / "steps" / "pipe")
    with pytest.raises(IntegrityError, match="was not written by Overlook"):
        run.verify(case)


def test_two_who_add_at_once_both_get_in(tmp_path):
    root = new_case(tmp_path / "case")
    run.add(root, [tiff(tmp_path / f"{NAMES[0]}.tif")])
    files = [boxes(tmp_path / f"{NAMES[0]}.person{n}.boxes.geojson") for n in range(6)]
    results = []
    work = [threading.Thread(target=lambda f=f: results.extend(run.add(root, [f]))) for f in files]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert [r.error for r in results] == [None] * 6
    (scene,) = run.assess(root).assessment.scenes
    assert len(scene.boxes) == 6
    run.verify(root)


def test_the_second_of_two_assessments_waits_a_little_and_then_says_so(case, monkeypatch):
    monkeypatch.setattr(sys.modules["overlook.run.assess"], "_WAIT_S", 0.1)
    with locked(case / ".overlook"):
        error, _ = attempt(lambda: run.assess(case))
    assert error is not None
    assert error.code == "E-STORE-LOCKED"
    assert run.assess(case).reused


def test_a_full_disk_is_one_line_and_loses_nothing(case, tmp_path):
    """RLIMIT_FSIZE stands for a full disk: writes beyond it fail."""
    before = tree(case)
    image = tiff(tmp_path / "c_20200701T101522Z.tif", seed=9)
    code = (
        "import resource, sys; from pathlib import Path; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "from overlook import run; from overlook.errors import OverlookError\n"
        f"(a,) = run.add(Path({str(case)!r}), [Path({str(image)!r})]); print(a.error)\n"
        "assert a.error.code == 'E-STORE-WRITE', a.error\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # The ledger's own files may be larger than the limit: then it is the ledger that says so.
    assert "E-STORE-" in done.stdout + done.stderr, done.stderr
    assert tree(case) == before
    assert run.assess(case).reused
    run.verify(case)


def test_a_clock_that_went_backwards_alters_nothing(case):
    from datetime import UTC, datetime

    before = run.assess(case)
    error, again = attempt(lambda: run.assess(case, now=datetime(2019, 1, 1, tzinfo=UTC)))
    assert error is None
    assert again.digest == before.digest
    with Ledger(case / LEDGER) as ledger:
        assert ledger.verify() > 0


def test_records_that_are_no_records_are_left_to_verify(case):
    store = Store(case / ".overlook")
    assert len(store.recorded("assessment")) == 1
    for path in (case / ".overlook" / "steps").iterdir():
        path.write_text("{")
    assert store.recorded("assessment") == ()
