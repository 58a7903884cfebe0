"""Real breaks: car parks thinned to irregular looks around a lockdown, the daily series the truth."""

import csv
import math
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.stats import binom

from overlook.activity import breaks
from overlook.terms import Count, Plan, Series, instant
from shared import SHARED, needs

EVENT = datetime(2020, 11, 2, tzinfo=UTC)


def days_of() -> dict[str, list[tuple[datetime, int]]]:
    """Stalls taken at 10:30 UTC, sixty days either side, of car parks whose capacity is given."""
    with (SHARED / "carparks" / "capacity.csv").open() as file:
        most = {r["place_id"]: int(float(r["capacity"])) for r in csv.DictReader(file) if r["capacity"]}
    taken: dict[str, list[tuple[datetime, int]]] = {place: [] for place in most}
    with (SHARED / "carparks" / "free_at_1030UTC.csv").open() as file:
        for row in csv.DictReader(file):
            day = datetime.fromisoformat(row["date"]).replace(tzinfo=UTC)
            if abs(day - EVENT) <= timedelta(days=60):
                for place, stalls in most.items():
                    if row[place] and int(row[place]) >= 0:
                        taken[place].append((day + timedelta(hours=10.5), max(0, stalls - int(row[place]))))
    return taken


@needs("carparks")
def test_the_lockdown_is_found_where_it_emptied_the_car_park() -> None:
    """Of a fixed dozen that changed by half or more, and a dozen that hardly did: a break within a week of the day."""
    rng = np.random.default_rng(5201)
    near = {"changed": 0, "hardly": 0}
    asked = {"changed": 0, "hardly": 0}
    parks = days_of()
    for place in rng.permutation(sorted(parks)):
        sides = [[n for day, n in parks[place] if 0 <= sign * (day - EVENT).days < 28] for sign in (-1, 1)]
        if min(map(len, sides)) < 21 or min(map(np.mean, sides)) < 1:
            continue
        truth = abs(math.log(np.mean(sides[1]) / np.mean(sides[0])))
        kind = "changed" if truth > math.log(1.5) else "hardly"
        if math.log(1.25) <= truth <= math.log(1.5) or asked[kind] == 12:
            continue
        series = Series(zone=place, cls="vehicle")
        looks = [Count(series=series, when=instant(day), count=n) for day, n in parks[place] if rng.random() < 1 / 3]
        told = breaks(series, looks, plan=Plan())
        week = timedelta(days=7)
        asked[kind] += 1
        near[kind] += any(b.between.start - week <= EVENT <= b.between.end + week for b in told.found)
    assert asked == {"changed": 12, "hardly": 12}
    # The benchmark, on other looks: .45 of the changed. Nominal .05 of the rest; each less what a dozen can tell.
    assert near["changed"] >= max(1, binom.ppf(0.01, 12, 0.45))
    assert near["hardly"] <= binom.ppf(0.99, 12, 0.05)
