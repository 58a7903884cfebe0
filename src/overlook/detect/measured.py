"""What a card says was measured of its detector, place by place; and from it the rates to expect at a new place.

Interpolates between the GSDs that were measured, and never beyond them, nor to a light that was not measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from overlook.detect.conditions import Conditions
from overlook.detect.rates import Alarms, Rates, Share
from overlook.errors import ModelError

#: A cell of bins with fewer things present, or of fewer places, is pooled with its neighbours.
_LEAST_PRESENT, _LEAST_PLACES = 30, 2
#: How far beyond the measured GSDs (a factor: a map projection changes a scale as much) and light an image may lie.
_GSD_SLACK, _SHADOW_SLACK, _BRIGHTNESS_SLACK = 1.02, 0.1, 20.0
#: Places differ: a correlation of .05 within a place for the share found, and a coefficient of variation of 1 for
#: false alarms, are believed beforehand as strongly as four places would show them.
_PRIOR_PLACES, _PRIOR_CORRELATION, _PRIOR_CV2 = 4.0, 0.05, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRow:
    """One class at one place and GSD: things `present`, `found` of them, `false_alarms` on `area_ha`, in what light."""

    cls: str
    place: str
    gsd_m: float
    shadow_share: float
    brightness: float
    present: int
    found: int
    false_alarms: int
    area_ha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All rows of a card, the edges of its bins of light, and on which images it was measured."""

    on: str
    rows: tuple[MeasuredRow, ...]
    shadow_edges: tuple[float, ...] = ()
    brightness_edges: tuple[float, ...] = ()

    def rates(self, cls: str, conditions: Conditions) -> Rates | None:
        """What to expect of `cls` at a place that was not measured; None when the conditions were not either.

        The cell of bins that the light falls in, pooled over brightness, then over shadow too, while it holds fewer
        than 30 things or 2 places; in it, for each measured GSD, mean and spread over places (`_share`, `_alarms`);
        between two GSDs linear in the GSD: on the logit of the share found, on the logarithm of false alarms.
        """
        mine = [row for row in self.rows if row.cls == cls]
        if not mine or not _was_measured(mine, conditions):
            return None
        cell = self._cell(mine, conditions)
        gsds = sorted({row.gsd_m for row in cell})
        if not gsds or not gsds[0] / _GSD_SLACK <= conditions.gsd_m <= gsds[-1] * _GSD_SLACK:
            return None
        above = min(int(np.searchsorted(gsds, conditions.gsd_m)), len(gsds) - 1)
        near = sorted({max(above - 1, 0), above}) if gsds[above] > conditions.gsd_m else [above]
        found, alarms = _between(conditions.gsd_m, [(gsds[i], *_pooled(cell, gsds[i])) for i in near])
        used = [row for row in cell if row.gsd_m in {gsds[i] for i in near}]
        # The same things, resampled, were measured at both GSDs: they count once.
        things = min(sum(row.present for row in used if row.gsd_m == gsds[i]) for i in near)
        return Rates(found=found, alarms=alarms, basis=self._basis(used), things=things)

    def _cell(self, rows: Sequence[MeasuredRow], at: Conditions) -> list[MeasuredRow]:
        shadow, light = _bin(self.shadow_edges, at.shadow_share), _bin(self.brightness_edges, at.brightness)
        same_shadow = [row for row in rows if _bin(self.shadow_edges, row.shadow_share) == shadow]
        same_both = [row for row in same_shadow if _bin(self.brightness_edges, row.brightness) == light]
        gsds = {row.gsd_m for row in rows}
        for cell in (same_both, same_shadow):
            if {row.gsd_m for row in cell} == gsds and all(_is_enough(cell, gsd) for gsd in gsds):
                return cell
        return list(rows)

    def _basis(self, rows: Sequence[MeasuredRow]) -> str:
        gsds = sorted({row.gsd_m for row in rows})
        at = f"{gsds[0]:g} m" if len(gsds) == 1 else f"{gsds[0]:g} to {gsds[-1]:g} m"
        found, present = (sum(getattr(row, name) for row in rows) for name in ("found", "present"))
        places = len({row.place for row in rows})
        return f"{found} of {present} found at {places} place{'s' * (places != 1)} at {at}"


