"""What both tiers cost beside their peers, and 100,000 sites: the tables of docs/explanation/screening.md.

    make env-study
    .venv/bin/python benchmarks/speed.py [--sites 2000] [--many 100000]   # cost a site, and very many sites
    .venv/bin/python benchmarks/speed.py table                            # very many sites from an Arrow table
    .venv/bin/python benchmarks/speed.py screen                           # what the screened p-values are worth
    .venv/bin/python benchmarks/speed.py first                            # is it worth screening before the test?

Costs are processor seconds of this process (`time.process_time`), so that a shared machine does not change them much;
compiling is done before. Sites have 60 images (40 before the event, 20 after), a rate of 8 and k of 8, drift .35 over
14 days, on random days of 120 and 45. Every tier gives quantiles of the step; the decision's are of the ratio too, with
verdict, notes and what was missed (`pattern_row`), from counts as values. Peers fit their own model to the same counts.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from activity.screened import EVENT_D, flat_sites  # noqa: I001
from activity.drifting import SERIES

from datetime import UTC, datetime, timedelta

from overlook.activity import benjamini_hochberg, pattern_row, screen_sites, screen_table
from overlook.terms import OBSERVATIONS, Count, Interval, Plan, Series, instant

PLAN = Plan(margin=1.25)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVENT = Interval(start=EPOCH + timedelta(days=EVENT_D), end=EPOCH + timedelta(days=EVENT_D))
SITE = {"rate": 8.0, "k": 8.0, "drift_sd": 0.35}
IMAGES = (40, 20)
DOUBLED = math.log(2.0)


def site_of(fleet: dict[str, np.ndarray], i: int) -> dict[str, np.ndarray]:
    part = slice(fleet["starts"][i], fleet["starts"][i + 1])
    return {name: values[part] for name, values in fleet.items() if name != "starts"}


def counts_of(site: dict[str, np.ndarray], series: Series = SERIES) -> list[Count]:
    return [
        Count(series=series, when=instant(EPOCH + timedelta(days=float(t))), count=int(y), visible_fraction=float(v))
        for t, y, v in zip(site["time_d"], site["counts"], site["exposure"], strict=True)
    ]


# --- cost a site ------------------------------------------------------------------------------------------------------


def glm(family: str) -> Callable[[dict[str, np.ndarray]], object]:
    import statsmodels.api as sm

    def fit(site: dict[str, np.ndarray]) -> object:
        exog = np.column_stack([np.ones(site["counts"].size), site["is_after"]])
        offset = np.log(site["exposure"])
        if family == "Poisson":
            return sm.GLM(site["counts"], exog, sm.families.Poisson(), offset=offset).fit().conf_int(0.1)
        model = sm.NegativeBinomial(site["counts"], exog, offset=offset)
        return model.fit(disp=False, warn_convergence=False).conf_int(0.1)

    return fit


def pelt(site: dict[str, np.ndarray]) -> object:
    import ruptures

    signal = np.log((site["counts"] + 0.5) / site["exposure"])
    return ruptures.Pelt(model="l2", min_size=3).fit(signal[:, None]).predict(pen=3.0 * np.log(signal.size) * 0.2)


def beast(site: dict[str, np.ndarray]) -> object:
    import Rbeast

    signal = np.log((site["counts"] + 0.5) / site["exposure"])
    return Rbeast.beast(signal, season="none", quiet=True, print_progress=False, print_options=False)


def decide(counts: list[Count]) -> object:
    return pattern_row(SERIES, counts, event=EVENT, plan=PLAN)


def cost_ms(work: Callable[[object], object], items: list[object]) -> float:
    """Processor milliseconds each, after one that is not counted."""
    work(items[0])
    started = time.process_time()
    for item in items:
        work(item)
    return (time.process_time() - started) / len(items) * 1e3


def costs(sites: int) -> None:
    fleet = flat_sites(np.random.default_rng(20185), sites, *IMAGES, **SITE)
    clouded = flat_sites(np.random.default_rng(20186), sites, *IMAGES, **SITE, visible_from=0.3, false_alarms=1.0)
    each = [site_of(fleet, i) for i in range(sites)]
    print("| what | n | ms a site | ratio to the screen | ratio to the decision |", "|---|---|---|---|---|", sep="\n")
    screened = screen_cost_ms(fleet)
    decided = cost_ms(decide, [counts_of(site) for site in each[:500]])
    rows = [
        ("screen, quantiles included", sites, screened),
        ("screen, clouded and with false alarms", sites, screen_cost_ms(clouded)),
        ("decision: ratio, step, verdict and notes", len(each[:500]), decided),
        ("statsmodels GLM Poisson, interval of the step", 300, cost_ms(glm("Poisson"), each[:300])),
        ("statsmodels negative binomial, interval of the step", 200, cost_ms(glm("NB"), each[:200])),
        ("ruptures Pelt l2", 300, cost_ms(pelt, each[:300])),
        ("Rbeast, no season", 30, cost_ms(beast, each[:30])),
    ]
    for what, n, ms in rows:
        print(f"| {what} | {n} | {ms:.3g} | {ms / screened:.3g} | {ms / decided:.3g} |", flush=True)


def screen_cost_ms(fleet: dict[str, np.ndarray]) -> float:
    screen_sites(**flat_sites(np.random.default_rng(0), 2, *IMAGES))
    started = time.process_time()
    screen_sites(**fleet)
    return (time.process_time() - started) / (fleet["starts"].size - 1) * 1e3


# --- very many sites --------------------------------------------------------------------------------------------------


def many(sites: int, decided: int) -> None:
    """Screen `sites` in two threads; decide some of them on two processes, and project the others."""
    fleet = flat_sites(np.random.default_rng(20187), sites, *IMAGES, **SITE)
    wall, cpu = time.perf_counter(), time.process_time()
    screen_sites(**fleet, threads=2)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print("| what | n | processor s | of 2 cores, min | elapsed s (shared machine) | peak memory, GB |")
    print("|---|---|---|---|---|---|")
    print(f"| screen, flat arrays | {sites} | {cpu:.1f} | {cpu / 120:.2f} | {wall:.1f} | {peak_gb():.2f} |", flush=True)
    parts = [
        {k: v[fleet["starts"][i] : fleet["starts"][i + 50]] for k, v in fleet.items() if k != "starts"}
        for i in range(0, decided, 50)
    ]
    wall = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        cpu = sum(pool.map(decided_s, parts))
    wall = time.perf_counter() - wall
    print(f"| decision | {decided} | {cpu:.1f} | {cpu / 120:.2f} | {wall:.1f} | {peak_gb():.2f} |")
    whole = cpu / decided * sites
    print(f"| decision, projected | {sites} | {whole:.0f} | {whole / 120:.2f} | – | – |", flush=True)


def decided_s(part: dict[str, np.ndarray]) -> float:
    n = sum(IMAGES)
    series = [counts_of({k: v[i : i + n] for k, v in part.items()}) for i in range(0, part["counts"].size, n)]
    decide(series[0])
    started = time.process_time()
    for counts in series:
        decide(counts)
    return time.process_time() - started


def table(sites: int) -> None:
    """The screen of an Arrow table, which sorts and chooses the images first; memory with the table itself."""
    fleet = flat_sites(np.random.default_rng(20188), sites, *IMAGES, **SITE)
    n = fleet["counts"].size
    site = np.repeat(np.char.add("site ", np.arange(sites).astype(str)), sum(IMAGES))
    moment = pa.array((fleet["time_d"] * 86400e6).astype(np.int64)).cast(OBSERVATIONS.field("start").type)
    given = {
        "site": pa.array(site),
        "start": moment,
        "end": moment,
        "count": pa.array(fleet["counts"]),
        "visible_fraction": pa.array(fleet["exposure"]),
        "false_alarms": pa.array(np.zeros(n)),
        **{
            name: pa.repeat(pa.scalar(text), n)
            for name, text in (("kind", "count"), ("zone", "yard"), ("cls", "truck"))
        },
        **{name: pa.repeat(pa.scalar("one"), n) for name in ("sensor", "observer")},
        "scene": pa.repeat(pa.scalar(""), n),
        "evidence": pa.repeat(pa.scalar([], pa.list_(pa.string())), n),
    }
    columns = [given.get(field.name, pa.nulls(n, field.type)) for field in OBSERVATIONS]
    observations = pa.table(columns, schema=OBSERVATIONS)
    started = time.process_time()
    screen_table(observations, event=EVENT, plan=PLAN)
    cpu = time.process_time() - started
    print(f"screen_table, {n} rows, {sites} series: {cpu:.1f} processor s, peak memory {peak_gb():.2f} GB")


def peak_gb() -> float:
    """Greatest resident memory so far: of this process and the largest of its children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024**2


