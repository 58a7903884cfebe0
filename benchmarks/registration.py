"""Registration against known truth: 500 pairs with shifts to 30 pixels, a fifth of the pixels changed, other seasons.

    python benchmarks/registration.py                 # the table of docs/explanation/registration.md
    python benchmarks/registration.py --pairs 100

Three kinds of pairs. *Simulated*: two images of one made-up site, months apart (sun, snow, leaves, vehicles, buildings
that lean), their true places known exactly. *NAIP*: two of six real images of one place, 2009 to 2020, at 5 m; their
true offsets are unknown, and taken from a least-squares adjustment of all pairs, whose closure is printed. *Inverted*:
a NAIP image against the negative of another: season at its worst. Each pair is moved by a further known shift, a fifth
of its pixels are replaced by other ground, and a quarter of the pairs are clouded.

A result is *wrong and unflagged* when it is given as registered and is more than a pixel off, or more than three of
its own residuals.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from overlook.imagery.registration import Shift, estimate_shift

ROOT = Path(__file__).resolve().parents[1]
NAIP = ROOT / ".." / "shared" / "data" / "naip-series"
LARGEST_PX, CHANGED, SIZE, NAIP_SIZE = 30.0, 0.20, 400, 320


@dataclass(frozen=True)
class Pair:
    """`offset`: how much (x, y) pixels `moving` moves to lie on `fixed` before anything is done to it."""

    kind: str
    moving: Any
    fixed: Any
    offset: tuple[float, float]


def naip() -> dict[str, Any]:
    import rasterio

    found = {}
    for path in sorted(NAIP.glob("*.tif")):
        with rasterio.open(path) as file:
            found[path.stem[-8:-4]] = (file.read([1, 2, 3]).mean(axis=0).astype(np.float32), file.transform)
    return found


def naip_pairs() -> Iterator[Pair]:
    """Crops of four places by each image's own grid, offsets by an adjustment of all pairs of years at each."""
    images = naip()
    years = sorted(images)
    left, top = max(t.c for _, t in images.values()), min(t.f for _, t in images.values())
    margin = int(LARGEST_PX) + 3
    side = NAIP_SIZE + 2 * margin
    closures, offsets, registered = [], [], 0
    for row, column in ((20, 20), (20, 480), (330, 40), (330, 470)):
        crops = {}
        for year, (image, t) in images.items():
            x, y = round((left - t.c) / t.a) + column, round((top - t.f) / t.e) + row
            crops[year] = image[y : y + side, x : x + side]
        equations, values = [], []
        for a, b in combinations(range(len(years)), 2):
            whole = np.ones((side, side), bool)
            found = estimate_shift(crops[years[a]], whole, crops[years[b]], whole, reach_px=12)
            if isinstance(found, Shift):
                equations.append(np.eye(len(years))[b] - np.eye(len(years))[a])
                values.append((found.x_px, found.y_px))
        registered += len(values)
        places, *_ = np.linalg.lstsq(np.array(equations), np.array(values), rcond=None)
        closures.append(np.array(values) - np.array(equations) @ places)
        offsets.append(np.array(values))
        for a, b in combinations(range(len(years)), 2):
            x, y = (places[b] - places[a]).tolist()
            yield Pair("NAIP", crops[years[a]], crops[years[b]], (x, y))
            yield Pair("NAIP, one inverted", 255 - crops[years[a]], crops[years[b]], (x, y))
    rest = np.hypot(*np.concatenate(closures).T)
    print(
        f"NAIP: {registered} of 60 pairs of years registered; closure rms {np.sqrt((rest**2).mean()):.3f} px, "
        f"{rest.max():.2f} at most; offsets to {np.hypot(*np.concatenate(offsets).T).max():.2f} px"
    )


def simulated_pairs(number: int) -> Iterator[Pair]:
    from overlook.simulate import demo_spec
    from overlook.simulate.camera import expose
    from overlook.simulate.layout import stand
    from overlook.simulate.process import image_times, simulate_history
    from overlook.simulate.sky import draw_skies
    from overlook.simulate.terrain import build_terrain
    from overlook.simulate.views import draw_views

    spec = demo_spec()
    history = simulate_history(spec, 11)
    times = image_times(spec, history)
    terrain = build_terrain(spec, 11)
    views, skies, standing = draw_views(spec, times, 11), draw_skies(spec, 11), stand(spec, history, 11)
    rng = np.random.default_rng(5)
    clear = [i for i, sky in enumerate(skies) if sky.opacity is None]
    images: dict[int, Any] = {}

    def image(i: int) -> Any:
        if i not in images:
            exposure = expose(spec, terrain, replace(views[i]), skies[i], standing[i], 11, i)
            images[i] = exposure.pixels[..., :3].astype(np.float32).mean(axis=2)
        return images[i]

    gsd = spec.sensor.gsd_m
    for _ in range(number):
        a, b = rng.choice(clear[:24], 2, replace=False)
        offset = [(views[a].phase_m[k] - views[b].phase_m[k]) / gsd for k in (0, 1)]
        snowy = max(views[a].snow, views[b].snow) > 0 and min(views[a].snow, views[b].snow) == 0
        apart = abs(views[a].winter - views[b].winter) > 0.3
        kind = "simulated, snow or not" if snowy else "simulated, other season" if apart else "simulated, same season"
        yield Pair(kind, image(int(a)), image(int(b)), (offset[0], offset[1]))