def _was_measured(rows: Sequence[MeasuredRow], at: Conditions) -> bool:
    shadows, lights = [row.shadow_share for row in rows], [row.brightness for row in rows]
    return (
        min(shadows) - _SHADOW_SLACK <= at.shadow_share <= max(shadows) + _SHADOW_SLACK
        and min(lights) - _BRIGHTNESS_SLACK <= at.brightness <= max(lights) + _BRIGHTNESS_SLACK
    )


def _bin(edges: Sequence[float], value: float) -> int:
    return int(np.searchsorted(edges[1:-1], value, side="right")) if len(edges) > 2 else 0


def _is_enough(rows: Sequence[MeasuredRow], gsd_m: float) -> bool:
    there = [row for row in rows if row.gsd_m == gsd_m]
    return sum(row.present for row in there) >= _LEAST_PRESENT and len({row.place for row in there}) >= _LEAST_PLACES


def _pooled(rows: Sequence[MeasuredRow], gsd_m: float) -> tuple[Share, Alarms]:
    by_place: dict[str, list[MeasuredRow]] = {}
    for row in rows:
        if row.gsd_m == gsd_m:
            by_place.setdefault(row.place, []).append(row)
    totals = [
        [float(sum(getattr(row, name) for row in of)) for name in ("found", "present", "false_alarms", "area_ha")]
        for of in by_place.values()
    ]
    found, present, alarms, area = np.array(totals, dtype=np.float64).T
    return _share(found, present), _alarms(alarms, area)


def _share(found: np.ndarray[Any, Any], present: np.ndarray[Any, Any]) -> Share:
    """The share found at a new place: mean over all, spread between places and of the mean together.

    The correlation within a place is the analysis-of-variance estimate (Ridout, Demétrio and Firth, 1999, Biometrics
    55, eq. for the ANOVA estimator), drawn towards .05 with the weight of four places. The variance of a new place's
    share is p (1 - p) (rho + (1 + (n - 1) rho) / N), N things in all and n the size-weighted number at a place, times
    `_widened` for the spread being itself an estimate.
    """
    used = present > 0
    x, n = found[used], present[used]
    total = float(n.sum())
    p = (float(x.sum()) + 0.5) / (total + 1)
    places = len(n)
    if not places:
        return Share(alpha=0.5, beta=0.5)
    typical = float((n**2).sum()) / total
    rho = _correlation(x, n, total)
    rho = ((places - 1) * rho + _PRIOR_PLACES * _PRIOR_CORRELATION) / (places - 1 + _PRIOR_PLACES)
    variance = p * (1 - p) * (rho + (1 + (typical - 1) * rho) / (total + 1))
    return Share.from_moments(p, math.sqrt(variance * _widened(places)))


def _widened(places: int) -> float:
    """The variance of Student's t over the normal's: the spread between places is an estimate, worth `places` - 1
    degrees of freedom and those of the prior.
    """
    freedom = places - 1 + _PRIOR_PLACES
    return freedom / (freedom - 2)


def _correlation(x: np.ndarray[Any, Any], n: np.ndarray[Any, Any], total: float) -> float:
    places = len(n)
    if places < 2 or total <= places:
        return 0.0
    raw = float(x.sum()) / total
    between = float((n * (x / n - raw) ** 2).sum()) / (places - 1)
    within = float((x * (1 - x / n)).sum()) / (total - places)
    size = (total - float((n**2).sum()) / total) / (places - 1)
    below = between + (size - 1) * within
    return min(max((between - within) / below, 0.0), 1.0) if below > 0 else 0.0


def _alarms(alarms: np.ndarray[Any, Any], area: np.ndarray[Any, Any]) -> Alarms:
    """False alarms per hectare at a new place. The variance between places is by moments of y ~ Poisson(area x rate),
    as for a random-effects variance (DerSimonian and Laird, 1986), relative to the squared mean and drawn towards 1.
    """
    total, places = float(area.sum()), len(area)
    rate = (float(alarms.sum()) + 0.5) / total
    cv2 = 0.0
    if places > 1:
        excess = float((area * (alarms / area - rate) ** 2).sum()) - (places - 1) * rate
        cv2 = max(excess / (total - float((area**2).sum()) / total), 0.0) / rate**2
    cv2 = ((places - 1) * cv2 + _PRIOR_PLACES * _PRIOR_CV2) / (places - 1 + _PRIOR_PLACES)
    share = float((area**2).sum()) / total**2
    return Alarms.from_moments(rate, math.sqrt((rate**2 * cv2 * (1 + share) + rate / total) * _widened(places)))


