"""What else could explain a difference: each note where it should be, and not where it should not."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import fisher_exact, pearsonr, rankdata

from activity.drifting import AT_EVENT, EVENT, SERIES, count, drifting
from activity.drifting_index import drifting_index
from overlook.activity import anomaly, answer, breaks, describe, pattern_row
from overlook.activity.confounders import _fisher_p
from overlook.activity.design import build
from overlook.activity.posterior import fit
from overlook.activity.prior import DEFAULT_PRIOR
from overlook.activity.series import to_days, usable
from overlook.activity.sides import correlation_p, hours_between, local_days, mean_hour, ranks
from overlook.terms import Count, Event, EventFinding, Interval, NotObserved, Observation, Plan, Question, instant

SUMMIT = Event(id="summit", name="summit", during=AT_EVENT)
PLAN = Plan(margin=1.25)


def ask(values: list[Observation], **told: object) -> EventFinding:
    question = Question(kind="event", series=SERIES, event="summit")
    f = answer(question, values, event=SUMMIT, events=(SUMMIT,), plan=PLAN, **told)
    assert isinstance(f, EventFinding)
    return f


def notes(f: EventFinding) -> str:
    return "\n".join(f.notes)


def width(f: EventFinding) -> float:
    assert f.ratio is not None
    return math.log(f.ratio.high / f.ratio.low)


def unseen(day: float, reason: str = "cloud") -> NotObserved:
    return NotObserved(series=SERIES, when=instant(EVENT + timedelta(days=day)), reason=reason)


def every(days: float = 4.0, n: int = 6, **fields: object) -> list[Observation]:
    """A steady series, an image every so many days, on both sides and at no fixed place in the week."""
    at = np.arange(-118.0, 44.0, days)
    return [count(d, n + i % 3, **fields) for i, d in enumerate(at)]


# The sums, against others' of them


def test_ranks_correlations_and_the_exact_test_are_scipys() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        x, y = rng.integers(0, 6, 15).astype(float), rng.normal(size=15)
        assert ranks(x) == pytest.approx(rankdata(x))
        assert correlation_p(x, y) == pytest.approx(tuple(pearsonr(x, y)), abs=1e-9)
        a, b = int(rng.integers(0, 9)), int(rng.integers(0, 13))
        assert _fisher_p(a, 8, b, 12) == pytest.approx(fisher_exact([[a, 8 - a], [b, 12 - b]])[1], abs=1e-9)
    assert correlation_p(np.ones(9), np.arange(9.0)) == (0.0, 1.0)


def test_hours_go_round_the_clock() -> None:
    assert mean_hour(np.array([23.0, 1.0, np.nan])) == pytest.approx(0.0, abs=1e-9)
    assert mean_hour(np.array([6.0, 18.0])) is None
    assert mean_hour(np.array([np.nan])) is None
    assert hours_between(23.0, 1.0) == pytest.approx(2.0)
    assert hours_between(1.0, 23.0) == pytest.approx(-2.0)


def test_local_days_follow_summer_time() -> None:
    winter, summer = (to_days(datetime(2018, month, 1, tzinfo=UTC)) for month in (1, 7))
    local = local_days(np.array([winter, summer]), ZoneInfo("Europe/Berlin"))
    assert (local - np.array([winter, summer])) * 24 == pytest.approx([1.0, 2.0])


# A clean series says none of it

QUIET = (
    "time of day can read",
    "sensor or reader changes",
    "was visible before the event",
    "the less of the zone was visible",
    "tasked or chosen",
    "clouds hid",
    "withheld",
    "days about the event",
    "hardly known",
    "was never seen before it",
)


def test_a_clean_series_has_none_of_these_notes() -> None:
    said = notes(ask([*every(), *(unseen(d) for d in np.arange(-117.0, 44.0, 8.0))]))
    assert not [words for words in QUIET if words in said]


Made = Callable[[], list[Observation]]


def hours_after(hour: float) -> list[Observation]:
    return [replace(o, when=instant(o.when.start + timedelta(hours=hour * (o.when.start > EVENT)))) for o in every()]


def visible(before: float, after: float) -> list[Observation]:
    return [
        replace(o, visible_fraction=v, count=round(10 * v))
        for i, o in enumerate(every())
        for v in [min(1.0, (after if o.when.start > EVENT else before) + 0.02 * (i % 4))]
    ]


def weather(slope: float) -> list[Observation]:
    """Counts in proportion to what is visible, or more than that: few come when it is cloudy."""
    rng = np.random.default_rng(6)
    shares = rng.uniform(0.4, 1.0, len(every()))
    return [
        replace(o, visible_fraction=float(v), count=int(rng.poisson(12 * v * v**slope)))
        for o, v in zip(every(), shares, strict=True)
    ]


def cloudy(every_before: float, every_after: float) -> list[Observation]:
    clouds = [*np.arange(-117.0, -1.0, every_before), *np.arange(1.0, 44.0, every_after)]
    return [*every(), *(unseen(d) for d in clouds)]


def picked(before: int, after: int) -> list[Observation]:
    """How many in each five of either side were tasked."""
    return [
        replace(o, why_acquired="tasked" if i % 5 < (after if o.when.start > EVENT else before) else "routine")
        for i, o in enumerate(every())
    ]


def hole(first: float, last: float) -> list[Observation]:
    return [o for o in every(3.0) if not first < to_days(o.when.start) - to_days(EVENT) < last]


@pytest.mark.parametrize(
    ("there", "not_there", "words"),
    [
        (lambda: hours_after(4.0), lambda: hours_after(1.0), "about 00:00 UTC, those after about 04:00"),
        (lambda: visible(0.9, 0.5), lambda: visible(0.9, 0.85), "93% of the zone was visible before the event"),
        (lambda: weather(1.5), lambda: weather(0.0), "the less of the zone was visible, the lower the level"),
        (lambda: cloudy(20.0, 1.0), lambda: cloudy(6.0, 5.0), "if activity follows the weather"),
        (lambda: picked(0, 4), lambda: picked(2, 2), "not looked at for the same reasons"),
        (lambda: picked(1, 1), lambda: picked(0, 0), "were tasked or chosen"),
        (lambda: [*every(), unseen(3, "withheld")], lambda: [*every(), unseen(3)], "1 image was withheld, 1 of them"),
        (lambda: hole(-15, 15), lambda: hole(-4, 4), "no usable image for 33 days about the event"),
        (lambda: hole(-200, -20), lambda: hole(-200, -30), "the first image is"),
        (
            lambda: [*every(), *(count(d, 6) for d in range(-360, -120, 20))],
            lambda: [*every(), *(count(d, 6) for d in range(-420, -120, 20))],
            "the season after it was never seen before it",
        ),
    ],
    ids=["hours", "visible", "weather", "clouds", "picked", "tasked", "withheld", "hole", "baseline", "season"],
)
def test_a_confounder_is_named_where_it_is_and_not_where_it_is_not(there: Made, not_there: Made, words: str) -> None:
    assert words in notes(ask(there()))
    assert words not in notes(ask(not_there()))


def test_other_hours_after_the_event_are_told_and_widen() -> None:
    same, later = ask(hours_after(0.0)), ask(hours_after(4.0))
    assert "a time of day can read as a change" in notes(later)
    assert later.model is not None
    assert "hour of day" in later.model.widened_for
    assert width(later) > math.hypot(width(same), 0.9 * 2 * 1.645 * DEFAULT_PRIOR.hour_sd * 4 / 3)


def test_hours_that_overlap_teach_what_the_hour_does() -> None:
    """Twice as many at the later hour, on both sides: more late images after the event are then no change."""
    rng = np.random.default_rng(12)
    made: list[Observation] = []
    for d in np.arange(-118.0, 44.0, 2.0):
        late = rng.random() < (0.8 if d > 0 else 0.2)
        moved = count(d + (4 / 24 if late else 0.0), int(rng.poisson(30 if late else 15)))
        made.append(moved)
    f = ask(made)
    assert f.ratio is not None
    plain = np.mean([o.count for o in made if o.when.start > EVENT and isinstance(o, Count)])
    before = np.mean([o.count for o in made if o.when.start < EVENT and isinstance(o, Count)])
    assert plain / before > 1.3
    assert f.ratio.low < 1 < f.ratio.high < 1.5


def test_less_visible_after_the_event_widens() -> None:
    a, b = ask(visible(0.9, 0.9)), ask(visible(0.9, 0.4))
    assert b.model is not None
    assert "visible share" in b.model.widened_for
    assert width(b) > 1.1 * width(a)


def test_a_hole_longer_than_the_event_alone_is_a_hole() -> None:
    """The event itself lasts twenty days: nobody could compare images of it, and that is no hole."""
    long = Interval(start=EVENT - timedelta(days=20), end=EVENT)
    row = pattern_row(SERIES, every(3.0), event=long, plan=PLAN)
    assert "days about the event" not in "\n".join(row["notes"])
    short = pattern_row(SERIES, hole(-20, 8), event=AT_EVENT, plan=PLAN)
    assert "days about the event" in "\n".join(short["notes"])


def test_notes_are_rare_where_nothing_is_wrong() -> None:
    """Clouds, shares and gaps by chance: those with a p-value come by chance about once in fifty, four together .08."""
    rng = np.random.default_rng(20271)
    said = 0
    for _ in range(40):
        counts, _ = drifting(rng, 60, 22, rate=2.0)
        made: list[Observation] = []
        for o in counts:
            share = float(rng.choice([1.0, rng.uniform(0.3, 1.0)]))
            day = (o.when.start - EVENT).total_seconds() / 86400
            seen = replace(o, count=int(rng.binomial(o.count, share)), visible_fraction=share)
            made.append(unseen(day) if rng.random() < 0.4 else seen)
        told = notes(ask(made))
        said += any(w in told for w in ("the less of the zone", "was visible before", "clouds hid", "days about the"))
    assert said <= 10  # P(more | .08 each) < 1e-3


# Sensors


def mixed(seed: int, before: float, after: float, factor: float, n: tuple[int, int] = (60, 25)) -> list[Observation]:
    """An index that does not change, by two sensors of which B reads `factor` times as much."""
    rng = np.random.default_rng(seed)
    values, _ = drifting_index(rng, *n, ratio=1.0, drift_sd=0.1, noise_sd=0.1)
    return [
        replace(o, sensor="B", value=o.value * factor)
        if rng.random() < (after if o.when.start > EVENT else before)
        else replace(o, sensor="A")
        for o in values
    ]


def test_a_jump_in_one_sensors_share_is_no_change() -> None:
    values = mixed(3, 0.2, 0.9, 1.6)
    named, not_named = ask(values), ask([replace(o, sensor="unknown") for o in values])
    assert not_named.verdict == "changed"
    assert named.verdict != "changed"
    assert named.ratio is not None
    assert named.ratio.low < 1 < named.ratio.high < 1.35
    assert "more of B / unknown after it, less of A / unknown" in notes(named)
    assert named.model is not None
    assert "sensor offset" in named.model.widened_for


def test_two_sensors_in_the_same_mix_are_no_change_of_sensor() -> None:
    f = ask(mixed(3, 0.5, 0.5, 1.6))
    assert "sensor or reader changes" not in notes(f)
    assert "more than one sensor or reader" in notes(f)


def test_overlap_teaches_an_offset_that_the_prior_does_not_know() -> None:
    record = usable(SERIES, mixed(9, 0.5, 0.5, 1.6))
    at = to_days(EVENT)
    design = build(record, DEFAULT_PRIOR, numerator=(at, at + 45), denominator=(at - 120, at), after_d=at)
    posterior = fit(design, DEFAULT_PRIOR)
    b, a = posterior.effect("offset of sensor B"), posterior.effect("offset of sensor A")
    # Half of it to each, as nobody says which of the two is right; shrunk a little by the prior.
    assert b.centre - a.centre == pytest.approx(math.log(1.6), abs=0.1)


@pytest.mark.parametrize(("factor", "verdict"), [(0.75, "undetermined"), (0.2, "changed")])
def test_sensors_swapped_at_the_event_need_a_step_beyond_what_they_may_differ_by(factor: float, verdict: str) -> None:
    values = mixed(4, 0.0, 1.0, factor)
    f = ask(values)
    assert f.verdict == verdict
    assert "sensor or reader changes at the event (100% of the images)" in notes(f)
    assert ask([replace(o, sensor="A") for o in values]).verdict == "changed"


def test_a_declared_calibration_stands_in_the_place_of_the_default() -> None:
    """Swapped at the event, each to within 3%: a fall to three quarters is then a change."""
    values = [replace(o, shared_sd=0.03) for o in mixed(4, 0.0, 1.0, 0.75)]
    f = ask(list(values))
    assert f.verdict == "changed"
    assert "without a declared error that its values share" not in notes(f)
    assert f.model is not None
    assert "calibration" in f.model.widened_for
    loose = ask([replace(o, shared_sd=0.5) for o in values])
    assert width(loose) > 2 * width(f)


def test_a_reader_that_both_sensors_share_ties_them_together() -> None:
    """Sensor and reader have an offset each: a second reader is no reason to doubt that the sensor is the same."""
    counts, _ = drifting(np.random.default_rng(3), 40, 30)
    one = [replace(c, sensor="A", observer="anna") for c in counts]
    record = usable(SERIES, [replace(c, observer="bert") if i % 2 else c for i, c in enumerate(one)])
    at = to_days(EVENT)
    names = build(record, DEFAULT_PRIOR, numerator=(at, at + 45), after_d=at).names
    assert [n for n in names if n.startswith("offset")] == ["offset of reader anna", "offset of reader bert"]


# Weekends by the site's own clock


def test_a_weekend_is_the_sites_own() -> None:
    """Images at 22:00 UTC on Fridays: already Saturday in Pyongyang."""
    friday = datetime(2018, 3, 2, 22, tzinfo=UTC)
    made: list[Observation] = [
        Count(series=SERIES, when=instant(friday + timedelta(days=7 * i)), count=5) for i in range(12)
    ]
    here = describe(SERIES, made, plan=PLAN)
    there = describe(SERIES, made, plan=PLAN, days_in=ZoneInfo("Asia/Pyongyang"))
    assert "all images are of working days (UTC): nothing is known of the other days" in here.notes
    assert "all images are of weekends (by the site's clock): nothing is known of the other days" in there.notes
    # Its clock went from UTC+8:30 to UTC+9 on 5 May 2018.
    assert any("22:00 and 22:00 UTC, 06:30 to 07:00 by the site's clock" in n for n in there.notes)
    assert here.hours_utc == there.hours_utc == (22.0, 22.0)


def test_the_clock_reaches_the_answer_of_an_event() -> None:
    rng = np.random.default_rng(8)
    made: list[Observation] = []
    for d in range(-118, 44):
        at = EVENT + timedelta(days=d, hours=22)
        is_weekend = (at + timedelta(hours=9)).weekday() >= 5  # in Pyongyang
        made.append(Count(series=SERIES, when=instant(at), count=int(rng.poisson(2 if is_weekend else 12))))
    asked = ask(made, days_in=ZoneInfo("Asia/Pyongyang"))
    wrong = ask(made)
    assert asked.model is not None
    assert wrong.model is not None
    assert asked.model.dispersion_k is not None
    assert wrong.model.dispersion_k is not None
    assert asked.model.dispersion_k > 2 * wrong.model.dispersion_k  # the week explains what was noise


def test_a_break_where_the_sensor_changes_has_to_be_larger_than_sensors_differ() -> None:
    values = mixed(4, 0.0, 1.0, 0.6, (40, 25))
    named = breaks(SERIES, values, plan=PLAN)
    not_named = breaks(SERIES, [replace(o, sensor="unknown") for o in values], plan=PLAN)
    assert not_named.verdict == "changed"
    assert named.p_value is not None
    assert not_named.p_value is not None
    assert named.p_value > 3 * not_named.p_value
    assert named.verdict == "undetermined"


def test_a_new_sensor_is_no_surprise_by_what_sensors_differ() -> None:
    """The first image of a second sensor may lie off by what two sensors may differ by."""
    values = mixed(4, 0.0, 0.0, 1.0, (27, 13))
    new = replace(values[-1], value=values[-1].value * 1.6)
    same = anomaly(SERIES, values[:-1], new, plan=PLAN)
    other = anomaly(SERIES, values[:-1], replace(new, sensor="B"), plan=PLAN)
    assert same.p_value is not None
    assert other.p_value is not None
    assert same.p_value < 0.05 < other.p_value
