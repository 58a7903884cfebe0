"""Which thing stands in which place: things keep their place while they stay, and never overlap.

Places are declared by the spec; numbers and stayers come from the process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from overlook.simulate.paint import MODELS, Thing, draw_thing
from overlook.simulate.process import History, Purpose, stream
from overlook.simulate.spec import Block, Flow, SiteSpec


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A thing, and the zone it stands in."""

    zone: str
    thing: Thing


def stand(spec: SiteSpec, history: History, seed: int, *, site: int = 0) -> tuple[tuple[Standing, ...], ...]:
    """For each image, everything that stands at the site, in a fixed order. Numbers are `history.counts`."""
    images = history.counts.shape[2]
    by_image: list[list[Standing]] = [[] for _ in range(images)]
    for f, flow in enumerate(spec.flows):
        rng = stream(seed, site, Purpose.PLACES, f)
        places = [_Place(x, y, block) for block in flow.blocks for x, y in _positions(block)]
        appeal = rng.gamma(0.7, 1.0, len(places)) + 0.05  # some places are taken more often than others
        taken: dict[int, Standing] = {}
        for i in range(images):
            total, stayers = int(history.counts[site, f, i]), int(history.stayed[site, f, i])
            stayers = min(stayers, total, len(taken))
            keys = sorted(taken)
            keep = rng.permutation(len(keys))[:stayers]
            taken = {keys[k]: taken[keys[k]] for k in np.sort(keep)}
            free = np.array([p for p in range(len(places)) if p not in taken], dtype=np.int64)
            weights = appeal[free] / appeal[free].sum() if free.size else appeal[free]
            for p in rng.choice(free, total - len(taken), replace=False, p=weights) if total > len(taken) else []:
                taken[int(p)] = Standing(zone=flow.zone, thing=_arrive(flow, places[int(p)], rng))
            by_image[i].extend(taken[p] for p in sorted(taken))
    return tuple(tuple(things) for things in by_image)


def _positions(block: Block) -> list[tuple[float, float]]:
    angle = np.radians(block.axis_deg)
    along, across = (np.sin(angle), np.cos(angle)), (np.cos(angle), -np.sin(angle))
    dx, dy = block.pitch_m
    return [
        (
            block.origin[0] + c * dx * across[0] + r * dy * along[0],
            block.origin[1] + c * dx * across[1] + r * dy * along[1],
        )
        for r in range(block.rows)
        for c in range(block.columns)
    ]


def _arrive(flow: Flow, place: _Place, rng: np.random.Generator) -> Thing:
    block = place.block
    names = [name for name, _ in flow.models if MODELS[name].length_m[0] <= block.longest_m] or [flow.models[0][0]]
    weights = np.array([weight for name, weight in flow.models if name in names])
    thing = draw_thing(str(rng.choice(names, p=weights / weights.sum())), flow.cls, rng)
    turned = 180.0 if rng.random() < 0.35 else 0.0
    dx, dy = rng.normal(0, block.spread_m, 2).clip(-2 * block.spread_m, 2 * block.spread_m)
    heading = (block.heading_deg + turned + float(rng.normal(0, block.spread_deg))) % 360
    return replace(thing, x=place.x + float(dx), y=place.y + float(dy), heading_deg=heading)
