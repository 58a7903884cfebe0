"""Markdown tables, shares with their Monte-Carlo error, and the arguments that every part takes."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterable, Sequence

import numpy as np

#: Made the tables of the page, and nothing else.
SEED = 20186
QUICK = 0.02


def run_part(part: Callable[[int, float], None], doc: str | None) -> None:
    """Run one part from the command line: `part(seed, share of the replicates)`, then its seed and seconds."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=SEED)
    add_share(parser)
    args = parser.parse_args()
    started, cpu = time.perf_counter(), time.process_time()
    part(args.seed, args.share)
    fewer = f", --share {args.share:g}" if args.share < 1 else ""
    wall, busy = time.perf_counter() - started, time.process_time() - cpu
    print(f"\nSeed {args.seed}{fewer}; {wall:.0f} s, of which {busy:.0f} s of one core.", flush=True)


def add_share(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--share", type=float, default=1.0, help="share of the replicates")
    parser.add_argument(
        "--quick", dest="share", action="store_const", const=QUICK, help=f"--share {QUICK}: does it run?"
    )


def replicates(whole: int, share: float, *, least: int = 1) -> int:
    """How many of `whole` replicates a share is."""
    return max(least, round(whole * share))


def head(*columns: str) -> None:
    row(columns)
    print("|" + "---|" * len(columns), flush=True)


def row(cells: Iterable[str]) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def share(hits: np.ndarray | Sequence[bool], *, of: bool = False) -> str:
    """A share with its Monte-Carlo error in brackets; `of`: with how many it is a share of instead."""
    values = np.asarray(hits, dtype=float)
    if values.size == 0:
        return "–"
    if of:
        return f"{values.mean():.2f} ({values.size})"
    return f"{values.mean():.3f} ({error(values.mean(), values.size):.3f})"


def error(p: float, n: int) -> float:
    """Binomial standard error; that of p = 1 / n where nothing (or everything) hit."""
    p = min(max(p, 1 / n), 1 - 1 / n) if n > 1 else 0.5
    return math.sqrt(p * (1 - p) / n)


def median(values: np.ndarray) -> str:
    values = values[~np.isnan(values)]
    return f"{np.median(values):.2f}" if values.size else "–"
