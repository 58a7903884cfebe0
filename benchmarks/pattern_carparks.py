"""Time and coverage of the event answer on the shared car parks (occupied = capacity - free), lockdown 2020-11-02.

    python benchmarks/pattern_carparks.py                  # time: all 295 series, daily
    python benchmarks/pattern_carparks.py --thin 1 --part 1   # coverage: irregular looks against the daily series

Parts are every other car park (0 and 1). Part 0 was looked at while the method was chosen; part 1 was not.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from shared import SHARED  # noqa: I001

from overlook.activity import pattern_row
from overlook.terms import Count, Interval, Plan, Series, instant

LOCKDOWN = datetime(2020, 11, 2, tzinfo=UTC)
#: The lockdown, and days on which nothing national happened.
EVENTS = (
    LOCKDOWN,
    datetime(2021, 9, 1, tzinfo=UTC),
    datetime(2022, 5, 10, tzinfo=UTC),
    datetime(2022, 9, 20, tzinfo=UTC),
)
PLAN = Plan(margin=1.25, before_days=120, after_days=45)


def occupied(folder: Path) -> tuple[dict[str, list[tuple[datetime, int]]], dict[str, list[tuple[datetime, int]]]]:
    """Stalls taken at 10:30 UTC where the capacity is given; stalls free where it is blank. Days unread are absent."""
    with (folder / "capacity.csv").open() as file:
        capacity = {row["place_id"]: row["capacity"] for row in csv.DictReader(file)}
    taken: dict[str, list[tuple[datetime, int]]] = {place: [] for place, most in capacity.items() if most}
    free: dict[str, list[tuple[datetime, int]]] = {place: [] for place, most in capacity.items() if not most}
    with (folder / "free_at_1030UTC.csv").open() as file:
        for row in csv.DictReader(file):
            when = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) + timedelta(hours=10.5)
            for place, most in capacity.items():
                if (row.get(place) or "-1").startswith("-"):
                    continue  # blank, or below zero: no reading
                if most:
                    taken[place].append((when, max(0, int(float(most)) - int(float(row[place])))))
                else:
                    free[place].append((when, int(float(row[place]))))
    return taken, free


def counts_of(place: str, days: list[tuple[datetime, int]]) -> list[Count]:
    series = Series(zone=place, cls="vehicle")
    return [Count(series=series, when=instant(when), count=n) for when, n in days]


def whole_day(day: datetime) -> Interval:
    return Interval(start=day, end=day + timedelta(hours=23, minutes=59, seconds=59))


def timing(parks: dict[str, list[tuple[datetime, int]]], loaded_s: float) -> None:
    started = time.perf_counter()
    rows, each = [], []
    for place, days in parks.items():
        t = time.perf_counter()
        series = Series(zone=place, cls="vehicle")
        rows.append(pattern_row(series, counts_of(place, days), event=whole_day(LOCKDOWN), plan=PLAN))
        each.append(time.perf_counter() - t)
    total = time.perf_counter() - started
    print(f"{len(rows)} series: {total:.1f} s in one process, reading {loaded_s:.1f} s")
    print(f"first {each[0]:.1f} s (compiles once a machine), then median {1e3 * np.median(each):.1f} ms,", end=" ")
    print(f"worst {1e3 * max(each[1:]):.1f} ms")
    print(dict(Counter(row["verdict"] for row in rows)), f"exploratory {sum(row['exploratory'] for row in rows)}")


def looks(rng: np.random.Generator, days: list[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """Every third day has an image on average, half of them clouded in spells of some days."""
    kept, cloudy = [], False
    for day in days:
        cloudy = rng.random() < (0.75 if cloudy else 0.25)
        if rng.random() < 0.5 and not cloudy:
            kept.append(day)
    return kept


def thinned(parks: dict[str, list[tuple[datetime, int]]], seed: int) -> None:
    print(HEAD)
    for event in EVENTS:
        rng = np.random.default_rng([seed, event.year, event.month])
        found = [r for place, days in parks.items() if (r := one(rng, place, days, event)) is not None]
        truth, covers, width, changed, same, n = (np.array(c, dtype=float) for c in zip(*found, strict=True))
        near, beyond, large = (abs(truth) < math.log(1.1), abs(truth) > math.log(1.25), abs(truth) > math.log(1.5))
        cells = [
            f"{event:%Y-%m-%d} | {truth.size} | {np.median(n):.0f} | {covers.mean():.2f} | {np.median(width):.2f}",
            f"{changed.mean():.2f} | {same.mean():.2f}",
            f"{changed[near].mean():.2f} ({near.sum()}); {(changed * near).mean():.2f}",
            f"{same[beyond].mean():.2f} ({beyond.sum()}) | {changed[large].mean():.2f} ({large.sum()})",
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


HEAD = """| event | sites | images (median) | covers | median width (log) | changed | same \
| changed though within 10%: of those (n); all | same though beyond 1.25 (n) | true x 1.5 or / 1.5 called changed (n) |
|---|---|---|---|---|---|---|---|---|---|"""


def one(
    rng: np.random.Generator, place: str, days: list[tuple[datetime, int]], event: datetime
) -> tuple[float, bool, float, bool, bool, int] | None:
    """True log ratio from the daily series, and what was said of it from the looks. None where days are missing."""
    before = [n for when, n in days if event - timedelta(days=120) <= when < event]
    after = [n for when, n in days if event + timedelta(days=1) <= when < event + timedelta(days=46)]
    seen = looks(rng, days)
    if len(before) < 110 or len(after) < 41 or min(np.mean(before), np.mean(after)) < 1:
        return None
    row = pattern_row(Series(zone=place, cls="vehicle"), counts_of(place, seen), event=whole_day(event), plan=PLAN)
    if row["ratio"] is None:
        return None
    truth = math.log(np.mean(after) / np.mean(before))
    low, high = math.log(row["ratio"]["low"]), math.log(row["ratio"]["high"])
    same = row["verdict"] == "same" or row["also_same"]
    return truth, low <= truth <= high, high - low, row["verdict"] == "changed", same, row["n_before"] + row["n_after"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--thin", type=int, help="seed of the looks")
    parser.add_argument("--part", type=int, default=0)
    args = parser.parse_args()
    folder = SHARED / "carparks"
    if not folder.exists():
        raise SystemExit(f"shared data absent: {folder} (set OVERLOOK_SHARED)")
    started = time.perf_counter()
    parks, free = occupied(folder)
    loaded_s = time.perf_counter() - started
    if args.thin is None:
        # Blank capacities say nothing of what is occupied; their free stalls still cost the same time.
        timing({**parks, **free}, loaded_s)
    else:
        thinned({place: parks[place] for i, place in enumerate(sorted(parks)) if i % 2 == args.part}, args.thin)


if __name__ == "__main__":
    main()
