"""Who relies on whom as a drawing: origins left, circles named, nothing lost in the tables, boxes apart."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlook.claims import source_graph
from overlook.report.said import claim_views
from overlook.report.sources import MOST_SOURCES, SourcesView, sources_view, wrapped
from overlook.report.sources_layout import BOX_HEIGHT, BOX_WIDTH, layout
from overlook.report.words import Names
from overlook.terms import Case, Claim, Source
from report import fixture

BASE = fixture.assessment()


def view(*sources: Source, claims: tuple[Claim, ...] = ()) -> SourcesView | None:
    case = Case(id="k", title="K", sources=sources, claims=claims)
    of = replace(BASE, case=case, judgements=(), source_graph=source_graph(case), comparisons=())
    return sources_view(of, claim_views(of, {}, Names.of(case), with_needs=False))


def source(ident: str, *relies_on: str, kind: str = "document", **more: str) -> Source:
    return Source(id=ident, name=ident.title(), kind=kind, relies_on=relies_on, **more)  # type: ignore[arg-type]


def claim(ident: str, *chain: str) -> Claim:
    return Claim(id=ident, quote=f"Quote {ident}.", chain=chain)


def drawn(of: SourcesView | None) -> SourcesView:
    assert of is not None
    return of


def test_two_papers_of_one_official_are_one_origin():
    officials = source("officials", kind="anonymous")
    papers = source("post", "officials", reliability="B"), source("times", "officials")
    told = drawn(view(officials, *papers, claims=(claim("a", "officials", "post"), claim("b", "officials", "times"))))
    assert "2 claims go back to 1 origin: Officials." in told.summary
    assert "With a single origin: 2 of 2. With nothing but anonymous origins: 2 of 2." in told.summary
    boxes = {box.name: box for box in told.boxes}
    assert boxes["Officials"].is_origin
    assert boxes["Officials"].is_anonymous
    assert boxes["Officials"].x < boxes["Post"].x == boxes["Times"].x
    assert (boxes["Post"].detail, boxes["Times"].detail) == ("document, B", "document, not graded")
    assert {(row.origins, row.independent) for row in told.statements} == {((("Officials", "not graded"),), 1)}
    assert [(d.name, d.n, d.anonymous, d.share) for d in told.documents] == [
        ("Post", 1, 1, "100%"),
        ("Times", 1, 1, "100%"),
    ]
    assert ("Post", "Officials", "declared of the source; for claim 1") in told.reliances


def test_a_circle_is_named_and_drawn_in_one_column():
    told = drawn(view(source("one", "two"), source("two", "one"), claims=(claim("a", "one"),)))
    (circle,) = told.circles
    assert circle == "Circular reporting: One and Two rely on one another. Together they are one origin."
    assert {box.in_circle for box in told.boxes} == {True}
    assert len({box.x for box in told.boxes}) == 1
    assert all(arrow.in_circle for arrow in told.arrows)


def test_a_case_in_which_nobody_said_anything_has_no_drawing():
    assert view(source("alone")) is None


def test_a_source_that_is_not_declared_is_drawn_as_such():
    told = drawn(view(source("paper"), claims=(claim("a", "ghost", "paper"),)))
    (ghost,) = [box for box in told.boxes if box.name == "ghost"]
    assert (ghost.detail, ghost.anchor, ghost.is_origin) == ("not declared, not graded", "", True)


def test_what_is_too_many_to_draw_is_said_and_stands_in_the_tables():
    n = MOST_SOURCES + 5
    many = [source(f"s{k}") for k in range(n)]
    told = drawn(view(*many, claims=tuple(claim(f"c{k}", f"s{k}") for k in range(n))))
    assert len(told.boxes) == MOST_SOURCES
    assert f"Drawn are {MOST_SOURCES} of {n} sources" in told.summary
    assert len(told.statements) == n


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Post", ("Post",)),
        ("The Washington Post Company", ("The Washington Post", "Company")),
        ("a b " * 30, None),
        ("x" * 60, ("x" * 21 + "…",)),
    ],
)
def test_names_are_wrapped_into_two_lines(name: str, lines: tuple[str, ...] | None):
    found = wrapped(name)
    assert len(found) <= 2
    assert all(len(line) <= 24 for line in found)
    assert lines is None or found == lines


EDGES = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16)


@settings(max_examples=60)
@given(st.integers(1, 8), EDGES)
def test_no_box_lies_on_another_and_every_arrow_starts_and_ends_at_one(n: int, edges: list[tuple[int, int]]):
    nodes = [f"n{k}" for k in range(n)]
    pairs = [(f"n{a}", f"n{b}") for a, b in edges if a < n and b < n]
    made = layout(nodes, pairs)
    assert [node.id for node in made.nodes] == nodes
    for a in made.nodes:
        assert 0 <= a.x <= made.width - BOX_WIDTH
        assert 0 <= a.y <= made.height - BOX_HEIGHT
        for b in made.nodes:
            assert a is b or abs(a.x - b.x) >= BOX_WIDTH or abs(a.y - b.y) >= BOX_HEIGHT
    at = {node.id: node for node in made.nodes}
    assert {(e.start, e.end) for e in made.edges} == {p for p in pairs if p[0] != p[1]}
    for edge in made.edges:
        numbers = [float(x) for x in re.findall(r"-?\d+\.\d", edge.path)]
        assert numbers[0] == at[edge.start].x + BOX_WIDTH
        end = at[edge.end]
        assert numbers[-2] in (end.x, end.x + BOX_WIDTH)
        assert end.y <= numbers[-1] <= end.y + BOX_HEIGHT
    assert made == layout(nodes, pairs)


@given(st.integers(2, 8), EDGES)
def test_whoever_is_relied_on_stands_left_of_whoever_relies_unless_they_are_in_a_circle(
    n: int, edges: list[tuple[int, int]]
):
    nodes = [f"n{k}" for k in range(n)]
    pairs = [(f"n{a}", f"n{b}") for a, b in edges if a < b < n]  # no circle can be drawn of these
    at = {node.id: node.x for node in layout(nodes, pairs).nodes}
    assert all(at[start] < at[end] for start, end in pairs)
