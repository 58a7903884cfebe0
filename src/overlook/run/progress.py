"""How a run tells how far it is; and work on several processes, in order."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Progress(Protocol):
    """Called with what is being done, how many are done and how many there are."""

    def __call__(self, what: str, done: int, total: int) -> None: ...


def silent(what: str, done: int, total: int) -> None:
    """A progress that says nothing."""


def in_order(
    work: Callable[[In], Out], items: Sequence[In], *, workers: int, what: str, progress: Progress
) -> Iterator[Out]:
    """`work` of each item, in the items' order, on up to `workers` processes. The first failure is raised."""
    progress(what, 0, len(items))
    if workers <= 1 or len(items) <= 1:
        for number, item in enumerate(items, 1):
            yield work(item)
            progress(what, number, len(items))
        return
    # Spawned, not forked: libraries below us hold threads, and a forked lock may never be freed.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(items)), mp_context=context) as pool:
        chunk = max(1, len(items) // (workers * 8))
        for number, result in enumerate(pool.map(work, items, chunksize=chunk), 1):
            yield result
            progress(what, number, len(items))
