"""The ledger: what was done to a case, in order, append-only and hash-chained, in SQLite.

Each entry's digest covers its number, time, kind, body and the digest before it, so that an entry cannot be altered,
removed from the middle or inserted without breaking the chain. Cutting off the end leaves a valid shorter chain: who
must prove that nothing was cut notes the head (`Ledger.head`), which every report prints.

Texts that may have to be erased (a person's name) stand in a table of their own; bodies hold only their digests.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Engine, Integer, MetaData, String, Table, create_engine, event, insert, select, text
from sqlalchemy.exc import DatabaseError

from overlook.errors import IntegrityError, StoreError
from overlook.terms import canonical

#: Seconds to wait for another program that holds the file.
TIMEOUT_S = 30.0
_GENESIS = "0" * 64
_META = MetaData()
_ENTRIES = Table(
    "entries",
    _META,
    Column("seq", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
)
_TEXTS = Table("texts", _META, Column("digest", String, primary_key=True), Column("text", String, nullable=False))
# The database itself refuses what the ledger never does; a person with the file can still do it, and `verify` sees it.
_GUARDS = (
    "CREATE TRIGGER IF NOT EXISTS entries_no_update BEFORE UPDATE ON entries"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER IF NOT EXISTS entries_no_delete BEFORE DELETE ON entries"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. `body` is plain JSON data; `digest` chains it to the entry before."""

    seq: int
    at: datetime
    kind: str
    body: dict[str, Any]
    digest: str


