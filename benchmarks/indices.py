"""Indices on made-up sites and real ones: the tables of docs/explanation/indices.md.

    python benchmarks/indices.py ratio                # coverage, false calls and power, with and without outliers
    python benchmarks/indices.py sensors              # an offset of a sensor at the event: told of it, and not told
    python benchmarks/indices.py shares               # shares near none and near all: log, odds, or the counts behind
    python benchmarks/indices.py breaks               # breaks found where there is none; surprises where there is none
    python benchmarks/indices.py notes                # how often a confounder is noted where there is none
    python benchmarks/indices.py real                 # published satellite series
    python benchmarks/indices.py carparks             # shares of real car parks that are taken, against their days

Seeds used while the method was being written were below 1000. The default here made the tables only.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.drifting import AT_EVENT, SERIES, drifting  # noqa: I001
from activity.drifting_index import AFTER_D, BEFORE_D, drift, drifting_index, index, ratio_of, seen_days
from shared import SHARED

from overlook.activity import anomaly, breaks, pattern_row
from overlook.terms import Count, Index, Interval, Observation, Plan, Series, instant

MARGIN = 1.25
PLAN = Plan(margin=MARGIN)
NEAR, BEYOND = math.log(1.1), math.log(MARGIN)
IMAGES = ((6, 4), (13, 7), (27, 13))
SCENARIOS: tuple[tuple[str, dict[str, float]], ...] = (
    ("no drift", {"drift_sd": 1e-6}),
    ("drift .35, 14 d", {}),
    ("drift, 5% outliers", {"outliers": 0.05}),
    ("drift, 10% outliers", {"outliers": 0.10}),
    ("drift, declared error 20%", {"error": 0.2}),
    ("drift .35, 60 d", {"correlation_time_d": 60.0}),
)
SIDES = ("covers", "width", "changed", "same")


def told(values: Sequence[Observation], truth: float) -> dict[str, float]:
    """One site's answer beside its truth; empty where nothing could be compared."""
    row = pattern_row(SERIES, values, event=AT_EVENT, plan=PLAN)
    ratio, step = row["ratio"], row["step"]
    if ratio is None:
        return {}
    return {
        "true": math.log(truth),
        "off": math.log(ratio["estimate"] / truth),
        "covers": ratio["low"] <= truth <= ratio["high"],
        "width": math.log(ratio["high"] / ratio["low"]),
        "changed": row["verdict"] == "changed",
        "same": row["verdict"] == "same" or row["also_same"],
        "step": not step["low"] <= 1 <= step["high"],
    }


def columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    rows = [row for row in rows if row]
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def share(values: np.ndarray) -> str:
    return "–" if values.size == 0 else f"{values.mean():.2f} ({values.size})"


def ratio(seed: int, replicates: int) -> None:
    print(
        "| truth | images | step | covers | median width (log) | mean error (log) | changed though within 10% (n) "
        "| same though beyond 1.25 (n) | changed | same | step excludes 1 |\n" + 11 * "|---" + "|"
    )
    for number, (name, truth) in enumerate(SCENARIOS):
        for n in IMAGES:
            for step in (0.0, math.log(1.5), math.log(2.0)):
                rng = np.random.default_rng([seed, number, *n, round(step * 10)])
                c = columns([told(*drifting_index(rng, *n, step=step, **truth)) for _ in range(replicates)])
                near, beyond = np.abs(c["true"]) < NEAR, np.abs(c["true"]) > BEYOND
                cells = [
                    f"{name} | {n[0]} + {n[1]} | x {math.exp(step):.3g} | {c['covers'].mean():.2f}",
                    f"{np.median(c['width']):.2f} | {c['off'].mean():+.2f} | {share(c['changed'][near])}",
                    f"{share(c['same'][beyond])} | {c['changed'].mean():.2f} | {c['same'].mean():.2f}",
                    f"{c['step'].mean():.2f}",
                ]
                print(f"| {' | '.join(cells)} |", flush=True)


Named = Callable[[float], str]


def sensors(seed: int, replicates: int) -> None:
    """The true ratio is exactly 1; from the event on sensor B is used, or used more, which reads by a factor off."""
    print(
        "| series | sensor B reads | after the event | changed, sensors not named | changed, named | covers, not named "
        "| covers, named | median width (log), not named | named |\n" + 9 * "|---" + "|"
    )
    for what in ("index", "counts"):
        for factor in (1.0, 1.3, 0.7):
            for swap, before_b, after_b in (("B instead of A", 0.0, 1.0), ("B from 1 in 5 to 4 in 5", 0.2, 0.8)):
                rng = np.random.default_rng([seed, 1, round(factor * 10), round(after_b * 10), what == "index"])
                plain, named = [], []
                for _ in range(replicates):
                    values, truth = _mixed(rng, what, factor, before_b, after_b)
                    named.append(told(values, truth))
                    plain.append(told([replace(o, sensor="unknown") for o in values], truth))
                a, b = columns(plain), columns(named)
                cells = [
                    f"{what} | x {factor:g} | {swap} | {a['changed'].mean():.2f} | {b['changed'].mean():.2f}",
                    f"{a['covers'].mean():.2f} | {b['covers'].mean():.2f}",
                    f"{np.median(a['width']):.2f} | {np.median(b['width']):.2f}",
                ]
                print(f"| {' | '.join(cells)} |", flush=True)


