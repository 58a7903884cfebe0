"""Is the prior that ships right? What the published series say of it, and how real car parks bear it out.

    python benchmarks/default_prior.py published   # evidence of the shippable series for the default and others
    python benchmarks/default_prior.py carparks    # surprise of the next image; step alarms on days without an event

No number that ships is learned from either: the published series are too few, and the car parks have no licence. Seeds
used while this was being written were below 1000. The default here made the tables only.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Sequence
from csv import DictReader
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from indices import real_series  # noqa: I001
from pattern_carparks import EVENTS, LOCKDOWN, counts_of, looks, occupied, whole_day
from shared import SHARED

from overlook.activity import DEFAULT_PRIOR, Prior, anomaly, learn, learn_prior, pattern_row
from overlook.activity.series import usable, without
from overlook.terms import Count, Index, Interval, Plan, Series

PLAN = Plan(margin=1.25)
#: Series with fewer usable images than this are not shown: their evidence is flat.
LEAST_SHOWN = 8
OTHERS: tuple[tuple[str, Prior], ...] = (
    ("the default", DEFAULT_PRIOR),
    ("drift x 1/2", replace(DEFAULT_PRIOR, drift_sd=DEFAULT_PRIOR.drift_sd / 2)),
    ("drift x 2", replace(DEFAULT_PRIOR, drift_sd=DEFAULT_PRIOR.drift_sd * 2)),
    ("time x 1/4", replace(DEFAULT_PRIOR, correlation_time_d=DEFAULT_PRIOR.correlation_time_d / 4)),
    ("time x 4", replace(DEFAULT_PRIOR, correlation_time_d=DEFAULT_PRIOR.correlation_time_d * 4)),
    ("k x 1/3", replace(DEFAULT_PRIOR, dispersion_k=DEFAULT_PRIOR.dispersion_k / 3)),
    ("k x 3", replace(DEFAULT_PRIOR, dispersion_k=DEFAULT_PRIOR.dispersion_k * 3)),
)


def shared(name: str) -> Path:
    folder = SHARED / name
    if not folder.exists():
        raise SystemExit(f"shared data absent: {folder} (set OVERLOOK_SHARED)")
    return folder


def published() -> None:
    folder = shared("satellite-counts")
    series = real_series(lambda name: list(DictReader((folder / name).open())))
    for kind in (Count, Index):
        fleet = {values[0].series: values for _, values in series if isinstance(values[0], kind)}
        print(f"{kind.__name__}: {learn_prior(fleet, name='published').notes[-1]}")
    print("\nLog evidence of each series, a step at its event allowed to it, over that of the default prior:\n")
    names = " | ".join(name for name, _ in OTHERS[1:])
    print(
        f"| series | images | drift sd | days | k (index: 1 / noise²) | {names} |\n"
        + (5 + len(OTHERS) - 1) * "|---"
        + "|"
    )
    total = np.zeros(len(OTHERS))
    for event, values in series:
        record = without(usable(values[0].series, values), event)
        if len(record.kept) < LEAST_SHOWN or not learn._speaks(record):
            continue
        site = learn._tabulate(learn._design(record, DEFAULT_PRIOR, event), DEFAULT_PRIOR)
        evidence = np.array([_log_evidence(site, prior) for _, prior in OTHERS])
        total += evidence - evidence[0]
        s = values[0].series
        middle = " | ".join(f"{x:.2g}" for x in _posterior(site))
        cells = " | ".join(f"{x:+.2f}" for x in (evidence - evidence[0])[1:])
        print(f"| {s.site}, {s.cls} | {len(record.kept)} | {middle} | {cells} |")
    print(f"| all | | | | | {' | '.join(f'{x:+.2f}' for x in total[1:])} |")


def _medians(prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.log([prior.drift_sd, prior.correlation_time_d, prior.dispersion_k]),
        np.array([prior.drift_sd_logsd, prior.correlation_time_logsd, prior.dispersion_logsd]),
    )


def _log_evidence(site: Any, prior: Prior) -> float:
    return math.log(float(np.exp(site.log_evidence) @ learn._mass(*_medians(prior))))


def _posterior(site: Any) -> list[float]:
    """Posterior medians (of the logs' means) of drift sd, correlation time and dispersion under the default."""
    weight = learn._weights(site, learn._mass(*_medians(DEFAULT_PRIOR)))
    cube = weight.reshape(tuple(axis.size for axis in learn._AXES))
    others = ((1, 2), (0, 2), (0, 1))
    return [math.exp(float(cube.sum(axis=o) @ axis)) for o, axis in zip(others, learn._AXES, strict=True)]


def carparks(seed: int) -> None:
    parks, _ = occupied(shared("carparks"))
    places = sorted(parks)[1::2]
    print("| earlier images | car parks | surprises at .05 | at .10 | at .20 | at .50 | inside the 90% interval |")
    print("|---|---|---|---|---|---|---|")
    for n in (10, 20, 40):
        rng = np.random.default_rng([seed, n])
        found = [_next(rng, place, parks[place], n) for place in places for _ in range(2)]
        rows = [row for row in found if row is not None]
        p, inside = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        at = " | ".join(f"{(p <= level).mean():.2f}" for level in (0.05, 0.1, 0.2, 0.5))
        print(f"| {n} | {p.size} | {at} | {inside.mean():.2f} |", flush=True)
    print(
        "\n| day without an event | images (median) | car parks | step alarms at .10 | ratio excludes 1 |\n"
        + 5 * "|---"
        + "|"
    )
    for event in EVENTS[1:]:
        rng = np.random.default_rng([seed, event.year, event.month])
        rows = [row for place in places if (row := _placebo(rng, place, parks[place], whole_day(event))) is not None]
        n, step, ratio = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
        print(
            f"| {event:%Y-%m-%d} | {np.median(n):.0f} | {n.size} | {step.mean():.2f} | {ratio.mean():.2f} |", flush=True
        )


Days = Sequence[tuple[datetime, int]]


def _next(rng: np.random.Generator, place: str, days: Days, n: int) -> tuple[float, bool] | None:
    """The p-value of an image after n earlier ones, at some calm time, and whether it lies in its interval."""
    seen = looks(rng, [(when, count) for when, count in days if when < LOCKDOWN or when.year == 2022])
    start = int(rng.integers(0, max(len(seen) - n - 1, 1)))
    run = counts_of(place, seen[start : start + n + 1])
    if (
        len(run) <= n
        or np.mean([o.count for o in run]) < 1
        or run[-1].when.start - run[0].when.start > timedelta(days=300)
    ):
        return None
    told = anomaly(run[-1].series, run[:-1], run[-1], plan=PLAN)
    if told.p_value is None or told.expected is None:
        return None
    return told.p_value, told.expected.low <= run[-1].count <= told.expected.high


def _placebo(rng: np.random.Generator, place: str, days: Days, event: Interval) -> tuple[int, bool, bool] | None:
    counts = counts_of(place, looks(rng, list(days)))
    row = pattern_row(Series(zone=place, cls="vehicle"), counts, event=event, plan=PLAN)
    if row["step"] is None or row["n_before"] + row["n_after"] < 20:
        return None
    step, ratio = row["step"], row["ratio"]
    excludes = [not told["low"] <= 1 <= told["high"] for told in (step, ratio)]
    return row["n_before"] + row["n_after"], *excludes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("table", choices=("published", "carparks"))
    parser.add_argument("--seed", type=int, default=20188)
    args = parser.parse_args()
    started = time.perf_counter()
    if args.table == "published":
        published()
    else:
        carparks(args.seed)
    now = datetime.now(UTC)
    print(f"\nseed {args.seed}, {now:%Y-%m-%d}, {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
