"""Radar images through the whole line: added, measured, followed as an index beside what is counted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer

from overlook import run
from overlook.collect import Registering
from overlook.terms import Index, NotObserved

EAST, NORTH, GSD = 400_000.0, 4_300_000.0, 10.0
TO = Transformer.from_crs("EPSG:32652", "EPSG:4326", always_xy=True)


def case(folder: Path) -> Path:
    ring = [list(TO.transform(EAST + x, NORTH - y)) for x, y in ((100, 100), (400, 100), (400, 300), (100, 300))]
    run.init(folder)
    (folder / "case.yaml").write_text(
        f"""overlook: 1
id: radar
title: Radar
sites:
  - id: s
    name: S
    crs: EPSG:32652
    grid_gsd_m: 10
    margin_m: 100
    zones:
      - {{id: yard, name: Yard, kind: yard, geometry: {{type: Polygon, coordinates: [{[*ring, ring[0]]}]}}}}
plan: {{margin: 1.5}}
"""
    )
    return folder


def image(folder: Path, when: datetime, sigma: float, seed: int) -> Path:
    """A Sentinel-1 image of one sigma nought, by night, with its table in the SAFE it came in."""
    stamp = f"{when:%Y%m%dt%H%M%S}"
    name = f"s1a-iw-grd-vv-{stamp}-{stamp}-{39156 + 175 * seed:06d}-049f13-001"
    place = folder / f"{name}.SAFE"
    (place / "measurement").mkdir(parents=True)
    (place / "annotation" / "calibration").mkdir(parents=True)
    vector = "<line>0</line><pixel>0 99</pixel><sigmaNought>500 500</sigmaNought>"
    table = f"<calibration><calibrationVector>{vector}</calibrationVector></calibration>"
    (place / "annotation" / "calibration" / f"calibration-{name}.xml").write_text(table)
    power = sigma * np.random.default_rng(seed).gamma(4.4, 1 / 4.4, (80, 100)) * 500.0**2
    path = place / "measurement" / f"{name}.tiff"
    profile = {"height": 80, "width": 100, "count": 1, "dtype": "uint16", "crs": "EPSG:32652"}
    with rasterio.open(path, "w", driver="GTiff", transform=Affine(GSD, 0, EAST, 0, -GSD, NORTH), **profile) as file:
        file.write(np.rint(np.sqrt(power)).astype(np.uint16), 1)
    return path


def test_a_years_radar_is_one_series_in_decibels(tmp_path: Path) -> None:
    folder = case(tmp_path / "case")
    start = datetime(2021, 1, 5, 17, 40, tzinfo=UTC)
    sigmas = [0.05] * 6 + [0.1] * 6
    files = [image(tmp_path, start + timedelta(days=12 * i), s, i) for i, s in enumerate(sigmas)]
    for i, file in enumerate(files):
        when = start + timedelta(days=12 * i)
        from overlook.terms import instant

        (added,) = run.add(folder, [file], registering=Registering(when=instant(when)))
        assert added.error is None, added.error
    assessment = run.assess(folder).assessment
    values = [o for o in assessment.observations if o.series.cls == "backscatter_vv"]
    assert len(values) == 12
    for sigma, o in zip(sigmas, sorted(values, key=lambda o: o.when.start if o.when else start), strict=True):
        assert isinstance(o, Index)
        assert o.value_sd is not None
        assert abs(o.value - 10 * np.log10(sigma)) < 4 * o.value_sd
        assert (o.unit, o.sensor, o.shared_sd) == ("dB", "S1A 59", 0.39)
    counted = [o for o in assessment.observations if o.series.cls == "vehicle"]
    assert {o.reason for o in counted if isinstance(o, NotObserved)} == {"too coarse"}
    (pattern,) = [p for p in assessment.patterns if p.series.cls == "backscatter_vv"]
    assert pattern.n_images == 12
    # No picture taken by light is there to be laid on, and radar is none.
    assert {c.registration.method for c in assessment.chips} <= {"georeference", "reference"}
