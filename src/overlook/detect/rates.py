"""How often a detector finds what is there, and how often it finds what is not: as distributions, for one place.

A share found is a beta distribution, false alarms per hectare a gamma distribution: conjugate to what a review counts,
so that a site's own reviews update them exactly. Never corrects a count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

#: What a card's measurement may weigh at most against a site's own reviews, in objects present and in hectares searched
#: (a power prior: Ibrahim and Chen, 2000, "Power prior distributions for regression models", Statistical Science 15).
#: It was made elsewhere, mostly with another sensor.
MOST_PRIOR_OBJECTS, MOST_PRIOR_ALARMS = 20.0, 4.0
#: From fewer things the share found bounds no number worth saying: the 90% interval of a beta on 11 things spans half
#: of 0 to 1, on 30 things under a third.
LEAST_THINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of things that are found: Beta(`alpha`, `beta`)."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)

    @property
    def sd(self) -> float:
        total = self.alpha + self.beta
        return math.sqrt(self.alpha * self.beta / (total + 1)) / total

    @classmethod
    def from_moments(cls, mean: float, sd: float) -> Share:
        """The beta distribution of this mean in (0, 1) and sd; a larger sd than a beta can have is cut to what it can.

        A mean of 1 has no spread, and is taken a thousandth below.
        """
        mean = min(max(mean, 1e-3), 1 - 1e-3)
        total = max(mean * (1 - mean) / max(sd, 1e-4) ** 2 - 1, 1e-2)
        return cls(alpha=mean * total, beta=(1 - mean) * total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """False alarms per hectare: Gamma(`shape`, rate `area_ha`), as if `shape` had been counted on `area_ha`."""

    shape: float
    area_ha: float

    @property
    def mean_per_ha(self) -> float:
        return self.shape / self.area_ha

    @property
    def sd_per_ha(self) -> float:
        return math.sqrt(self.shape) / self.area_ha

    @classmethod
    def from_moments(cls, mean: float, sd: float) -> Alarms:
        """The gamma distribution of this mean and sd, both above zero."""
        mean, sd = max(mean, 1e-9), max(sd, 1e-9)
        return cls(shape=(mean / sd) ** 2, area_ha=mean / sd**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What reviews of one class counted: `images` compared, things `present` by the person's boxes and `found` of them
    by the detector, `false_alarms` (the detector's boxes that match none of hers), on `area_ha` that both searched.
    """

    images: int
    present: int
    found: int
    false_alarms: int
    area_ha: float

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.present or self.false_alarms < 0 or self.images < 0:
            raise ValueError(f"{self.found} of {self.present} found with {self.false_alarms} false alarms cannot be")
        if not (math.isfinite(self.area_ha) and self.area_ha >= 0):
            raise ValueError(f"area_ha must be finite and not negative: {self.area_ha}")

    def __add__(self, other: Reviewed) -> Reviewed:
        return Reviewed(
            images=self.images + other.images,
            present=self.present + other.present,
            found=self.found + other.found,
            false_alarms=self.false_alarms + other.false_alarms,
            area_ha=self.area_ha + other.area_ha,
        )


NOTHING_REVIEWED = Reviewed(images=0, present=0, found=0, false_alarms=0, area_ha=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The errors of one detector for one class under some conditions. `basis` says in words what they rest on.

    `things`: how many the share found was measured on, at the card's places and in reviews; 0 where nobody says.
    """

    found: Share
    alarms: Alarms
    basis: str
    reviewed_images: int = 0
    things: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether enough things were measured to say how many there were."""
        return self.things >= LEAST_THINGS

    def updated(self, reviews: Reviewed) -> Rates:
        """With a site's own reviews: beta-binomial for the share found, gamma-Poisson for the false alarms.

        What was known before is cut to the weight of `MOST_PRIOR_OBJECTS` and `MOST_PRIOR_ALARMS`: its mean stays.
        """
        if not reviews.images:
            return self
        weight = min(1.0, MOST_PRIOR_OBJECTS / (self.found.alpha + self.found.beta))
        heavy = min(1.0, MOST_PRIOR_ALARMS / self.alarms.shape)
        return replace(
            self,
            found=Share(
                alpha=self.found.alpha * weight + reviews.found,
                beta=self.found.beta * weight + reviews.present - reviews.found,
            ),
            alarms=Alarms(
                shape=self.alarms.shape * heavy + reviews.false_alarms,
                area_ha=self.alarms.area_ha * heavy + reviews.area_ha,
            ),
            basis=f"{self.basis}; {_told(reviews)}",
            reviewed_images=self.reviewed_images + reviews.images,
            things=self.things + reviews.present,
        )


def rates_of_reviews(reviews: Reviewed) -> Rates | None:
    """Rates from reviews alone, for a detector whose card measured nothing: Jeffreys' priors Beta(1/2, 1/2) and
    Gamma(1/2, 0). None when nothing of the class was there or no area was searched: then neither is known.
    """
    if not reviews.present or not reviews.area_ha > 0:
        return None
    return Rates(
        found=Share(alpha=reviews.found + 0.5, beta=reviews.present - reviews.found + 0.5),
        alarms=Alarms(shape=reviews.false_alarms + 0.5, area_ha=reviews.area_ha),
        basis=_told(reviews),
        reviewed_images=reviews.images,
        things=reviews.present,
    )


def _told(reviews: Reviewed) -> str:
    images = f"{reviews.images} reviewed image{'s' * (reviews.images != 1)} of this site and sensor"
    return (
        f"{reviews.found} of {reviews.present} found and {reviews.false_alarms} false alarms on "
        f"{reviews.area_ha:.3g} ha in {images}"
    )
