"""A whole case's material from a spec and a seed: images, cloud masks, the reader's boxes, the case file, the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from overlook.simulate import outside
from overlook.simulate.camera import expose
from overlook.simulate.declare import case_yaml
from overlook.simulate.layout import stand
from overlook.simulate.process import Purpose, image_times, simulate_history, stream
from overlook.simulate.reader import read_image
from overlook.simulate.sky import draw_skies
from overlook.simulate.spec import SiteSpec
from overlook.simulate.terrain import build_terrain
from overlook.simulate.truth import image_truth, truth_document
from overlook.simulate.views import draw_views


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What `make_material` wrote. `boxes` and `cloud_masks` go with `images` one by one; a clear image has no mask.

    `truth` lies outside the folder of images: no step of the line ever reads it.
    """

    case_yaml: str
    images: tuple[Path, ...]
    boxes: tuple[Path, ...]
    cloud_masks: tuple[Path | None, ...]
    truth: Path


def make_material(
    folder: Path, spec: SiteSpec, seed: int, *, progress: Callable[[int, int], None] | None = None
) -> Material:
    """Write FOLDER/images/ (GeoTIFFs, boxes, cloud masks) and FOLDER/truth.json; the same seed gives the same bytes.

    `progress` is called with (images done, images in all). Raises InputError (E-INPUT-FOLDER) when the folder cannot be
    written, ValueError for a negative seed.
    """
    history = simulate_history(spec, seed)
    times = image_times(spec, history)
    skies, views = draw_skies(spec, seed), draw_views(spec, times, seed)
    standing = stand(spec, history, seed)
    images_folder = folder / "images"
    outside.make_folder(images_folder)
    terrain = build_terrain(spec, seed)
    images, boxes, masks, truths = [], [], [], []
    for i, (view, sky, things) in enumerate(zip(views, skies, standing, strict=True)):
        name = f"sim_{view.when:%Y%m%dT%H%M%SZ}"
        exposure = expose(spec, terrain, view, sky, things, seed, i)
        drawn = read_image(spec, exposure.hidden, exposure.plane, things, stream(seed, 0, Purpose.READER, i))
        images.append(outside.write_image(images_folder / f"{name}.tif", spec, view, exposure))
        boxes_path = images_folder / f"{name}.{spec.reader.id}.boxes.geojson"
        boxes.append(outside.write_boxes(boxes_path, spec, name, drawn))
        masks.append(outside.write_clouds(images_folder / f"{name}.cloud.geojson", spec, view, exposure))
        truths.append(image_truth(spec, name, view, exposure, things, drawn))
        if progress is not None:
            progress(i + 1, len(views))
    truth = outside.write_json(folder / "truth.json", truth_document(spec, seed, history, tuple(truths)), indent=1)
    return Material(
        case_yaml=case_yaml(spec),
        images=tuple(images),
        boxes=tuple(boxes),
        cloud_masks=tuple(masks),
        truth=truth,
    )
