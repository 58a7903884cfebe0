"""Fixes thresholds and calibration, measures the model, writes its card: `python -m training.measure --model FOLDER`.

Everything fixed is fixed on the areas kept for choosing (`places.CHOOSE`); what is printed is of areas that were
neither trained nor chosen on. Intervals are 90%, tiles drawn with replacement: with six tiles of two areas they are
wide, and too narrow for a new country.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from overlook.detect.conditions import Conditions
from overlook.detect.estimate import estimate
from overlook.detect.measured import Measured, parse_measured
from training.calibrate import applied
from training.choose import CHOSEN_ON, GSDS, calibration, found_on, length_m, painted, row, threshold
from training.export import NAME, bare_card, write_model
from training.finding import Finder, Found
from training.labels import CLASSES, Tile
from training.measures import (
    average_precision,
    bias,
    count_error,
    ece,
    f1,
    interval,
    match,
    precision,
    recall,
    tallies,
)
from training.places import CHOOSE, TEST, TEST_LARGE, of_areas, tiles
from training.words import MATERIAL, MEASURED_ON, RESTS_ON

#: Where the model lies that the package ships.
SHIPPED = Path(__file__).resolve().parents[1] / "src/overlook/detect/models"


def truth_of(part: Found, tile: Tile) -> Found:
    """The same boxes beside the truth of another version of the tile's labels."""
    boxes = replace(tile.boxes, centre=tile.boxes.centre * tile.gsd_m, size=tile.boxes.size * tile.gsd_m)
    inside = ((boxes.centre >= 0) & (boxes.centre < part.extent_m)).all(axis=1)
    return replace(part, truth=boxes.take(inside), truth_light=np.zeros(int(inside.sum())))


def by_tile(parts: Sequence[Found]) -> list[list[Found]]:
    """Parts of one tile together: the places that a bootstrap draws."""
    names = sorted({part.tile for part in parts})
    return [[part for part in parts if part.tile == name] for name in names]


def told(parts: Sequence[Found], value: Callable[[Sequence[Found]], float], *, is_percent: bool = False) -> str:
    """A value with its interval over tiles."""
    places = by_tile(parts)
    low, high = interval(len(places), lambda rows: value([p for i in rows for p in places[i]]), 100)
    if is_percent:
        return f"{100 * value(parts):.0f}% ({100 * low:.0f}–{100 * high:.0f})"
    return f"{value(parts):.3f} ({low:.3f}–{high:.3f})"


def fixed(finder: Finder, chosen: Sequence[Tile]) -> dict[str, Any]:
    """Thresholds, calibration and lengths for the card."""
    real = found_on(finder, chosen, CHOSEN_ON)
    mixed = real + found_on(finder, [painted(tile) for tile in chosen], CHOSEN_ON)
    least = [threshold(mixed if cls else real, cls) for cls in range(len(CLASSES))]
    points = calibration(real, 0)
    return {
        "overlook:threshold": dict(zip(CLASSES, least, strict=True)),
        "overlook:calibration": {CLASSES[0]: {"type": "isotonic", "points": points}},
        "overlook:lengths_m": {name: length_m(mixed, cls, least[cls]) for cls, name in enumerate(CLASSES)},
    }


def rows_of(parts: Sequence[Found], of: dict[str, Tile], least: Sequence[float]) -> list[dict[str, Any]]:
    """Rows for the card: vehicles and large vehicles. Containers were never seen for real, and have none."""
    found = [row(part, of[part.tile], cls, least[cls]) for cls in (0, 1) for part in parts]
    return [r for r in found if r is not None]