def _between(gsd_m: float, ends: Sequence[tuple[float, Share, Alarms]]) -> tuple[Share, Alarms]:
    if len(ends) == 1:
        return ends[0][1], ends[0][2]
    (low, a, f), (high, b, g) = ends
    w = (gsd_m - low) / (high - low)
    logit = (1 - w) * math.log(a.mean / (1 - a.mean)) + w * math.log(b.mean / (1 - b.mean))
    rate = math.exp((1 - w) * math.log(f.mean_per_ha) + w * math.log(g.mean_per_ha))
    return (
        Share.from_moments(1 / (1 + math.exp(-logit)), (1 - w) * a.sd + w * b.sd),
        Alarms.from_moments(rate, (1 - w) * f.sd_per_ha + w * g.sd_per_ha),
    )


# Reading it from a card


def parse_measured(value: Any, classes: tuple[str, ...], where: str) -> Measured | None:
    """A card's `overlook:measured`: {on, bins: {shadow_share, brightness}, rows: [...]}. Raises ModelError."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("rows"), list) or not value["rows"]:
        _refuse("overlook:measured holds no rows", where)
    bins = value.get("bins") or {}
    if not isinstance(bins, Mapping):
        _refuse("overlook:measured: bins is not an object", where)
    if not isinstance(value.get("on"), str) or not value["on"].strip():
        _refuse("overlook:measured does not say `on` which images", where)
    return Measured(
        on=value["on"].strip(),
        rows=tuple(_row(plain, i, classes, where) for i, plain in enumerate(value["rows"], start=1)),
        shadow_edges=_edges(bins, "shadow_share", where),
        brightness_edges=_edges(bins, "brightness", where),
    )


def _row(plain: Any, number: int, classes: tuple[str, ...], where: str) -> MeasuredRow:
    place = f"overlook:measured, row {number}"
    if not isinstance(plain, Mapping):
        _refuse(f"{place} is not an object", where)
    if plain.get("class") not in classes:
        _refuse(f"{place}: class {str(plain.get('class'))[:40]!r} is not the model's", where)
    if not isinstance(plain.get("place"), str) or not plain["place"].strip():
        _refuse(f"{place} names no place", where)
    numbers = {name: _number(plain, name, place, where) for name in ("gsd_m", "shadow_share", "brightness", "area_ha")}
    counts = {name: _number(plain, name, place, where) for name in ("present", "found", "false_alarms")}
    if any(n != int(n) for n in counts.values()):
        _refuse(f"{place}: present, found and false_alarms are whole numbers", where)
    if counts["found"] > counts["present"]:
        _refuse(f"{place}: more were found than were present", where)
    if not (numbers["gsd_m"] > 0 and numbers["area_ha"] > 0):
        _refuse(f"{place}: gsd_m and area_ha must be above zero", where)
    if numbers["shadow_share"] > 1 or numbers["brightness"] > 255:
        _refuse(f"{place}: shadow_share is at most 1, brightness at most 255", where)
    whole = {name: int(n) for name, n in counts.items()}
    return MeasuredRow(cls=str(plain["class"]), place=plain["place"].strip(), **numbers, **whole)  # type: ignore[arg-type]


def _number(plain: Mapping[str, Any], name: str, place: str, where: str) -> float:
    value = plain.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        _refuse(f"{place}: {name} is missing, below zero or not a number", where)
    return float(value)


def _edges(bins: Mapping[str, Any], name: str, where: str) -> tuple[float, ...]:
    edges = bins.get(name, [])
    good = isinstance(edges, list) and all(isinstance(e, int | float) and math.isfinite(e) for e in edges)
    if not good or any(b <= a for a, b in pairwise(edges)):
        _refuse(f"overlook:measured: the edges of {name} do not rise", where)
    return tuple(float(e) for e in edges)


def _refuse(what: str, where: str) -> NoReturn:
    raise ModelError("E-MODEL-CARD", what, where=where, remedy="correct it, or leave overlook:measured out")
