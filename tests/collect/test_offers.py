"""What catalogues get wrong, item by item: put right and said, or put aside."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box, mapping, shape

from catalogues import NOW, item
from overlook.collect.allowed import Allowed
from overlook.collect.catalogues import PRESETS, Catalogue, catalogue
from overlook.collect.offers import offer_of
from overlook.collect.quirks import angles, cloud_share, ground_sample_m, is_metric
from overlook.collect.quirks_footprints import box_of, footprint
from overlook.collect.sun import sun_position
from overlook.errors import UsageError
from overlook.terms import Offer

ANY = Catalogue(name="any", href="https://any.example", form="api")


def offer(of: Any, **more: Any) -> Offer:
    return offer_of(of, more.pop("catalogue", ANY), now=NOW, allowed=Allowed(), **more).offer


def says(found: Offer, *words: str) -> bool:
    return any(all(w in note for w in words) for note in found.notes)


class TestTimes:
    def test_a_range_stands_where_the_time_is_null(self) -> None:
        found = offer(item(day=None, start_datetime="2018-06-12T03:00:00Z", end_datetime="2018-06-12T03:00:09Z"))  # type: ignore[arg-type]
        assert found.when is not None
        assert found.when.length == timedelta(seconds=9)

    def test_no_time_is_undated_and_no_guess(self) -> None:
        found = offer(item(day=None, created="2018-06-13T00:00:00Z"))  # type: ignore[arg-type]
        assert found.when is None
        assert says(found, "nothing says when")

    def test_midnight_to_the_second_is_a_day(self) -> None:
        found = offer(item(day="2018-06-12T00:00:00Z"))
        assert found.when is not None
        assert (found.when.start, found.when.end.date()) == (datetime(2018, 6, 12, tzinfo=UTC), found.when.start.date())
        assert found.when.length > timedelta(hours=23)

    def test_a_time_without_a_zone_is_26_hours(self) -> None:
        found = offer(item(day="2018-06-12T12:00:00"))
        assert found.when is not None
        assert (found.when.start, found.when.end) == (
            datetime(2018, 6, 11, 22, tzinfo=UTC),
            datetime(2018, 6, 13, tzinfo=UTC),
        )
        assert says(found, "no zone")

    def test_a_time_outside_its_own_range_is_both(self) -> None:
        range_ = {"start_datetime": "2018-06-10T03:00:00Z", "end_datetime": "2018-06-10T03:01:00Z"}
        found = offer(item(day="2018-06-12T03:00:00Z", **range_))
        assert found.when is not None
        assert found.when.length > timedelta(days=1)
        assert says(found, "outside its own start and end")

    def test_created_before_it_was_taken_is_said(self) -> None:
        assert says(offer(item(created="2017-01-01T00:00:00Z")), "`created`", "before it was taken")

    @pytest.mark.parametrize("day", ["2031-01-01T00:00:01Z", "1901-01-01T01:00:00Z"])
    def test_a_time_that_cannot_be_is_refused(self, day: str) -> None:
        with pytest.raises(ValueError, match=r"future|first satellite"):
            offer(item(day=day))

    def test_local_time_marked_as_utc_is_given_away_by_the_sun(self) -> None:
        # Pyongyang, 125.5 E: taken at 03:00 UTC, written as noon of its clock (UTC+9) with a Z.
        true = datetime(2018, 6, 12, 2, 30, tzinfo=UTC)
        sun, _ = sun_position(true, 125.5, 39.5)
        found = offer(item(day="2018-06-12T11:30:00Z", **{"view:sun_elevation": sun}))
        assert found.when is not None
        assert found.when.contains(true)
        assert found.when.contains(datetime(2018, 6, 12, 11, 30, tzinfo=UTC))
        assert says(found, "local and marked as UTC")

    def test_a_sun_that_fits_leaves_the_time_alone(self) -> None:
        at = datetime(2018, 6, 12, 2, 30, tzinfo=UTC)
        sun, _ = sun_position(at, 125.5, 39.5)
        found = offer(item(day="2018-06-12T02:30:00Z", **{"view:sun_elevation": sun + 2}))
        assert found.when is not None
        assert found.when.is_instant
        assert not says(found, "sun")

    def test_an_embargo_is_a_published_date_to_come(self) -> None:
        found = offer(item(published="2026-09-01T12:00:00Z"))
        assert found.embargoed_until == datetime(2026, 9, 1, 12, tzinfo=UTC)
        assert found.published is None


class TestFootprints:
    def test_a_jump_over_the_antimeridian_is_cut_there(self) -> None:
        drawn = Polygon([(179, 10), (-179, 10), (-179, 11), (179, 11)])
        found, notes = footprint({"geometry": mapping(drawn)})
        assert found.area == pytest.approx(2.0)
        assert found.intersects(box(179.5, 10.2, 179.6, 10.3))
        assert found.intersects(box(-179.6, 10.2, -179.5, 10.3))
        assert not found.intersects(box(-1, 10, 1, 11))
        assert "antimeridian" in notes[0]

    def test_longitudes_beyond_180_are_brought_back(self) -> None:
        found, _ = footprint({"geometry": mapping(box(179, 10, 181, 11))})
        assert found.area == pytest.approx(2.0)
        assert found.bounds == (-180.0, 10.0, 180.0, 11.0)

    def test_a_multipolygon_that_was_cut_stays(self) -> None:
        drawn = box(179, 10, 180, 11).union(box(-180, 10, -179, 11))
        found, notes = footprint({"geometry": mapping(drawn)})
        assert found.equals(drawn)
        assert notes == ()

    def test_a_ring_around_the_pole_covers_the_pole(self) -> None:
        ring = [(lon, 80) for lon in range(-180, 180, 30)]
        found, notes = footprint({"geometry": mapping(Polygon(ring))})
        assert found.covers(box(10, 85, 20, 89))
        assert not found.intersects(box(10, 70, 20, 79))
        assert "pole" in notes[0]

    def test_a_footprint_that_crosses_itself_keeps_what_it_encloses(self) -> None:
        bow_tie = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
        found, notes = footprint({"geometry": mapping(bow_tie)})
        assert found.is_valid
        assert found.area == pytest.approx(2.0)
        assert "mended" in notes[0]

    def test_no_footprint_is_its_box_and_neither_is_refused(self) -> None:
        found, notes = footprint({"geometry": None, "bbox": [1, 2, 3, 4]})
        assert found.equals(box(1, 2, 3, 4))
        assert notes
        with pytest.raises(ValueError, match="neither"):
            footprint({"geometry": None})

    def test_a_box_over_the_antimeridian_is_two(self) -> None:
        found = box_of([179, 10, 0, -179, 11, 100])
        assert found is not None
        assert found.area == pytest.approx(2.0)

    @pytest.mark.parametrize(
        "raw",
        [
            {"type": "Point", "coordinates": [1, 2]},
            {"type": "Polygon", "coordinates": []},
            {"type": "Polygon", "coordinates": [[[1, 2], [1, float("nan")], [2, 2], [1, 2]]]},
            {"type": "Polygon", "coordinates": [[[1, 2], [1, 2], [1, 2], [1, 2]]]},
            {"type": "Polygon", "coordinates": [[[500000, 4e6], [500100, 4e6], [500100, 4.1e6], [500000, 4e6]]]},
            {"type": "Nothing"},
            "POLYGON",
            7,
        ],
    )
    def test_what_is_no_footprint_is_refused(self, raw: Any) -> None:
        with pytest.raises(ValueError, match="footprint"):
            footprint({"geometry": raw})

    @given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0.01, 30))
    def test_whatever_is_moved_round_the_earth_covers_the_same(self, lon: float, lat: float, wide: float) -> None:
        whole, _ = footprint({"geometry": mapping(box(lon, lat, lon + wide, lat + 1))})
        turned, _ = footprint({"geometry": mapping(box(lon - 360, lat, lon + wide - 360, lat + 1))})
        assert whole.area == pytest.approx(wide, rel=1e-6)
        assert whole.symmetric_difference(turned).area < 1e-6
        west, _, east, _ = whole.bounds
        assert -180 <= west <= east <= 180


class TestNumbers:
    @pytest.mark.parametrize(
        ("properties", "assets", "gsd", "where"),
        [
            ({"gsd": 0.31}, {}, 0.31, ""),
            ({"gsd": 0, "sar:resolution_range": 3, "sar:resolution_azimuth": 5}, {}, 5, "radar"),
            ({}, {"a": {"href": "x", "roles": ["data"], "raster:bands": [{"spatial_resolution": 10}]}}, 10, "assets"),
            ({"proj:epsg": 32651, "proj:transform": [2.5, 0, 0, 0, -2.5, 0]}, {}, 2.5, "grid"),
            ({"proj:code": "EPSG:32651", "proj:transform": [2.5, 0, 0, 0, -2.5, 0]}, {}, 2.5, "grid"),
            ({"proj:epsg": 4326, "proj:transform": [0.0001, 0, 0, 0, -0.0001, 0]}, {}, None, "nothing says"),
            ({"gsd": "NaN"}, {}, None, "nothing says"),
        ],
    )
    def test_gsd_is_found_or_not_said(self, properties: Any, assets: Any, gsd: float | None, where: str) -> None:
        found, notes = ground_sample_m({"assets": assets}, properties, None)
        assert found == gsd
        assert where in " ".join(notes)

    def test_maxar_puts_the_elevation_where_the_incidence_belongs(self) -> None:
        found, notes = angles({"view:off_nadir": 21.8, "view:incidence_angle": 65.4}, "worldview-2")
        assert found["incidence_deg"] == pytest.approx(24.6)
        assert "elevation" in notes[0]
        right, notes = angles({"view:off_nadir": 21.8, "view:incidence_angle": 24.6}, "worldview-2")
        assert right["incidence_deg"] == pytest.approx(24.6)
        assert notes == ()

    def test_angles_that_cannot_be_are_left_out(self) -> None:
        found, notes = angles({"view:off_nadir": -12, "view:sun_elevation": 400, "s2:mean_solar_azimuth": -10}, "x")
        assert found["off_nadir_deg"] == 12
        assert found["sun_elevation_deg"] is None
        assert found["sun_azimuth_deg"] == 350
        assert "sun elevation" in notes[0]

    @pytest.mark.parametrize(
        ("value", "sensor", "percent", "share"),
        [
            (37.5, "x", False, 0.375),
            (0, "x", False, 0.0),
            (0.5, "x", False, None),
            (0.5, "x", True, 0.005),
            (0.5, "sentinel-2", False, 0.005),
            (-1, "landsat-8", False, None),
            (101, "x", False, None),
            (None, "x", False, None),
        ],
    )
    def test_cloud_is_a_share_or_a_percentage_or_not_known(
        self, value: Any, sensor: str, percent: bool, share: float | None
    ) -> None:
        found, _ = cloud_share({"eo:cloud_cover": value}, sensor, collection_in_percent=percent)
        assert found == (None if share is None else pytest.approx(share))

    def test_projections_are_read_in_both_versions(self) -> None:
        assert is_metric(32651)
        assert is_metric("EPSG:32751")
        assert not is_metric("EPSG:4326")
        assert not is_metric(None)


class TestAssets:
    @pytest.mark.parametrize(
        ("href", "unmet"),
        [
            ("file:///etc/passwd", "files of this machine"),
            ("/etc/passwd", "files of this machine"),
            ("ftp://h.example/a.tif", "not opened"),
            ("https://u:p@h.example/a.tif", "credentials"),
            ("https://h.example/a.zip", "archive"),
            ("https://h.example/a.nc", "format"),
            ("https://h.example/" + "a" * 5000 + ".tif", "no address"),
            ("https://h.example/\x1b[31m.tif", "no address"),
            ("https://h.example/a.tif", ""),
            ("s3://bucket/a.tif", ""),
        ],
    )
    def test_what_cannot_be_used_says_why(self, href: str, unmet: str) -> None:
        (asset,) = offer(item(assets={"visual": {"href": href, "type": "image/tiff"}})).assets
        assert unmet in asset.unmet
        assert bool(asset.unmet) == bool(unmet)

    def test_no_signature_user_or_key_is_kept(self) -> None:
        signed = "https://u:pass@a.blob.example/c/x.tif?sv=1&sig=planted-secret#frag"
        found = offer(
            item(assets={"visual": {"href": signed, "alternate": {"s3": {"href": "s3://b/x?k=planted-secret"}}}})
        )
        assert "planted-secret" not in repr(found)
        assert "pass" not in repr(found.assets)

    def test_roles_and_bands_of_sentinel_2_without_common_names(self) -> None:
        names = ("B02_10m", "B04_10m", "B08_10m", "AOT_10m", "SCL", "thumbnail", "metadata", "visual")
        types = {"thumbnail": "image/jpeg", "metadata": "application/xml"}
        given_ = {n: {"href": f"https://h.example/{n}.jp2", "type": types.get(n, "image/jp2")} for n in names}
        found = {a.name: a for a in offer(item(platform="sentinel-2a", assets=given_)).assets}
        assert [found[n].bands for n in names[:3]] == [("blue",), ("red",), ("nir",)]
        assert (found["SCL"].role, found["SCL"].mask) == ("mask", "scl")
        assert [found[n].role for n in ("thumbnail", "metadata", "visual")] == ["thumbnail", "metadata", "visual"]
        assert found["visual"].bands == ("red", "green", "blue")

    def test_relative_files_are_beside_their_item(self) -> None:
        (asset,) = offer(item(assets={"visual": {"href": "./x.tif"}}), base="https://h.example/a/b.json").assets
        assert asset.href == "https://h.example/a/x.tif"

    def test_a_checksum_is_kept_only_when_it_is_a_sha256(self) -> None:
        sha = "1220" + "ab" * 32
        made = {
            n: {"href": "https://h.example/x.tif", "file:checksum": c} for n, c in (("a", sha), ("b", "d50110" * 3))
        }
        assert [a.digest for a in offer(item(assets=made)).assets] == ["ab" * 32, ""]


class TestPresets:
    def test_each_is_found_by_its_name_and_says_what_it_holds(self) -> None:
        for preset in PRESETS:
            assert catalogue(preset.name) is preset
            assert preset.finest_gsd_m(()) is not None
            assert preset.source.startswith("https://")
            assert preset.href.startswith("https://")

    def test_a_mirror_of_a_public_collection_is_as_fine_as_it(self) -> None:
        assert catalogue("https://mirror.example/stac").finest_gsd_m(("sentinel-2-l2a",)) == 10.0
        assert catalogue("https://mirror.example/stac").finest_gsd_m(("of-our-own",)) is None

    @pytest.mark.parametrize("name", ["nowhere", "", "https://u:p@h.example/", "https://h.example/?key=1"])
    def test_what_is_no_catalogue_is_refused_in_one_line(self, name: str) -> None:
        with pytest.raises(UsageError) as caught:
            catalogue(name)
        assert caught.value.code == "E-USAGE-CATALOGUE"
        assert "key=1" not in str(caught.value)
        assert "u:p" not in str(caught.value)


def test_rights_are_the_items_own_words_first() -> None:
    providers = [{"name": "Maker", "roles": ["licensor"]}, {"name": "Host", "roles": ["host"]}]
    found = offer(item(license="CC-BY-4.0", providers=providers))
    assert (found.rights.licence, found.rights.credit, found.rights.may_publish) == ("CC-BY-4.0", "Maker", True)
    assert offer(item(license="CC-BY-NC-4.0")).rights.may_publish is None
    known = offer(item(collection="sentinel-2-l2a", license="proprietary"), catalogue=catalogue("earth-search"))
    assert known.rights.may_publish is True
    assert "Copernicus" in known.rights.credit
    assert known.why_acquired == "routine"


@given(
    st.dictionaries(
        st.sampled_from(
            ["datetime", "gsd", "eo:cloud_cover", "view:off_nadir", "proj:epsg", "platform", "providers", "license"]
        ),
        st.one_of(st.none(), st.text(max_size=9), st.floats(), st.integers(), st.lists(st.integers(), max_size=2)),
    ),
    st.one_of(
        st.none(),
        st.text(max_size=5),
        st.dictionaries(st.text(max_size=5), st.none() | st.dictionaries(st.just("href"), st.text(max_size=20))),
    ),
)
def test_whatever_stands_in_an_item_is_an_offer_or_a_reason(properties: dict[str, Any], assets: Any) -> None:
    of = item()
    of["properties"] |= properties
    of["assets"] = assets
    with suppress(ValueError):
        found = offer(of)
        assert found.gsd_m is None or found.gsd_m > 0
        assert found.cloud_cover is None or 0 <= found.cloud_cover <= 1
        assert shape(mapping(found.footprint)).is_valid