def trial(pair: Pair, rng: np.random.Generator) -> tuple[Any, Any, Any, Any, tuple[float, float]]:
    """(moving, its mask, fixed, its mask, truth): a crop, moved, changed, clouded."""
    margin = int(LARGEST_PX) + 3
    rows, columns = pair.fixed.shape
    size = min(SIZE, rows - 2 * margin, columns - 2 * margin)
    top, left = (int(rng.integers(margin, n - size - margin + 1)) for n in (rows, columns))
    radius, angle = LARGEST_PX * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    dx, dy = radius * np.cos(angle), radius * np.sin(angle)
    matrix = np.array([[1, 0, dx - left], [0, 1, dy - top]])
    moving = cv2.warpAffine(pair.moving, matrix, (size, size), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    fixed = pair.fixed[top : top + size, left : left + size].copy()
    changed = np.zeros((size, size), bool)
    while changed.mean() < CHANGED:
        h, w = rng.integers(8, 60, 2)
        y, x = rng.integers(0, size - h), rng.integers(0, size - w)
        v, u = rng.integers(0, rows - h), rng.integers(0, columns - w)
        moving[y : y + h, x : x + w] = pair.fixed[v : v + h, u : u + w]
        changed[y : y + h, x : x + w] = True
    ok = [np.ones((size, size), bool), np.ones((size, size), bool)]
    if rng.random() < 0.25:
        for mask, image in zip(ok, (moving, fixed), strict=True):
            for _ in range(3):
                y, x = rng.integers(0, size, 2)
                cloud = np.hypot(np.arange(size)[:, None] - y, np.arange(size) - x) < rng.uniform(20, 90)
                mask[cloud], image[cloud] = False, 250
    moving += rng.normal(0, 3, moving.shape).astype(np.float32)
    return moving, ok[0], fixed, ok[1], (pair.offset[0] - dx, pair.offset[1] - dy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    pool = [*naip_pairs(), *simulated_pairs(60)]
    by_kind: dict[str, list[Pair]] = {}
    for pair in pool:
        by_kind.setdefault(pair.kind, []).append(pair)
    kinds = sorted(by_kind)
    results: dict[str, list[tuple[float, float, str]]] = {kind: [] for kind in kinds}
    started = time.perf_counter()
    for n in range(options.pairs):
        kind = kinds[n % len(kinds)]
        pair = by_kind[kind][int(rng.integers(len(by_kind[kind])))]
        moving, moving_ok, fixed, fixed_ok, truth = trial(pair, rng)
        found = estimate_shift(moving, moving_ok, fixed, fixed_ok, reach_px=2 * LARGEST_PX)
        if isinstance(found, str):
            results[kind].append((np.nan, np.nan, found))
            if options.show:
                print(n, kind, found)
        else:
            error = float(np.hypot(found.x_px - truth[0], found.y_px - truth[1]))
            results[kind].append((error, error / found.residual_px, found.by))
            if options.show and (error > 1 or error > 3 * found.residual_px):
                print(n, kind, f"error {error:.2f} px, residual {found.residual_px:.2f}", found)
    elapsed = time.perf_counter() - started
    print("| pairs | n | registered | median error, px | 95% | largest | wrong and unflagged |")
    print("|---|---|---|---|---|---|---|")
    for kind in [*kinds, "all"]:
        rows = results[kind] if kind != "all" else [r for rs in results.values() for r in rs]
        table = np.array([r[:2] for r in rows])
        good = table[np.isfinite(table[:, 0])]
        wrong = int(((good[:, 0] > 1) | (good[:, 1] > 3)).sum())
        if not len(good):
            print(f"| {kind} | {len(rows)} | 0 | | | | 0 |")
            continue
        print(
            f"| {kind} | {len(rows)} | {len(good) / len(rows):.0%} | {np.median(good[:, 0]):.2f} | "
            f"{np.percentile(good[:, 0], 95):.2f} | {good[:, 0].max():.2f} | {wrong} |"
        )
    print(f"{1000 * elapsed / options.pairs:.0f} ms a pair of {SIZE} x {SIZE} pixels")


if __name__ == "__main__":
    main()