class Ledger:
    """The ledger of one case, made when it is not there.

    One that may not be written is opened for reading alone, so that a copy on a read-only disk can be verified.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        is_readable_alone = path.is_file() and path.stat().st_size > 0 and not _is_writable(path)
        self._engine = _open_to_read(path) if is_readable_alone else _open(path)

    def append(self, kind: str, body: dict[str, Any], *, now: datetime | None = None) -> Entry:
        """Add an entry; it is on disk when this returns. Raises StoreError when it cannot be written."""
        at = (now or datetime.now(UTC)).astimezone(UTC)
        with self._translated(), self._engine.begin() as connection:
            row = connection.execute(
                select(_ENTRIES.c.seq, _ENTRIES.c.digest).order_by(_ENTRIES.c.seq.desc()).limit(1)
            ).first()
            seq, previous = (row.seq + 1, row.digest) if row else (1, _GENESIS)
            values = {"seq": seq, "at": at.isoformat(), "kind": kind, "body": canonical(body).decode()}
            digest = _chain(values, previous)
            connection.execute(insert(_ENTRIES).values(**values, previous=previous, digest=digest))
        return Entry(seq=seq, at=at, kind=kind, body=body, digest=digest)

    def entries(self, *kinds: str) -> tuple[Entry, ...]:
        """All entries, or those of some kinds, in order."""
        query = select(_ENTRIES).order_by(_ENTRIES.c.seq)
        if kinds:
            query = query.where(_ENTRIES.c.kind.in_(kinds))
        with self._translated(), self._engine.connect() as connection:
            return tuple(_entry(row, self.path) for row in connection.execute(query))

    def head(self) -> str:
        """The digest of the last entry; 64 zeros when there is none."""
        with self._translated(), self._engine.connect() as connection:
            row = connection.execute(select(_ENTRIES.c.digest).order_by(_ENTRIES.c.seq.desc()).limit(1)).first()
        return row.digest if row else _GENESIS

    def keep_text(self, value: str) -> str:
        """Keep an erasable text outside the chain; returns the digest that a body may hold."""
        digest = hashlib.sha256(value.encode()).hexdigest()
        with self._translated(), self._engine.begin() as connection:
            connection.execute(
                text("INSERT OR IGNORE INTO texts (digest, text) VALUES (:d, :t)"), {"d": digest, "t": value}
            )
        return digest

    def erase_text(self, digest: str) -> None:
        """Erase a text. The chain, which holds only its digest, stays whole."""
        with self._translated(), self._engine.begin() as connection:
            connection.execute(_TEXTS.delete().where(_TEXTS.c.digest == digest))

    def read_text(self, digest: str) -> str | None:
        with self._translated(), self._engine.connect() as connection:
            row = connection.execute(select(_TEXTS.c.text).where(_TEXTS.c.digest == digest)).first()
        return row.text if row else None

    def verify(self) -> int:
        """Walk the chain again. Returns the number of entries.

        Raises IntegrityError naming the first broken link, or a text that does not match its digest.
        """
        previous, count = _GENESIS, 0
        with self._translated(), self._engine.connect() as connection:
            for row in connection.execute(select(_ENTRIES).order_by(_ENTRIES.c.seq)):
                values = {"seq": row.seq, "at": row.at, "kind": row.kind, "body": row.body}
                if row.seq != count + 1 or row.previous != previous or row.digest != _chain(values, previous):
                    raise IntegrityError(
                        "E-INTEGRITY-CHAIN",
                        f"the ledger's chain breaks at entry {count + 1} of kind '{row.kind}', dated {row.at}",
                        where=str(self.path),
                        remedy="compare with a copy whose head you noted; nothing after that entry can be relied on",
                    )
                previous, count = row.digest, count + 1
            for row in connection.execute(select(_TEXTS)):
                if hashlib.sha256(row.text.encode()).hexdigest() != row.digest:
                    raise IntegrityError(
                        "E-INTEGRITY-TEXT", "a text outside the chain was altered", where=str(self.path)
                    )
        return count

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _translated(self) -> _Translate:
        return _Translate(self.path)


class _Translate:
    """Database errors as ours: a locked or full disk is a StoreError, a broken file an IntegrityError.

    The driver's own errors come bare from where connections are configured, the others wrapped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        cause = error.orig if isinstance(error, DatabaseError) else error
        if isinstance(cause, sqlite3.OperationalError) and not str(cause).startswith("no such"):
            raise StoreError(
                "E-STORE-LEDGER",
                f"the ledger cannot be used ({cause})",
                where=str(self.path),
                remedy="check that the disk is not full, the file writable and no other program holds it",
            ) from error
        if isinstance(cause, sqlite3.Error):
            raise IntegrityError(
                "E-INTEGRITY-LEDGER",
                f"the ledger is not a whole database ({cause})",
                where=str(self.path),
                remedy="restore it from a copy; what it recorded cannot be made again",
            ) from error


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _open_to_read(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        # Immutable: without the right to write there is no shared memory to read a log through. What a run left in
        # its log is not read then, and a log that is there says that there is more.
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise sqlite3.OperationalError("attempt to write a readonly database that was not closed")
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)

    return create_engine("sqlite://", creator=connect)


def _open(path: Path) -> Engine:
    # Not as text: a `?` in a folder's name would be read as options, and the ledger lie elsewhere.
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # WAL keeps readers and one writer apart; FULL makes a returned append survive a power cut.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # Take the write lock before reading the head, so that two writers cannot chain to the same entry.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with _Translate(path):
        _META.create_all(engine)
        with engine.begin() as connection:
            for guard in _GUARDS:
                connection.exec_driver_sql(guard)
    return engine


def _entry(row: Any, path: Path) -> Entry:
    try:
        body = json.loads(row.body)
        if not isinstance(body, dict):
            raise TypeError("a body that is no object")  # noqa: TRY301
        return Entry(row.seq, datetime.fromisoformat(row.at), row.kind, body, row.digest)
    except (ValueError, TypeError) as error:
        raise IntegrityError(
            "E-INTEGRITY-CHAIN",
            f"entry {row.seq} of the ledger cannot be read ({str(error)[:80]})",
            where=str(path),
            remedy="`overlook verify` names the first broken link; restore the ledger from a copy",
        ) from error


def _chain(values: dict[str, Any], previous: str) -> str:
    return hashlib.sha256(canonical(values | {"previous": previous})).hexdigest()
