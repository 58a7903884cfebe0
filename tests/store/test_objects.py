"""Values by digest: whole or not there, whatever happens to the process that writes them."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlook.errors import IntegrityError, StoreError
from overlook.store import Store, clean, locked

WRITER = """
import sys
from pathlib import Path
from overlook.store import Store
store = Store(Path(sys.argv[1]))
number = 0
print("ready", flush=True)
while True:
    digest = store.put(str(number).encode() * 20_000)
    store.record(f"{number:064x}", "count", {"value": digest})
    number += 1
"""


@given(st.binary(max_size=200))
def test_what_is_put_is_got_and_named_by_its_sha256(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("s"))
    digest = store.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert store.get(digest) == data
    assert not list(store.verify())


def test_a_step_is_found_again_by_another_store(tmp_path):
    first = Store(tmp_path)
    made = first.record("a" * 64, "chip", {"chip": first.put(b"pixels")})
    assert Store(tmp_path).done("a" * 64) == made
    assert Store(tmp_path).done("b" * 64) is None


def test_a_step_whose_object_is_gone_is_not_done(tmp_path):
    store = Store(tmp_path)
    digest = store.put(b"pixels")
    store.record("a" * 64, "chip", {"chip": digest})
    (tmp_path / "objects" / digest[:2] / digest).unlink()
    assert store.done("a" * 64) is None
    with pytest.raises(StoreError, match="E-STORE-MISSING"):
        store.get(digest)


def test_an_altered_object_is_refused_and_named(tmp_path):
    store = Store(tmp_path)
    digest = store.put(b"eleven trucks")
    (tmp_path / "objects" / digest[:2] / digest).write_bytes(b"twelve trucks")
    with pytest.raises(IntegrityError, match=digest):
        store.get(digest)
    assert [d.how for d in store.verify()] == ["does not match its digest"]


def test_an_altered_step_is_refused(tmp_path):
    store = Store(tmp_path)
    store.record("a" * 64, "chip", {"chip": store.put(b"x")})
    (path,) = (tmp_path / "steps").iterdir()
    path.write_bytes(path.read_bytes().replace(b"chip", b"chop"))
    with pytest.raises(IntegrityError, match="E-INTEGRITY-STEP"):
        store.done("a" * 64)


@pytest.mark.parametrize("name", ["cache.bin", "objects/aa/notes.txt", "steps/x.json"])
def test_a_file_that_overlook_did_not_write_is_damage(tmp_path, name):
    store = Store(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("hello")
    assert [d.how for d in store.verify()] == ["was not written by Overlook"]


def test_killed_at_any_moment_nothing_torn_is_visible(tmp_path):
    rng = random.Random(7)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0.005, 0.1))
            os.kill(writer.pid, signal.SIGKILL)
        store = Store(tmp_path)
        assert not list(store.verify())
    assert store.done(f"{0:064x}") is not None
    assert len(list((tmp_path / "tmp").iterdir())) == clean(tmp_path)
    assert not list((tmp_path / "tmp").iterdir())


def test_a_second_writer_is_turned_away(tmp_path):
    root = tmp_path / ".overlook"
    with locked(root), pytest.raises(StoreError, match="another Overlook"), locked(root):
        pass
    with locked(root):
        pass


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="E-STORE-FOLDER"):
        Store(tmp_path / "file" / "store")
