"""Counts, indices and sightings from CSV."""

import contextlib
import csv
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlook.collect import read_counts
from overlook.errors import InputError
from overlook.terms import OBSERVATIONS, Count, Index, NotObserved, Sighting, observations_from_table
from shared import SHARED, needs

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Read = Callable[..., tuple[Any, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def do(text: str | bytes, **options: Any) -> tuple[Any, ...]:
        path = tmp_path / "c.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        table = read_counts(path, now=NOW, **options)
        assert table.schema.equals(OBSERVATIONS)
        return observations_from_table(table)

    return do


def refused(read: Read, text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_file_of_counts(read: Read) -> None:
    first, second = read(
        "time,site,zone,class,count,visible_fraction,detection_probability,detection_probability_sd,"
        "false_alarms,false_alarms_sd,sensor,observer,why_acquired\n"
        "2018-06-12T03:15Z,s,yard,car,7,0.8,0.9,0.05,0.2,0.1,WV-3,anna,tasked\n"
        "2018-06-13,s,yard,car,0,,,,,,,,\n",
        evidence="ab" * 32,
    )
    assert isinstance(first, Count)
    assert (first.count, first.visible_fraction, first.detection_probability) == (7, 0.8, 0.9)
    assert (first.detection_probability_sd, first.false_alarms, first.false_alarms_sd) == (0.05, 0.2, 0.1)
    assert (first.sensor, first.observer, first.why_acquired) == ("WV-3", "anna", "tasked")
    assert first.when.start == first.when.end == datetime(2018, 6, 12, 3, 15, tzinfo=UTC)
    assert first.evidence == ("ab" * 32,)
    assert isinstance(second, Count)
    assert (second.count, second.detection_probability, second.sensor) == (0, None, "unknown")
    assert second.when.start == datetime(2018, 6, 13, tzinfo=UTC)
    assert second.when.length == timedelta(days=1, microseconds=-1)


def test_a_blank_count_is_not_observed_and_never_zero(read: Read) -> None:
    blank, cloud, zero, unseen = read(
        "date,zone,count,reason,visible_fraction\n2018-06-12,a,,,\n2018-06-13,a,,cloud,0.1\n2018-06-14,a,0,,1\n2018-06-15,a,0,,0\n"
    )
    assert isinstance(blank, NotObserved)
    assert blank.reason == "not searched"
    assert isinstance(cloud, NotObserved)
    assert cloud.reason == "cloud"
    assert isinstance(zero, Count)
    assert isinstance(unseen, NotObserved)


def test_an_index_and_a_sighting(read: Read) -> None:
    (index,) = read("time,class,value,value_sd\n2018-06-12/2018-06-14,backscatter,-12.5,0.4\n")
    assert isinstance(index, Index)
    assert (index.series.cls, index.value, index.value_sd) == ("backscatter", -12.5, 0.4)
    assert index.when.end == datetime(2018, 6, 14, 23, 59, 59, 999999, tzinfo=UTC)
    seen, blank = read(
        "time,zone,indicator,state,identification,probability_of_detection,note\n"
        "2018-06-12,pad,crane,present,probable,0.9,big one\n2018-06-13,pad,crane,,,,\n"
    )
    assert isinstance(seen, Sighting)
    assert (seen.series.cls, seen.state, seen.identification, seen.note) == ("crane", "present", "probable", "big one")
    assert isinstance(blank, NotObserved)


def test_the_unit_of_an_index(read: Read) -> None:
    """Spelt as the tables of other programs spell it; each series has its own."""
    rows = read(
        "time,class,value,unit,shared_sd,background\n2018-06-12,vv,-12.5,db,0.5,\n2018-06-13,vv,-11,DB,0.5,\n"
        "2018-06-12,taken,0.4,Share,,\n2018-06-12,light,-0.1,nW/cm2/sr,,2.5\n2018-06-14,vv,,,,\n"
    )
    told = [(o.unit, o.shared_sd, o.background) for o in rows if o.kind == "index"]
    assert told == [("dB", 0.5, 0.0), ("dB", 0.5, 0.0), ("share", None, 0.0), ("nW/cm2/sr", None, 2.5)]
    assert rows[4].kind == "not observed"


def test_site_zone_and_class_are_each_optional(read: Read) -> None:
    (one,) = read("time,count\n2018-06-12,3\n", default_class="truck")
    assert (one.series.site, one.series.zone, one.series.cls) == ("", "", "truck")
    (two,) = read("time,zone,count\n2018-06-12,lot 7,3\n")
    assert (two.series.zone, two.series.cls) == ("lot 7", "vehicle")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_what_spreadsheets_make_of_csv_is_read(read: Read, newline: str, mark: str, separator: str) -> None:
    lines = ["Time|Zone|Count", "2018-06-12|a|3", "", "2018-06-13|a|4.0", ""]
    found = read(mark + newline.join(lines).replace("|", separator))
    assert [o.count for o in found] == [3, 4]


def test_a_comma_is_the_decimal_point_where_semicolons_separate(read: Read, tmp_path: Path) -> None:
    (one,) = read("time;value;value_sd\n2018-06-12;3,25;0,5\n")
    assert (one.value, one.value_sd) == (3.25, 0.5)
    metadata = read_counts(tmp_path / "c.csv", now=NOW).schema.metadata
    assert b"semicolons" in metadata[b"overlook:notes"]


def test_markup_and_formulas_are_data(read: Read) -> None:
    (one,) = read('time,zone,class,count\n2018-06-12,<script>x</script>,"=HYPERLINK(""a"",1)",2\n')
    assert one.series.zone == "<script>x</script>"
    assert one.series.cls == '=HYPERLINK("a",1)'


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("time,zone,count\n2018-06-12,a,-1\n", "c.csv:2:14", "column count: '-1' is negative"),
        ("time,zone,count\n2018-06-12,a,1.5\n", "c.csv:2:14", "not a whole number"),
        ("time,zone,count\n2018-06-12,a,many\n", "c.csv:2:14", "not a number"),
        ("time,zone,count\n2018-06-12,a,nan\n", "c.csv:2:14", "not a number"),
        ("time,zone,count\n2018-06-12,a,1e999\n", "c.csv:2:14", "not a number"),
        ("time,zone,count\n\n2018-06-12T10:00,a,1\n", "c.csv:3:1", "no time zone; write 2018-06-12T10:00Z"),
        ("time,zone,count\n2031-01-01,a,1\n", "c.csv:2:1", "future"),
        ("time,zone,count\n1931-01-01,a,1\n", "c.csv:2:1", "first satellite"),
        ("time,zone,count\n12/06/2018,a,1\n", "c.csv:2:1", "could be a day and a month"),
        ("time,zone,count\n2018-06-14/2018-06-12,a,1\n", "c.csv:2:1", "ends before it starts"),
        ("time,zone,count\n,a,1\n", "c.csv:2:1", "it is missing"),
        ("time,zone,count\n2018-06-12,a,1\n2018-06-12, a ,1\n", "c.csv:3:1", "same series and time as line 2"),
        ('time,zone,count\n2018-06-12,"a,b",x\n', "c.csv:2:18", "not a number"),
        ("time,count,visible_fraction\n2018-06-12,1,1.2\n", "c.csv:2:14", "outside 0 to 1"),
        ("time,count,detection_probability\n2018-06-12,1,0\n", "c.csv:2:14", "cannot find"),
        ("time,count,false_alarms\n2018-06-12,1,-1\n", "c.csv:2:14", "negative"),
        ("time,count,reason\n2018-06-12,1,cloud\n", "c.csv:2:14", "stands beside a count"),
        ("time,count,reason\n2018-06-12,,clowd\n", "c.csv:2:13", "did you mean cloud?"),
        ("time,count,visible_fraction\n2018-06-12,3,0\n", "c.csv:2:14", "0 beside a count"),
        ("time,indicator,state\n2018-06-12,crane,maybe\n", "c.csv:2:18", "none of present, absent, cannot tell"),
        ("time,indicator,state\n2018-06-12,,present\n", "c.csv:2:12", "missing"),
        ("time,count\n2018-06-12,1\x1b[31m\n", "c.csv:2:13", "U+001B"),
        ("time,zone,count\n2018-06-12,\u202ea,1\n", "c.csv:2:12", "U+202E"),
        ('time,zone,count\n2018-06-12,"a,1\n', "c.csv:2:12", "left open"),
        ("time,zone,count\n2018-06-12,a,1,9\n", "c.csv:2:1", "4 cells where the header has 3"),
        ("time,zone,cuont\n2018-06-12,a,1\n", "c.csv:1:1", "did you mean count?"),
        ("time,zone,count,visible_fractoin\n2018-06-12,a,1,1\n", "c.csv:1:1", "did you mean visible_fraction?"),
        ("time,count,value\n2018-06-12,1,2\n", "c.csv:1:1", "cannot stand in one file"),
        ("zone,count\na,1\n", "c.csv:1:1", "no column time"),
        ("time,date,count\n2018-06-12,2018-06-12,1\n", "c.csv:1:1", "time and date"),
        ("time,count,count\n2018-06-12,1,1\n", "c.csv:1:1", "twice"),
        ("time,state\n2018-06-12,present\n", "c.csv:1:1", "no column indicator"),
        ("time,value,unit\n2018-06-12,1.2,share\n", "c.csv:2:12", "outside 0 to 1, which a share cannot be"),
        ("time,value,unit\n2018-06-12,120,%\n", "c.csv:2:12", "outside 0 to 100"),
        ("time,value,unit\n2018-06-12,-9,dB\n2018-06-13,0.1,\n", "c.csv:3:16", "line 2 has the same series in dB"),
        ("time,value,background\n2018-06-12,1,2\n2018-06-13,1,3\n", "c.csv:3:14", "the same series over 2"),
        ("time,value,unit,background\n2018-06-12,-9,DB,2\n", "c.csv:2:18", "from power, not from decibels"),
        ("time,value,background\n2018-06-12,1,-2\n", "c.csv:2:14", "negative"),
        ("time,value,shared_sd\n2018-06-12,1,x\n", "c.csv:2:14", "not a number"),
        ("", "c.csv", "empty"),
        ("  \n \n", "c.csv", "empty"),
        ("time,count\n", "c.csv", "no rows"),
        ("<!doctype html><table>", "c.csv", "web page"),
        (b"time,zone,count\n2018-06-12,\xe9,1\n", "c.csv", "not UTF-8 text (byte 28)"),
    ],
)
def test_a_mistake_is_named_at_its_place(read: Read, text: str | bytes, where: str, what: str) -> None:
    error = refused(read, text)
    assert error.where.endswith(where)
    assert what in error.what


def test_more_than_five_mistakes_are_summed_up(read: Read) -> None:
    rows = "".join(f"2018-06-{day:02d},a,-1\n" for day in range(1, 13))
    error = refused(read, "time,zone,count\n" + rows)
    assert error.what.count("line ") == 4
    assert error.what.endswith("and 7 more")


def test_three_hundred_thousand_rows_are_read_in_seconds(tmp_path: Path) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    days = [(start + timedelta(days=d)).date().isoformat() for d in range(1000)]
    path = tmp_path / "big.csv"
    path.write_text(
        "time,zone,count,visible_fraction\n" + "".join(f"{d},z{z},{z},0.9\n" for z in range(300) for d in days)
    )
    started = time.perf_counter()
    table = read_counts(path, now=NOW)
    # Five times the goal of two seconds, so that a busy machine does not fail it.
    assert time.perf_counter() - started < 10
    assert table.num_rows == 300_000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_table_or_one_input_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "c.csv"
    path.write_bytes(data)
    with contextlib.suppress(InputError):
        assert read_counts(path, now=NOW).num_rows > 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, 90),
    what=st.sampled_from([b"", b",", b'"', b"\n", b"\x00", b"-", b"9", b"Z", b"\xff", b";", b"\r"]),
)
def test_a_mutated_file_gives_a_table_or_one_input_error(tmp_path: Path, at: int, what: bytes) -> None:
    good = b"time,zone,class,count,visible_fraction\n2018-06-12,a,car,3,0.5\n2018-06-13T01:00Z,b,car,,\n"
    path = tmp_path / "c.csv"
    path.write_bytes(good[:at] + what + good[at + 1 :])
    with contextlib.suppress(InputError):
        assert 1 <= len(observations_from_table(read_counts(path, now=NOW))) <= 3


