"""How well clouds are told from ground: the tables of docs/explanation/masks.md, and the weights of the detector.

    python benchmarks/clouds.py fit                   # writes src/overlook/imagery/cloud_weights.py
    python benchmarks/clouds.py simulated             # simulated sites, five sensors, seeds that the fit never saw
    python benchmarks/clouds.py tiles                 # simulated clouds over orthophotos that the fit never saw
    python benchmarks/clouds.py clear                 # those orthophotos as they are: nothing is to be found
    python benchmarks/clouds.py sentinel2             # five dates against the series' own masks
    python benchmarks/clouds.py landsat               # nineteen dates against the provider's bits
    python benchmarks/clouds.py shadows               # cloud shadows of the simulated sites
    python benchmarks/clouds.py azimuth               # the sun's azimuth by the shadows of things, against the truth
    python benchmarks/clouds.py same                  # one picture spoiled, and other days of its place, told apart

IoU: cloud and perhaps cloud against the truth, all pixels of all scenes. Kept: share of the pixels left usable that lie
under cloud. Lost: share of the clear pixels that are not left usable. Intervals: 95%, scenes drawn anew 2,000 times.
Fitted on seeds 101 to 107 and two thirds of the tiles; the tables are of seeds from 301 and of the other third.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from cloud_material import RGB, SENSORS, Picture, clouded, landsat, sentinel2, simulated, tiles
from numpy.typing import NDArray
from scipy.optimize import minimize

from overlook.imagery.cloud_detector import expanded, find_clouds, tone
from overlook.imagery.cloud_features import CELL_M, block_means, features
from overlook.imagery.cloud_shadow import find_shadows
from overlook.imagery.reading import stretch
from overlook.imagery.sameness import LEAST_EQUAL, Print, equal_share, print_of, reduced, same_picture
from overlook.imagery.shadow_azimuth import apart_deg, sun_from_shadows
from overlook.terms import CLOUD, SHADOW, USABLE, Chip, ChipMeta, Registration, Scene

_WEIGHTS = Path(__file__).resolve().parents[1] / "src" / "overlook" / "imagery" / "cloud_weights.py"
_CELLS_A_PICTURE = 1200
_RIDGE = 1e-3


def scene_of(picture: Picture, sensor: str) -> Scene:
    from shapely import box

    return Scene(
        id=picture.name,
        path="",
        digest="",
        when=None,
        when_source="unknown",
        gsd_m=picture.gsd_m,
        crs="local",
        transform=(picture.gsd_m, 0, 0, 0, -picture.gsd_m, 0),
        shape=picture.pixels.shape[:2],
        bands=RGB,
        dtype=picture.pixels.dtype.name,
        footprint=box(0, 0, 1, 1),
        sensor=sensor,
        sun_azimuth_deg=picture.sun_azimuth_deg,
        sun_elevation_deg=picture.sun_elevation_deg,
    )


# ---- the tables --------------------------------------------------------------------------------------------------


def counted(pictures: Iterable[Picture], sensor: str) -> NDArray[np.float64]:
    """(scenes, 4): hits, false, missed, clear pixels that stay."""
    rows = []
    for picture in pictures:
        usable = np.ones(picture.cloud.shape, dtype=bool)
        found = find_clouds(picture.pixels, usable, RGB, picture.gsd_m, scene_of(picture, sensor))
        called = found.codes != USABLE if found else np.zeros(usable.shape, dtype=bool)
        rows.append(four(called, picture.cloud))
    return np.array(rows, dtype=float)


def four(called: NDArray[np.bool_], truth: NDArray[np.bool_]) -> list[int]:
    return [
        int((called & truth).sum()),
        int((called & ~truth).sum()),
        int((~called & truth).sum()),
        int((~called & ~truth).sum()),
    ]


def shown(name: str, rows: NDArray[np.float64]) -> None:
    def told(of: NDArray[np.float64]) -> tuple[float, float, float]:
        hit, false, missed, clear = of.sum(axis=0)
        return hit / max(1, hit + false + missed), missed / max(1, missed + clear), false / max(1, false + clear)

    rng = np.random.default_rng(0)
    drawn = np.array([told(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(2000)])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    cells = [f"{v:.3f} ({a:.3f} to {b:.3f})" for v, a, b in zip(told(rows), low, high, strict=True)]
    print(f"| {name} | {len(rows)} | {' | '.join(cells)} |", flush=True)


def header() -> None:
    print("| pictures | scenes | IoU | kept under cloud | clear pixels lost |\n|---|---|---|---|---|")


def table_simulated() -> None:
    header()
    total = []
    for k, (gsd_m, depth) in enumerate(SENSORS):
        rows = counted(simulated(301 + k, gsd_m, depth, 30), "simulated")
        shown(f"simulated, {gsd_m} m, {depth} bit", rows)
        total.append(rows)
    shown("simulated, all", np.vstack(total))


def table_tiles() -> None:
    header()
    shown("clouds over orthophotos", counted(clouded("test", 311), "simulated"))
    shown("the same, tone and ground changed", counted(clouded("test", 312, changed=True), "simulated"))


def table_clear() -> None:
    header()
    clear = (Picture(name=n, pixels=p, cloud=np.zeros(p.shape[:2], dtype=bool), gsd_m=g) for n, p, g in tiles("test"))
    shown("orthophotos as they are", counted(clear, "aerial"))


def table_sentinel2() -> None:
    header()
    shown("Sentinel-2, five dates", counted(sentinel2(), "sentinel-2"))


def table_landsat() -> None:
    """Pixels lie 3 km apart, so that the published test is made on each alone, without the mean over its neighbours."""
    header()
    with_snow, without = [], []
    for _, reflectance, cloud, snow in landsat():
        found, _ = features(reflectance[None], np.ones((1, len(cloud)), dtype=bool), RGB, 30.0)
        called = (found[0, :, 3] - 0.08 > -0.01) & (found[0, :, 2] < 0.7)
        with_snow.append(four(called, cloud))
        without.append(four(called[~snow], cloud[~snow]))
    shown("Landsat 8, nineteen dates", np.array(with_snow, dtype=float))
    shown("the same, without what it calls snow", np.array(without, dtype=float))


def table_shadows() -> None:
    """Shadow: where a cloud takes more than half of the direct sun; found among what is not cloud."""
    header()
    for k, (gsd_m, depth) in enumerate(SENSORS):
        rows = []
        for picture in simulated(321 + k, gsd_m, depth, 30):
            usable = np.ones(picture.cloud.shape, dtype=bool)
            scene = scene_of(picture, "simulated")
            found = find_clouds(picture.pixels, usable, RGB, picture.gsd_m, scene)
            assert found is not None
            assert picture.shade is not None
            codes = find_shadows(picture.pixels, found.codes, usable, RGB, gsd_m, scene)
            open_sky = ~picture.cloud & (found.codes == USABLE)
            rows.append(four((codes == SHADOW)[open_sky], (picture.shade > 0.5)[open_sky]))
        shown(f"shadows, {gsd_m} m, {depth} bit", np.array(rows, dtype=float))


def table_azimuth() -> None:
    print("| images | answered | median error | 95% within | largest |\n|---|---|---|---|---|")
    errors, images = [], 0
    for k, (gsd_m, depth) in enumerate(SENSORS[:4]):
        for picture in simulated(341 + k, gsd_m, depth, 40):
            images += 1
            found = sun_from_shadows(chip_of(picture))
            if found is not None:
                assert picture.sun_azimuth_deg is not None
                errors.append(apart_deg(found.sun_azimuth_deg, picture.sun_azimuth_deg))
    cells = (np.median(errors), np.percentile(errors, 95), max(errors))
    print(f"| {images} | {len(errors)} | {' | '.join(f'{v:.0f}°' for v in cells)} |", flush=True)


def table_same() -> None:
    """Spoiled: cropped to a third, made brighter, moved by part of a pixel, and compressed."""
    print("| pairs | of | found |\n|---|---|---|")
    clear = [p for p in simulated(351, 0.5, 8, 30) if p.cloud.mean() < 0.5]
    chips = [chip_of(p) for p in clear]
    prints = [print_of(c) for c in chips]
    pairs = list(combinations(range(len(chips)), 2))
    wrong = sum(is_one(chips[i], chips[j], prints[i], prints[j]) for i, j in pairs)
    print(f"| two days of one place | {len(pairs)} | {wrong} |", flush=True)
    for quality in (95, 75, 50, 30):
        hits = 0
        for picture, chip, own in zip(clear, chips, prints, strict=True):
            other = chip_of(spoiled(picture, quality))
            hits += is_one(chip, other, own, print_of(other))
        print(f"| one picture, spoiled, quality {quality} | {len(chips)} | {hits} |", flush=True)


def is_one(a: Chip, b: Chip, print_a: Print, print_b: Print) -> bool:
    equal = equal_share(print_a, print_b)
    return equal is not None and equal >= LEAST_EQUAL and same_picture(reduced(a), reduced(b), equal) is not None


def spoiled(picture: Picture, quality: int) -> Picture:
    rows, columns = picture.cloud.shape
    move = np.array([[1, 0, 0.37], [0, 1, -0.61]], dtype=np.float32)
    moved = cv2.warpAffine(picture.pixels, move, (columns, rows), borderMode=cv2.BORDER_REFLECT)
    bright = np.clip((moved / 255.0) ** 0.8 * 245, 0, 255).astype(np.uint8)
    pixels = cv2.imdecode(cv2.imencode(".jpg", bright, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    outside = np.ones((rows, columns), dtype=bool)
    outside[rows // 5 : 4 * rows // 5, columns // 4 : 4 * columns // 5] = False
    return replace(picture, pixels=pixels, cloud=picture.cloud | outside)


def chip_of(picture: Picture) -> Chip:
    """As the site's chip: stretched as deep images are, its clouds masked."""
    pixels, limits = stretch(picture.pixels, ~picture.cloud)
    g = picture.gsd_m
    meta = ChipMeta(
        scene=picture.name,
        site="",
        crs="local",
        transform=(g, 0, 0, 0, -g, 0),
        shape=picture.cloud.shape,
        bands=RGB,
        registration=Registration(method="reference"),
        usable_fraction=1.0,
        stretch=limits,
    )
    return Chip(meta=meta, pixels=pixels, unusable=np.where(picture.cloud, CLOUD, USABLE).astype(np.uint8))


