"""A directed graph laid out in layers from left to right, after Sugiyama et al. 1981 (IEEE Trans. SMC 11, 109).

Sources that rely on one another share a layer; an edge over several layers is led between the boxes of each. Nothing
here knows what the boxes mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from overlook.claims.chain import components

#: Sizes in units of the view box: a box, the room between layers, and between boxes.
BOX_WIDTH, BOX_HEIGHT = 168.0, 58.0
_BETWEEN, _GAP, _THIN, _EDGE = 74.0, 16.0, 16.0, 26.0
_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """From `start` to `end`, as the path of an SVG."""

    start: str
    end: str
    path: str


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


#: A box, or the place (start, end, layer) where an edge passes a layer.
_Slot = str | tuple[str, str, int]


def layout(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> Layout:
    """Boxes of `nodes` and the paths of `edges` (start, end), starts to the left. Upper left corners; the same each
    time."""
    pairs = [e for e in dict.fromkeys(edges) if e[0] != e[1]]
    layer = _layers(nodes, pairs)
    columns: list[list[_Slot]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for node in nodes:
        columns[layer[node]].append(node)
    steps: dict[tuple[str, str], list[_Slot]] = {}
    for start, end in pairs:
        between: list[_Slot] = [(start, end, k) for k in range(layer[start] + 1, layer[end])]
        for slot in between:
            columns[slot[2]].append(slot)  # type: ignore[index]
        steps[(start, end)] = [start, *between, end]
    _order(columns, steps.values())
    height = max(sum(_height(s) + _GAP for s in column) for column in columns) + _GAP
    middle = {slot: y for column in columns for slot, y in _stacked(column, height)}
    left = [_EDGE + k * (BOX_WIDTH + _BETWEEN) for k in range(len(columns))]
    return Layout(
        width=left[-1] + BOX_WIDTH + _EDGE,
        height=height,
        nodes=tuple(Node(n, left[layer[n]], round(middle[n] - BOX_HEIGHT / 2, 1)) for n in nodes),
        edges=tuple(Edge(s, e, _path(steps[(s, e)], layer, left, middle)) for s, e in pairs),
    )


def _layers(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a beginning; the members of a circle lie in one layer."""
    of = {n: n for n in nodes}
    along: dict[str, list[str]] = {n: [] for n in nodes}
    for start, end in edges:
        along[start].append(end)
    for members in components(along):
        of |= dict.fromkeys(members, min(members))
    links = {(of[s], of[e]) for s, e in edges if of[s] != of[e]}
    depth = dict.fromkeys(of.values(), 0)
    for _ in depth:
        changed = False
        for start, end in links:
            if depth[end] < depth[start] + 1:
                depth[end], changed = depth[start] + 1, True
        if not changed:
            break
    return {n: depth[of[n]] for n in nodes}


def _order(columns: list[list[_Slot]], ways: Iterable[Sequence[_Slot]]) -> None:
    """Each column by the mean place of its neighbours, in turn from left and from right."""
    before: dict[_Slot, list[_Slot]] = {}
    after: dict[_Slot, list[_Slot]] = {}
    for way in ways:
        for a, b in pairwise(way):
            after.setdefault(a, []).append(b)
            before.setdefault(b, []).append(a)
    for sweep in range(_SWEEPS):
        beside = before if sweep % 2 == 0 else after
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            share = {s: (i + 0.5) / len(c) for c in columns for i, s in enumerate(c)}
            key = {
                s: (sum(share[b] for b in beside[s]) / len(beside[s]) if beside.get(s) else share[s]) for s in column
            }
            column.sort(key=key.__getitem__)


def _stacked(column: Sequence[_Slot], height: float) -> list[tuple[_Slot, float]]:
    """The middle of each slot of a column that is centred in `height`."""
    total = sum(_height(s) + _GAP for s in column) - _GAP
    y, found = (height - total) / 2, []
    for slot in column:
        found.append((slot, round(y + _height(slot) / 2, 1)))
        y += _height(slot) + _GAP
    return found


def _height(slot: _Slot) -> float:
    return BOX_HEIGHT if isinstance(slot, str) else _THIN


def _path(way: Sequence[_Slot], layer: Mapping[str, int], left: Sequence[float], middle: Mapping[_Slot, float]) -> str:
    start, end = way[0], way[-1]
    assert isinstance(start, str)
    assert isinstance(end, str)
    if layer[start] == layer[end]:  # in one circle: round the right side, upwards further out than downwards
        x, out = left[layer[start]] + BOX_WIDTH, 24.0 if middle[end] < middle[start] else 14.0
        shift = 8.0 if middle[end] < middle[start] else -8.0
        a, b = middle[start] + shift, middle[end] + shift
        return f"M{x:.1f} {a:.1f}C{x + out:.1f} {a:.1f} {x + out:.1f} {b:.1f} {x:.1f} {b:.1f}"
    x = left[layer[start]] + BOX_WIDTH
    path = f"M{x:.1f} {middle[start]:.1f}"
    y = middle[start]
    for slot in way[1:]:
        column = layer[slot] if isinstance(slot, str) else slot[2]
        to_x, to_y = left[column], middle[slot]
        bend = (x + to_x) / 2
        path += f"C{bend:.1f} {y:.1f} {bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
        if not isinstance(slot, str):
            x = to_x + BOX_WIDTH
            path += f"H{x:.1f}"
    return path
