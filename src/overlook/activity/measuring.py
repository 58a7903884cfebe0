"""A radar scene becomes one index of backscatter for each zone and polarization, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from overlook.terms import DECIBEL, Index, NotObserved, Observation, Plan, Reason, Scene, Series, Site, Zone

if TYPE_CHECKING:
    from overlook.imagery import Backscatter

_OBSERVER = "radar"


def measured(
    scene: Scene,
    site: Site,
    plan: Plan,
    found: Iterable[Backscatter],
    *,
    gate: Callable[[Zone, str], NotObserved | None],
) -> Iterator[Observation]:
    """One observation a zone and polarization, class `backscatter_vv` and so on, unit dB.

    Its error is that of its own speckle; what all images of its sensor share is the provider's radiometric accuracy. A
    sensor is one platform, direction and relative orbit: images of two orbits are never one level.
    """
    zones = {zone.id: zone for zone in site.zones}
    for one in found:
        series = Series(site=site.id, zone=one.zone, cls=f"backscatter_{one.band}")
        gated = gate(zones[one.zone], series.cls)
        if gated is not None:
            yield gated
        elif one.value_db is None or scene.when is None:
            yield _unseen(scene, series, one.reason or "no data", one.detail)
        elif one.share < plan.min_visible_fraction:
            yield _unseen(scene, series, "off the image", f"{one.share:.0%} of the zone is on the image", one.share)
        else:
            yield Index(
                series=series,
                when=scene.when,
                scene=scene.id,
                value=one.value_db,
                value_sd=one.sd_db,
                shared_sd=scene.radar.accuracy_db if scene.radar else None,
                unit=DECIBEL,
                visible_fraction=min(one.share, 1.0),
                sensor=scene.sensor,
                observer=_OBSERVER,
                why_acquired=scene.why_acquired,
                evidence=_evidence(scene),
            )


def unmeasured(scene: Scene, site: Site, why: str) -> Iterator[Observation]:
    """Every zone and polarization of a radar scene that could not be read."""
    for zone in site.zones:
        for band in scene.bands:
            yield _unseen(scene, Series(site=site.id, zone=zone.id, cls=f"backscatter_{band}"), "unreadable", why)


def _unseen(scene: Scene, series: Series, reason: Reason, detail: str, share: float = 0.0) -> NotObserved:
    return NotObserved(
        series=series,
        when=scene.when,
        scene=scene.id,
        reason=reason,
        detail=detail,
        visible_fraction=min(share, 1.0),
        evidence=(scene.digest,),
    )


def _evidence(scene: Scene) -> tuple[str, ...]:
    radar = scene.radar
    return (scene.digest, *(d for d in (radar.calibration_digest, radar.noise_digest) if d)) if radar else ()
