"""Chips to detections: boxes that a person drew, and boxes that a model found, as one table.

The `Detector` seam has two ends: `PersonBoxes` and `OnnxDetector`. Never turns a score into a probability without a
calibration, nor a class that nobody looked for into a zero; never corrects a count.
"""

from overlook.detect.boxes import corners_in, notes_of
from overlook.detect.card import Card, read_card
from overlook.detect.conditions import Conditions, conditions_of
from overlook.detect.detector import Detector
from overlook.detect.matching import Matches, match
from overlook.detect.model import OnnxDetector
from overlook.detect.person import BoxesRead, PersonBoxes, read_boxes
from overlook.detect.places import Look, Places, follow
from overlook.detect.rates import Rates, Reviewed
from overlook.detect.reviews import compare, review

__all__ = [
    "BoxesRead",
    "Card",
    "Conditions",
    "Detector",
    "Look",
    "Matches",
    "OnnxDetector",
    "PersonBoxes",
    "Places",
    "Rates",
    "Reviewed",
    "compare",
    "conditions_of",
    "corners_in",
    "follow",
    "match",
    "notes_of",
    "read_boxes",
    "read_card",
    "review",
]
