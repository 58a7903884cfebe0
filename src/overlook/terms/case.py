"""What the analyst declares, as one value."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from overlook.terms.commitment import Commitment
from overlook.terms.offer import CatalogueUse
from overlook.terms.place import Event, Site
from overlook.terms.planning import Collection
from overlook.terms.said import Claim, Correction, EventTable, Opinion, ReferenceFact, Retraction, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who draws boxes or counts, and how well, as declared with its basis. Undeclared is unknown, not perfect.

    `detection_probability` is the chance that a thing that is there and not hidden gets a box;
    `false_alarms_per_ha` the expected boxes on nothing, per hectare of visible zone and image.
    """

    id: str
    detection_probability: float | None = None
    detection_probability_sd: float = 0.0
    false_alarms_per_ha: float = 0.0
    false_alarms_per_ha_sd: float = 0.0
    basis: str = ""

    def __post_init__(self) -> None:
        p = self.detection_probability
        if p is not None and not 0 < p <= 1:
            raise ValueError(f"detection_probability must be in (0, 1], not {p}")
        if min(self.detection_probability_sd, self.false_alarms_per_ha, self.false_alarms_per_ha_sd) < 0:
            raise ValueError("standard deviations and false alarms must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of analysis, declared before the data are seen.

    `margin` M > 1: "about the same" means a ratio inside (1/M, M). None: no margin was declared, and then
    "same" is never said. Windows are days before and after an event. `level` is the central probability of
    every interval. `quiet_below` is the rate (vehicles per image, all visible and found) under which a site
    counts as quiet; None: "active / no activity observed" is not asked. `classes` are counted in every zone.
    """

    margin: float | None = None
    before_days: float = 120.0
    after_days: float = 45.0
    level: float = 0.90
    quiet_below: float | None = None
    #: (class, level) of indices: the level under which it counts as quiet, in the index's own unit.
    quiet_index: tuple[tuple[str, float], ...] = ()
    classes: tuple[str, ...] = ("vehicle",)
    #: Below this visible share of a zone an image counts as not observed there.
    min_visible_fraction: float = 0.3
    #: Coarsest GSD at which a class may be counted; classes not named use the built-in table.
    max_gsd_m: tuple[tuple[str, float], ...] = ()
    #: Under this number of usable images the few-image rules hold (activity.md).
    few_images: int = 10
    #: Whether each counted or measured series is scanned for steps that nobody declared.
    breaks: bool = False

    def __post_init__(self) -> None:
        if self.margin is not None and not 1 < self.margin <= 100:
            raise ValueError(f"margin must be above 1 (1.25 means within 25%), not {self.margin}")
        if not 0.5 <= self.level < 1:
            raise ValueError(f"level must be in [0.5, 1), not {self.level}")
        if self.before_days <= 0 or self.after_days <= 0:
            raise ValueError("windows must be longer than zero days")
        if self.quiet_below is not None and self.quiet_below <= 0:
            raise ValueError("quiet_below must be above zero")
        for cls, level in self.quiet_index:
            if not math.isfinite(level):
                raise ValueError(f"the quiet level of {cls} must be finite, not {level}")
        if not 0 < self.min_visible_fraction <= 1:
            raise ValueError("min_visible_fraction must be in (0, 1]")
        if self.few_images < 2:
            raise ValueError("few_images must be at least 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A detector the case asks for: its card, relative to the case folder, and whether its counts may judge.

    `reviewed_images` is how many images of this site and sensor a person reviewed; below `needed_reviews`
    its counts are provisional: shown, and carrying no judgement.
    """

    card: str
    reviewed_images: int = 0
    needed_reviews: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything in case.yaml."""

    id: str
    title: str
    question: str = ""
    sites: tuple[Site, ...] = ()
    events: tuple[Event, ...] = ()
    sources: tuple[Source, ...] = ()
    claims: tuple[Claim, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    facts: tuple[ReferenceFact, ...] = ()
    event_tables: tuple[EventTable, ...] = ()
    observers: tuple[Observer, ...] = ()
    models: tuple[ModelUse, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    corrections: tuple[Correction, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    plan: Plan = Plan()
    #: What images could be had, for planning alone: no answer depends on it.
    collection: Collection = field(default_factory=Collection)
    #: Where `overlook search` looks for images.
    catalogues: tuple[CatalogueUse, ...] = ()
    #: Hosts ("name" or "name:port") of a private network that searches and downloads may reach.
    allow_hosts: tuple[str, ...] = ()
    #: Printed on the report: "simulated", when nothing in the case is of the real world.
    notice: str = ""
