"""Places: only what the case declares, by its names and by the names that these contain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from overlook.claims.texts.places import find_places
from overlook.terms import LOCAL, Site, Zone

AREA = box(0, 0, 10, 10)


def site(id_: str, name: str, whereabouts: str = "", **zones: str) -> Site:
    drawn = tuple(Zone(id=k, name=v, kind="yard", geometry=AREA) for k, v in zones.items())
    return Site(id=id_, name=name, crs=LOCAL, whereabouts=whereabouts, zones=drawn)


SITES = (
    site(
        "sanumdong", "Sanumdong factory", "near the capital Pyongyang, about 39.1 N", yard="North yard", gate="Gate 2"
    ),
    site("sohae", "Sohae Satellite Launching Station (Tongch'ang-ri)", "the west coast", pad="Launch pad"),
    site("enrichment", "Declared enrichment site (Yongbyon)"),
    site("other", "Undeclared enrichment sites"),
)


@pytest.mark.parametrize(
    ("text", "said", "where"),
    [
        ("near the Sanumdong factory.", "Sanumdong factory", ("sanumdong", "", "")),
        ("near SANUMDONG FACTORY.", "SANUMDONG FACTORY", ("sanumdong", "", "")),
        ("near Sanumdong facility", "Sanumdong", ("sanumdong", "", "")),
        ("the San-um-dong factory", "San-um-dong factory", ("sanumdong", "", "")),
        ("at Tongchangri", "Tongchangri", ("sohae", "", "")),
        ("in so hae", "", None),
        ("at Sohae,", "Sohae", ("sohae", "", "")),
        ("the Sohae Satellite  Launching Station", "Sohae Satellite  Launching Station", ("sohae", "", "")),
        ("at Tongch’ang-ri.", "Tongch’ang-ri", ("sohae", "", "")),
        ("at Tongch'ang‑ri.", "Tongch'ang‑ri", ("sohae", "", "")),
        ("at Yongbyon's reactor", "Yongbyon", ("enrichment", "", "")),
        ("in Pyongyang.", "Pyongyang", ("", "", "sanumdong")),
        ("a declared enrichment site", "declared enrichment site", ("enrichment", "", "")),
        ("the enrichment site", "", None),
        ("Yongbyonite", "", None),
        ("the yard", "", None),
        ("the north yard", "", None),
        ("the west coast", "", None),
    ],
)
def test_names_and_what_they_contain(text, said, where):
    found = find_places(text, SITES)
    if where is None:
        assert found == ()
    else:
        (place,) = found
        assert (place.span.text, (place.site, place.zone, place.near)) == (said, where)


def test_zones_are_looked_for_only_where_a_site_is_named():
    found = find_places("At Sanumdong trucks stood in the north yard and at gate 2.", SITES)
    assert [(p.site, p.zone) for p in found] == [("sanumdong", ""), ("sanumdong", "yard"), ("sanumdong", "gate")]


def test_a_name_of_two_sites_is_left_to_neither():
    two = (site("a", "Alpha depot (Kanggye)"), site("b", "Beta depot (Kanggye)"))
    (place,) = find_places("at Kanggye", two)
    assert (place.site, place.zone, place.near) == ("", "", "")
    assert [p.site for p in find_places("Alpha, then Beta", two)] == ["a", "b"]


def test_a_case_without_sites_has_no_places():
    assert find_places("at Yongbyon", ()) == ()


@given(st.text(alphabet="SsAaNnUuMmDdOoGg -‑’'.()\n", max_size=80))
def test_offsets_slice_back(text):
    for found in find_places(text, SITES):
        assert text[found.span.start : found.span.end] == found.span.text
