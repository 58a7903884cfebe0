"""One image: ground, light, shadows, things, buildings that lean, clouds, and the sensor that sees them.

Lambertian ground under direct sun and skylight, additive haze, a Gaussian PSF, Gaussian noise. No terrain relief, no
bidirectional effects, no stereo: what an analyst's training eye would miss in it, it does not have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from overlook.simulate.layout import Standing
from overlook.simulate.paint import SKYLIGHT, Grey, Sunlight, convex_hull, lay_body, lay_shadow, paint
from overlook.simulate.process import Purpose, stream
from overlook.simulate.sky import Clouds, Sky, outlines
from overlook.simulate.spec import Sensor, SiteSpec
from overlook.simulate.terrain import PAD_M, Plane, Roof, Terrain, rectangle

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
#: The 8-bit tone curve (1 + a) x / (x + a): shadows open, snow and cloud not burnt out.
_SHOULDER = 0.34
#: Codes of `Exposure.hidden`.
IN_VIEW, UNDER_CLOUD, UNDER_ROOF = 0, 1, 2
_BAND = {"red": 0, "green": 1, "blue": 2, "nir": 3}
#: Path radiance of the molecular and hazy air, as reflectance, by band.
_AIR = np.array([0.012, 0.019, 0.032, 0.006], dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a scene is taken. Angles in degrees; sun from true north, `light` from grid north.

    `phase_m`: where the first pixel's corner truly lies, east and south of the site's north-west corner;
    `error_m`: how far east and north the image's own georeference is wrong.
    """

    when: datetime
    sun_elevation_deg: float
    sun_azimuth_deg: float
    light: Sunlight
    off_nadir_deg: float
    view_azimuth_deg: float
    phase_m: tuple[float, float]
    error_m: tuple[float, float]
    winter: float
    snow: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`pixels` (rows, columns, bands), `hidden` (rows, columns) codes, and the plane the pixels truly lie on.

    `clouds`: outlines of what is `UNDER_CLOUD`, each an outer ring and its holes, in (column, row) of pixel centres.
    """

    pixels: Pixels
    hidden: NDArray[np.uint8]
    clouds: Clouds
    plane: Plane


def expose(
    spec: SiteSpec, terrain: Terrain, view: View, sky: Sky, things: tuple[Standing, ...], seed: int, image: int
) -> Exposure:
    """Take one image. Deterministic in its arguments."""
    sensor = spec.sensor
    plane = frame(spec, view)
    canvas = _ground(terrain, plane, view)
    light = np.ones(plane.shape, dtype=np.float32)
    _tree_shadows(light, terrain, plane, view.light)
    for roof in terrain.roofs:
        _building_shadow(light, roof, plane, view.light)
    stamps = [
        paint(s.thing, column=at[0], row=at[1], gsd_m=sensor.gsd_m, sun=view.light)
        for s, at in zip(things, centres(plane, things), strict=True)
    ]
    for stamp in stamps:
        lay_shadow(light, stamp)
    for stamp in stamps:
        lay_body(canvas, light, stamp)
    hidden = np.zeros(plane.shape, dtype=np.uint8)
    for roof in terrain.roofs:
        _lay_building(canvas, light, hidden, roof, plane, view)
    opacity = sky.over(plane.shape, sensor.gsd_m)
    clouds = outlines(opacity)
    cv2.fillPoly(hidden, [ring for rings in clouds for ring in rings], UNDER_CLOUD)
    rng = stream(seed, 0, Purpose.CAMERA, image)
    if sky.opacity is not None:
        opacity = _wisps(opacity, sensor.gsd_m, rng)
    radiance = _illuminate(canvas, light, view, sky, opacity, sensor)
    pixels = _detect(radiance, view, sensor, rng)
    return Exposure(pixels=pixels, hidden=hidden, clouds=clouds, plane=plane)


def frame(spec: SiteSpec, view: View) -> Plane:
    """The grid that the image's pixels truly lie on."""
    gsd = spec.sensor.gsd_m
    rows, columns = int(spec.size_m[1] / gsd), int(spec.size_m[0] / gsd)
    return Plane(view.phase_m[0], spec.size_m[1] - view.phase_m[1], gsd, (rows, columns))


def centres(plane: Plane, things: tuple[Standing, ...]) -> NDArray[np.float64]:
    """(n, 2) centres of things, (column, row)."""
    return plane.pixels(np.array([[s.thing.x, s.thing.y] for s in things], dtype=float).reshape(-1, 2))


