"""What a report costs as its rows grow: seconds of CPU time to render, and megabytes of the page, by series and rows.

python benchmarks/report_rows.py [--rows 300000] [--series 20 1000]
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from overlook.report import render
from overlook.terms import Assessment, Case, Count, NotObserved, Observation, Provenance, Series, Site, Zone, instant

BEGIN = datetime(2015, 1, 1, 2, 0, tzinfo=UTC)


def observations(series: Series, n: int, rng: np.random.Generator) -> list[Observation]:
    """Counts of about 10 at even times over ten years, a third of them not seen for cloud."""
    counts, seen = rng.poisson(10, n), rng.random(n) > 1 / 3
    whens = [instant(BEGIN + timedelta(days=3650 * i / n)) for i in range(n)]
    return [
        Count(series=series, when=when, count=int(c), visible_fraction=1.0, threshold=0.5, observer="reader")
        if ok
        else NotObserved(series=series, when=when, reason="cloud")
        for when, c, ok in zip(whens, counts, seen, strict=True)
    ]


def assessment(rows: int, n_series: int) -> Assessment:
    from shapely.geometry import box

    rng = np.random.default_rng(1)
    zones = tuple(
        Zone(id=f"z{i}", name=f"Zone {i}", kind="yard", geometry=box(i, 0, i + 1, 1)) for i in range(n_series)
    )
    site = Site(id="works", name="Works", crs="local", zones=zones)
    held: list[Observation] = []
    for zone in zones:
        held += observations(Series(site="works", zone=zone.id, cls="vehicle"), rows // n_series, rng)
    digests: dict[str, Any] = dict.fromkeys(("case_digest", "plan_digest", "code_digest"), "0" * 64)
    return Assessment(
        case=Case(id="rows", title="Rows", sites=(site,)),
        observations=tuple(held),
        provenance=Provenance(code_version="0", plan_note="", inputs=(), **digests),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--series", type=int, nargs="+", default=[20, 1000])
    args = parser.parse_args()
    print("| rows | series | CPU time to render | page |\n|---|---|---|---|")
    for n_series in args.series:
        made = assessment(args.rows, n_series)
        began = time.process_time()
        html = render(made, lambda *_: None, made=datetime(2026, 1, 1, tzinfo=UTC)).html
        took = time.process_time() - began
        print(f"| {args.rows:,} | {n_series:,} | {took:.1f} s | {len(html) / 1e6:.1f} MB |", flush=True)


if __name__ == "__main__":
    main()
