"""One table for every tier: what simulation-based calibration found of each quantity, and of all tests together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.calibration.tables import error, head, row

from activity.from_prior import holm

NOMINAL = (0.88, 0.92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One quantity of one kind of series. `p`: of the ranks' chi-square. `called`: the share of `n_large` series, whose
    truth is beyond x 1.5, whose 90% interval lies on its side of no change. A control is expected to fail."""

    images: str
    prior: str
    counted: str
    quantity: str
    n: int
    p: float
    covers: float
    width: float
    called: float = math.nan
    n_large: int = 0
    is_control: bool = False


def show(lines: Sequence[Line]) -> None:
    tested = np.array([not line.is_control for line in lines])
    adjusted = np.full(len(lines), np.nan)
    adjusted[tested] = holm(np.array([line.p for line in lines])[tested])
    head(
        "images before + after", "prior", "counted an image", "series", "quantity", "rank χ² p", "Holm-adjusted",
        "90% interval covers (error)", "median width (log)", "called, truth beyond × 1.5 (n)",
    )  # fmt: skip
    for line, p in zip(lines, adjusted, strict=True):
        row(
            [
                line.images,
                line.prior,
                line.counted,
                str(line.n),
                line.quantity,
                f"{line.p:.3f}",
                "control" if line.is_control else f"{p:.3f}",
                f"{line.covers:.3f} ({error(line.covers, line.n):.3f})",
                f"{line.width:.2f}",
                f"{line.called:.2f} ({line.n_large})" if line.n_large else "",
            ]
        )
    print()
    _summary([(line, p) for line, p in zip(lines, adjusted, strict=True) if not line.is_control])


def _summary(lines: Sequence[tuple[Line, float]]) -> None:
    head(
        "quantity", "counted an image", "tests", "adjusted p > .01", "coverage, least to most",
        ".88–.92 within two Monte-Carlo errors",
    )  # fmt: skip
    for quantity in dict.fromkeys(line.quantity for line, _ in lines):
        for counted in dict.fromkeys(line.counted for line, _ in lines):
            mine = [(line, p) for line, p in lines if line.quantity == quantity and line.counted == counted]
            if not mine:
                continue
            covers = [line.covers for line, _ in mine]
            kept = sum(_is_nominal(line) for line, _ in mine)
            row(
                [
                    quantity,
                    counted,
                    str(len(mine)),
                    str(sum(p > 0.01 for _, p in mine)),
                    f"{min(covers):.3f}–{max(covers):.3f}",
                    f"{kept} of {len(mine)}",
                ]
            )


def _is_nominal(line: Line) -> bool:
    two = 2 * error(line.covers, line.n)
    return NOMINAL[0] - two <= line.covers <= NOMINAL[1] + two
