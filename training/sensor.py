"""What a sensor of a given GSD would have recorded of a place, and how the engine would show it to the network.

Blur by the sensor's transfer function, sampling at its GSD, noise, 8 bits, JPEG at times; then the engine's own
linear resampling to the network's scale. The blur is Gaussian: a transfer at the Nyquist frequency of 0.1 to 0.35 is
a standard deviation of 0.46 to 0.68 pixels (MTF = exp(-2 pi^2 s^2 f^2), f = 0.5). Atmosphere and light are changed by
random amounts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
#: The network's pixel.
GSD_M = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """GSD (metres), transfer at Nyquist, noise (counts of 255), JPEG quality (None: not compressed)."""

    gsd_m: float
    mtf: float = 0.2
    noise: float = 1.5
    quality: int | None = None

    @property
    def blur_m(self) -> float:
        """Standard deviation of the point spread."""
        return math.sqrt(-math.log(self.mtf) / (2 * math.pi**2 * 0.25)) * self.gsd_m


def draw_sensor(rng: np.random.Generator, native_m: float, coarsest_m: float = 0.62) -> Sensor:
    """A sensor no finer than the image, GSDs spread evenly in their logarithm; a fifth as fine as the image."""
    gsd = native_m if rng.random() < 0.2 else math.exp(rng.uniform(math.log(native_m), math.log(coarsest_m)))
    return Sensor(
        gsd_m=gsd,
        mtf=float(rng.uniform(0.1, 0.35)),
        noise=float(rng.uniform(0.3, 4.0)),
        quality=int(rng.integers(60, 96)) if rng.random() < 0.4 else None,
    )


def record(fine: Image, fine_m: float, native_m: float, sensor: Sensor, rng: np.random.Generator) -> Image:
    """`fine` (pixels of `fine_m`, already as sharp as `native_m`) as the sensor records it: pixels of its GSD, 0 to
    255.

    The image's own blur is taken to be that of a sensor of its GSD with a transfer of 0.2.
    """
    own = Sensor(gsd_m=native_m).blur_m
    extra = math.sqrt(max(0.0, sensor.blur_m**2 - own**2)) / fine_m
    if extra > 0.15:
        fine = cv2.GaussianBlur(fine, (0, 0), extra)
    image = fine if abs(sensor.gsd_m / fine_m - 1) < 1e-6 else sampled(fine, fine_m, sensor.gsd_m)
    image = image + sensor.noise * rng.standard_normal(image.shape, dtype=np.float32)
    eight = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    if sensor.quality is not None:
        _, code = cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, sensor.quality])
        eight = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return np.asarray(eight, dtype=np.float32)


def sampled(image: Image, from_m: float, to_m: float, size: tuple[int, int] | None = None) -> Image:
    """Point samples at `to_m` by linear interpolation, (rows, columns) of them; whoever calls has blurred."""
    rows, columns = size or tuple(max(1, math.ceil(n * from_m / to_m - 1e-6)) for n in image.shape[:2])
    if (rows, columns) == image.shape[:2] and abs(from_m / to_m - 1) < 1e-6:
        return image
    step = to_m / from_m
    matrix = np.array([[step, 0, step / 2 - 0.5], [0, step, step / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def shown(image: Image, gsd_m: float, size: tuple[int, int] | None = None) -> Image:
    """The image on the network's grid: linear, widened where the grid is the coarser one, as `detect.tiles` does.

    The widening is a triangle filter on the image's own grid, which blurs a little more than the engine's.
    """
    reach = GSD_M / gsd_m
    if reach > 1 + 1e-6:
        at = np.arange(-math.ceil(reach) + 1, math.ceil(reach), dtype=np.float32)
        kernel = np.maximum(0, 1 - np.abs(at) / reach)
        image = cv2.sepFilter2D(
            image, -1, kernel / kernel.sum(), kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE
        )
    return sampled(image, gsd_m, GSD_M, size)


def lit(image: Image, rng: np.random.Generator) -> Image:
    """The same place in another light: shadows cast from outside, haze, gain, gamma, tint, grey; 0 to 255."""
    x = image / 255
    if rng.random() < 0.4:
        x = _shaded(x, rng)
    x = cv2.pow(np.clip(x, 0, 1), float(math.exp(rng.uniform(-0.35, 0.35))))
    if rng.random() < 0.35:
        haze, air = float(rng.uniform(0, 0.4)), float(rng.uniform(0.45, 0.8)) * np.array([0.96, 1.0, 1.05], np.float32)
        x = x * (1 - haze) + haze * air
    tint = (1 + rng.normal(0, 0.04, 3)).astype(np.float32)
    x = (x - 0.4) * float(math.exp(rng.uniform(-0.3, 0.3))) * tint + 0.4 + float(rng.uniform(-0.12, 0.12))
    grey = x @ np.array([0.299, 0.587, 0.114], np.float32)
    share = 1.0 if rng.random() < 0.12 else float(rng.uniform(-0.3, 0.5))
    x = x * (1 - share) + grey[:, :, None] * share
    return np.asarray(np.clip(x * 255, 0, 255), dtype=np.float32)


def _shaded(x: Image, rng: np.random.Generator) -> Image:
    """One to three straight-edged shadows, as of buildings beyond: light falls to skylight, bluish."""
    h, w = x.shape[:2]
    light = np.ones((h, w), dtype=np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre, angle = rng.uniform(0, 1, 2) * (w, h), float(rng.uniform(0, math.pi))
        u, v = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
        a, b = rng.uniform(0.05, 0.6) * w, rng.uniform(0.03, 0.25) * h
        corners = np.array(
            [centre + a * u + b * v, centre + a * u - b * v, centre - a * u - b * v, centre - a * u + b * v]
        )
        cv2.fillConvexPoly(light, np.rint(corners * 16).astype(np.int32), 0.0, lineType=cv2.LINE_AA, shift=4)
    light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.5, 1.5)))[:, :, None]
    dark = np.array([0.34, 0.38, 0.45], np.float32) * float(rng.uniform(0.8, 1.5))
    return np.asarray(x * (light + (1 - light) * dark), dtype=np.float32)
