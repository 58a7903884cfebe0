"""Priors learned across a fleet, and many sites tested together: the tables of docs/explanation/fleets.md.

    python benchmarks/fleet.py recovered                # learned medians against the population's
    python benchmarks/fleet.py sites --population slow  # other sites, under the learned, true and default priors
    python benchmarks/fleet.py fdr --population slow    # false discovery proportion over replicate fleets
    python benchmarks/fleet.py watch                    # a standing watch, one answer at a time
    python benchmarks/fleet.py carparks                 # real counts: learned on one half, asked of the other

Seeds used while the method was being written were below 1000, and 20184: its first table of sites showed that a fleet
of twelve can teach too small a drift, and fewer than twenty are refused since. The default here made the tables only.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.drawn_fleet import Drawn, Population, draw_fleet, observations  # noqa: I001
from activity.drifting import AT_EVENT
from shared import SHARED

from overlook.activity import (
    DEFAULT_PRIOR,
    Prior,
    answer,
    benjamini_hochberg,
    learn_prior,
    pattern_row,
    rank_fleet,
    watch,
)
from overlook.terms import Count, Event, EventFinding, Plan, Question, Series

MARGIN = 1.25
PLAN = Plan(margin=MARGIN)
SUMMIT = Event(id="event", name="event", during=AT_EVENT)
POPULATIONS = {
    "declared": Population(),
    "calm": Population(drift_sd=0.15),
    "slow": Population(correlation_time_d=60.0),
}
WORDS = {"declared": "drift .35, 14 d", "calm": "drift .15, 14 d", "slow": "drift .35, 60 d"}
IMAGES = (27, 13)
DOUBLED = math.log(2.0)


@dataclass(frozen=True)
class Told:
    """What was said of one site, and the truth."""

    truth: float
    low: float
    high: float
    changed: bool
    same: bool
    excludes: bool
    exploratory: bool


def ask(site: Drawn, prior: Prior) -> EventFinding:
    question = Question(kind="event", series=site.series, event=SUMMIT.id)
    found = answer(question, site.counts, event=SUMMIT, events=(), plan=PLAN, prior=prior)
    assert isinstance(found, EventFinding)
    return found


def told(found: EventFinding, ratio: float) -> Told:
    assert found.ratio is not None
    assert found.step is not None
    return Told(
        truth=math.log(ratio),
        low=math.log(found.ratio.low),
        high=math.log(found.ratio.high),
        changed=found.verdict == "changed",
        same=found.verdict == "same" or found.also_same,
        excludes=not found.step.low <= 1 <= found.step.high,
        exploratory=found.exploratory,
    )


def fleet_with_steps(seed: Iterable[int], population: Population, sites: int) -> list[Drawn]:
    """A quarter of the sites doubles at the event."""
    return draw_fleet(np.random.default_rng(list(seed)), population, sites, IMAGES, steps=(DOUBLED,) * (sites // 4))


def recovered(seed: int, replicates: int) -> None:
    """Median over fleets of the learned median and log-sd, and the error of its log, beside what is declared."""
    print("| truth | sites | drift sd | its log: error (sd) | days | its log: error (sd) | k | its log: error (sd) |")
    print("|---|---|---|---|---|---|---|---|")
    for code, (name, population) in enumerate(POPULATIONS.items()):
        truth = np.log([population.drift_sd, population.correlation_time_d, population.dispersion_k])
        for sites in (20, 40, 120):
            found = []
            for r in range(replicates):
                fleet = fleet_with_steps((seed, 1, code, sites, r), population, sites)
                prior = learn_prior(observations(fleet), name="learned", event=AT_EVENT).prior
                found.append([prior.drift_sd, prior.correlation_time_d, prior.dispersion_k])
            error = np.log(found) - truth
            cells = [
                f"{np.median(np.exp(error[:, c] + truth[c])):.3g} | {error[:, c].mean():+.2f} ({error[:, c].std():.2f})"
                for c in range(3)
            ]
            print(f"| {WORDS[name]} | {sites} | {' | '.join(cells)} |", flush=True)


def sites(seed: int, n_sites: int, only: str | None) -> None:
    """Other sites of each population under the default, the true prior, and three learned ones: from 100 sites, from
    20, and from 100 of each other population."""
    learned = {
        name: learn_prior(
            observations(fleet_with_steps((seed, 2, code), population, 100)), name=f"fleet {name}", event=AT_EVENT
        ).prior
        for code, (name, population) in enumerate(POPULATIONS.items())
    }
    for prior in learned.values():
        print(f"{prior.name}: {prior.origin}", file=sys.stderr)
    print(
        "| truth | images | prior | ratio covers | median width (log) | changed though within 10%: of all "
        "| same though beyond 1.25: of all | changed | same | exploratory | step alarms, none there "
        "| step found, x 2 |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for code, (name, population) in enumerate(POPULATIONS.items()):
        if only not in (None, name):
            continue
        priors = {
            "default": DEFAULT_PRIOR,
            "learned from 100": learned[name],
            "true": population.prior(),
            **{f"learned where {WORDS[other]}": learned[other] for other in POPULATIONS if other != name},
        }
        small = [
            learn_prior(
                observations(fleet_with_steps((seed, 9, code, r), population, 20)), name="small fleet", event=AT_EVENT
            ).prior
            for r in range(10)
        ]
        for n in (IMAGES, (40, 40)):
            rng = np.random.default_rng([seed, 3, code, *n])
            level = draw_fleet(rng, population, n_sites, n)
            doubled = draw_fleet(rng, population, n_sites, n, steps=(DOUBLED,) * n_sites)
            for which, prior in (*priors.items(), ("learned from 20, ten such fleets", None)):
                asked = [
                    [told(ask(site, prior or small[i % len(small)]), site.ratio) for i, site in enumerate(group)]
                    for group in (level, doubled)
                ]
                print(f"| {WORDS[name]} | {n[0]} + {n[1]} | {which} | {row(*asked)} |", flush=True)


def row(level: list[Told], doubled: list[Told]) -> str:
    every = [*level, *doubled]
    near = [t for t in level if abs(t.truth) < math.log(1.1)]
    beyond = [t for t in level if abs(t.truth) > math.log(MARGIN)]
    cells = [
        np.mean([t.low <= t.truth <= t.high for t in every]),
        np.median([t.high - t.low for t in every]),
        sum(t.changed for t in near) / len(level),
        sum(t.same for t in beyond) / len(level),
        np.mean([t.changed for t in level]),
        np.mean([t.same for t in level]),
        np.mean([t.exploratory for t in every]),
        np.mean([t.excludes for t in level]),
        np.mean([t.excludes for t in doubled]),
    ]
    return " | ".join(f"{cell:.2f}" for cell in cells)


def fdr(seed: int, replicates: int, only: str | None, q: float = 0.10, n_sites: int = 40) -> None:
    """Fleets of 40 sites, ten of them doubled, 40 images on each side; the prior learned from that very fleet."""
    print("| truth | prior | false discovery proportion (error) | found of the doubled | called | not tested |")
    print("|---|---|---|---|---|---|")
    for code, (name, population) in enumerate(POPULATIONS.items()):
        if only not in (None, name):
            continue
        measured: dict[str, list[tuple[float, float, float, float]]] = {"default": [], "learned": [], "true": []}
        for r in range(replicates):
            rng = np.random.default_rng([seed, 4, code, r])
            fleet = draw_fleet(rng, population, n_sites, (40, 40), steps=(DOUBLED,) * (n_sites // 4))
            moved = {site.series for site in fleet if site.step}
            own = learn_prior(observations(fleet), name="fleet", event=AT_EVENT).prior
            for which, prior in (("default", DEFAULT_PRIOR), ("learned", own), ("true", population.prior())):
                ranking = rank_fleet([ask(site, prior) for site in fleet], q)
                wrong = sum(series not in moved for series in ranking.called)
                found = len(ranking.called) - wrong
                measured[which].append(
                    (
                        wrong / max(1, len(ranking.called)),
                        found / len(moved),
                        len(ranking.called),
                        len(ranking.untested) / n_sites,
                    )
                )
        for which, rows in measured.items():
            fdp, found_share, called, untested = np.mean(rows, axis=0)
            error = np.std([r[0] for r in rows]) / math.sqrt(len(rows))
            cells = f"{fdp:.3f} ({error:.3f}) | {found_share:.2f} | {called:.1f} | {untested:.2f}"
            print(f"| {WORDS[name]} | {which} | {cells} |", flush=True)


def standing(seed: int, replicates: int, q: float = 0.10, n_sites: int = 100) -> None:
    """Streams of 100 sites, each asked once, a fifth of them doubled; the prior learned from a fleet before them."""
    print("| truth | rule | false discovery proportion (error) | found of the doubled |")
    print("|---|---|---|---|")
    for code, (name, population) in enumerate(POPULATIONS.items()):
        before = fleet_with_steps((seed, 7, code), population, 60)
        prior = learn_prior(observations(before), name="fleet", event=AT_EVENT).prior
        measured: dict[str, list[tuple[float, float]]] = {"LORD++, in order": [], "Benjamini-Hochberg, at the end": []}
        for r in range(replicates):
            rng = np.random.default_rng([seed, 8, code, r])
            steps = tuple(DOUBLED * (rng.random(n_sites) < 0.2))
            stream = draw_fleet(rng, population, n_sites, (40, 40), steps=steps)
            found = [ask(site, prior) for site in stream]
            p = [f.step.p_value if f.step else None for f in found]
            asked = [(x, site.step > 0) for x, site in zip(p, stream, strict=True) if x is not None]
            moved = np.array([site_moved for _, site_moved in asked])
            of = sum(site.step > 0 for site in stream)
            for rule, called in zip(
                measured,
                (watch([x for x, _ in asked], q).called, benjamini_hochberg([x for x, _ in asked], q).called),
                strict=True,
            ):
                hit = np.array(called)
                measured[rule].append(((hit & ~moved).sum() / max(1, hit.sum()), (hit & moved).sum() / of))
        for rule, rows in measured.items():
            fdp, share_found = np.mean(rows, axis=0)
            error = np.std([r[0] for r in rows]) / math.sqrt(len(rows))
            print(f"| {WORDS[name]} | {rule} | {fdp:.3f} ({error:.3f}) | {share_found:.2f} |", flush=True)


def carparks(seed: int) -> None:
    """Learned on a random half of the car parks, images before the lockdown only; asked of the other half."""
    from pattern_carparks import EVENTS, LOCKDOWN, counts_of, looks, occupied

    folder = SHARED / "carparks"
    if not folder.exists():
        raise SystemExit(f"shared data absent: {folder} (set OVERLOOK_SHARED)")
    parks, _ = occupied(folder)
    places = sorted(parks)
    rng = np.random.default_rng([seed, 5])
    rng.shuffle(places)
    half, others = places[: len(places) // 2], places[len(places) // 2 :]
    fleet: dict[Series, list[Count]] = {
        Series(zone=place, cls="vehicle"): counts_of(
            place, looks(rng, [(when, n) for when, n in parks[place] if when < LOCKDOWN])
        )
        for place in half
    }
    learned = learn_prior(fleet, name="half of the car parks")
    print("\n".join([learned.prior.origin, *learned.notes]), file=sys.stderr)
    print(
        "| event | prior | sites | images (median) | covers | median width (log) | changed | same "
        "| changed though within 10%: of those (n); all | same though beyond 1.25 (n) "
        "| true x 1.5 or / 1.5 called changed (n) |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for event in EVENTS:
        for which, prior in (("default", DEFAULT_PRIOR), ("learned", learned.prior)):
            seen = np.random.default_rng([seed, 6, event.year, event.month])
            found = [r for place in others if (r := park(seen, place, parks[place], event, prior)) is not None]
            truth, covers, width, changed, same, n = (np.array(c, dtype=float) for c in zip(*found, strict=True))
            near, beyond, large = (abs(truth) < math.log(1.1), abs(truth) > math.log(1.25), abs(truth) > math.log(1.5))
            cells = [
                f"{event:%Y-%m-%d} | {which} | {truth.size} | {np.median(n):.0f} | {covers.mean():.2f}",
                f"{np.median(width):.2f} | {changed.mean():.2f} | {same.mean():.2f}",
                f"{share(changed[near])}; {(changed * near).mean():.2f}",
                f"{share(same[beyond])} | {share(changed[large])}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


def park(
    rng: np.random.Generator, place: str, days: list[tuple[datetime, int]], event: datetime, prior: Prior
) -> tuple[float, bool, float, bool, bool, int] | None:
    """True log ratio from the daily series and what was said from the looks; None where days are missing."""
    from datetime import timedelta

    from pattern_carparks import counts_of, looks, whole_day

    before = [n for when, n in days if event - timedelta(days=120) <= when < event]
    after = [n for when, n in days if event + timedelta(days=1) <= when < event + timedelta(days=46)]
    seen = looks(rng, days)
    if len(before) < 110 or len(after) < 41 or min(np.mean(before), np.mean(after)) < 1:
        return None
    series = Series(zone=place, cls="vehicle")
    said = pattern_row(series, counts_of(place, seen), event=whole_day(event), plan=PLAN, prior=prior)
    if said["ratio"] is None:
        return None
    truth = math.log(np.mean(after) / np.mean(before))
    low, high = math.log(said["ratio"]["low"]), math.log(said["ratio"]["high"])
    same = said["verdict"] == "same" or said["also_same"]
    n = said["n_before"] + said["n_after"]
    return truth, low <= truth <= high, high - low, said["verdict"] == "changed", same, n


def share(values: np.ndarray) -> str:
    return "–" if values.size == 0 else f"{values.mean():.2f} ({values.size})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("table", choices=("recovered", "sites", "fdr", "watch", "carparks"))
    parser.add_argument("--seed", type=int, default=20185)
    parser.add_argument("--replicates", type=int, help="fleets (recovered: 12, fdr: 50), streams (12) or sites (200)")
    parser.add_argument("--population", choices=tuple(POPULATIONS), help="sites, fdr: one population only")
    args = parser.parse_args()
    started = time.perf_counter()
    if args.table == "recovered":
        recovered(args.seed, args.replicates or 12)
    elif args.table == "sites":
        sites(args.seed, args.replicates or 200, args.population)
    elif args.table == "fdr":
        fdr(args.seed, args.replicates or 50, args.population)
    elif args.table == "watch":
        standing(args.seed, args.replicates or 12)
    else:
        carparks(args.seed)
    now = datetime.now(UTC)
    print(f"\nseed {args.seed}, {now:%Y-%m-%d}, {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