@needs("satellite-counts")
def test_real_counts_of_parked_cars_are_read_once_their_zone_is_said(read: Read) -> None:
    with (SHARED / "satellite-counts" / "e11_pleiades_parked_cars.csv").open() as file:
        rows = list(csv.DictReader(file))
    text = "time,zone,count\n" + "".join(f"{r['time']},{r['site']},{r['parked_cars']}\n" for r in rows)
    assert "has no time zone" in refused(read, text).what
    zoned = "".join(f"{r['time']}Z,{r['site']},{r['parked_cars']}\n" for r in rows)
    found = read("time,zone,count\n" + zoned)
    assert sum(o.count for o in found) == sum(int(r["parked_cars"]) for r in rows)


def test_a_day_is_a_day_of_the_site(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    path = tmp_path / "days.csv"
    path.write_text("time,zone,count\n2018-08-03,yard,11\n2018-03-25,yard,7\n", encoding="utf-8")
    there = read_counts(path, now=datetime(2026, 1, 1, tzinfo=UTC), days_in=ZoneInfo("Asia/Pyongyang"))
    assert there["start"][0].as_py() == datetime(2018, 8, 2, 15, tzinfo=UTC)
    # Clocks go forward in Berlin: that day has 23 hours.
    berlin = read_counts(path, now=datetime(2026, 1, 1, tzinfo=UTC), days_in=ZoneInfo("Europe/Berlin"))
    assert (berlin["end"][1].as_py() - berlin["start"][1].as_py()).total_seconds() == pytest.approx(23 * 3600, abs=1)
