"""The image that a site's others are laid on: declared, or chosen once, ledgered, and kept while it will do.

A reference that changed with each new image would move every count that was made before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from overlook.errors import InputError
from overlook.run.folder import CaseFolder
from overlook.store import Ledger
from overlook.terms import Scene, Site

#: (scene) -> (digest of its chip, the share of the site that it shows); ("", 0) when it cannot be read.
Look = Callable[[Scene], tuple[str, float]]


def reference_of(
    folder: CaseFolder, ledger: Ledger, site: Site, scenes: Sequence[Scene], look: Look, *, now: datetime
) -> tuple[str, str]:
    """(scene id, chip digest) of what others are registered to; ("", "") when no scene will do.

    The declared one; else the one that the ledger names, as long as it is among `scenes` and shows enough of the site;
    else the one that `imagery.rank_references` names now, which is ledgered with its reason (and, of a change, with
    what was before). Raises InputError when the declared one is not there.
    """
    from overlook.imagery.reference import CLEAR, LEAST_CLEAR, rank_references, why_reference

    if site.reference_scene:
        return _declared(folder, site, scenes, look)
    by_id = {scene.id: scene for scene in scenes}
    before = _ledgered(ledger, site)
    if before in by_id:
        chip, clear = look(by_id[before])
        if chip and clear >= LEAST_CLEAR:
            return before, chip
    ranked = rank_references(scenes)
    best, best_clear, best_chip = None, 0.0, ""
    for scene in ranked:
        chip, clear = look(scene)
        if chip and clear >= LEAST_CLEAR and clear > best_clear:
            best, best_clear, best_chip = scene, clear, chip
        if best_clear >= CLEAR:
            break
    if best is None:
        return "", ""
    body = {"site": site.id, "scene": best.id, "why": why_reference(best, best_clear, len(ranked)), "before": before}
    ledger.append("reference", body, now=now)
    return best.id, best_chip


def _ledgered(ledger: Ledger, site: Site) -> str:
    return next((str(e.body["scene"]) for e in reversed(ledger.entries("reference")) if e.body["site"] == site.id), "")


def _declared(folder: CaseFolder, site: Site, scenes: Sequence[Scene], look: Look) -> tuple[str, str]:
    for scene in scenes:
        if scene.id == site.reference_scene:
            chip, _ = look(scene)
            return (scene.id, chip) if chip else ("", "")
    raise InputError(
        "E-INPUT-REFERENCE",
        f"the reference scene '{site.reference_scene}' of site '{site.id}' is not among the images",
        where=str(folder.case_yaml),
        remedy="name a scene that was added, or leave reference_scene out",
    )
