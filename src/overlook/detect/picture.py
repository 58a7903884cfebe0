"""A small picture of a whole image, for a quick look at what was found on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overlook.detect.model import OnnxDetector, band_columns
from overlook.detect.outside.rasters import SceneFile
from overlook.terms import Scene

#: Longest side of the picture.
_MOST_PX = 2_400


def picture(image: Path, scene: Scene, detector: OnnxDetector) -> tuple[NDArray[np.uint8], float]:
    """uint8 (rows, columns, 1 or 3) in the bands the model saw, and its pixels for each of the image's."""
    columns = tuple(i + 1 for i in band_columns(scene.bands, detector.card))[:3]
    file = SceneFile(image, scene, columns)
    scale = min(1.0, _MOST_PX / max(scene.shape))
    with file.reader() as reader:
        return reader.decimated(scale), scale
