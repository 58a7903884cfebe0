"""The sparse local copy: what was written counts only as long as its bytes are right."""

import os
import threading
import time
from pathlib import Path

import pytest

from overlook.collect.outside.partial import READY, Missing, Partial, sweep
from overlook.errors import FetchError


def opened(folder: Path, *, version: str = "1", size: int = 1000, wait_s: float = 0) -> Partial:
    return Partial(
        folder, where="https://a.example/x.tif", part="box", size=size, version=version, suffix=".tif", wait_s=wait_s
    )


def test_bytes_lie_where_they_belong_and_holes_are_told(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    partial.put(100, b"abc")
    assert partial.read(101, 2) == b"bc"
    assert partial.path.stat().st_size == 1000
    with pytest.raises(Missing) as caught:
        partial.read(90, 20)
    assert (caught.value.start, caught.value.stop) == (90, 110)
    for start, length in ((-1, 2), (999, 2), (0, 10**12)):
        with pytest.raises(ValueError, match="outside"):
            partial.read(start, length)
    assert partial.lacking(((95, 105),)) == ((95, 100), (103, 105))
    partial.close(keep=False)
    assert not list(tmp_path.iterdir())


def test_what_came_is_taken_up_again_and_what_was_torn_is_not(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    for start in (0, 100, 200):
        partial.put(start, bytes([start % 251]) * 50)
    before = partial.digest()
    partial.close(keep=True)
    folder = partial.folder
    again = opened(tmp_path)
    assert again.lacking(((0, 250),)) == ((50, 100), (150, 200))
    assert again.digest() == before
    again.close(keep=True)
    # A killed process leaves half a line and half a block; a disk leaves a wrong byte.
    with (folder / "journal").open("ab") as journal:
        journal.write(b"300 350 abc")
    handle = os.open(folder / "image.tif", os.O_WRONLY)
    os.pwrite(handle, b"!", 120)
    os.close(handle)
    torn = opened(tmp_path)
    assert torn.lacking(((0, 400),)) == ((50, 200), (250, 400))
    torn.close(keep=False)


@pytest.mark.parametrize(
    "journal", [b"\xff\xfe\x00", b"1 2\n", b"5 1 x\n", b"-5 10 x\n", b"0 99999999999999 x\n", b"\n" * 99]
)
def test_a_journal_of_nonsense_is_an_empty_one(tmp_path: Path, journal: bytes) -> None:
    partial = opened(tmp_path)
    partial.close(keep=True)
    (partial.folder / "journal").write_bytes(journal)
    again = opened(tmp_path)
    assert again.lacking(((0, 1000),)) == ((0, 1000),)
    again.close(keep=False)


def test_another_version_of_the_file_begins_anew(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    partial.put(0, b"abc")
    partial.close(keep=True)
    for size in (1000, 2000):
        changed = opened(tmp_path, version="2", size=size)
        assert changed.lacking(((0, 3),)) == ((0, 3),)
        changed.close(keep=True)


def test_one_process_fetches_a_file_at_a_time(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    with pytest.raises(FetchError) as caught:
        opened(tmp_path)
    assert caught.value.code == "E-FETCH-LOCKED"
    partial.close(keep=True)
    opened(tmp_path).close(keep=False)


def test_who_comes_second_waits_and_finds_the_folder_gone(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put(0, b"abc")
    threading.Timer(0.3, lambda: first.close(keep=False)).start()
    second = Partial(
        tmp_path, where="https://a.example/x.tif", part="box", size=9, version="1", suffix=".tif", wait_s=9
    )
    assert second.lacking(((0, 3),)) == ((0, 3),)
    second.put(0, b"xyz")
    assert second.path.read_bytes()[:3] == b"xyz"
    second.close(keep=False)


def test_what_was_damaged_can_be_forgotten(tmp_path: Path) -> None:
    partial = opened(tmp_path)
    partial.put(0, b"a" * 100)
    partial.put(100, b"b" * 100)
    assert partial.forget(((150, 160),)) == ((100, 200),)
    assert partial.lacking(((0, 200),)) == ((100, 200),)
    partial.reset()
    assert partial.lacking(((0, 200),)) == ((0, 200),)
    partial.close(keep=False)


def test_what_killed_runs_left_goes_and_what_others_write_now_stays(tmp_path: Path) -> None:
    for name, age_s in (("old.tif", 7200), ("new.tif", 60)):
        (tmp_path / READY).mkdir(exist_ok=True)
        (tmp_path / READY / name).write_bytes(b"x")
        os.utime(tmp_path / READY / name, (time.time() - age_s,) * 2)
    partial = opened(tmp_path)
    partial.close(keep=True)
    sweep(tmp_path)
    assert sorted(p.name for p in (tmp_path / READY).iterdir()) == ["new.tif"]
    assert (partial.folder / "journal").exists()
    sweep(tmp_path / "nowhere")
