"""The first gate: what a scene cannot answer, from its metadata alone. Clouds and the like are seen only in pixels."""

from __future__ import annotations

from datetime import timedelta

from shapely.geometry.base import BaseGeometry

from overlook.collect.resolution import coarsest_gsd_m
from overlook.terms import LOCAL, NotObserved, Plan, Reason, Scene, Series, Site, Zone

#: A count whose day is not known to better than this cannot be put before or after anything.
LONGEST_WHEN = timedelta(days=3)
#: From here on a thing hides the ground behind it for twice its own height, and is seen from the side: tan 63.4° is 2.
#: Satellites that are tasked stay under 45°; what lies beyond is a view of the horizon.
MOST_OFF_NADIR_DEG = 63.0


def gate(scene: Scene, site: Site, zone: Zone, cls: str, plan: Plan) -> NotObserved | None:
    """Why this scene cannot be counted for `cls` in `zone`; None when only its pixels can tell.

    The first of these that holds: roofed, undated, off the image, dark, covered, too oblique, too coarse.
    """
    found = (_roofed(zone) or _undated(scene) or _off(scene, site, zone) or _dark(scene) or _covered(scene, zone)) or (
        _too_oblique(scene) or _too_coarse(scene, cls, plan)
    )
    if found is None:
        return None
    reason, detail = found
    return NotObserved(
        series=Series(site=site.id, zone=zone.id, cls=cls),
        when=scene.when,
        scene=scene.id,
        reason=reason,
        detail=detail,
        evidence=(scene.digest,),
    )


def meets(scene: Scene, site: Site, geometry: BaseGeometry) -> bool:
    """Does the scene's footprint share an area with a geometry of the site? Its valid pixels may still not."""
    if (scene.crs == LOCAL) != (site.crs == LOCAL):
        return False
    return bool(scene.footprint.intersects(geometry) and not scene.footprint.touches(geometry))


def _roofed(zone: Zone) -> tuple[Reason, str] | None:
    return ("roofed", "what is inside cannot be seen from above") if zone.is_roofed else None


def _undated(scene: Scene) -> tuple[Reason, str] | None:
    if scene.when is None:
        return "undated", "nobody says when it was taken; for looking, not for counting"
    if scene.when.length > LONGEST_WHEN:
        return "undated", f"its time is known only to {scene.when.length.total_seconds() / 86400:.0f} days"
    return None


def _off(scene: Scene, site: Site, zone: Zone) -> tuple[Reason, str] | None:
    if (scene.crs == LOCAL) != (site.crs == LOCAL):
        which = "the scene" if scene.crs == LOCAL else "the site"
        return "off the image", f"{which} lies in a local plane, the other on the Earth"
    return None if meets(scene, site, zone.geometry) else ("off the image", "")


def _dark(scene: Scene) -> tuple[Reason, str] | None:
    elevation = scene.sun_elevation_deg
    # Radar brings its own light.
    if scene.radar is not None or elevation is None or elevation > 0:
        return None
    return "dark", f"the sun stood {-elevation:.0f}° below the horizon"


def _covered(scene: Scene, zone: Zone) -> tuple[Reason, str] | None:
    for cover in zone.covers:
        if scene.when is not None and cover.during.overlaps(scene.when):
            return "covered", cover.kind + (f": {cover.note}" if cover.note else "")
    return None


def _too_oblique(scene: Scene) -> tuple[Reason, str] | None:
    if scene.off_nadir_deg is None or scene.off_nadir_deg <= MOST_OFF_NADIR_DEG:
        return None
    return "too oblique", f"taken {scene.off_nadir_deg:.0f}° off nadir, more than {MOST_OFF_NADIR_DEG:.0f}°"


def _too_coarse(scene: Scene, cls: str, plan: Plan) -> tuple[Reason, str] | None:
    limit_m = coarsest_gsd_m(cls, plan)
    if limit_m is None or scene.gsd_m <= limit_m * (1 + 1e-9):
        return None
    return "too coarse", f"{scene.gsd_m:.2f} m a pixel; {cls} needs {limit_m:.2f} m or finer"
