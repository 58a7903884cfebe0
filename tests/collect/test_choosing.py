"""Which files of an offer show a site best."""

from datetime import UTC, datetime
from typing import Any

import pytest
import shapely

from overlook.collect import choose, masks_of
from overlook.errors import FetchError
from overlook.terms import Asset, Offer, instant


def offer(*assets: Asset, **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "id": "o",
        "catalogue": "c",
        "collection": "",
        "when": instant(datetime(2020, 1, 1, tzinfo=UTC)),
        "footprint": shapely.box(0, 0, 1, 1),
        "assets": assets,
    }
    return Offer(**(values | changes))


def asset(name: str, *bands: Any, **changes: Any) -> Asset:
    return Asset(name=name, href=f"https://a.example/{name}.tif", bands=bands, **({"role": "data"} | changes))


S2 = (
    asset("red", "red", gsd_m=10.0),
    asset("nir", "nir", gsd_m=10.0),
    asset("green", "green", gsd_m=10.0),
    asset("blue", "blue", gsd_m=10.0),
    asset("nir08", "nir", gsd_m=20.0),
    asset("swir", "other", gsd_m=20.0),
    asset("visual", "red", "green", "blue", role="visual", gsd_m=10.0),
    asset("scl", role="mask", mask="scl", gsd_m=20.0),
    asset("thumbnail", role="thumbnail"),
)


def test_single_bands_make_one_picture_in_a_known_order() -> None:
    chosen = choose(offer(*S2))
    assert [a.name for a in chosen.assets] == ["red", "green", "blue", "nir"]
    assert chosen.roles == ("red", "green", "blue", "nir")
    assert [a.name for a in masks_of(offer(*S2), chosen)] == ["scl"]


def test_the_finest_pixels_come_before_more_colours() -> None:
    maxar = (
        asset("ms", "blue", "green", "red", "nir", gsd_m=2.0),
        asset("pan", "grey", gsd_m=0.5),
        asset("visual", "red", "green", "blue", role="visual", gsd_m=0.5),
    )
    assert [a.name for a in choose(offer(*maxar)).assets] == ["visual"]
    assert [a.name for a in choose(offer(*maxar[:2])).assets] == ["pan"]
    assert [a.name for a in choose(offer(maxar[0])).assets] == ["ms"]


def test_a_file_that_cannot_be_used_is_passed_over() -> None:
    bad = asset("visual", "red", "green", "blue", gsd_m=0.3, unmet="it costs money")
    assert choose(offer(bad, *S2)).gsd_m == 10.0
    with pytest.raises(FetchError) as caught:
        choose(offer(bad))
    assert (caught.value.code, caught.value.what) == ("E-FETCH-NONE", "it costs money")


def test_an_offer_without_an_image_is_told() -> None:
    with pytest.raises(FetchError) as caught:
        choose(offer(S2[-1], S2[-2]))
    assert caught.value.code == "E-FETCH-NONE"


def test_its_own_files_come_before_those_of_its_other_pieces() -> None:
    pieces = (
        asset("east", "red", "green", "blue", piece="b"),
        asset("west", "red", "green", "blue"),
        asset("cloud", mask="udm2", role="mask", piece="b"),
    )
    chosen = choose(offer(*pieces, gsd_m=3.0))
    assert [a.name for a in chosen.assets] == ["west"]
    assert masks_of(offer(*pieces), chosen) == ()


def test_files_without_named_bands_are_taken_as_they_are() -> None:
    chosen = choose(offer(asset("image")))
    assert ([a.name for a in chosen.assets], chosen.roles) == (["image"], ())
