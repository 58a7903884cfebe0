"""Every real item of the shared data: an offer, part of one, or refused with a reason. None crashes, none is lost."""

import json
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from shapely.geometry import box

from catalogues import NOW, shared_items
from overlook.collect.allowed import Allowed
from overlook.collect.catalogues import Catalogue
from overlook.collect.gaps_offers import offered_gaps
from overlook.collect.search import read_items
from overlook.terms import Case, Interval, Offer, Plan, Site, Zone, dumps, loads
from shared import needs

ANY = Catalogue(name="any", href="https://any.example", form="api")
EARTH = box(-180, -90, 180, 90)
ALWAYS = Interval(start=NOW.replace(year=1960), end=NOW)


@pytest.fixture(scope="module")
def given() -> list[tuple[str, Any]]:
    return list(shared_items())


def read(items: list[tuple[str, Any]]) -> tuple[tuple[Offer, ...], tuple[tuple[str, str], ...]]:
    based = [(item, "https://any.example/here/item.json") for _, item in items]
    return read_items(based, ANY, EARTH, ALWAYS, now=NOW, allowed=Allowed())


@needs("stac")
def test_offers_and_refused_are_all_items(given: list[tuple[str, Any]]) -> None:
    offers, refused = read(given)
    of_offers = sum(1 + len(o.also) for o in offers)
    assert of_offers + len(refused) == len(given)
    # Of the 190 that the folder is described by, with what it counts as one: files, features and recorded answers.
    assert len(given) >= 190
    assert all(why for _, why in refused)
    reasons = Counter(why for _, why in refused)
    assert set(reasons) == {
        "listed twice",
        "listed twice, and not the same both times",
        "it holds labels, not an image",
        "its footprint is not in longitude and latitude",
    }
    # What is refused as no image is told by name in test_what_is_no_image_is_refused; the rest are doubles.
    assert reasons["it holds labels, not an image"] == 4


@needs("stac")
def test_each_alone_is_an_offer_or_a_reason(given: list[tuple[str, Any]]) -> None:
    """Alone, so that no double hides another: every single one of the items says something."""
    for where, item in given:
        offers, refused = read([(where, item)])
        assert len(offers) + len(refused) == 1, where
        for offer in offers:
            assert loads(dumps(offer), Offer) == offer, where
            assert offer.gsd_m is None or offer.gsd_m > 0
            assert offer.cloud_cover is None or 0 <= offer.cloud_cover <= 1
            assert offer.gsd_m is not None or any("how fine" in n for n in offer.notes), where
            assert offer.when is not None or any("when" in n for n in offer.notes), where


@needs("stac")
def test_what_is_no_image_is_refused(given: list[tuple[str, Any]]) -> None:
    """By name, in 190 items and more: four files of labels, and one footprint in metres."""
    single = {}
    for where, item in given:
        _, refused = read([(where, item)])
        single |= {f"{where.rpartition('/')[2]}": why for _, why in refused}
    assert sorted(single) == [
        "area-1-1-labels.json",
        "area-1-2-labels.json",
        "area-2-1-labels.json",
        "area-2-2-labels.json",
        *[name for name, why in sorted(single.items()) if "longitude" in why],
    ]
    assert sum("longitude" in why for why in single.values()) == 1


@needs("stac")
def test_every_offer_is_gated_with_a_reason(given: list[tuple[str, Any]]) -> None:
    """A zone in the middle of each footprint: unfit for vehicles, or to be had; never nothing."""
    offers, _ = read(given)
    seen: Counter[str] = Counter()
    for offer in offers:
        at = offer.footprint.representative_point()
        zone = Zone(id="z", name="Z", kind="yard", geometry=at.buffer(1e-4))
        case = Case(id="c", title="", sites=(Site(id="s", name="S", zones=(zone,), crs="EPSG:32651"),), plan=Plan())
        (gap,) = offered_gaps(case, (), (), {"s": (offer,)}, {})
        assert gap.scene == offer.id
        assert gap.detail
        seen[gap.reason] += 1
    assert set(seen) <= {"too coarse", "not obtained", "undated", "cloud", "dark", "withheld"}
    # A vehicle needs 0.64 m: Sentinel, Landsat, Planet and NAIP of a metre are too coarse, Maxar's are to be had.
    assert seen["too coarse"] > 50
    assert seen["not obtained"] > 10


@needs("stac")
def test_maxars_tiles_are_five_acquisitions_in_hawaii(given: list[tuple[str, Any]]) -> None:
    """246 rows of two lists, in 123 tiles of five passes: each pass is one offer when the site is the island."""
    named = "maxar-open-data/Maui-Hawaii-fires-Aug-23.geojson"
    offers, refused = read([(w, i) for w, i in given if w == named])
    passes = {o.pass_id.partition(":")[2] for o in offers}
    assert passes == {
        "10300100EB15FF00",
        "10300100EB592000",
        "10300100EC8B7900",
        "105001003590C300",
        "10503F0006FE4B00",
    }
    assert len(offers) == 5
    assert sum(1 + len(o.also) for o in offers) + len(refused) == 123
    assert all(o.incidence_deg is not None and o.off_nadir_deg is not None for o in offers)
    assert all(abs(o.incidence_deg - o.off_nadir_deg) < 12 for o in offers if o.incidence_deg and o.off_nadir_deg)


@needs("stac")
def test_sentinel_2_of_one_pass_is_one_acquisition(given: list[tuple[str, Any]]) -> None:
    """Nine tiles of one pass down Africa; three processings of one tile, of which the newest stands."""
    strip = [(w, i) for w, i in given if w.endswith("site1-20200606-tall-strip-africa.geojson")]
    offers, refused = read(strip)
    assert (len(offers), refused) == (1, ())
    assert len(offers[0].also) == 8
    assert offers[0].pass_id == "sentinel-2b:20200606T080609"


WRONG: tuple[Any, ...] = (
    *(None, 7, -1, 1e308, float("nan"), float("inf"), "", [], {}, "x" * 5000, [None], {"a": None}, True),
    *("2018-01-01", "\ud800", "\u202e\x1b[31m", [[[]]]),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value[:4]) if isinstance(value, list) else ()
    return [at] * bool(at) + [p for key, part in below for p in places(part, (*at, key))]


@needs("stac")
def test_a_real_item_with_anything_in_it_is_an_offer_or_a_reason(given: list[tuple[str, Any]]) -> None:
    """Four hundred real items with one to four of their values replaced, or taken out."""
    rng = random.Random(5)
    seen: Counter[bool] = Counter()
    for _ in range(400):
        where, item = rng.choice(given)
        item = json.loads(json.dumps(item))
        for at in rng.sample(places(item), rng.choice((1, 1, 2, 4))):
            holder = item
            with suppress(KeyError, IndexError, TypeError):
                for key in at[:-1]:
                    holder = holder[key]
                holder[at[-1]] = rng.choice(WRONG)
        offers, refused = read([(where, item)])
        assert len(offers) + len(refused) == 1
        seen[bool(offers)] += 1
        assert all(loads(dumps(offer), Offer) == offer for offer in offers)
        "".join(why for _, why in refused).encode()
    assert min(seen[True], seen[False]) > 50
