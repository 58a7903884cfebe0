"""When an image was taken."""

from datetime import UTC, datetime, timedelta

import pytest

from overlook.collect.when import acquisition, from_name, from_stac, from_tags, require_plausible, unzoned
from overlook.errors import InputError
from overlook.terms import Interval, instant

AT = instant(datetime(2018, 6, 12, 3, 15, 22, tzinfo=UTC))
DAY = Interval(start=datetime(2018, 6, 12, tzinfo=UTC), end=datetime(2018, 6, 12, 23, 59, 59, 999999, tzinfo=UTC))


@pytest.mark.parametrize(
    "name",
    [
        "a_20180612T031522Z",
        "2018-06-12T03-15-22Z_b",
        "x-20180612_031522Z",
        "20180612_031522_ssc1d1",
        "18JUN12031522-P2AS",
    ],
)
def test_a_name_with_a_zone_or_a_known_convention_gives_an_instant(name: str) -> None:
    assert from_name(name) == AT


@pytest.mark.parametrize(
    "name",
    [
        "pad_20180612",
        "2018-06-12",
        "pad_2018_06_12_v2",
        "20180612T031522",
        "LC08_L1TP_013032_20180612_20180707_01_T1_B2",
    ],
)
def test_a_date_and_a_time_without_a_zone_give_the_whole_day(name: str) -> None:
    assert from_name(name) == DAY


@pytest.mark.parametrize("name", ["pad", "m_4709963_se_14_1", "20181312", "120180612", "2018-06", "IMG_0034"])
def test_other_names_give_nothing(name: str) -> None:
    assert from_name(name) is None


def test_two_dates_in_a_name_are_refused() -> None:
    with pytest.raises(InputError, match="more than one date") as caught:
        from_name("20180612_vs_20180701")
    assert "--when" in caught.value.remedy


def test_a_sentinel_name_gives_its_sensing_time() -> None:
    assert from_name("S2A_MSIL1C_20180612T031522_N0206_R118_T51SUD_20180612T060000") == AT


@pytest.mark.parametrize(
    "tags",
    [
        {"ACQUISITIONDATETIME": "2018-06-12 03:15:22"},
        {"NITF_IDATIM": "20180612031522"},
        {"TIFFTAG_DATETIME": "2018:06:12 03:15:22Z"},
        {"TIFFTAG_DATETIME": "2018:06:12 12:15:22+09:00"},
        {"TIFFTAG_DATETIME": "2018:06:12 03:15:22", "TIMEZONE": "UTC"},
        {"EXIF_DATETIMEORIGINAL": "2018:06:12 12:15:22", "EXIF_OFFSETTIMEORIGINAL": "+09:00"},
        {"ACQUIRED": "2018-06-12T03:15:22.000Z"},
    ],
)
def test_tags_with_a_zone_are_taken(tags: dict[str, str]) -> None:
    assert from_tags(tags) == AT


def test_a_tiff_time_without_a_zone_is_left_aside_and_named() -> None:
    tags = {"TIFFTAG_DATETIME": "2018:06:12 03:15:22"}
    assert from_tags(tags) is None
    assert unzoned(tags) == "TIFFTAG_DATETIME=2018:06:12 03:15:22"


@pytest.mark.parametrize("text", ["", "rubbish", "0000:00:00 00:00:00", "99999999999999", "2018:06:12 25:00:00Z"])
def test_tags_that_are_no_times_give_nothing(text: str) -> None:
    assert from_tags({"TIFFTAG_DATETIME": text, "NITF_IDATIM": text}) is None


def test_a_stac_item_gives_an_instant_or_an_interval() -> None:
    assert from_stac({"properties": {"datetime": "2018-06-12T03:15:22Z"}}) == AT
    spread = {"datetime": None, "start_datetime": "2018-06-12T00:00:00Z", "end_datetime": "2018-06-14T00:00:00Z"}
    found = from_stac({"properties": spread})
    assert found is not None
    assert found.length == timedelta(days=2)


def test_what_was_said_beats_metadata_and_metadata_beats_the_name() -> None:
    said = instant(datetime(2017, 1, 1, tzinfo=UTC))
    tags = {"NITF_IDATIM": "20180612031522"}
    assert acquisition(said, tags, {}, "20190101") == (said, "declared")
    assert acquisition(None, tags, {}, "20190101") == (AT, "metadata")
    assert acquisition(None, {}, {}, "20180612") == (DAY, "filename")
    assert acquisition(None, {}, {}, "a") == (None, "unknown")


def test_the_future_and_the_time_before_satellites_are_refused() -> None:
    now = datetime(2018, 1, 1, tzinfo=UTC)
    with pytest.raises(InputError, match="future"):
        require_plausible(AT, now=now, where="a")
    with pytest.raises(InputError, match="first satellite"):
        require_plausible(instant(datetime(1950, 1, 1, tzinfo=UTC)), now=now, where="a")
