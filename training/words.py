"""What the card says in words: where the images come from, and what each class rests on."""

from __future__ import annotations

ESTONIA = "Estonian Land Board, orthophotos (age not stated); labels (c) 2020 Majnun Abdurahman"
MATERIAL = [
    {
        "name": "High-resolution aerial imagery of Estonia, tiles at 0.20 m and 0.10 m",
        "licence": "labels MIT; imagery free for any use with attribution",
        "attribution": ESTONIA,
        "used_for": "vehicle, large_vehicle; ground for painted things",
    },
    {
        "name": "KIT AIS Data Set",
        "licence": "CC-BY 3.0",
        "attribution": "KIT AIS Data Set, Karlsruhe Institute of Technology",
        "used_for": "vehicle, large_vehicle: one of two scenes",
    },
    {
        "name": "Painted vehicles and containers",
        "licence": "Apache-2.0",
        "attribution": "the Overlook developers",
        "used_for": "container, large_vehicle, and the headings of all classes",
    },
]
RESTS_ON = {
    "vehicle": "about 1,300 real cars and vans on aerial photographs of Estonia, and 20 frames of a German crossing",
    "large_vehicle": "about 60 real ones, nearly all buses of one yard, and painted trucks: counts are a pointer",
    "container": "painted ones on real ground; no real container was learned from or measured",
}
MEASURED_ON = (
    "aerial photographs, Estonian tiles in four areas and one German scene, none trained on; "
    "the threshold was chosen on two of the areas (airfield, blocks-south)"
)
