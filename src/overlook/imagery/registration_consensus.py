"""What several windows say together: a shift, or an affine map where their residuals ask for one; or nothing.

Consensus in the manner of Fischler & Bolles 1981 (Comm. ACM 24), every sample tried rather than some: the model that
most windows lie within a pixel of. An affine map takes the place of the shift by the F test of nested models (Seber &
Lee 2003, Linear Regression Analysis, eq. 4.9: 4 parameters more) at one in a thousand, on the windows that agree on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from overlook.imagery.registration_windows import Matches

Floats = NDArray[np.float64]

#: Windows within this of the model agree; parallax of low buildings is of that order.
_AGREE_PX = 1.0
_LEAST_WINDOWS, _LEAST_AGREEING = 4, 0.6
#: Three windows are enough where all that were found agree and look alike beyond doubt.
_FEW, _ALIKE = 3, 0.5
#: Chance that so many windows would agree if each had found its place at random.
_BY_CHANCE = 1e-5
_F_LEVEL = 0.001
#: Six parameters follow any few windows; and a map through the few that happen to fit it is no map of the picture.
_LEAST_FOR_AFFINE, _LEAST_AGREEING_ON_AFFINE = 10, 0.75
#: Turn, stretch or shear beyond this is not an error of a georeference.
LARGEST_LINEAR = 0.02
#: No map is believed to better than this (and twice that of one window): what all windows share of light, season and
#: resampling their spread cannot show.
_FINEST_PX = 0.15
#: What matching one window is good for, at best.
_MATCHING_PX = 0.05
_STRONG_WINDOWS = 6
_MOST_SAMPLES = 3000


@dataclass(frozen=True, slots=True)
class Model:
    """`matrix` (2, 3): the shift (x, y) at (x, y, 1), in pixels. `residual_px`: 1-sigma of a place after it, a side.

    `windows`: how many agree of those `tried`, and `correlation` the median of theirs.
    `p_value` of a shift alone, None where it stands.
    """

    matrix: Floats
    residual_px: float
    windows: int
    tried: int
    correlation: float
    p_value: float | None = None

    def is_strong(self, least: float) -> bool:
        """Whether half of all windows agree, correlating by `least` or more: straight roads alone let a few agree."""
        needed = max(min(_STRONG_WINDOWS, self.tried), self.tried / 2)
        return self.windows >= needed and self.correlation >= least

    def apart(self, other: Model, shape: tuple[int, ...]) -> float:
        """How far apart two maps put the middle or a corner of a picture of `shape`, at most; pixels."""
        rows, columns = shape[:2]
        places = [[x * columns, y * rows, 1.0] for x, y in ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1))]
        return float(np.hypot(*((self.matrix - other.matrix) @ np.array(places).T)).max())


def consensus(found: Matches, shape: tuple[int, ...], *, search: int, may_turn: bool = True) -> Model | str:
    """The model of `found` for a picture of `shape`, or why there is none."""
    n = len(found.shifts)
    if n < _FEW:
        return f"only {n} of {found.tried} windows show the same texture as the reference"
    agree = _agreeing_on_shift(found.shifts)
    model = _affine(found, shape, agree) if may_turn else None
    if model is None:
        model = _shift(found, agree)
    if not _is_enough(model.windows, found, search):
        return f"only {model.windows} of {n} windows agree on a shift"
    return model


def _is_enough(agreeing: int, found: Matches, search: int) -> bool:
    n = len(found.shifts)
    if agreeing < _LEAST_WINDOWS:
        return agreeing == n == _FEW and float(found.correlations.min()) >= _ALIKE
    at_random = min(0.9, np.pi * _AGREE_PX**2 / (2 * search + 1) ** 2)
    # The first of them may lie anywhere: the others have to lie there too.
    tail = sum(comb(n - 1, k) * at_random**k * (1 - at_random) ** (n - 1 - k) for k in range(agreeing - 1, n))
    return agreeing >= _LEAST_AGREEING * n and tail < _BY_CHANCE * (1 if search else 1e9)


def _agreeing_on_shift(shifts: Floats) -> NDArray[np.bool_]:
    near = np.hypot(*np.moveaxis(shifts[:, None] - shifts[None], 2, 0)) <= _AGREE_PX
    agree = near[int(near.sum(axis=1).argmax())]
    # About their own middle, and not about one of them.
    for _ in range(3):
        agree = np.hypot(*(shifts - np.median(shifts[agree], axis=0)).T) <= _AGREE_PX
    return np.asarray(agree)


def _shift(found: Matches, agree: NDArray[np.bool_]) -> Model:
    """The median of windows that agree, and the spread of one window about it a side."""
    shifts = found.shifts[agree]
    middle = np.median(shifts, axis=0)
    spread = float(np.sqrt(((shifts - middle) ** 2).sum() / max(1, 2 * (len(shifts) - 1))))
    residual = float(np.hypot(spread * np.sqrt(1 + 1 / len(shifts)), _finest_px(len(shifts))))
    matrix = np.array([[0, 0, middle[0]], [0, 0, middle[1]]])
    return Model(matrix, residual, len(shifts), found.tried, float(np.median(found.correlations[agree])))


def _finest_px(windows: int) -> float:
    return _FINEST_PX * (1 + 2 / windows)


def _affine(found: Matches, shape: tuple[int, ...], on_shift: NDArray[np.bool_]) -> Model | None:
    """The affine map, where more windows agree on it or the F test prefers it; None otherwise."""
    if len(found.shifts) < _LEAST_FOR_AFFINE:
        return None
    middle = np.array([shape[1] / 2, shape[0] / 2])
    design = np.column_stack([found.places - middle, np.ones(len(found.places))])
    agree = _agreeing_on_affine(design, found.shifts)
    least = max(_LEAST_FOR_AFFINE, _LEAST_AGREEING_ON_AFFINE * len(agree) if agree is not None else 0, on_shift.sum())
    if agree is None or agree.sum() < least:
        return None
    x, y = design[agree], found.shifts[agree]
    fitted, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    n = len(x)
    if rank < 3 or np.abs(fitted[:2]).max() > LARGEST_LINEAR:
        return None
    rest = ((y - x @ fitted) ** 2).sum()
    alone = ((y - y.mean(axis=0)) ** 2).sum()
    freedom = 2 * n - 6
    from scipy.stats import f

    # Windows that agree to the last digit are still not better than the matching.
    noise = max(float(rest), freedom * _MATCHING_PX**2)
    p_value = float(f.sf((alone - rest) / 4 / (noise / freedom), 4, freedom))
    if p_value >= _F_LEVEL:
        return None
    variance = noise / freedom
    corners = np.array([[sx * middle[0], sy * middle[1], 1] for sx in (-1, 1) for sy in (-1, 1)])
    reach = float(np.einsum("ij,jk,ik->i", corners, np.linalg.inv(x.T @ x), corners).max())
    # A map bends most at the corners; there too the residual is to hold.
    residual = float(np.hypot(np.sqrt(variance * (1 + reach)), _finest_px(n)))
    matrix = fitted.T.copy()
    matrix[:, 2] -= matrix[:, :2] @ middle
    return Model(matrix, residual, n, found.tried, float(np.median(found.correlations[agree])), p_value)


def _agreeing_on_affine(design: Floats, shifts: Floats) -> NDArray[np.bool_] | None:
    triples = np.array(list(combinations(range(len(shifts)), 3)))
    if len(triples) > _MOST_SAMPLES:
        triples = triples[np.linspace(0, len(triples) - 1, _MOST_SAMPLES).astype(int)]
    samples = design[triples]
    wide = np.abs(np.linalg.det(samples)) > 1e-3 * float(np.ptp(design[:, 0]) * np.ptp(design[:, 1]) + 1e-9)
    if not wide.any():
        return None
    maps = np.linalg.solve(samples[wide], shifts[triples[wide]])
    maps = maps[(np.abs(maps[:, :2]) <= LARGEST_LINEAR).all(axis=(1, 2))]
    if not len(maps):
        return None
    errors = np.hypot(*np.moveaxis(design[None] @ maps - shifts[None], 2, 0))
    near = errors <= _AGREE_PX
    agree = near[int(near.sum(axis=1).argmax())]
    for _ in range(2):
        fitted = np.linalg.lstsq(design[agree], shifts[agree], rcond=None)[0]
        agree = np.hypot(*(design @ fitted - shifts).T) <= _AGREE_PX
    return np.asarray(agree)
