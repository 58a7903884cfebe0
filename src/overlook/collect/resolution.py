"""How coarse an image may be for a class to be counted in it: a declared table with its source.

Johnson (1958, "Analysis of image forming systems", Image Intensifier Symposium) found that observers need 1.0 line
pair across the smaller side of a target to detect it, 1.4 to tell its orientation, 4.0 to recognise and 6.4 to
identify it, at 50% success. Counting parked things side by side needs their outline, not their type: orientation,
1.4 line pairs, 2.8 pixels across the smaller side. So

    coarsest GSD = smaller side / 2.8

The Civil NIIRS (IRARS 1996) agree: level 5 (ground resolved distance 0.75 to 1.2 m) is where individual rail cars
are told by type, level 6 (0.40 to 0.75 m) where automobiles are told as sedans or station wagons, and level 4
(1.2 to 2.5 m) where the tracks of a rail yard are counted.

Telling that one large thing is there at all, and not how many, is detection: 1.0 line pair, 2 pixels across its
smaller side (`INDICATOR_SIDE_M`). The Civil NIIRS agree within a level: trains are detected at level 3 (2.5 to 4.5 m),
as strings of rolling stock and not as single cars, and so are single houses.

Assumed: good contrast, little haze, a sharp and undistorted image, a reader who knows the scene. 50% is not 100%:
what a reader really finds is her declared probability of detection. A case's `plan.max_gsd_m` overrides the table.
"""

from __future__ import annotations

from overlook.terms import Plan

_PIXELS_ACROSS = 2 * 1.4

#: Smaller side seen from above, in metres, of a small one of its kind.
SMALLER_SIDE_M: dict[str, float] = {
    "person": 0.5,
    "vehicle": 1.8,
    "car": 1.8,
    "van": 2.0,
    "truck": 2.4,
    "trailer": 2.4,
    "bus": 2.5,
    "container": 2.44,
    "shipping container": 2.44,
    "tank": 3.3,
    "railcar": 2.9,
    "rail car": 2.9,
    "locomotive": 2.9,
    "tent": 3.0,
    "helicopter": 2.5,
    "airplane": 3.5,
    "aircraft": 3.5,
    "boat": 2.5,
    "watercraft": 2.5,
    "ship": 8.0,
    "building": 6.0,
}


#: Smaller side of what is only said to be there or not: a crane's mast and jib with their shadow, an open excavation or
#: its spoil, a cleared strip, a plume of steam, a train as a line of cars.
INDICATOR_SIDE_M: dict[str, float] = {
    "crane": 2.0,
    "train": 2.9,
    "plume": 6.0,
    "excavation": 6.0,
    "earthwork": 6.0,
    "clearing": 10.0,
    "construction": 6.0,
    "canopy": 4.0,
    "fence": 0.6,
    "road": 4.0,
}
_PIXELS_TO_DETECT = 2 * 1.0


def coarsest_gsd_m(cls: str, plan: Plan) -> float | None:
    """The coarsest GSD at which `cls` may be counted: the plan's, else the table's; None for a class in neither."""
    for name, limit_m in plan.max_gsd_m:
        if name == cls:
            return limit_m
    key = cls.casefold().replace("_", " ").replace("-", " ").strip()
    for table, pixels in ((SMALLER_SIDE_M, _PIXELS_ACROSS), (INDICATOR_SIDE_M, _PIXELS_TO_DETECT)):
        side = table.get(key) or table.get(key.removesuffix("s"))
        if side is not None:
            return side / pixels
    return None
