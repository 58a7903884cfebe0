"""The map that lays one chip on another, from their pixels; or the statement that it cannot be known.

Coarse: masked correlation of the whole pictures, made smaller (`registration_masked`). Fine: several windows, each to a
fraction of a pixel (`registration_windows`). Their consensus is the map, their spread what is left of error after it
(`registration_consensus`). First by local contrast; by the directions of edges where contrast does not agree, because
season or sun turned it round (`registration_images`). Changed pixels, clouds, vehicles and seasons cost some windows;
when too few agree nothing is moved.

It cannot tell shadows from ground: shadows that move together move the result by a part of their way. Where the whole
picture repeats itself (rows of a field, stalls of a car park) two places fit, and that is said instead of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.imagery.registration_consensus import Model, consensus
from overlook.imagery.registration_images import Image, Mask, contrast, edges, grey
from overlook.imagery.registration_masked import whole
from overlook.imagery.registration_windows import Matches, match_windows

__all__ = ["Shift", "estimate_shift", "grey"]

_SMALLEST_PX = 48
_COARSE_PX = 256
_LEAST_SEEN = 0.1
#: A second place that fits almost as well as the best is looked at too.
_RIVAL = 0.7
_PASSES = 3
_LEAST_CONTRAST, _LEAST_EDGES = 0.25, 0.10
_STRONG_CONTRAST, _STRONG_EDGES = 0.40, 0.15
_NEAR_PX, _STILL_PX = 3, 0.02
#: Two ways of looking that differ by more, and two places that differ by more than the other, are two answers.
_LARGEST_APART_PX, _ANOTHER_PX = 1.5, 3.0
#: Shifts at which fewer pixels meet than this share of the most are not looked at.
_LEAST_OVERLAP = 0.3
#: Half the width of a peak, in pixels of the coarse surface.
_LOBE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How the moving picture moves to lie on the fixed one: by (x right, y down) pixels at the middle of the picture.

    `linear` (a, b, d, e) maps a vector from the middle: the identity for a shift alone, whose `p_value` then is that of
    the F test that preferred it. `residual_px` is 1-sigma of a place after it, a side. `by`: what was compared.
    """

    x_px: float
    y_px: float
    residual_px: float
    windows: int
    linear: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    p_value: float | None = None
    by: str = "contrast"


def estimate_shift(moving: Image, moving_ok: Mask, fixed: Image, fixed_ok: Mask, *, reach_px: float) -> Shift | str:
    """The map of `moving` (rows, columns) onto `fixed`, or why it cannot be known.

    `reach_px`: shifts up to this are looked for.
    """
    if min(moving.shape) < _SMALLEST_PX:
        return "the chip is too small to be registered by its pixels"
    if float((moving_ok & fixed_ok).mean()) < _LEAST_SEEN:
        return "too little of the image and its reference can be seen together"
    by_contrast = _Pair(contrast(moving, moving_ok), moving_ok, contrast(fixed, fixed_ok), fixed_ok, _LEAST_CONTRAST)
    by_edges = _Pair(edges(moving, moving_ok), moving_ok, edges(fixed, fixed_ok), fixed_ok, _LEAST_EDGES)
    found = _estimate(by_contrast, reach_px)
    if isinstance(found, Model):
        agreed = _with_second_opinion(found, by_contrast, by_edges)
        return agreed if isinstance(agreed, str) else _shift_of(agreed, moving.shape, "contrast")
    other = _estimate(by_edges, reach_px)
    if isinstance(other, Model) and other.is_strong(_STRONG_EDGES):
        return _shift_of(other, moving.shape, "edges")
    return found