def _mixed(
    rng: np.random.Generator, what: str, factor: float, before_b: float, after_b: float
) -> tuple[list[Any], float]:
    def is_b(o: Count | Index) -> bool:
        return bool(rng.random() < (after_b if o.when.start > AT_EVENT.start else before_b))

    if what == "index":
        values, truth = drifting_index(rng, 27, 13, ratio=1.0)
        return [
            replace(o, sensor="B", value=o.value * factor) if is_b(o) else replace(o, sensor="A") for o in values
        ], truth
    state = rng.integers(2**31)
    _, fallen = drifting(np.random.default_rng(state), 27, 13)
    counts, truth = drifting(np.random.default_rng(state), 27, 13, step=-math.log(fallen))
    # A factor of the counts: thinned, or made more, as Poisson counts are.
    made: list[Any] = []
    for o in counts:
        if not is_b(o):
            made.append(replace(o, sensor="A"))
        elif factor < 1:
            made.append(replace(o, sensor="B", count=int(rng.binomial(o.count, factor))))
        else:
            made.append(replace(o, sensor="B", count=o.count + int(rng.binomial(o.count, factor - 1))))
    return made, truth


def shares(seed: int, replicates: int) -> None:
    """Stalls taken of 60, the log odds of a stall drifting: as a share, as odds, and as the count of cars."""
    print(
        "| mean share | stalls | step of odds | values at zero or all | share (log): answered | covers | median width "
        "| odds: answered | covers ratio of odds | counts: covers | median width (log) |\n" + 11 * "|---" + "|"
    )
    stalls = 60
    for mean in (0.05, 0.2, 0.5, 0.9):
        for step in (0.0, math.log(2.0)):
            rng = np.random.default_rng([seed, 2, round(mean * 100), round(step * 10)])
            ends, by = 0, {"share": [], "odds": [], "count": []}
            for _ in range(replicates):
                after = np.arange(BEFORE_D + AFTER_D) >= BEFORE_D
                odds = mean / (1 - mean) * np.exp(drift(rng, 0.35, 14.0) + step * after)
                level, seen = odds / (1 + odds), seen_days(rng, 27, 13)
                taken = rng.binomial(stalls, level[seen])
                days = seen - BEFORE_D + 0.5
                ends += int(((taken == 0) | (taken == stalls)).sum())
                p = taken / stalls
                sd = np.sqrt(np.maximum(p * (1 - p), 0.5 / stalls) / stalls)
                as_share = [index(d, x, value_sd=s, unit="share") for d, x, s in zip(days, p, sd, strict=True)]
                free = np.maximum(1 - p, 1e-9)
                as_odds = [index(d, x, value_sd=s) for d, x, s in zip(days, p / free, sd / free**2, strict=True)]
                as_count = [
                    Count(series=SERIES, when=o.when, count=int(n)) for o, n in zip(as_share, taken, strict=True)
                ]
                by["share"].append(told(as_share, ratio_of(level)))
                by["count"].append(told(as_count, ratio_of(level)))
                by["odds"].append({} if taken.max() == stalls else told(as_odds, ratio_of(odds)))
            cells = [f"{mean:g} | {stalls} | x {math.exp(step):.0f} | {ends / (40 * replicates):.3f}"]
            for kind in ("share", "odds", "count"):
                rows = [row for row in by[kind] if row]
                c = columns(rows) if rows else None
                covers = f"{c['covers'].mean():.2f}" if c else "–"
                width = f"{np.median(c['width']):.2f}" if c else "–"
                answered = f"{len(rows) / replicates:.2f}"
                cells += {"share": [answered, covers, width], "odds": [answered, covers], "count": [covers, width]}[
                    kind
                ]
            print(f"| {' | '.join(cells)} |", flush=True)