def _ground(terrain: Terrain, plane: Plane, view: View) -> Grey:
    gsd = plane.gsd_m
    mixed = cv2.addWeighted(terrain.summer, 1 - view.winter, terrain.winter, view.winter, 0)
    if view.snow > 0:
        cover = np.clip(terrain.keeps_snow * view.snow, 0, 1)[:, :, None]
        mixed += cover * (np.array([0.60, 0.62, 0.65, 0.54], dtype=np.float32) - mixed)
    # The terrain's first corner lies PAD_M north-west of the site's.
    shift = ((PAD_M + plane.west_m) / gsd, (PAD_M + view.phase_m[1]) / gsd)
    warp = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    size = (plane.shape[1], plane.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mixed, warp, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def _tree_shadows(light: Grey, terrain: Terrain, plane: Plane, sun: Sunlight) -> None:
    shade = np.zeros(plane.shape, dtype=np.uint8)
    at = plane.pixels(np.array([[t.x, t.y] for t in terrain.trees], dtype=float).reshape(-1, 2))
    for tree, (column, row) in zip(terrain.trees, at, strict=True):
        dx, dy = sun.shadow_m(tree.height_m * 0.75)
        radius = tree.radius_m / plane.gsd_m
        for share in (0.45, 0.75, 1.0):
            centre = (round(column + share * dx / plane.gsd_m), round(row - share * dy / plane.gsd_m))
            cv2.circle(shade, centre, max(1, round(radius * (1.0 if share < 1 else 0.75))), 255, -1, cv2.LINE_AA)
    crowns = np.zeros(plane.shape, dtype=np.uint8)
    for tree, (column, row) in zip(terrain.trees, at, strict=True):
        cv2.circle(
            crowns, (round(column), round(row)), max(1, round(tree.radius_m * 0.9 / plane.gsd_m)), 255, -1, cv2.LINE_AA
        )
    covered = cv2.GaussianBlur(cv2.subtract(shade, crowns), (0, 0), 0.7)
    np.minimum(light, 1 - covered.astype(np.float32) * (0.92 / 255), out=light)


def _building_shadow(light: Grey, roof: Roof, plane: Plane, sun: Sunlight) -> None:
    base = rectangle(roof.building)
    tip = np.array(sun.shadow_m(roof.building.height_m))
    hull = convex_hull(np.concatenate([base, base + tip]))
    np.minimum(light, 1 - plane.area(hull), out=light)


def _lean(roof: Roof, view: View) -> NDArray[np.float64]:
    """How far the roof's picture lies from its footprint: away from the satellite; metres east and north."""
    reach = roof.building.height_m * math.tan(math.radians(view.off_nadir_deg))
    angle = math.radians(view.view_azimuth_deg)
    return np.array([-reach * math.sin(angle), -reach * math.cos(angle)])


def _lay_building(canvas: Grey, light: Grey, hidden: NDArray[np.uint8], roof: Roof, plane: Plane, view: View) -> None:
    base = rectangle(roof.building)
    lean = _lean(roof, view)
    hull = convex_hull(np.concatenate([base, base + lean]))
    outline = plane.pixels(hull)
    top, left = (max(0, int(v) - 2) for v in (outline[:, 1].min(), outline[:, 0].min()))
    bottom, right = (max(0, int(v) + 3) for v in (outline[:, 1].max(), outline[:, 0].max()))
    window = (slice(top, min(bottom, plane.shape[0])), slice(left, min(right, plane.shape[1])))
    if window[0].stop <= top or window[1].stop <= left:
        return
    local = Plane(
        plane.west_m + left * plane.gsd_m,
        plane.north_m - top * plane.gsd_m,
        plane.gsd_m,
        (window[0].stop - top, window[1].stop - left),
    )
    walls = local.area(hull)
    facing = math.cos(math.radians(view.view_azimuth_deg - view.light.azimuth_deg))
    wall = np.array([0.30, 0.29, 0.28, 0.31], dtype=np.float32) * (0.75 + 0.3 * facing)
    canvas[window] += walls[:, :, None] * (wall - canvas[window])
    light[window] += walls * ((0.85 if facing > 0 else 0.12) - light[window])
    picture, covered = _roof_picture(roof, local, lean, view)
    canvas[window] += covered[:, :, None] * (picture - canvas[window])
    light[window] += covered * (1 - light[window])
    hidden[window][(walls > 0.1) | (covered > 0.1)] = UNDER_ROOF
    hidden[window][local.area(base) > 0.1] = UNDER_ROOF


def _roof_picture(roof: Roof, local: Plane, lean: NDArray[np.float64], view: View) -> tuple[Grey, Grey]:
    """The roof warped to its place in the image, each slope lit by its own angle to the sun; and its opacity."""
    building, picture = roof.building, roof.picture.copy()
    if view.snow > 0:
        picture += 0.85 * view.snow * (np.array([0.60, 0.62, 0.65, 0.54], dtype=np.float32) - picture)
    h, w = picture.shape[:2]
    heading = math.radians(building.heading_deg)
    if building.roof == "gable":
        pitch, elevation = math.radians(12), math.radians(max(view.light.elevation_deg, 5))
        for half, side in ((slice(0, h // 2), -1), (slice(h // 2, h), 1)):
            outward = heading + side * math.pi / 2
            across = math.cos(outward - math.radians(view.light.azimuth_deg))
            lit = math.cos(pitch) + math.sin(pitch) * across / math.tan(elevation)
            picture[half] *= min(1.35, max(0.3, lit))
    # Columns run along the length, rows along v (to the right of the heading).
    corners = rectangle(building) + lean
    to = local.pixels(np.array([corners[3], corners[0], corners[2]])) - 0.5
    source = np.array([[-0.5, h - 0.5], [w - 0.5, h - 0.5], [-0.5, -0.5]], dtype=np.float32)
    warp = cv2.getAffineTransform(source, to.astype(np.float32))
    size = (local.shape[1], local.shape[0])
    placed = cv2.warpAffine(picture, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, dtype=np.float32), local.area(corners)


def _illuminate(canvas: Grey, light: Grey, view: View, sky: Sky, opacity: Grey, sensor: Sensor) -> Grey:
    """Reflectance seen from above in the sensor's bands: sun and skylight on the ground, under haze and clouds."""
    rows, columns = canvas.shape[:2]
    if sky.opacity is not None:
        tip = view.light.shadow_m(sky.height_m)
        # A pixel is shaded by the cloud that stands toward the sun from it.
        shade = sky.over((rows, columns), sensor.gsd_m, (-tip[0], tip[1]))
        light = light * (1 - 0.75 * shade)
    up = math.sin(math.radians(max(view.light.elevation_deg, 3)))
    bands = [_BAND[b] for b in sensor.bands]
    out = np.empty((rows, columns, len(bands)), dtype=np.float32)
    sun = 0.35 + 0.65 * up
    thin = 1 - opacity
    cloud = _cloud_tops(opacity, view.light, sky, sensor)
    for k, band in enumerate(bands):
        dim = SKYLIGHT[band]
        air = _AIR[band] * 1.2 + sky.haze
        seen = canvas[..., band] * ((sun * (1 - dim)) * light + sun * dim) * (1 - sky.haze) + air
        out[..., k] = seen * thin + opacity * cloud * sun
    return out


def _cloud_tops(opacity: Grey, sun: Sunlight, sky: Sky, sensor: Sensor) -> Grey:
    """Brightness of the clouds: lit where they thicken away from the sun, grey behind."""
    if sky.opacity is None:
        return opacity
    angle = math.radians(sun.azimuth_deg)
    toward = sky.over(opacity.shape, sensor.gsd_m, (45 * math.sin(angle), -45 * math.cos(angle)))
    return np.clip(0.62 + 0.30 * (opacity - toward) + 0.9 * (opacity - 0.93), 0.42, 0.85)


def _wisps(opacity: Grey, gsd_m: float, rng: np.random.Generator) -> Grey:
    """Frayed edges: opacity moves where it is neither full nor none."""
    rows, columns = opacity.shape
    frayed = np.zeros_like(opacity)
    for metres, share in ((4.0, 0.07), (11.0, 0.11)):
        cell = max(1.0, metres / gsd_m)
        coarse = rng.standard_normal((int(rows / cell) + 2, int(columns / cell) + 2), dtype=np.float32)
        frayed += share * cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(opacity + frayed * (4 * opacity * (1 - opacity)), 0, 1)


def _detect(radiance: Grey, view: View, sensor: Sensor, rng: np.random.Generator) -> Pixels:
    """Blur, noise, and numbers: 8 bit as a viewing product (a tone curve), 16 bit as 10,000 times reflectance."""
    if sensor.blur_px > 0:
        blurred = cv2.GaussianBlur(radiance, (0, 0), sensor.blur_px)
        radiance = np.asarray(blurred, dtype=np.float32).reshape(radiance.shape)
    noise = rng.standard_normal(radiance.shape, dtype=np.float32)
    radiance = radiance + sensor.noise * noise * np.sqrt(0.5 + 2.5 * np.clip(radiance, 0, 1))
    if sensor.depth == 16:
        return np.asarray(np.clip(np.round(radiance * 10_000), 1, 65_535), dtype=np.uint16)
    up = math.sin(math.radians(max(view.light.elevation_deg, 3)))
    x = np.clip(radiance / (0.95 * (0.35 + 0.65 * up)), 0, 1)
    return np.asarray(np.clip(np.round(255 * (1 + _SHOULDER) * x / (x + _SHOULDER)), 1, 255), dtype=np.uint8)
