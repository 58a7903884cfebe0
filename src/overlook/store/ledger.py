"""The ledger: what was done to a case, in order, append-only and hash-chained, in SQLite.

Each entry's digest covers its number, time, kind, body and the digest before it, so that an entry cannot be altered,
removed from the middle or inserted without breaking the chain. Cutting off the end leaves a valid shorter chain: who
must prove that nothing was cut notes the head (`Ledger.head`), which every report prints.

Texts that may have to be erased (a person's name) stand in a table of their own; bodies hold only their digests. A name
has few possible values, so its bare digest could be guessed: each text has a random salt beside it, its digest is an
HMAC under that salt (RFC 2104, SHA-256), and both are erased together. Texts kept before there were salts (an empty
one) keep the bare digests that the chain holds of them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping
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
_TEXTS = Table(
    "texts",
    _META,
    Column("digest", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("salt", String, nullable=False, server_default=""),
)
#: Bytes of a salt: as many as the digest's strength asks for.
_SALT_BYTES = 16
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
        """Keep an erasable text outside the chain; returns the digest that a body may hold.

        The same text has one digest as long as it is kept; kept again after it was erased, it has another.
        """
        with self._translated(), self._engine.begin() as connection:
            kept = connection.execute(
                select(_TEXTS.c.digest).where(_TEXTS.c.text == value, _TEXTS.c.salt != "")
            ).first()
            if kept:
                return str(kept.digest)
            salt = secrets.token_hex(_SALT_BYTES)
            digest = _text_digest(value, salt)
            connection.execute(insert(_TEXTS).values(digest=digest, text=value, salt=salt))
        return digest

    def erase_texts(self, digests: Collection[str]) -> None:
        """Erase texts and their salts. The chain, which holds only their digests, stays whole.

        SQLite overwrites what it deletes (`secure_delete`), the log is emptied, and the file is written anew. What the
        disk itself keeps of old blocks, and what copies and backups hold, is out of reach.

        Raises StoreError when another program holds the ledger, so that its log still has the text: erase again then.
        """
        with self._translated(), self._engine.begin() as connection:
            connection.execute(_TEXTS.delete().where(_TEXTS.c.digest.in_(list(digests))))
        with self._translated():
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                cursor.execute("VACUUM")
                is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                raw.close()
        if is_busy:
            raise StoreError(
                "E-STORE-LEDGER-BUSY",
                "the texts were erased, but another program holds the ledger, and its log still has them",
                where=str(self.path),
                remedy="end that program and erase again",
            )

    def read_text(self, digest: str) -> str | None:
        with self._translated(), self._engine.connect() as connection:
            row = connection.execute(select(_TEXTS.c.text).where(_TEXTS.c.digest == digest)).first()
        return row.text if row else None

    def texts(self) -> Mapping[str, str]:
        """Every text that is kept, by its digest."""
        with self._translated(), self._engine.connect() as connection:
            return {row.digest: row.text for row in connection.execute(select(_TEXTS.c.digest, _TEXTS.c.text))}

    def unsalted(self) -> frozenset[str]:
        """Digests of texts kept before there were salts: a guess of the text can be checked against them."""
        with self._translated(), self._engine.connect() as connection:
            return frozenset(r.digest for r in connection.execute(text("SELECT * FROM texts")) if not _salt(r))

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
            for row in connection.execute(text("SELECT * FROM texts")):
                if _text_digest(row.text, _salt(row)) != row.digest:
                    raise IntegrityError(
                        "E-INTEGRITY-TEXT", "a text outside the chain was altered", where=str(self.path)
                    )
        return count

    def lines(self) -> Iterator[str]:
        """The chain as JSON Lines, which anybody can check without this program (docs/reference/ledger.md).

        No text that may have to be erased is among them.
        """
        with self._translated(), self._engine.connect() as connection:
            for row in connection.execute(select(_ENTRIES).order_by(_ENTRIES.c.seq)):
                yield canonical(dict(row._mapping)).decode()

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
        cursor.execute("PRAGMA secure_delete=ON")
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
            columns = {row[1] for row in connection.exec_driver_sql("PRAGMA table_info(texts)")}
            if "salt" not in columns:
                # A ledger from before there were salts: its chain holds bare digests, and they stay valid.
                connection.exec_driver_sql("ALTER TABLE texts ADD COLUMN salt VARCHAR NOT NULL DEFAULT ''")
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


def _salt(row: Any) -> str:
    """A text's salt; none where a ledger from before there were salts is read without the right to write."""
    return str(row._mapping.get("salt", ""))


def _text_digest(value: str, salt: str) -> str:
    if not salt:
        return hashlib.sha256(value.encode()).hexdigest()
    # The salt as it is written, so that an altered one is a digest that does not match and nothing worse.
    return hmac.new(salt.encode(), value.encode(), hashlib.sha256).hexdigest()


def _chain(values: dict[str, Any], previous: str) -> str:
    return hashlib.sha256(canonical(values | {"previous": previous})).hexdigest()