def found(seed: int, replicates: int) -> None:
    """Breaks at .05 and surprises of a last value at .05, where there is none; and where the level doubles."""
    print("| truth | images | break found, none there | found, level doubles | surprise, none there | a value x 3 |")
    print("|---|---|---|---|---|---|")
    for number, (name, truth) in enumerate(SCENARIOS[:4]):
        rng = np.random.default_rng([seed, 3, number])
        none, doubled, calm, tripled = [], [], [], []
        for _ in range(replicates):
            values, _ = drifting_index(rng, 27, 13, **truth)
            none.append(breaks(SERIES, values, plan=PLAN).verdict == "changed")
            p = anomaly(SERIES, values[:-1], values[-1], plan=PLAN).p_value
            calm.append(p is not None and p <= 0.05)
            wild = replace(values[-1], value=values[-1].value * 3)
            p = anomaly(SERIES, values[:-1], wild, plan=PLAN).p_value
            tripled.append(p is not None and p <= 0.05)
            values, _ = drifting_index(rng, 27, 13, step=math.log(2.0), **truth)
            doubled.append(breaks(SERIES, values, plan=PLAN).verdict == "changed")
        cells = " | ".join(f"{np.mean(x):.2f}" for x in (none, doubled, calm, tripled))
        print(f"| {name} | 27 + 13 | {cells} |", flush=True)


#: The beginning of each note that has a p-value or a threshold, as `confounders` words it.
NOTES = {
    "level and visible share correlate": "the less of the zone was visible",
    "visible share differs": "of the zone was visible before the event",
    "clouds hid other shares": "if activity follows the weather",
    "a hole about the event": "days about the event",
    "hours differ": "images before the event were taken about",
}


def noted(seed: int, replicates: int) -> None:
    """Notes of confounders on series that have none: cloud by chance, hours by chance, gaps by chance."""
    from overlook.terms import NotObserved

    print(f"| counts a whole image | {' | '.join(NOTES)} |\n|---|{'---|' * len(NOTES)}")
    for rate in (1.0, 8.0):
        rng = np.random.default_rng([seed, 4, round(rate)])
        times = dict.fromkeys(NOTES, 0)
        for _ in range(replicates):
            made: list[Observation] = []
            counts, _ = drifting(rng, 80, 30, rate=rate)
            for o in counts:
                when = instant(o.when.start + timedelta(hours=float(rng.uniform(-1, 1))))
                if rng.random() < 0.5:
                    made.append(NotObserved(series=SERIES, when=when, reason="cloud"))
                else:
                    visible = float(rng.choice([1.0, rng.uniform(0.3, 1.0)]))
                    made.append(
                        replace(o, when=when, count=int(rng.binomial(o.count, visible)), visible_fraction=visible)
                    )
            said = " ".join(pattern_row(SERIES, made, event=AT_EVENT, plan=PLAN)["notes"])
            for name, words in NOTES.items():
                times[name] += words in said
        print(f"| {rate:g} | {' | '.join(f'{n / replicates:.3f}' for n in times.values())} |", flush=True)


def real() -> None:
    """The published series: what is said of each at the event its authors name."""
    from csv import DictReader

    folder = SHARED / "satellite-counts"
    if not folder.exists():
        raise SystemExit(f"shared data absent: {folder} (set OVERLOOK_SHARED)")
    print("| series | event | images | ratio | verdict | exploratory | smallest fall that would have been called |")
    print("|---|---|---|---|---|---|---|")
    for event, values in real_series(lambda name: list(DictReader((folder / name).open()))):
        row = pattern_row(values[0].series, values, event=event, plan=PLAN)
        ratio, missed = row["ratio"], row["missed"]
        of = "–" if ratio is None else f"{ratio['estimate']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"
        least = missed["smallest_ratio_down"]
        s = values[0].series
        cells = [
            f"{s.site}, {s.cls} | {event.start:%Y-%m-%d} | {row['n_before']} + {row['n_after']} | {of}",
            f"{row['verdict']} | {row['exploratory']} | {'–' if least is None else f'x {least:.2f}'}",
        ]
        print(f"| {' | '.join(cells)} |")


def real_series(read: Callable[[str], list[dict[str, str]]]) -> list[tuple[Interval, list[Any]]]:
    """(event, values) of every published series; the same cars both as counts and as a share of the capacity."""

    def at(text: str) -> Interval:
        return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))

    def day(text: str) -> Interval:
        start = at(text).start
        return Interval(start=start, end=start + timedelta(hours=23, minutes=59))

    made: dict[tuple[str, str], list[Any]] = {}
    for r in read("beijing_alos2_car_density.csv"):
        s = Series(site=r["site"], cls=r["unit"])
        made.setdefault((s.site, s.cls), []).append(Index(series=s, when=at(r["time"]), value=float(r["value"])))
    for r in read("e11_pleiades_parked_cars.csv"):
        s, n = Series(site=r["site"], cls="vehicle"), int(r["parked_cars"])
        made.setdefault((s.site, s.cls), []).append(Count(series=s, when=at(r["time"]), count=n))
        s = replace(s, cls="share taken")
        taken = min(1.0, n / float(r["full_capacity"]))
        made.setdefault((s.site, s.cls), []).append(Index(series=s, when=at(r["time"]), value=taken, unit="share"))
    for r in read("us_ports_planetscope_ship_counts.csv"):
        s = Series(site=r["site"], cls="ship")
        made.setdefault((s.site, s.cls), []).append(Count(series=s, when=day(r["date"]), count=int(r["ships"])))
    #: Wuhan's lockdown for Beijing; Italy's, and the others' in the same fortnight, for the shops; California's orders.
    events = {"Beijing": "2020-01-23", "Supermarket": "2020-03-22"}
    told: list[tuple[Interval, list[Any]]] = []
    for (site, _), values in made.items():
        date = next((d for name, d in events.items() if name in site), "2020-03-19")
        told.append((day(date), sorted(values, key=lambda o: o.when.start)))
    return told


