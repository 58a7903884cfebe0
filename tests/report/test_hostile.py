"""No name becomes markup: every text field of a whole assessment is made hostile, and the page keeps its shape."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from overlook.report import render
from overlook.terms import Assessment, Chip, TransitionFinding
from report import fixture

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'/><svg onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "</title></textarea></svg><iframe src=//example.org>",
    "{{ 7 * 7 }}{% raw %}",
    '=HYPERLINK("http://example.org","x")',
    "javascript:alert(1)",
    "\u202eevil\u2066",
    "שלום مرحبا",
    "a\x00b\x1bc\x85",
    "x" * 4000,
    "line\nbreak\r\n<!--",
    "]]><![CDATA[<b>",
    "&lt;script&gt;&#x3c;",
)


class Shape(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.links: set[str] = set()
        self.styles: set[str] = set()
        self.comments: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "xlink:href")}
        self.styles |= {value or "" for name, value in attrs if name in ("style", "class")}

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@cache
def plain_text_fields(kind: type) -> frozenset[str]:
    """Fields of any text (never of listed words), alone or in tuples."""
    hints = typing.get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if "str" in _names(hint))


def _names(hint: Any) -> set[str]:
    return (
        {"str"} if hint is str else {n for part in typing.get_args(hint) for n in _names(part) if part is not Ellipsis}
    )


def made_hostile(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, tuple):
        return tuple(made_hostile(v, change) for v in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    plain = plain_text_fields(type(value))
    changed = {}
    for field in fields(value):
        old = getattr(value, field.name)
        if isinstance(value, TransitionFinding) and field.name == "order":
            changed[field.name] = tuple((change(event), order) for event, order in old)
            continue
        changed[field.name] = _changed(old, change) if field.name in plain else made_hostile(old, change)
    return replace(value, **changed)


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(v, change) for v in value)
    return made_hostile(value, change)


@cache
def small() -> Assessment:
    """Every kind of thing once or twice, so that one page takes a moment only."""
    whole = fixture.assessment()
    taken = whole.scenes[18:26]
    ids = {s.id for s in taken}
    return replace(
        whole,
        scenes=taken,
        boxes=tuple(b for b in whole.boxes if b.scene in ids),
        observations=tuple(o for o in whole.observations if o.scene in ids),
        gaps=tuple(g for g in whole.gaps if g.scene in ids or not g.scene),
    )


def chip_of(scene: str, site: str) -> Chip | None:
    found = [s.id for s in small().scenes if s.id in scene]
    return fixture.chip(found[0], site) if found else None


@cache
def reference(publication: bool) -> Shape:
    return Shape(render(small(), chip_of, made=fixture.MADE, publication=publication).html)


TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60),
    st.lists(st.sampled_from("<>\"'&/= onerrsciptavgj:;{}%#`\\\n\u202e"), min_size=1, max_size=40).map("".join),
)


def check(text: str, *, publication: bool, after: bool) -> None:
    hostile = made_hostile(small(), lambda s: s + text if after else text + s)
    shape = Shape(render(hostile, chip_of, made=fixture.MADE, publication=publication).html)
    known = reference(publication)
    assert "script" not in shape.elements
    assert shape.comments == []
    assert set(shape.elements) <= set(known.elements)
    assert shape.attributes <= known.attributes
    assert not {name for _, name in shape.attributes if name.startswith("on")}
    assert shape.styles <= known.styles
    assert all(link.startswith(("#", "data:image/", "data:,", "https://example.org/")) for link in shape.links)


@pytest.mark.parametrize("text", HOSTILE)
def test_known_attacks_stay_text(text: str) -> None:
    check(text, publication=False, after=False)
    check(text, publication=True, after=True)


@given(text=TEXTS, after=st.booleans())
@example(text="</script>", after=True)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_becomes_markup(text: str, after: bool) -> None:
    check(text, publication=False, after=after)


def test_the_hostile_text_is_there_to_be_read() -> None:
    """Not by losing it: the attack is in the page, as text."""
    attack = '"><img src=x onerror=alert(1)>'
    shape = Shape(render(made_hostile(small(), lambda s: s + attack), chip_of, made=fixture.MADE).html)
    assert "".join(shape.text).count(attack) > 100
    assert fixture.case().title + attack in shape.text


def test_the_check_itself_sees_markup() -> None:
    shape = Shape("<p onclick='x'>a</p><script>b</script><!-- c -->")
    assert ("p", "onclick") in shape.attributes
    assert "script" in shape.elements
    assert shape.comments