def covered(measured: Measured, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """How many of the rows' true numbers lie in the 90% interval that the other rows give, and of how many."""
    inside = total = 0
    for r in rows:
        at = Conditions(gsd_m=r["gsd_m"], brightness=r["brightness"], shadow_share=r["shadow_share"])
        rates = measured.rates(r["class"], at)
        if rates is None:
            continue
        said = estimate(r["found"] + r["false_alarms"], rates.found, rates.alarms, r["area_ha"])
        if said is not None:
            total += 1
            inside += said.low <= r["present"] <= said.high
    return inside, total


def table(test: Sequence[Found], given: Sequence[Found], kit: Sequence[Found], card: dict[str, Any]) -> list[str]:
    """Lines of the table of vehicles."""
    least = card["overlook:threshold"]["vehicle"]
    lines = ["| vehicles | value (90% over tiles) |", "|---|---|"]
    for name, parts in (("given", given), ("corrected", test)):
        for gsd in GSDS:
            of = [p for p in parts if abs(p.gsd_m - gsd) < 0.01]
            lines.append(f"| AP50 at {gsd:g} m, {name} labels | {told(of, lambda p: average_precision(p, [0]))} |")
        of = [p for p in parts if p.gsd_m < 0.55]
        lines.append(
            f"| F1 at the fixed threshold, 0.2–0.5 m, {name} | {told(of, lambda p: f1(tallies(p, [0], least)))} |"
        )
        lines.append(f"| recall, precision there | {_both(of, 0, least)} |")
        lines.append(f"| count error over tiles | {told(of, lambda p: count_error(tallies(p, [0], least)))} |")
        lines.append(f"| count bias | {told(of, lambda p: bias(tallies(p, [0], least)))} |")
    lines.append(f"| KIT, the scene left out: F1 at 0.13 m | {told(kit, lambda p: f1(tallies(p, [0], least)))} |")
    lines.append(f"| recall, precision there | {_both(kit, 0, least)} |")
    points = [tuple(p) for p in card["overlook:calibration"]["vehicle"]["points"]]
    near = [p for p in test if p.gsd_m < 0.55]
    lines.append(f"| calibration error (ECE) | {told(near, lambda p: _ece(p, points)):s} |")
    return lines


def _ece(parts: Sequence[Found], points: list[Any]) -> float:
    scores, is_true = [], []
    for part in parts:
        s, t, void, _ = match(part, [0], by="centre")
        kept = ~void & (s >= 0.1)
        scores.append(s[kept])
        is_true.append(t[kept])
    return ece(applied(points, np.concatenate(scores)), np.concatenate(is_true))


def _both(parts: Sequence[Found], cls: int, least: float) -> str:
    tally = tallies(parts, [cls], least)
    true, false, missed, present = tally.sum(axis=0)
    return f"{recall(tally):.3f}, {precision(tally):.3f} ({true} of {present}, {false} false, {missed} missed)"


def light(parts: Sequence[Found], least: float) -> list[str]:
    """Recall and precision of vehicles by the brightness (0 to 255) within 4 m of them."""
    lines = []
    for low, high in pairwise((0, 60, 85, 110, 256)):
        true, _, _, present = tallies([_lit(part, low, high) for part in parts], [0], least).sum(axis=0)
        false = sum(_false_in(part, least, low, high) for part in parts)
        if present:
            shares = f"{true / present:.3f} ({present}) | {true / max(1, true + false):.3f} ({true + false})"
            lines.append(f"| {low}–{min(high, 255)} | {shares} |")
    return lines


def _lit(part: Found, low: float, high: float) -> Found:
    """With the truth in other light no more than ignored."""
    inside = (part.truth_light >= low) & (part.truth_light < high)
    return replace(part, truth=replace(part.truth, ignore=part.truth.ignore | ~inside))


def _false_in(part: Found, least: float, low: float, high: float) -> int:
    scores, is_true, is_void, _ = match(part, [0], by="centre")
    there = part.found_light[part.cls == 0]
    return int((~is_true & ~is_void & (scores >= least) & (there >= low) & (there < high)).sum())


def others(finder: Finder, corrected: dict[str, Tile], test: Sequence[Found], least: Sequence[float]) -> list[str]:
    """Lines on large vehicles and containers: real ones where there are any, painted ones on the test tiles."""
    near = [part for part in test if part.gsd_m < 0.55]
    apron = found_on(finder, of_areas(corrected, TEST_LARGE), CHOSEN_ON)
    kit = kit_left_out(finder, corrected)
    paint = found_on(finder, [painted(tile) for tile in of_areas(corrected, TEST[:2])], CHOSEN_ON)
    false = int(tallies(near, [2], least[2])[:, 1].sum())
    return [
        "| others, 0.2–0.5 m | recall, precision |",
        "|---|---|",
        f"| large vehicles, real, test tiles | {_both(near, 1, least[1])} |",
        f"| large vehicles, real, apron | {_both(apron, 1, least[1])} |",
        f"| large vehicles, real, KIT at 0.13 m, the scene left out | {_both(kit, 1, least[1])} |",
        f"| large vehicles, painted | {_both(paint, 1, least[1])} |",
        f"| containers, painted | {_both(paint, 2, least[2])} |",
        f"| containers where there are none, {len(near)} images | {false} false |",
    ]


def kit_left_out(finder: Finder, corrected: dict[str, Tile]) -> list[Found]:
    """Every third frame of the scene that was not trained on: frames are seconds apart."""
    return [finder.find(tile) for tile in of_areas(corrected, TEST[2:])[::3]]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="mean.pt of training; without it nothing is written")
    parser.add_argument("--to", type=Path, default=SHIPPED, help="folder of the model and its card")
    asked = parser.parse_args()
    card_file = write_model(asked.weights, asked.to) if asked.weights else asked.to / f"{NAME}.json"
    finder = Finder(card_file)
    corrected, given = tiles(), tiles(is_corrected=False)
    chosen = of_areas(corrected, CHOOSE)
    card = bare_card(0.5) | fixed(finder, chosen)
    least = [card["overlook:threshold"][name] for name in CLASSES]
    print(json.dumps({k: card[k] for k in ("overlook:threshold", "overlook:lengths_m")}), "\n")

    test = found_on(finder, of_areas(corrected, TEST[:2]), GSDS)
    kit = kit_left_out(finder, corrected)
    print("\n".join(table(test, [truth_of(p, given[p.tile]) for p in test], kit, card)), "\n")
    print("| brightness around | recall (present) | precision (boxes) |\n|---|---|---|")
    print("\n".join(light([p for p in test if p.gsd_m < 0.55], least[0])), "\n")
    print("\n".join(others(finder, corrected, test, least)), "\n")

    rows, tested = (rows_of(of, corrected, least) for of in (found_on(finder, chosen, GSDS), test))
    print(told_coverage(rows, tested))
    if asked.weights:
        apron = found_on(finder, of_areas(corrected, TEST_LARGE), CHOSEN_ON)
        rows += tested + rows_of([*apron, *kit], corrected, least)
        card["overlook:measured"] = {"on": MEASURED_ON, "rows": rows}
        card |= {"overlook:rests_on": RESTS_ON, "overlook:training": MATERIAL}
        card["overlook:model_sha256"] = hashlib.sha256((asked.to / f"{NAME}.onnx").read_bytes()).hexdigest()
        card_file.write_text(json.dumps(card, indent=1) + "\n")


def told_coverage(rows: Sequence[dict[str, Any]], tested: Sequence[dict[str, Any]]) -> str:
    """In words: how often intervals that rest on the choosing tiles alone hold the true number on a test tile."""
    only_chosen = parse_measured({"on": "-", "rows": list(rows)}, CLASSES, NAME)
    assert only_chosen is not None
    vehicles = [r for r in tested if r["class"] == "vehicle" and r["gsd_m"] < 0.55]
    inside, total = covered(only_chosen, vehicles)
    unsaid = len(vehicles) - total
    return (
        f"90% intervals from the choosing tiles hold the true number of vehicles on {inside} of {total} test tiles and "
        f"scales; {unsaid} lay in a light that was not measured, and had none"
    )


if __name__ == "__main__":
    main()
