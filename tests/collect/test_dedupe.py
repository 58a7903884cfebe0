"""Many items, one acquisition: tiles, levels, reprocessings, doubles, copies in another catalogue."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box, mapping

from catalogues import NOW, item
from overlook.collect import across
from overlook.collect.allowed import Allowed
from overlook.collect.catalogues import Catalogue
from overlook.collect.dedupe import acquisitions, is_same
from overlook.collect.offers import Offered, offer_of
from overlook.terms import Offer

ANY = Catalogue(name="any", href="https://any.example", form="api")
SITE = box(125.4, 39.4, 125.6, 39.6)


def offered(*items: dict[str, Any], catalogue: Catalogue = ANY) -> list[Offered]:
    return [offer_of(i, catalogue, now=NOW, allowed=Allowed()) for i in items]


def sentinel(item_id: str, tile: str, where: Any, **more: Any) -> dict[str, Any]:
    own = {"geometry": mapping(where), "bbox": list(where.bounds)}
    taken = {"s2:datatake_id": "GS2A_20180612T022551_015516_N02.06", "s2:mgrs_tile": tile, "platform": "sentinel-2a"}
    return item(item_id, "2018-06-12T02:30:11Z", **own, **taken, **more)


def test_levels_of_one_scene_are_one_and_the_higher_stands() -> None:
    raw = sentinel("l1", "51SXC", box(125, 39, 126, 40), **{"s2:product_type": "S2MSI1C"})
    done = sentinel("l2", "51SXC", box(125, 39, 126, 40), **{"s2:product_type": "S2MSI2A"})
    (found,) = acquisitions(offered(raw, done), SITE)
    assert (found.id, found.also) == ("l2", ("l1",))


def test_the_newest_processing_stands_by_number_and_not_by_letters() -> None:
    made = [
        sentinel(f"n{b}", "51SXC", box(125, 39, 126, 40), **{"s2:processing_baseline": b})
        for b in ("02.14", "05.10", "05.09", "10.00")
    ]
    (found,) = acquisitions(offered(*made), SITE)
    assert found.id == "n10.00"
    assert len(found.also) == 3


def test_what_cannot_be_used_does_not_stand_for_what_can() -> None:
    archive = {"product": {"href": "https://h.example/a.zip", "type": "application/zip", "roles": ["data"]}}
    packed = sentinel("l2", "51SXC", box(125, 39, 126, 40), assets=archive, **{"s2:product_type": "S2MSI2A"})
    plain = sentinel("l1", "51SXC", box(125, 39, 126, 40), **{"s2:product_type": "S2MSI1C"})
    (found,) = acquisitions(offered(packed, plain), SITE)
    assert found.id == "l1"


def test_a_site_across_two_tiles_has_both_and_one_inside_has_one() -> None:
    west = sentinel("w", "51SXC", box(125, 39, 125.5, 40), **{"eo:cloud_cover": 90})
    east = sentinel("e", "51SYC", box(125.45, 39, 126, 40), **{"eo:cloud_cover": 10})
    (found,) = acquisitions(offered(west, east), SITE)
    assert {found.id, *found.also} == {"w", "e"}
    assert {a.piece for a in found.assets} == {"", next(iter(found.also))}
    assert found.assets[0].piece == ""
    assert found.footprint.covers(SITE)
    assert found.cloud_cover == 0.1
    (found,) = acquisitions(offered(west, east), box(125.1, 39.4, 125.2, 39.5))
    assert (found.id, found.also, len(found.assets)) == ("w", ("e",), 1)


def test_seconds_apart_is_one_and_minutes_apart_are_two() -> None:
    at = datetime(2018, 6, 12, 2, 30, tzinfo=UTC)
    made = [item(f"i{s}", (at + timedelta(seconds=s)).isoformat()) for s in (0, 3, 300)]
    found = acquisitions(offered(*made), SITE)
    assert [{o.id, *o.also} for o in found] == [{"i0", "i3"}, {"i300"}]


def test_two_satellites_at_one_time_are_two() -> None:
    found = acquisitions(offered(item("a", platform="sat-1"), item("b", platform="sat-2")), SITE)
    assert len(found) == 2


def test_a_time_that_is_only_a_day_joins_nothing() -> None:
    found = acquisitions(offered(item("a", "2018-06-12T00:00:00Z"), item("b", "2018-06-12T03:00:00Z")), SITE)
    assert len(found) == 2


def test_one_id_in_two_collections_is_told_apart() -> None:
    (found,) = acquisitions(offered(item("a", collection="x"), item("a", collection="y")), SITE)
    assert found.id == "a"
    assert found.also in (("x/a",), ("y/a",))


def test_two_catalogues_of_one_pass_are_one_though_their_times_differ() -> None:
    """Earth Search tells the tile's own time, the Planetary Computer the start of the datatake, minutes before."""
    one = sentinel("S2A_51SXC_20180612_0_L2A", "51SXC", box(125, 39, 126, 40))
    other = item(
        "S2A_MSIL2A_20180612T022551_R046_T51SXC_20201015T120000", "2018-06-12T02:25:51Z", platform="Sentinel-2A"
    )
    (a,) = acquisitions(offered(one), SITE)
    (b,) = acquisitions(offered(other, catalogue=Catalogue(name="two", href="", form="api")), SITE)
    assert a.pass_id == b.pass_id == "sentinel-2a:20180612T022551"
    (both,) = across((a, b))
    assert (both.id, both.also) == (a.id, (b.id,))


