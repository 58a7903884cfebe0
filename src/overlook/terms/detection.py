"""Detections: an Arrow table, one oriented box a row, drawn by a person or found by a model."""

from __future__ import annotations

import pyarrow as pa

#: One row a box, on the chip's grid in pixels (x right, y down, (0, 0) the outer corner of the first pixel), after
#: registration: corners x0, y0 … x3, y3 go round the box. `score` is the model's, null for a person's box;
#: `probability` is null until calibrated: a score is not a probability. `edge`: cut by the image or a mask.
DETECTIONS = pa.schema(
    [
        pa.field("scene", pa.string(), nullable=False),
        pa.field("observer", pa.string(), nullable=False),
        pa.field("cls", pa.string(), nullable=False),
        *[pa.field(f"{axis}{i}", pa.float64(), nullable=False) for i in range(4) for axis in "xy"],
        pa.field("score", pa.float64()),
        pa.field("probability", pa.float64()),
        pa.field("edge", pa.bool_(), nullable=False),
    ]
)

#: Corner columns, in the order of a flattened (4, 2) array.
CORNERS = ("x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3")
