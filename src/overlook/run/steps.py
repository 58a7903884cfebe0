"""A step: computed once for its inputs, parameters and code; read back ever after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from overlook.run.code import code_digest
from overlook.run.folder import CaseFolder
from overlook.store import Step, Store
from overlook.terms import canonical


@cache
def store_of(folder: CaseFolder) -> Store:
    """The store of a case, opened once a process: opening it lists the steps that were done."""
    return Store(folder.derived)


def key_of(name: str, rooms: tuple[str, ...], **inputs: Any) -> str:
    """The key of a step: SHA-256 over its name, its code and its inputs (plain JSON data, mostly digests)."""
    body = {"step": name, "code": code_digest(*rooms), "inputs": inputs}
    return hashlib.sha256(canonical(body)).hexdigest()


def step(store: Store, key: str, name: str, make: Callable[[], Mapping[str, bytes]]) -> Step:
    """The step of `key`: as done before, or made now by `make` (outputs by name)."""
    done = store.done(key)
    if done is not None:
        return done
    outputs = {label: store.put(data) for label, data in make().items()}
    return store.record(key, name, outputs)


def table_bytes(table: pa.Table) -> bytes:
    """A table as Parquet. The same table gives the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue())


def table_of(data: bytes, schema: pa.Schema) -> pa.Table:
    return pq.read_table(pa.BufferReader(data)).cast(schema)