def test_passes_are_named_as_operators_do() -> None:
    named = {
        "LC08_L2SP_028030_20200114_20200824_02_T1_SR": "landsat-8:028:20200114",
        "S1A_IW_GRDH_1SDV_20210809T173953_20210809T174018_039156_049F13": "sentinel-1a:39156",
        "S2B_MSIL2A_20200606T080609_R078_T35LNJ_20201027T072717": "sentinel-2b:20200606T080609",
        "CAPELLA_C13_SP_GEO_HH_20250826023518_20250826023527": "capella-13:20250826023518",
        "10300100EB15FF00-visual": "sat-1:10300100EB15FF00",
        "anything": "",
    }
    for item_id, pass_id in named.items():
        (found,) = offered(item(item_id))
        assert found.offer.pass_id == pass_id


def test_of_radar_what_lies_on_the_ground_stands() -> None:
    made = [
        item(
            f"CAPELLA_C13_SP_{kind}_HH_20180612033518_20180612033527",
            platform="capella-13",
            **{"sar:product_type": kind},
        )
        for kind in ("SLC", "GEC", "CPHD")
    ]
    (found,) = acquisitions(offered(*made), SITE)
    assert "_GEC_" in found.id
    assert found.sensor == "capella"


times = st.integers(0, 3600 * 24)


@given(st.lists(st.tuples(times, st.sampled_from(["sat-1", "sat-2"]), st.integers(0, 3)), min_size=1, max_size=12))
def test_no_item_is_lost_and_none_is_twice(given_: list[tuple[int, str, int]]) -> None:
    at = datetime(2018, 6, 12, tzinfo=UTC)
    items = [
        item(
            f"i{n}",
            (at + timedelta(seconds=s + 1)).isoformat(),
            platform=p,
            geometry=mapping(box(125 + x / 4, 39, 125.5 + x / 4, 40)),
        )
        for n, (s, p, x) in enumerate(given_)
    ]
    found = acquisitions(offered(*items), SITE)
    names = sorted(i for o in found for i in (o.id, *o.also))
    assert names == sorted(i["id"] for i in items)
    again = across(found)
    assert sorted(i for o in again for i in (o.id, *o.also)) == names
    # What `across` keeps apart is apart: nothing is the same as anything else.
    kept: list[Offer] = list(again)
    assert not any(is_same(a, b) for n, a in enumerate(kept) for b in kept[n + 1 :])
