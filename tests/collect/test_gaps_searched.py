"""What searches bear: no image, not searched, not obtained, embargoed are rows apart, and a day is in one of them."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from overlook.collect import gaps
from overlook.collect.gaps_words import fit_to_publish
from overlook.collect.windows import joined, within, without
from overlook.terms import (
    Asset,
    Case,
    Claim,
    Event,
    Gap,
    Interval,
    Offer,
    Plan,
    Prediction,
    Search,
    Site,
    Zone,
    instant,
)

T0 = datetime(2018, 1, 1, tzinfo=UTC)
WHERE = box(125, 39, 126, 40)


def day(n: float) -> datetime:
    return T0 + timedelta(days=n)


def offer(at: float, **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "id": f"o{at:g}",
        "catalogue": "cat",
        "collection": "fine",
        "when": instant(day(at)),
        "footprint": WHERE,
        "gsd_m": 0.5,
        "assets": (Asset(name="visual", href="https://h.example/a.tif", role="visual"),),
    }
    return Offer(**(values | changes))


def search(first: float, last: float, *offers: Offer, **changes: Any) -> Search:
    values: dict[str, Any] = {
        "id": f"s{first:g}",
        "site": "site",
        "catalogue": "cat",
        "href": "https://cat.example",
        "area": WHERE,
        "collections": ("fine",),
        "during": Interval(start=day(first), end=day(last)),
        "made": day(1000),
        "gsd_m": 0.3,
        "offers": offers,
    }
    return Search(**(values | changes))


def case_of(site: Site, first: float = 0, last: float = 100, **changes: Any) -> Case:
    window = Interval(start=day(first), end=day(last))
    part = Prediction(id="p", relation="active", site="site", zone="yard", cls="vehicle", window=window)
    claim = Claim(id="k", quote="", chain=(), predictions=(replace(part, **changes),))
    return Case(id="c", title="", sites=(site,), claims=(claim,))


def rows(found: tuple[Gap, ...]) -> list[tuple[str, float, float]]:
    def n(moment: datetime) -> float:
        return (moment - T0) / timedelta(days=1)

    return [(g.reason, n(g.during.start), n(g.during.end)) for g in found if g.during]


@pytest.fixture
def site(made: Any) -> Site:
    found: Site = made.site(made.zone())
    return found


def test_a_search_in_vain_is_no_image_and_says_where(site: Site) -> None:
    (gap,) = gaps(case_of(site), (), (), (search(0, 100),))
    assert (gap.reason, gap.scene, gap.zone) == ("no image", "", "yard")
    assert "cat.example: fine, searched on 2020-09-27" in gap.detail
    assert "as fine as 0.64 m" in gap.detail
    assert gap.detail.endswith("(k.p)")


def test_searched_and_not_searched_are_never_one_row(site: Site) -> None:
    found = gaps(case_of(site), (), (), (search(20, 60),))
    assert sorted(rows(found)) == [("no image", 20, 60), ("not searched", 0, 20), ("not searched", 60, 100)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"complete": False, "note": "it answered 500 (/srv/me/x)"}, "2020-09-27: it broke off ("),
        ({"gsd_m": 10.0}, "10 m a pixel at best, 0.64 m is needed"),
        ({"gsd_m": None}, "nobody says how fine"),
        ({"area": box(125.15, 39, 126, 40)}, "did not look over all of the place"),
        ({"area": None}, "did not look over all of the place"),
    ],
)
def test_a_search_that_bears_nothing_is_insufficient_and_says_why(site: Site, change: dict[str, Any], why: str) -> None:
    (gap,) = gaps(case_of(site), (), (), (search(0, 100, **change),))
    assert gap.reason == "search insufficient"
    assert why in gap.detail
    assert "no search that could have found one" in gap.detail


def test_a_search_of_another_site_bears_nothing_here(site: Site) -> None:
    (gap,) = gaps(case_of(site), (), (), (search(0, 100, site="other"),))
    assert gap.reason == "not searched"
    assert "no search on record" in gap.detail


def test_a_coarse_search_bears_on_what_any_image_shows(site: Site) -> None:
    anything = case_of(site, cls="", indicator="plume")
    (gap,) = gaps(anything, (), (), (search(0, 100, gsd_m=10.0),))
    assert gap.reason == "no image"


def test_an_image_on_offer_is_a_row_of_its_own_and_not_no_image(site: Site) -> None:
    found = gaps(case_of(site), (), (), (search(0, 100, offer(50)),))
    assert rows(found) == [("not obtained", 50, 50), ("no image", 0, 50), ("no image", 50, 100)]
    assert found[0].scene == "o50"


def test_short_spans_between_many_offers_are_one_row(site: Site) -> None:
    offers = [offer(n) for n in range(0, 101, 5)]
    found = gaps(case_of(site), (), (), (search(0, 100, *offers),))
    assert sum(g.reason == "not obtained" for g in found) == len(offers)
    (between,) = [g for g in found if g.reason == "no image"]
    assert len(between.spans) == 20
    assert between.detail.startswith("20 shorter spans, together 100 days: ")


def test_coarse_offers_do_not_hide_that_no_fine_image_came(site: Site) -> None:
    offers = [offer(n, gsd_m=10.0) for n in range(0, 101, 5)]
    found = gaps(case_of(site), (), (), (search(0, 100, *offers),))
    assert [r for r in rows(found) if r[0] == "no image"] == [("no image", 0, 100)]
    assert sum(g.reason == "too coarse" for g in found) == len(offers)


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"embargoed_until": day(1200)}, "embargoed", "until 2021-04-15, as of 2020-09-27"),
        ({"assets": ()}, "withheld", "without its pixels"),
        ({"when": None}, "undated", ""),
        ({"sun_elevation_deg": -8.0}, "dark", "8°"),
        ({"gsd_m": 3.0}, "too coarse", "3 m a pixel"),
        ({"cloud_cover": 1.0}, "cloud", "all of the scene"),
        ({"cloud_cover": 0.6}, "not obtained", "60% cloud over the whole scene"),
        ({"footprint": box(100, 39, 101, 40)}, "off the image", ""),
        ({"published": day(110)}, "not obtained", "60 days after"),
        (
            {"assets": (Asset(name="a", href="x", role="data", unmet="it is an archive"),)},
            "not obtained",
            "it is an archive",
        ),
    ],
)
def test_each_offer_says_why_it_shows_nothing_here(
    site: Site, change: dict[str, Any], reason: str, detail: str
) -> None:
    found = gaps(case_of(site), (), (), (search(0, 100, offer(50, **change)),))
    (row,) = [g for g in found if g.scene]
    assert (row.reason, row.scene) == (reason, "o50")
    assert detail in row.detail


def test_zones_that_differ_have_rows_apart(made: Any) -> None:
    site = made.site(made.zone(), made.zone(id="far", geometry=box(127, 39, 127.1, 39.1)))
    found = [g for g in gaps(case_of(site), (), (), (search(0, 100, offer(50)),)) if g.scene]
    assert {(g.zone, g.reason) for g in found} == {("yard", "not obtained"), ("far", "off the image")}


def test_what_is_in_the_case_is_no_gap(site: Site, made: Any) -> None:
    by_id = made.scene(catalogue_id="o50", when=instant(day(50)))
    by_also = made.scene(catalogue_id="other", when=instant(day(50)))
    by_time = made.scene(when=instant(day(50) + timedelta(seconds=5)))
    for scene in (by_id, by_also, by_time):
        found = gaps(case_of(site), (scene,), (), (search(0, 100, offer(50, also=("other",))),))
        assert not [g for g in found if g.scene]
    coarse = made.scene(when=instant(day(50)), gsd_m=10)
    assert [g.scene for g in gaps(case_of(site), (coarse,), (), (search(0, 100, offer(50)),)) if g.scene]


def test_why_it_could_not_be_had_is_told(site: Site) -> None:
    missed = {("site", "o50"): "it answered 403"}
    found = gaps(case_of(site), (), (), (search(0, 100, offer(50)),), missed)
    assert [g.detail for g in found if g.scene] == ["cat.example: fine; it answered 403"]


def test_two_catalogues_of_one_image_are_one_row(site: Site) -> None:
    other = search(0, 100, offer(50, id="x", catalogue="two", pass_id="p"), id="t", catalogue="two")
    found = gaps(case_of(site), (), (), (search(0, 100, offer(50, pass_id="p")), other))
    assert [g.scene for g in found if g.scene] == ["o50"]


def test_items_that_could_not_be_read_are_told_with_no_image(site: Site) -> None:
    broken = search(0, 100, refused=(("a", "it has no properties"), ("b", "listed twice")))
    (gap,) = gaps(case_of(site), (), (), (broken,))
    assert "1 items could not be read" in gap.detail


def test_windows_round_an_event_need_what_the_plans_classes_need(site: Site) -> None:
    event = Event(id="e", name="E", during=instant(day(100)))
    case = Case(id="c", title="", sites=(site,), events=(event,), plan=Plan(before_days=100, after_days=40))
    found = gaps(case, (), (), (search(0, 200, gsd_m=10.0),))
    assert {g.reason for g in found} == {"search insufficient"}
    assert {g.reason for g in gaps(case, (), (), (search(0, 200),))} == {"no image"}


@pytest.mark.parametrize(
    ("catalogue", "href", "name"),
    [
        ("earth-search", "https://earth-search.aws.element84.com/v1", "earth-search"),
        ("h.example-stac", "https://h.example:8080/stac", "h.example"),
        ("srv-me-secret-items", "/srv/me/secret/items.json", "items.json"),
        ("srv-me-secret-items", "file:///srv/me/secret/items.json", "items.json"),
        ("127.0.0.1-9-stac", "http://127.0.0.1:9/stac", "a catalogue on this machine"),
    ],
)
def test_a_catalogue_is_named_without_where_it_lies_here(site: Site, catalogue: str, href: str, name: str) -> None:
    asked = search(0, 100, offer(50, catalogue=catalogue), catalogue=catalogue, href=href)
    found = gaps(case_of(site), (), (), (asked,))
    assert all(f"{name}: fine" in g.detail for g in found)
    assert not any("secret" in g.detail or "127." in g.detail for g in found)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("o50: it answered 503. Try: run it again later. [E-FETCH-BUSY]", "o50: it answered 503"),
        ("file:///srv/me/a/x.tif: it is not there. [E-FETCH-GONE]", "x.tif: it is not there"),
        ("/srv/me/a/x.tif: no such file", "x.tif: no such file"),
        ("https://h.example/a/b.tif?x=1: it answered 403", "h.example: it answered 403"),
        ("127.0.0.1:9 refused the connection", "this machine refused the connection"),
        ("it holds 3 m/pixel and 1/2 of the site", "it holds 3 m/pixel and 1/2 of the site"),
    ],
)
def test_what_is_published_of_a_failure_has_no_advice_and_no_folder(said: str, left: str) -> None:
    assert fit_to_publish(said) == left


spans = st.builds(
    lambda a, b: Interval(start=day(min(a, b)), end=day(max(a, b))), st.integers(0, 100), st.integers(0, 100)
)


@given(spans, st.lists(spans, max_size=6))
def test_within_and_without_part_a_span(span: Interval, taken: list[Interval]) -> None:
    """Every half day of the span is in exactly one of the two, and nothing outside of it is in either."""
    inside, outside = within(span, taken), without(span, taken)
    at = span.start + timedelta(hours=12)
    while at < span.end:
        held = any(t.contains(at) for t in taken)
        assert any(i.contains(at) for i in inside) == held
        assert any(o.contains(at) for o in outside) != held
        at += timedelta(days=1)
    assert all(span.encloses(part) for part in (*inside, *outside))
    merged = joined(taken)
    assert all(a.end < b.start for a, b in itertools.pairwise(merged))


@given(st.lists(st.tuples(spans, st.booleans()), max_size=5), st.lists(st.integers(0, 100), max_size=5, unique=True))
def test_no_day_is_both_searched_in_vain_and_not_searched(
    searched: list[tuple[Interval, bool]], days: list[int]
) -> None:
    zone = Zone(id="yard", name="Yard", kind="yard", geometry=box(125.1, 39.1, 125.2, 39.2))
    place = Site(id="site", name="Site", zones=(zone,), crs="EPSG:32651")
    made = tuple(
        search(0, 0, *(offer(d) for d in days if span.contains(day(d))), id=f"s{n}", during=span, complete=whole)
        for n, (span, whole) in enumerate(searched)
    )
    found = gaps(case_of(place), (), (), made)
    at = day(0.5)
    while at < day(100):
        told = {
            g.reason for g in found if not g.scene and g.during if any(s.contains(at) for s in g.spans or (g.during,))
        }
        assert len(told) == 1
        if "no image" in told:
            assert any(span.contains(at) and whole for span, whole in searched)
        at += timedelta(days=1)
    assert len([g for g in found if g.scene]) == len({o.id for s in made for o in s.offers})