# --- what the screened p-values are worth -----------------------------------------------------------------------------


def truths() -> Iterator[tuple[str, dict[str, float]]]:
    yield "no drift", {"drift_sd": 0.0}
    yield "drift .35, 14 d", {"drift_sd": 0.35}
    yield "drift .7, 14 d", {"drift_sd": 0.7}
    yield "drift .35, 60 d", {"drift_sd": 0.35, "correlation_time_d": 60.0}
    yield "drift .35, 14 d, rate 0.7", {"drift_sd": 0.35, "rate": 0.7}


def worth(sites: int) -> None:
    """False alarms at p <= .10, power at twice the level, and coverage of the 90 % interval, without and with drift."""
    print(
        "| truth | images | alarms, none allowed | alarms | covers, none allowed | covers | x 2 found, none | found |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for code, (name, fields) in enumerate(truths()):
        for n in ((13, 7), IMAGES):
            rng = np.random.default_rng([20189, code, *n])
            still = screen_sites(**flat_sites(rng, sites, *n, **{"rate": 8.0, **fields}))
            moved = screen_sites(**flat_sites(rng, sites, *n, **{"rate": 8.0, **fields}, step=DOUBLED))
            cells = [
                (still.p_value_without_drift <= 0.1).mean(),
                (still.p_value <= 0.1).mean(),
                covered(still.step_without_drift, 0.0, moved.step_without_drift),
                covered(still.step, 0.0, moved.step),
                (moved.p_value_without_drift <= 0.1).mean(),
                (moved.p_value <= 0.1).mean(),
            ]
            print(f"| {name} | {n[0]} + {n[1]} | {' | '.join(f'{cell:.3f}' for cell in cells)} |", flush=True)


def covered(still: np.ndarray, truth: float, moved: np.ndarray) -> float:
    inside = (still[:, 0] <= truth) & (truth <= still[:, 2])
    inside_moved = (moved[:, 0] <= DOUBLED) & (moved[:, 2] >= DOUBLED)
    return float(np.concatenate([inside, inside_moved]).mean())


def first(fleets: int, sites: int, q: float = 0.10) -> None:
    """Fleets of which a tenth doubles: every series tested, or only those with a screened p of at most one half."""
    print("| truth | images | tested | false discovery proportion (error) | found of the doubled | share tested |")
    print("|---|---|---|---|---|---|")
    for code, fields in enumerate(({"drift_sd": 0.35}, {"drift_sd": 0.35, "correlation_time_d": 60.0})):
        for n in ((40, 40),):
            told: dict[str, list[tuple[float, float, float]]] = {"all": [], "screened p <= .5": []}
            for r in range(fleets):
                rng = np.random.default_rng([20190, code, *n, r])
                moved = flat_sites(rng, sites // 10, *n, **{"rate": 8.0, **fields}, step=DOUBLED)
                still = flat_sites(rng, sites - sites // 10, *n, **{"rate": 8.0, **fields})
                screened = np.concatenate([screen_sites(**part).p_value for part in (moved, still)])
                decided = np.array(
                    [step_p(site_of(part, i)) for part in (moved, still) for i in range(part["starts"].size - 1)]
                )
                for which, take in (("all", np.ones(sites, bool)), ("screened p <= .5", screened <= 0.5)):
                    tested = take & ~np.isnan(decided)
                    called = np.zeros(sites, bool)
                    called[tested] = benjamini_hochberg(decided[tested].tolist(), q).called
                    false, true = called[sites // 10 :].sum(), called[: sites // 10].sum()
                    told[which].append((false / max(1, called.sum()), true / (sites // 10), tested.mean()))
            name = ", ".join(f"{k} {v:g}" for k, v in fields.items())
            for which, rows in told.items():
                fdp, found, share = np.mean(rows, axis=0)
                error = np.std([row[0] for row in rows]) / math.sqrt(fleets)
                print(
                    f"| {name} | {n[0]} + {n[1]} | {which} | {fdp:.3f} ({error:.3f}) | {found:.3f} | {share:.2f} |",
                    flush=True,
                )


def step_p(site: dict[str, np.ndarray]) -> float:
    """The decision's p-value; NaN, which no caller passes on, where it has none (exploratory)."""
    step = pattern_row(SERIES, counts_of(site), event=EVENT, plan=PLAN)["step"]
    return math.nan if step is None or step["p_value"] is None else float(step["p_value"])


def main() -> None:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=("costs", "table", "screen", "first"), default="costs")
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--fleets", type=int, default=30)
    args = parser.parse_args()
    if args.what == "table":
        table(args.many)
    elif args.what == "screen":
        worth(args.sites)
    elif args.what == "first":
        first(args.fleets, args.sites)
    else:
        costs(args.sites)
        print()
        many(args.many, args.sites)


if __name__ == "__main__":
    main()