def carparks(seed: int) -> None:
    """Share of the stalls taken on thinned days, against the mean of all days; the other half of the car parks."""
    from pattern_carparks import EVENTS, looks, occupied, whole_day

    folder = SHARED / "carparks"
    if not folder.exists():
        raise SystemExit(f"shared data absent: {folder} (set OVERLOOK_SHARED)")
    parks, _ = occupied(folder)
    print(
        "| event | car parks | answered | images (median) | mean share (median) | covers | the same as counts: "
        "cover | median width (log) | changed | same | changed though within 10% (n) | same though beyond 1.25 (n) |\n"
        + 12 * "|---"
        + "|"
    )
    for event in EVENTS:
        rng = np.random.default_rng([seed, 5, event.year, event.month])
        rows, asked, n, taken = [], 0, [], []
        for place in sorted(parks)[1::2]:
            whole = max(x for _, x in parks[place])
            days = [(when, x / whole) for when, x in parks[place]]
            before = [x for when, x in days if event - timedelta(days=120) <= when < event]
            after = [x for when, x in days if event + timedelta(days=1) <= when < event + timedelta(days=46)]
            seen = looks(rng, [(when, x) for when, x in days])  # type: ignore[misc,arg-type]
            if len(before) < 110 or len(after) < 41 or min(np.mean(before), np.mean(after)) * whole < 1:
                continue
            asked += 1
            series = Series(zone=place, cls="share taken")
            values = [Index(series=series, when=instant(when), value=x, unit="share") for when, x in seen]
            row = pattern_row(series, values, event=whole_day(event), plan=PLAN)
            if row["ratio"] is None:
                continue
            cars = [Count(series=series, when=instant(when), count=round(x * whole)) for when, x in seen]
            counted = pattern_row(series, cars, event=whole_day(event), plan=PLAN)["ratio"]
            truth, told_ratio = float(np.mean(after) / np.mean(before)), row["ratio"]
            n.append(row["n_before"] + row["n_after"])
            taken.append(float(np.mean(before)))
            rows.append(
                {
                    "true": math.log(truth),
                    "covers": told_ratio["low"] <= truth <= told_ratio["high"],
                    "counted": counted["low"] <= truth <= counted["high"],
                    "width": math.log(told_ratio["high"] / told_ratio["low"]),
                    "changed": row["verdict"] == "changed",
                    "same": row["verdict"] == "same" or row["also_same"],
                }
            )
        c = columns(rows)
        near, beyond = np.abs(c["true"]) < NEAR, np.abs(c["true"]) > BEYOND
        cells = [
            f"{event:%Y-%m-%d} | {asked} | {len(rows)} | {np.median(n):.0f} | {np.median(taken):.2f}",
            f"{c['covers'].mean():.2f} | {c['counted'].mean():.2f} | {np.median(c['width']):.2f}",
            f"{c['changed'].mean():.2f} | {c['same'].mean():.2f} | {share(c['changed'][near])}",
            share(c["same"][beyond]),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("table", choices=("ratio", "sensors", "shares", "breaks", "notes", "real", "carparks"))
    parser.add_argument("--seed", type=int, default=20187)
    parser.add_argument("--replicates", type=int, help="sites a row (200); breaks 100, notes 300")
    args = parser.parse_args()
    started = time.perf_counter()
    if args.table == "ratio":
        ratio(args.seed, args.replicates or 200)
    elif args.table == "sensors":
        sensors(args.seed, args.replicates or 200)
    elif args.table == "shares":
        shares(args.seed, args.replicates or 200)
    elif args.table == "breaks":
        found(args.seed, args.replicates or 100)
    elif args.table == "notes":
        noted(args.seed, args.replicates or 300)
    elif args.table == "real":
        real()
    else:
        carparks(args.seed)
    now = datetime.now(UTC)
    print(f"\nseed {args.seed}, {now:%Y-%m-%d}, {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
