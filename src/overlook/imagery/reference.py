"""Which image of a site the others are laid on: a rule that names one, and says why.

In order: seen from within so many degrees of straight down (what stands leans less), near the middle of the images'
time (ground changes least toward either end), then by time and name. The first in that order that shows enough of the
site clearly is it; where none does, the clearest that shows enough to be used at all. Which of them shows how much is
for who makes chips to find out: nothing here reads a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

from overlook.terms import Scene

#: Share of the site that can be seen in a reference, and under which an image cannot be one.
CLEAR, LEAST_CLEAR = 0.98, 0.90
_ANGLE_STEP_DEG = 10.0
#: Nobody said: as much as an agile satellite is commonly tasked to (between the second and the third step).
_UNSAID_OFF_NADIR_DEG = 20.0


def rank_references(scenes: Sequence[Scene]) -> tuple[Scene, ...]:
    """The scenes that others may be laid on, best first by what is said of them.

    Pictures of pictures (screenshots, figures), radar and undated images are none.
    """
    fit = [(s, s.when.middle) for s in scenes if s.kind == "image" and s.when is not None and not is_radar(s)]
    moments = sorted(when for _, when in fit)
    if not moments:
        return ()
    middle = moments[(len(moments) - 1) // 2]

    def key(of: tuple[Scene, object]) -> tuple[int, float, str]:
        scene = of[0]
        assert scene.when is not None
        angle = _UNSAID_OFF_NADIR_DEG if scene.off_nadir_deg is None else scene.off_nadir_deg
        away_s = abs((scene.when.middle - middle).total_seconds())
        return int(angle // _ANGLE_STEP_DEG), away_s, scene.id

    return tuple(scene for scene, _ in sorted(fit, key=key))


def why_reference(scene: Scene, clear: float, among: int) -> str:
    """In words for the record."""
    angle = "unknown" if scene.off_nadir_deg is None else f"{scene.off_nadir_deg:.0f}°"
    return f"{clear:.0%} of the site clear, off-nadir angle {angle}, nearest the middle in time of {among} such images"


def is_radar(scene: Scene) -> bool:
    """Whether it shows backscatter, and not light."""
    return scene.radar is not None
