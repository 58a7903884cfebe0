"""Chips to detections: boxes that a person drew, and boxes that a model found, as one table.

The `Detector` seam has two ends: `PersonBoxes` and `OnnxDetector`. Never turns a score into a probability without a
calibration, nor a class that nobody looked for into a zero; never corrects a count.
"""

from overlook.detect.boxes import corners_in, notes_of
from overlook.detect.card import Card, Runtime, read_card, shipped_card
from overlook.detect.conditions import Conditions, conditions_of
from overlook.detect.detector import Detector
from overlook.detect.estimate import Estimate, estimate_of
from overlook.detect.matching import Matches, match
from overlook.detect.model import OnnxDetector
from overlook.detect.outside.written import require_writable, write_boxes, write_preview
from overlook.detect.person import BoxesRead, PersonBoxes, read_boxes
from overlook.detect.picture import picture
from overlook.detect.places import Look, Places, follow
from overlook.detect.rates import Rates, Reviewed
from overlook.detect.reviews import compare, review
from overlook.detect.whole import Searched, search_image
from overlook.detect.zones_file import DrawnZones, read_zones

__all__ = [
    "BoxesRead",
    "Card",
    "Conditions",
    "Detector",
    "DrawnZones",
    "Estimate",
    "Look",
    "Matches",
    "OnnxDetector",
    "PersonBoxes",
    "Places",
    "Rates",
    "Reviewed",
    "Runtime",
    "Searched",
    "compare",
    "conditions_of",
    "corners_in",
    "estimate_of",
    "follow",
    "match",
    "notes_of",
    "picture",
    "read_boxes",
    "read_card",
    "read_zones",
    "require_writable",
    "review",
    "search_image",
    "shipped_card",
    "write_boxes",
    "write_preview",
]