# ---- the fit -----------------------------------------------------------------------------------------------------


def for_fitting() -> Iterator[Picture]:
    for k, (gsd_m, depth) in enumerate(SENSORS):
        yield from simulated(101 + k, gsd_m, depth, 40)
    yield from clouded("fit", 106, each=4)
    yield from clouded("fit", 107, each=6, changed=True)


def gathered(pictures: Iterable[Picture], bands: tuple[str, ...]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Features and truth of some cells of each picture."""
    rng = np.random.default_rng(1)
    values, truth = [], []
    for picture in pictures:
        pixels = (
            picture.pixels
            if len(bands) == 3
            else picture.pixels.mean(axis=2, keepdims=True).astype(picture.pixels.dtype)
        )
        usable = np.ones(picture.cloud.shape, dtype=bool)
        found, share = features(tone(pixels, usable), usable, bands, picture.gsd_m)
        cover = block_means(picture.cloud.astype(np.float32), max(1, round(CELL_M / picture.gsd_m)))
        # A cell that is half cloud is no example of either.
        known = np.flatnonzero((np.abs(cover - 0.5) > 0.4).ravel() & (share > 0.5).ravel())
        some = rng.choice(known, min(_CELLS_A_PICTURE, len(known)), replace=False)
        values.append(found.reshape(-1, found.shape[2])[some])
        truth.append(cover.ravel()[some] > 0.5)
    return np.vstack(values), np.concatenate(truth).astype(float)


def fitted(values: NDArray[np.float32], truth: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    mean, sd = values.mean(axis=0), values.std(axis=0) + 1e-6
    terms = expanded(np.clip((values - mean) / sd, -4, 4).astype(np.float32))

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = terms @ b
        chance = 1 / (1 + np.exp(-np.clip(score, -50, 50)))
        value = float(np.mean(np.logaddexp(0, score) - truth * score) + _RIDGE * np.sum(b[1:] ** 2))
        return value, terms.T @ ((chance - truth) / len(truth)) + 2 * _RIDGE * np.r_[0.0, b[1:]]

    start = np.zeros(terms.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return mean, sd, found.x


def fit() -> None:
    pictures = list(for_fitting())
    text = [_HEAD]
    for name, bands in (("RGB", RGB), ("GREY", ("grey",))):
        values, truth = gathered(pictures, bands)
        mean, sd, b = fitted(values, truth)
        print(f"{name}: {len(truth)} cells of {len(pictures)} pictures, {truth.mean():.0%} cloud")
        rows = [
            f"{name} = Weights(",
            *(_tuple(k, v) for k, v in (("mean", mean), ("sd", sd), ("coefficients", b))),
            ")",
        ]
        text.append("\n".join(rows))
    _WEIGHTS.write_text("\n".join(text) + "\n", encoding="utf-8")


def _tuple(name: str, values: NDArray[np.float64]) -> str:
    numbers = textwrap.fill(
        ", ".join(f"{v:.5g}" for v in values), 110, initial_indent=" " * 8, subsequent_indent=" " * 8
    )
    return f"    {name}=(\n{numbers},\n    ),"


_HEAD = '''"""Weights of the cloud detector, written by `python benchmarks/clouds.py fit`; not to be edited.

Fitted to simulated sites and to simulated clouds over orthophotos of the Estonian Land Board (Maa-amet; their age is
not stated) and of the KIT AIS data set (CC-BY 3.0).
"""

from __future__ import annotations

from overlook.imagery.cloud_features import Weights
'''

COMMANDS: dict[str, Callable[[], None]] = {
    "fit": fit,
    "simulated": table_simulated,
    "tiles": table_tiles,
    "clear": table_clear,
    "sentinel2": table_sentinel2,
    "landsat": table_landsat,
    "shadows": table_shadows,
    "azimuth": table_azimuth,
    "same": table_same,
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=COMMANDS)
    COMMANDS[parser.parse_args().table]()
