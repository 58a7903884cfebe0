"""Values under `.overlook/`, named by their SHA-256, and the steps that made them.

    objects/ab/abcdef…        a value; its name is its digest
    steps/KEY-DIGEST.json     which objects a step made: KEY from inputs, parameters and code; DIGEST of this file
    tmp/                      writes under way

A value appears under its name by `rename`, after its bytes were flushed to the disk: it is whole or it is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from overlook.errors import IntegrityError, StoreError
from overlook.terms import canonical


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was done: its key, its name for people, and its outputs as name → digest of an object."""

    key: str
    name: str
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Damage:
    """What `verify` found broken: the file, and how."""

    path: str
    how: str


class Store:
    """The derived values of one case. Opening it makes the folders; nothing else is written until `put` or `record`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            for part in ("objects", "steps", "tmp"):
                if not (root / part).is_dir():
                    (root / part).mkdir(parents=True, exist_ok=True)
            self._steps = {_key(p.name): p for p in (root / "steps").iterdir() if p.is_file()}
        except OSError as error:
            raise _unusable(root, error) from error

    def put(self, data: bytes) -> str:
        """Keep `data`; returns its digest. The same bytes are kept once."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._object(digest)
        if not path.exists():
            self._write(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of `digest`, re-digested on every read.

        Raises StoreError when there is no such value, IntegrityError when the bytes are not what they were.
        """
        path = self._object(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError(
                "E-STORE-MISSING",
                "a derived value is not there",
                where=str(path),
                remedy="run `overlook assess` again; it is made anew",
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise IntegrityError(
                "E-INTEGRITY-OBJECT",
                "a derived value does not match its digest",
                where=str(path),
                remedy="find out who changed it, delete the file, and run `overlook assess`",
            )
        return data

    def done(self, key: str) -> Step | None:
        """The step of this key, if it was done and all that it made is still there."""
        path = self._steps.get(key)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if not path.name.endswith(f"-{hashlib.sha256(data).hexdigest()}.json"):
            raise IntegrityError(
                "E-INTEGRITY-STEP",
                "the record of a step does not match its digest",
                where=str(path),
                remedy="find out who changed it, delete the file, and run `overlook assess`",
            )
        plain = json.loads(data)
        step = Step(key=plain["key"], name=plain["name"], outputs=plain["outputs"])
        return step if all(self._object(d).exists() for d in step.outputs.values()) else None

    def record(self, key: str, name: str, outputs: Mapping[str, str]) -> Step:
        """Say that the step of `key` was done. Its outputs must have been `put` before."""
        data = canonical({"key": key, "name": name, "outputs": dict(outputs)})
        path = self.root / "steps" / f"{key}-{hashlib.sha256(data).hexdigest()}.json"
        old = self._steps.get(key)
        self._write(path, data)
        if old is not None and old != path:
            # A step whose objects were lost is done again; one key keeps one record.
            old.unlink(missing_ok=True)
        self._steps[key] = path
        return Step(key=key, name=name, outputs=dict(outputs))

    def recorded(self, name: str) -> tuple[Step, ...]:
        """Every step of that name that was done, whole records only; what is broken is `verify`'s to find."""
        found = []
        for path in sorted(self._steps.values()):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                data = path.read_bytes()
                plain = json.loads(data)
                if plain["name"] == name and path.name.endswith(f"-{hashlib.sha256(data).hexdigest()}.json"):
                    found.append(Step(key=plain["key"], name=name, outputs=plain["outputs"]))
        return tuple(found)

    def verify(self) -> Iterator[Damage]:
        """Re-digest every file. Yields what is broken or does not belong; writes under way do not count."""
        for path in sorted(p for p in self.root.rglob("*") if p.is_symlink() or not p.is_dir()):
            parts = path.relative_to(self.root).parts
            if parts[0] == "tmp":
                continue
            expected = _expected_digest(parts)
            if expected is None or path.is_symlink() or not path.is_file():
                yield Damage(str(path), "was not written by Overlook")
                continue
            try:
                is_whole = _file_digest(path) == expected
            except OSError as error:
                yield Damage(str(path), f"cannot be read ({error.strerror})")
                continue
            if not is_whole:
                yield Damage(str(path), "does not match its digest")

    def _object(self, digest: str) -> Path:
        return self.root / "objects" / digest[:2] / digest

    def _write(self, path: Path, data: bytes) -> None:
        try:
            handle, name = tempfile.mkstemp(dir=self.root / "tmp")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(exist_ok=True)
            Path(name).replace(path)
        except OSError as error:
            raise StoreError(
                "E-STORE-WRITE",
                f"a derived value could not be written ({error.strerror})",
                where=str(path),
                remedy="free disk space or make the case folder writable, then run the command again",
            ) from error


@contextlib.contextmanager
def locked(root: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the store for one writer. Raises StoreError when another run still holds it after `wait_s` seconds.

    The lock is the operating system's and ends with the process, however it ends. Systems without `flock` go unlocked:
    values are content-addressed, so two writers waste work and break nothing.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows
        yield
        return
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unusable(root, error) from error
    last = time.monotonic() + wait_s
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() >= last:
                    raise StoreError(
                        "E-STORE-LOCKED",
                        "another Overlook is at work in this case",
                        where=str(root.parent),
                        remedy="wait until it ends",
                    ) from error
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def clean(root: Path) -> int:
    """Remove writes that were cut off. Only while the store is `locked`. Returns how many there were."""
    left = list((root / "tmp").glob("*")) if (root / "tmp").is_dir() else []
    for path in left:
        with contextlib.suppress(OSError):
            path.unlink()
    return len(left)


def _unusable(root: Path, error: OSError) -> StoreError:
    return StoreError(
        "E-STORE-FOLDER",
        f"the folder of derived values cannot be used ({error.strerror})",
        where=str(root),
        remedy="make the case folder writable, and free space on its disk",
    )


def _key(name: str) -> str:
    return name.partition("-")[0]


def _expected_digest(parts: tuple[str, ...]) -> str | None:
    """What a file's digest must be, from its place; None for a file that has no place here."""
    match parts:
        case ("objects", head, digest) if digest.startswith(head) and len(digest) == 64:
            return digest
        case ("steps", name) if name.endswith(".json") and len(name) == 64 + 1 + 64 + 5:
            return name[65:129]
        case _:
            return None


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