def _with_second_opinion(found: Model, of: _Pair, pair: _Pair) -> Model | str:
    """`found` (of one pair) and what another way of looking says around it: their mean, or why they differ.

    What both see badly (a shadow, a lean) is in how far they are apart, and that goes into the residual.
    """
    shape = pair.fixed.shape
    still = _unturned(found, shape)
    search = _NEAR_PX + math.ceil(found.apart(still, shape))
    matched, back = _laid(pair, still, finer=1, search=search)
    second = consensus(matched, shape, search=search)
    strong = found.is_strong(_STRONG_CONTRAST)
    if isinstance(second, str):
        few = f"only {found.windows} of {found.tried} windows agree by contrast, and too few by edges"
        return found if strong else few
    if not (strong or second.is_strong(_STRONG_EDGES)):
        return f"only {found.windows} of {found.tried} windows agree on a shift"
    if found.p_value is not None and second.p_value is None:
        # A map that one way of looking alone asks for is taken for the chance of its windows.
        matched, first = _laid(of, still, finer=1, search=search)
        alone = consensus(matched, shape, search=search, may_turn=False)
        if isinstance(alone, str):
            return "the picture is turned or stretched by contrast, and not by edges"
        found = replace(alone, matrix=_after(first, alone))
    second = replace(second, matrix=_after(back, second))
    apart = second.apart(found, pair.fixed.shape)
    if apart > _LARGEST_APART_PX:
        return f"contrast and edges agree on places {apart:.1f} pixels apart"
    weights = np.array([found.residual_px, second.residual_px]) ** -2
    share = float(weights[1] / weights.sum())
    return replace(
        found,
        matrix=(1 - share) * found.matrix + share * second.matrix,
        residual_px=math.hypot(min(found.residual_px, second.residual_px), apart / 2),
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    moving: Image
    moving_ok: Mask
    fixed: Image
    fixed_ok: Mask
    #: Correlation of aligned windows under which they do not show the same ground: directions correlate less than
    #: contrast where they are the same, and far less where they are not.
    least: float


def _shift_of(model: Model, shape: tuple[int, ...], by: str) -> Shift:
    middle = np.array([shape[1] / 2, shape[0] / 2])
    x, y = model.matrix @ [*middle, 1]
    (a, b), (d, e) = model.matrix[:, :2].tolist()
    # The windows' shifts are told by place in the fixed picture; the map starts from the moving one.
    linear = np.linalg.inv(np.eye(2) - [[a, b], [d, e]])
    turned = linear @ [x, y]
    return Shift(
        x_px=float(turned[0]),
        y_px=float(turned[1]),
        residual_px=model.residual_px,
        windows=model.windows,
        linear=(float(linear[0, 0]), float(linear[0, 1]), float(linear[1, 0]), float(linear[1, 1])),
        p_value=model.p_value,
        by=by,
    )


def _unturned(model: Model, shape: tuple[int, ...]) -> Model:
    """The shift at the middle alone: a second opinion on a turn starts from none."""
    middle = model.matrix @ [shape[1] / 2, shape[0] / 2, 1]
    return replace(model, matrix=np.column_stack([np.zeros((2, 2)), middle]))


def _estimate(pair: _Pair, reach_px: float) -> Model | str:
    """The consensus around the best coarse shift; a message where two places have one of their own."""
    shifts, step = _coarse(pair, reach_px)
    found: list[Model] = []
    why = ""
    for shift in shifts:
        model = _at(pair, shift, step)
        if isinstance(model, str):
            why = why or model
        elif all(model.apart(other, pair.fixed.shape) > _ANOTHER_PX for other in found):
            found.append(model)
    if len(found) > 1:
        return "more than one place fits: it repeats itself, or its parts agree on different shifts"
    return found[0] if found else why


def _at(pair: _Pair, coarse: tuple[int, int], step: int) -> Model | str:
    """Around one coarse shift: a first look in windows, then again with the picture laid by what was found."""
    search = 2 * step + 4
    why = ""
    # Between clouds only smaller windows fit, and more of them.
    for finer in (1, 2):
        found = match_windows(
            pair.moving, pair.moving_ok, pair.fixed, pair.fixed_ok, coarse, search=search, finer=finer, least=pair.least
        )
        model = consensus(found, pair.fixed.shape, search=search)
        if isinstance(model, Model):
            return _again(pair, model, finer) if model.p_value is not None else model
        why = why or model
    return why


def _again(pair: _Pair, first: Model, finer: int) -> Model | str:
    """The affine map found anew on the picture already laid by it: windows of a turned picture blur each other."""
    model = first
    for _ in range(_PASSES):
        found, back = _laid(pair, model, finer=finer)
        rest = consensus(found, pair.fixed.shape, search=_NEAR_PX)
        if isinstance(rest, str):
            return rest
        model = replace(rest, matrix=_after(back, rest), p_value=first.p_value)
        if np.abs(rest.matrix @ [*pair.fixed.shape[1::-1], 1]).max() < _STILL_PX:
            break
    return model


def _laid(pair: _Pair, model: Model, *, finer: int, search: int = _NEAR_PX) -> tuple[Matches, NDArray[np.float64]]:
    """What windows still move once the moving picture is laid by `model`; and its map (3, 3), fixed to moving."""
    back = np.vstack([np.eye(2, 3) - model.matrix, [0, 0, 1]])
    # OpenCV's (0, 0) is the middle of a pixel, ours its corner.
    matrix = back[:2].copy()
    matrix[:, 2] += back[:2, :2] @ [0.5, 0.5] - 0.5
    size, how = pair.fixed.shape[1::-1], cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    laid = np.asarray(cv2.warpAffine(pair.moving, matrix, size, flags=how), dtype=np.float32).reshape(pair.fixed.shape)
    ok = cv2.warpAffine(pair.moving_ok.astype(np.uint8) * 255, matrix, size, flags=cv2.WARP_INVERSE_MAP) >= 254
    return match_windows(
        laid, ok, pair.fixed, pair.fixed_ok, (0, 0), search=search, finer=finer, least=pair.least
    ), back


def _after(back: NDArray[np.float64], rest: Model) -> NDArray[np.float64]:
    """The matrix of a model followed by another, found on the picture that the first had laid."""
    total = back @ np.vstack([np.eye(2, 3) - rest.matrix, [0, 0, 1]])
    return np.asarray(np.eye(2, 3) - total[:2])


def _coarse(pair: _Pair, reach_px: float) -> tuple[list[tuple[int, int]], int]:
    """The best shift (rows, columns) of the whole pictures, a second where one fits almost as well; and its step."""
    step = max(1, math.ceil(max(pair.fixed.shape[:2]) / _COARSE_PX))
    a, a_ok = _smaller(pair.moving, pair.moving_ok, step)
    b, b_ok = _smaller(pair.fixed, pair.fixed_ok, step)
    reach = max(1, math.ceil(min(reach_px / step, min(b_ok.shape) / 2)))
    surface, both = whole(a, a_ok, b, b_ok, reach)
    surface = np.where(both >= _LEAST_OVERLAP * both.max(), surface, -1)
    found: list[tuple[int, int]] = []
    best = float(surface.max())
    for _ in range(2):
        i, j = (int(v) for v in np.unravel_index(int(surface.argmax()), surface.shape))
        if found and surface[i, j] < _RIVAL * best:
            break
        found.append(((i - reach) * step, (j - reach) * step))
        surface[max(0, i - _LOBE) : i + _LOBE + 1, max(0, j - _LOBE) : j + _LOBE + 1] = -1
    return found, step


def _smaller(picture: Image, ok: Mask, step: int) -> tuple[Image, Mask]:
    if step == 1:
        return picture, ok
    rows, columns = (n // step for n in ok.shape)
    cut = (slice(0, rows * step), slice(0, columns * step))
    small = cv2.resize(picture[cut], (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns, -1)
    share = cv2.resize(ok[cut].astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32), share >= 0.5
