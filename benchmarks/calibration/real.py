"""Real series: car parks whose daily counts are the truth, published satellite counts, published breaks, two images.

    python -m benchmarks.calibration.real [--share S | --quick] [--seed N]

Needs the shared data (OVERLOOK_SHARED); says so where they are not. Nothing is learned from any of them.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import breaks as scanning
import pattern_carparks
from benchmarks.calibration.tables import QUICK, head, row, run_part

from overlook.activity import answer, pattern_row
from overlook.terms import Count, Index, Interval, Observation, Plan, Question, Series, Sighting, instant
from shared import SHARED

PLAN = Plan(margin=1.25)


def present(folder: str) -> bool:
    if (SHARED / folder).exists():
        return True
    print(f"\nNot run: the shared data `{folder}` are not there (set OVERLOOK_SHARED).")
    return False


def car_parks(seed: int, quick: bool) -> None:
    print(
        "\nCar parks with a capacity, every other one, images on a quarter of the days in cloudy spells; the daily",
        end=" ",
    )
    print("series is the truth. The first date is a lockdown, on the others nothing national happened.\n")
    parks, _ = pattern_carparks.occupied(SHARED / "carparks")
    half = {place: parks[place] for i, place in enumerate(sorted(parks)) if i % 2 == 1}
    pattern_carparks.thinned(dict(itertools.islice(half.items(), 20)) if quick else half, seed)


def day(text: str) -> Interval:
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return Interval(start=start, end=start + timedelta(hours=23, minutes=59))


def read(name: str) -> list[dict[str, str]]:
    with (SHARED / "satellite-counts" / name).open() as file:
        return list(csv.DictReader(file))


def at(text: str) -> Interval:
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


#: First national lockdowns of 2020, by country.
LOCKDOWNS = {"IT": "2020-03-09", "GR": "2020-03-23", "BE": "2020-03-18", "PL": "2020-03-24"}


def satellite_counts() -> None:
    print(
        "\nPublished satellite counts about the first lockdown of 2020 there (ports: 19 March, California; 22 March,",
        end=" ",
    )
    print("New York). What was missed is with power .8; images are of 120 days before and 45 after.\n")
    head(
        "series", "event", "images before + after", "ratio (90%)", "verdict", "a rise under this would have been missed"
    )
    beijing = Series(site="Beijing airport", zone="car park", cls="car density")
    rows = [r for r in read("beijing_alos2_car_density.csv") if r["unit"] == "new-car density per pixel"]
    seen: dict[Series, tuple[str, list[Observation]]] = {
        beijing: ("2020-01-23", [Index(series=beijing, when=at(r["time"]), value=float(r["value"])) for r in rows])
    }
    for r in read("e11_pleiades_parked_cars.csv"):
        series = Series(site=r["site"], zone="car park", cls="vehicle")
        _, members = seen.setdefault(series, (LOCKDOWNS[r["country"]], []))
        members.append(Count(series=series, when=at(r["time"]), count=int(r["parked_cars"]), sensor="Pléiades"))
    for r in read("us_ports_planetscope_ship_counts.csv"):
        series = Series(site=f"Port of {r['site']}", zone="port", cls="ship")
        _, members = seen.setdefault(series, ("2020-03-22" if r["site"] == "New York" else "2020-03-19", []))
        members.append(Count(series=series, when=at(r["date"]), count=int(r["ships"]), sensor="PlanetScope"))
    for series, (event, members) in seen.items():
        told = pattern_row(series, members, event=day(event), plan=PLAN)
        ratio = told["ratio"]
        row(
            [
                f"{series.site}, {series.cls}",
                event,
                f"{told['n_before']} + {told['n_after']}",
                f"{ratio['estimate']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})" if ratio else "none",
                f"{told['verdict']}{', exploratory' if told['exploratory'] else ''}",
                f"× {told['missed']['smallest_ratio_up']:.2g}" if ratio else "–",
            ]
        )


def published_breaks(seed: int) -> None:
    print(
        "\nTuring change point data set: the univariate series it holds, as in [unknown breaks](unknown-breaks.md).\n"
    )
    scanning.tcpd(seed)
    with (SHARED / "tcpd" / "TCPDBench_aggregate_scores.csv").open() as file:
        table = [r for r in csv.DictReader(file) if r["default_uni_cover"]]
    table.sort(key=lambda r: -float(r["default_uni_cover"]))
    print("\nPublished defaults over all its univariate series (van den Burg & Williams 2020): not the same series.\n")
    head("method", "covering", "F1")
    for r in table:
        row([r["method"], r["default_uni_cover"], r["default_uni_f1"]])


SANUMDONG = Series(site="Sanumdong", zone="yard", cls="vehicle")


def two_images(quick: bool) -> None:
    """Sanumdong, 22 February and 8 March 2019 (NPR, 8 March 2019): no count was published, so all are asked."""
    step = 20 if quick else 5
    counts = list(itertools.product(range(0, 61, step), repeat=2))
    dates = (at("2019-02-22T02:00:00"), at("2019-03-08T02:00:00"))
    said: Counter[tuple[str, bool, bool]] = Counter()
    for before, after in counts:
        images = [
            Count(series=SANUMDONG, when=when, count=n, sensor=sensor)
            for when, n, sensor in zip(dates, (before, after), ("one company", "another"), strict=True)
        ]
        told = pattern_row(SANUMDONG, images, event=day("2019-02-28"), plan=PLAN)
        said[
            told["verdict"], told["exploratory"], told["step"] is not None and told["step"]["p_value"] is not None
        ] += 1
    print(
        f"\nSanumdong: two images of two companies, the Hanoi summit between them; {len(counts)} pairs of counts from",
        end=" ",
    )
    print("0 to 60 vehicles, since none was published.\n")
    head("verdict", "exploratory", "a p-value is given", "pairs")
    for (verdict, exploratory, tested), n in said.items():
        row([verdict, "yes" if exploratory else "no", "yes" if tested else "no", str(n)])
    crane = Series(site="Sanumdong", zone="yard", cls="crane")
    sightings = [
        Sighting(series=crane, when=when, state=state, identification="confirmed", sensor=sensor)
        for when, state, sensor in zip(dates, ("present", "absent"), ("one company", "another"), strict=True)
    ]
    left = answer(Question(kind="transition", series=crane), sightings, event=None, events=(), plan=PLAN)
    print(f"\nThe crane seen in the first image and not in the second: {left.verdict}.")


def main(seed: int, share: float) -> None:
    quick = share <= QUICK
    two_images(quick)
    if present("satellite-counts"):
        satellite_counts()
    if present("carparks"):
        car_parks(seed, quick)
    if not quick and present("tcpd"):
        published_breaks(seed)


if __name__ == "__main__":
    run_part(main, __doc__)
