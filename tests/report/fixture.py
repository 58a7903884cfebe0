"""A made-up assessment that a report is rendered from: 2 zones x 2 classes x 48 images, 2 events, 4 claims.

Nothing in it is computed by the line: every number is chosen here, so that a test can look for it in the page.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
from shapely.geometry import Polygon

from overlook.claims import source_graph
from overlook.terms import (
    ActivityFinding,
    Assessment,
    BandPoint,
    Boxes,
    BoxFile,
    Case,
    Chip,
    ChipMeta,
    Claim,
    ClaimJudgement,
    Commitment,
    Comparison,
    Correction,
    Count,
    Cover,
    Density,
    Estimate,
    Event,
    EventFinding,
    Gap,
    Index,
    Interval,
    Judgement,
    Missed,
    ModelUsed,
    Need,
    NotObserved,
    Observer,
    Opinion,
    Pattern,
    Plan,
    Prediction,
    PresenceFinding,
    Provenance,
    ReferenceFact,
    Registration,
    Rights,
    Rival,
    Scene,
    Series,
    Sighting,
    SignedOpinion,
    Site,
    Source,
    Step,
    TransitionFinding,
    Zone,
    instant,
)

CRS = "EPSG:32651"
#: The site grid: 0.5 m pixels, upper left corner at this easting and northing.
ORIGIN = (488_123.5, 4_401_877.25)
GSD = 0.5
SHAPE = (240, 320)
TRANSFORM = (GSD, 0.0, ORIGIN[0], 0.0, -GSD, ORIGIN[1])
#: Zones in chip pixels (left, top, right, bottom); the second has a slanted side.
YARD_PX = ((60.0, 50.0), (150.0, 50.0), (150.0, 170.0), (60.0, 170.0))
PARK_PX = ((180.0, 60.0), (290.0, 60.0), (290.0, 150.0), (230.0, 150.0))
FIRST = datetime(2024, 1, 4, 2, 10, tzinfo=UTC)
EVENT_A = datetime(2024, 6, 12, 2, 0, tzinfo=UTC)
EVENT_B = Interval(start=datetime(2024, 9, 27, 15, 0, tzinfo=UTC), end=datetime(2024, 10, 4, 14, 59, tzinfo=UTC))
MADE = datetime(2025, 1, 15, 9, 30, tzinfo=UTC)
READER = "simulated reader"
PRECISE = (126.865_432_1, 39.766_543_2)


def _lonlat(points: tuple[tuple[float, float], ...]) -> Polygon:
    from pyproj import Transformer

    back = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return Polygon([back.transform(ORIGIN[0] + x * GSD, ORIGIN[1] - y * GSD) for x, y in points])


def site(crs: str = CRS) -> Site:
    shape = _lonlat if crs == CRS else lambda px: Polygon([(ORIGIN[0] + x * GSD, ORIGIN[1] - y * GSD) for x, y in px])
    season = Interval(start=datetime(2024, 7, 1, tzinfo=UTC), end=datetime(2024, 7, 20, tzinfo=UTC))
    return Site(
        id="works",
        name="Kestrel Works",
        crs=crs,
        grid_gsd_m=GSD,
        timezone="Asia/Pyongyang",
        whereabouts="a made-up valley",
        zones=(
            Zone(id="yard", name="North yard", kind="yard", geometry=shape(YARD_PX)),
            Zone(
                id="park",
                name="Staff car park",
                kind="parking",
                geometry=shape(PARK_PX),
                covers=(Cover(kind="canopy", during=season, note="canvas"),),
            ),
        ),
    )


def scenes(may_publish: bool | None = True) -> tuple[Scene, ...]:
    lon, lat = PRECISE
    footprint = Polygon([(lon, lat), (lon + 0.004, lat), (lon + 0.004, lat + 0.003), (lon, lat + 0.003)])
    made = []
    for i in range(48):
        when = FIRST + timedelta(days=7 * i, minutes=(i * 37) % 50)
        made.append(
            Scene(
                id=f"kestrel_{i:02d}_20m",
                path=f"kestrel_{i:02d}_20m.tif",
                digest=f"{i:02d}" + "ab" * 31,
                when=instant(when),
                when_source="metadata",
                gsd_m=0.5 if i % 5 else 0.7,
                crs=CRS,
                transform=TRANSFORM,
                shape=SHAPE,
                bands=("red", "green", "blue"),
                dtype="uint8",
                footprint=footprint,
                sensor="SimSat-1" if i % 5 else "SimSat-2",
                off_nadir_deg=float(4 + i % 21),
                sun_elevation_deg=float(28 + i % 30),
                sun_azimuth_deg=float(150 + i % 20),
                catalogue_id=f"1040010{i:03d}",
                rights=Rights(may_publish=may_publish, licence="CC BY 4.0", credit="© SimSat 2024"),
                why_acquired="tasked" if i in (22, 23) else "routine",
                boxes=(
                    BoxFile(
                        path=f"kestrel_{i:02d}_20m.reader.boxes.geojson",
                        observer=READER,
                        digest="cd" * 32,
                        complete_for=("vehicle", "container"),
                    ),
                ),
            )
        )
    return tuple(made)


@cache
def chip(scene: str, site_id: str) -> Chip:
    """A textured ground with a road, roofs, and bright things where the boxes are."""
    i = int(scene.split("_")[1])
    rng = np.random.default_rng(i)
    rows, cols = SHAPE
    ground = np.add.outer(np.linspace(0, 18, rows), np.linspace(0, 25, cols))
    base = 96 + ground + rng.normal(0, 7, SHAPE) + 12 * np.sin(np.add.outer(np.arange(rows) / 17, np.arange(cols) / 29))
    pixels = np.stack([base * 1.02, base, base * 0.86], axis=-1)
    pixels[100:112, :, :] = 140 + rng.normal(0, 5, (12, cols, 1))
    pixels[10:44, 20:120] = (150, 128, 118)
    pixels[44:50, 20:124] = (48, 48, 52)
    pixels[50:170, 60:150] += 18
    for corners in _corners(i):
        xs, ys = corners[0::2], corners[1::2]
        x0, x1, y0, y1 = int(min(xs)), int(max(xs)), int(min(ys)), int(max(ys))
        pixels[y0 + 1 : y1, x0 + 1 : x1] = rng.choice(((225, 225, 228), (60, 70, 110), (170, 60, 50)))
        pixels[y1 : y1 + 2, x0 + 1 : x1 + 1] *= 0.5
    unusable = np.zeros(SHAPE, dtype=np.uint8)
    if i % 4 == 1:
        yy, xx = np.mgrid[:rows, :cols]
        cloud = (yy - 160) ** 2 / 40**2 + (xx - 130) ** 2 / 55**2 < 1
        pixels[cloud] = 236
        unusable[cloud] = 2
    meta = ChipMeta(
        scene=scene,
        site=site_id,
        crs=CRS,
        transform=TRANSFORM,
        shape=SHAPE,
        bands=("red", "green", "blue"),
        registration=Registration(method="phase correlation", shift_m=(0.4, -0.2), residual_m=0.31),
        usable_fraction=float((unusable == 0).mean()),
    )
    return Chip(meta=meta, pixels=np.clip(pixels, 0, 255).astype(np.uint8), unusable=unusable)


def _corners(i: int) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(1000 + i)
    found = []
    for _ in range(9 if i < 22 else 15):
        x, y = rng.uniform(64, 138), rng.uniform(54, 160)
        if i % 4 == 1 and (y - 157) ** 2 / 46**2 + (x - 125) ** 2 / 61**2 < 1:
            continue  # under the cloud
        found.append((x, y, x + 9, y, x + 9, y + 5, x, y + 5))
    for _ in range(6):
        x, y = rng.uniform(236, 280), rng.uniform(64, 140)
        found.append((x, y, x + 9, y, x + 9, y + 5, x, y + 5))
    found.append((10.0, 200.0, 19.0, 200.0, 19.0, 205.0, 10.0, 205.0))  # outside every zone
    return found


def observations(of: tuple[Scene, ...]) -> list[object]:
    rng = np.random.default_rng(5)
    made: list[object] = []
    for i, scene in enumerate(of):
        for zone in ("yard", "park"):
            for cls in ("vehicle", "container"):
                series = Series(site="works", zone=zone, cls=cls)
                if i % 9 == 4:
                    made.append(_unseen(series, scene, "cloud", "91% of the zone"))
                elif zone == "park" and 24 <= i <= 26:
                    made.append(_unseen(series, scene, "covered", "canopy"))
                elif i % 13 == 7:
                    made.append(_unseen(series, scene, "off the image", ""))
                elif cls == "container" and not i % 5:
                    made.append(_unseen(series, scene, "too coarse", "0.70 m, coarser than 0.60 m"))
                else:
                    level = {"vehicle": 8.0, "container": 3.0}[cls] * (1.8 if zone == "yard" and i >= 22 else 1.0)
                    made.append(_count(series, scene, int(rng.poisson(level)), 0.62 if i % 4 == 1 else 1.0))
    return made


def _unseen(series: Series, scene: Scene, reason: str, detail: str) -> NotObserved:
    return NotObserved(
        series=series, when=scene.when, scene=scene.id, reason=reason, detail=detail, evidence=("ee" * 32,)
    )


def _count(series: Series, scene: Scene, count: int, visible: float) -> Count:
    return Count(
        series=series,
        when=scene.when,
        scene=scene.id,
        count=count,
        visible_fraction=visible,
        detection_probability=0.9,
        detection_probability_sd=0.03,
        false_alarms=0.1,
        sensor=scene.sensor,
        observer=READER,
        why_acquired=scene.why_acquired,
        gsd_m=scene.gsd_m,
        evidence=("ef" * 32,),
    )


def _sighted(of: tuple[Scene, ...]) -> list[object]:
    crane = Series(site="works", zone="yard", cls="crane")
    states = {3: "present", 9: "present", 15: "present", 20: "cannot tell", 25: "absent", 33: "absent", 40: "absent"}
    made: list[object] = [
        Sighting(
            series=crane,
            when=of[i].when,
            scene=of[i].id,
            state=state,
            identification="probable",
            probability_of_detection=0.8,
            observer="A. Reader",
            sensor=of[i].sensor,
            why_acquired="routine",
            note="boom over the north wall",
        )
        for i, state in states.items()
    ]
    made.append(_unseen(crane, of[22], "cloud", ""))
    index = Series(site="works", zone="park", cls="share of stalls taken")
    rng = np.random.default_rng(8)
    made += [
        Index(series=index, when=of[i].when, scene=of[i].id, value=float(0.55 + 0.08 * rng.normal()), value_sd=0.04)
        for i in range(0, 48, 3)
    ]
    return made


def _pattern(zone: str, cls: str, rate: float) -> Pattern:
    band = tuple(
        BandPoint(
            when=FIRST + timedelta(days=7 * i),
            low=rate * (0.55 + 0.1 * np.sin(i / 8)),
            middle=rate * (1 + 0.1 * np.sin(i / 8)),
            high=rate * (1.6 + 0.1 * np.sin(i / 8)),
        )
        for i in range(50)
    )
    return Pattern(
        series=Series(site="works", zone=zone, cls=cls),
        n_images=48,
        n_usable=39,
        image_equivalents=33.4,
        rate=Estimate(estimate=rate, low=rate * 0.8, high=rate * 1.27, level=0.9),
        weekend_ratio=Estimate(estimate=0.71, low=0.5, high=1.02, level=0.9),
        dispersion_k=Estimate(estimate=6.1, low=2.9, high=14.0, level=0.9),
        hours_utc=(1.9, 3.25),
        band=band,
        model=model(),
        notes=("All images fall between 02:00 and 03:15 UTC: nothing is said of other hours.",),
    )


def model() -> ModelUsed:
    return ModelUsed(
        name="negative binomial with drift",
        prior="default",
        terms=("drift", "weekend"),
        widened_for=("recall",),
        dispersion_k=6.1,
        drift_sd=0.31,
        correlation_time_d=14.0,
        prior_weight=0.22,
    )


def _event_finding(zone: str, cls: str, event: str, **given: object) -> EventFinding:
    start = EVENT_A if event == "summit" else EVENT_B.start
    defaults: dict[str, object] = {
        "id": f"event/works/{zone}/{cls}/{event}",
        "series": Series(site="works", zone=zone, cls=cls),
        "event": event,
        "before": Interval(start=start - timedelta(days=120), end=start),
        "after": Interval(start=start, end=start + timedelta(days=45)),
        "n_before": 14,
        "n_after": 6,
        "ratio": None,
        "step": None,
        "verdict": "undetermined",
        "exploratory": False,
        "missed": Missed(),
        "margin": 1.25,
        "model": model(),
        "evidence": ("12" * 32, "34" * 32),
    }
    return EventFinding(**(defaults | given))  # type: ignore[arg-type]


def density(estimate: float, log_sd: float) -> Density:
    """A log-normal posterior of a ratio on the grid that the line keeps."""
    offsets = np.linspace(-3.09, 3.09, 49)
    heights = np.exp(-0.5 * offsets**2) / (log_sd * np.sqrt(2 * np.pi))
    return Density(
        low=float(estimate * np.exp(-3.09 * log_sd)),
        high=float(estimate * np.exp(3.09 * log_sd)),
        density=tuple(float(y) for y in heights),
        log_sd=log_sd,
    )


def findings() -> tuple[object, ...]:
    year = Interval(start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 12, 31, tzinfo=UTC))
    return (
        _event_finding(
            "yard",
            "vehicle",
            "summit",
            verdict="changed",
            ratio=Estimate(estimate=1.834, low=1.312, high=2.497, level=0.9),
            step=Step(estimate=1.62, low=1.05, high=2.4, p_value=0.031),
            missed=Missed(smallest_ratio_up=1.58, smallest_ratio_down=0.61, smallest_margin=1.71, images_needed=63),
            p_within_margin=0.012,
            p_above_one=0.994,
            density=density(1.834, 0.184),
            notes=("The event is 5 months from the yearly turn; the baseline is shorter than a year.",),
        ),
        _event_finding(
            "park",
            "vehicle",
            "summit",
            verdict="same",
            ratio=Estimate(estimate=0.97, low=0.84, high=1.13, level=0.9),
            step=Step(estimate=0.98, low=0.8, high=1.2, p_value=0.81),
            missed=Missed(smallest_ratio_up=1.29, smallest_ratio_down=0.77, smallest_margin=1.24, images_needed=40),
            p_within_margin=0.96,
            density=density(0.97, 0.09),
        ),
        _event_finding(
            "yard",
            "container",
            "summit",
            exploratory=True,
            n_before=5,
            n_after=3,
            ratio=Estimate(estimate=1.4, low=0.5, high=3.9, level=0.9),
            step=Step(estimate=1.3, low=0.5, high=3.4, p_value=None),
            missed=Missed(smallest_ratio_up=3.31),
            notes=("Fewer than 10 usable images: no p-value, and no word of likelihood.",),
        ),
        _event_finding("park", "vehicle", "holiday", missed=Missed(smallest_ratio_up=1.6, smallest_ratio_down=0.6)),
        ActivityFinding(
            id="activity/works/yard/vehicle/20240101T0000-20241231T0000",
            series=Series(site="works", zone="yard", cls="vehicle"),
            window=year,
            n_images=39,
            image_equivalents=33.4,
            total_count=431,
            rate=Estimate(estimate=12.9, low=10.3, high=16.4, level=0.9),
            quiet_below=0.5,
            p_active=0.9997,
            verdict="active",
            exploratory=False,
        ),
        PresenceFinding(
            id="presence/works/yard/crane/20240801T0000-20241231T0000",
            series=Series(site="works", zone="yard", cls="crane"),
            window=Interval(start=datetime(2024, 8, 1, tzinfo=UTC), end=datetime(2024, 12, 31, tzinfo=UTC)),
            n_present=0,
            n_absent=2,
            n_cannot_tell=0,
            identification=None,
            chance_missed=0.04,
            verdict="absent",
        ),
        TransitionFinding(
            id="transition/works/yard/crane",
            series=Series(site="works", zone="yard", cls="crane"),
            verdict="left",
            between=Interval(start=FIRST + timedelta(days=111), end=FIRST + timedelta(days=186)),
            identification="probable",
            order=(("summit", "undetermined"), ("holiday", "before")),
            notes=("One sighting in between cannot tell.",),
        ),
    )


def case(**changed: object) -> Case:
    values: dict[str, object] = {
        "id": "kestrel-2024",
        "title": "Kestrel Works through the summer of 2024",
        "question": "Did work at the yard go on through the summit, as the report said?",
        "notice": "Simulated: no real place",
        "sites": (site(),),
        "events": (
            Event(id="summit", name="Summit", during=instant(EVENT_A), sites=("works",), source="paper"),
            Event(id="holiday", name="Autumn holiday", during=EVENT_B, sites=("works",)),
        ),
        "sources": (
            Source(id="officials", name="Officials, unnamed", kind="anonymous", reliability="C"),
            Source(
                id="paper",
                name="The Morning Paper",
                kind="document",
                reliability="B",
                relies_on=("officials",),
                citation="https://example.org/2024/kestrel",
                digest="56" * 32,
            ),
            Source(id="expert", name="Dr. M. Example", kind="named", reliability="B"),
        ),
        "claims": _claims(),
        "commitments": (
            Commitment(
                id="k1",
                text="The parties will work towards the complete removal of heavy plant.",
                parties=("North", "South"),
                made=instant(EVENT_A),
                undefined=("complete removal",),
                indicators=(
                    Prediction(
                        id="i1",
                        relation="absent",
                        site="works",
                        zone="yard",
                        indicator="crane",
                        statement="No crane in the yard",
                    ),
                ),
                source="paper",
            ),
        ),
        "facts": (ReferenceFact(id="f1", text="The yard was already in use in 2022.", source="Atlas 2022"),),
        "observers": (
            Observer(
                id=READER,
                detection_probability=0.9,
                detection_probability_sd=0.03,
                false_alarms_per_ha=0.1,
                basis="declared in the simulation",
            ),
        ),
        "plan": Plan(margin=1.25, quiet_below=0.5, classes=("vehicle", "container")),
        "corrections": (
            Correction(made=date(2025, 1, 10), was="9 vehicles on 4 January.", now="8 vehicles; one box was a shadow."),
        ),
    }
    return Case(**(values | changed))  # type: ignore[arg-type]


def _claims() -> tuple[Claim, ...]:
    said = Interval(start=datetime(2024, 7, 30, tzinfo=UTC), end=datetime(2024, 7, 30, 23, 59, tzinfo=UTC))
    stock = Rival(id="r1", name="Stocktaking before the summit", predicts="same")
    decoy = Rival(id="r2", name="Vehicles parked for show", predicts="same", is_deception=True)
    closed = Rival(id="r3", name="The yard was closed", predicts="different")
    return (
        Claim(
            id="c1",
            quote="We see vehicles coming and going; the yard is not dead, by any stretch of the imagination.",
            chain=("expert",),
            said=said,
            credibility="2",
            predictions=(
                Prediction(
                    id="p1",
                    relation="active",
                    site="works",
                    zone="yard",
                    cls="vehicle",
                    statement="Vehicles use the north yard",
                    rivals=(decoy, closed),
                ),
            ),
        ),
        Claim(
            id="c2",
            quote="Life at the plant stayed about the same through the summit.",
            chain=("officials", "paper"),
            said=said,
            credibility="3",
            kind="indirect",
            predictions=(
                Prediction(
                    id="p1",
                    relation="same",
                    site="works",
                    zone="yard",
                    cls="vehicle",
                    event="summit",
                    statement="The yard stayed the same",
                ),
                Prediction(
                    id="p2",
                    relation="same",
                    site="works",
                    zone="park",
                    cls="vehicle",
                    event="summit",
                    statement="The car park stayed the same",
                    rivals=(stock,),
                ),
            ),
            disputed_by=("f1",),
        ),
        Claim(
            id="c3",
            quote="They are building long crates in the main hall.",
            chain=("officials", "paper"),
            said=said,
            not_observable=("what is being built inside the hall",),
            predictions=(
                Prediction(
                    id="p1",
                    relation="present",
                    site="works",
                    zone="yard",
                    cls="container",
                    inside=True,
                    statement="Crates inside the hall",
                ),
            ),
        ),
        Claim(
            id="c4",
            quote="Containers left over the holiday.",
            chain=("paper",),
            said=said,
            credibility="6",
            predictions=(
                Prediction(
                    id="p1",
                    relation="changed",
                    site="works",
                    zone="yard",
                    cls="container",
                    event="holiday",
                    statement="Fewer containers after the holiday",
                    needs_gsd_m=0.5,
                ),
            ),
        ),
    )


def judgements() -> tuple[ClaimJudgement, ...]:
    signed = Opinion(
        claim="c1",
        analyst="A. Analyst",
        signed=date(2025, 1, 12),
        evidence="aa11bb22cc33",
        likelihood="very likely",
        confidence="moderate",
        reasons=("Counts are high on every image of the year.",),
        second_reader="B. Second",
    )
    dissent = Opinion(
        claim="c1",
        analyst="C. Other",
        signed=date(2025, 1, 13),
        evidence="aa11bb22cc33",
        likelihood="roughly even chance",
        confidence="low",
        reasons=("Parked vehicles are not work.",),
        dissent=True,
    )
    f = [x.id for x in findings()]  # type: ignore[attr-defined]
    return (
        ClaimJudgement(
            claim="c1",
            parts=(
                Judgement(
                    claim="c1",
                    prediction="p1",
                    verdict="supported",
                    observable="Vehicles at 0.5 per image or more in the north yard in 2024",
                    why=("431 vehicles were counted in 39 images, 12.90 per image.",),
                    findings=(f[4],),
                    probability=0.9997,
                    likelihood="almost certain",
                    rivals_against=("r3",),
                    rivals_open=("r2",),
                    would_change=("A count below 0.5 per image over the next 30 images.",),
                ),
            ),
            not_observable=(),
            evidence="aa11bb22cc33dd44" * 4,
            status="signed",
            opinions=(SignedOpinion(opinion=signed, is_stale=False), SignedOpinion(opinion=dissent, is_stale=False)),
        ),
        ClaimJudgement(
            claim="c2",
            parts=(
                Judgement(
                    claim="c2",
                    prediction="p1",
                    verdict="inconsistent",
                    observable="The vehicle level in the north yard stayed within ×1.25 through the summit",
                    why=("The level after the summit was ×1.83 that before, 90% interval ×1.31 to ×2.50.",),
                    findings=(f[0],),
                    probability=0.012,
                    likelihood="almost no chance",
                ),
                Judgement(
                    claim="c2",
                    prediction="p2",
                    verdict="consistent, not diagnostic",
                    observable="The vehicle level in the car park stayed within ×1.25 through the summit",
                    why=("The level stayed inside the declared margin.", "A rival predicts the same images."),
                    findings=(f[1],),
                    probability=0.96,
                    likelihood="almost certain",
                    rivals_open=("r1",),
                ),
            ),
            not_observable=(),
            evidence="ab" * 32,
            status="machine draft",
            source_notes=("Both reports rest on the same unnamed officials: one origin, not two.",),
            disputes=(),
        ),
        ClaimJudgement(
            claim="c3",
            parts=(
                Judgement(
                    claim="c3",
                    prediction="p1",
                    verdict="not observable",
                    observable="",
                    why=("The hall is roofed: nothing inside can be seen, whatever stands outside.",),
                ),
            ),
            not_observable=("what is being built inside the hall",),
            evidence="ac" * 32,
            status="machine draft",
        ),
        ClaimJudgement(
            claim="c4",
            parts=(
                Judgement(
                    claim="c4",
                    prediction="p1",
                    verdict="insufficient imagery",
                    observable="The container level in the north yard changed at the holiday",
                    why=("3 usable images before and 1 after the holiday.",),
                    needs=(
                        Need(
                            site="works",
                            zone="yard",
                            window=Interval(start=EVENT_B.end, end=EVENT_B.end + timedelta(days=45)),
                            max_gsd_m=0.5,
                            images=12,
                            text="Archive images would do; new tasking over PLAN-OSPREY would not.",
                        ),
                    ),
                ),
            ),
            not_observable=(),
            evidence="ad" * 32,
            status="machine draft",
        ),
        ClaimJudgement(
            claim="k1",
            parts=(
                Judgement(
                    claim="k1",
                    prediction="i1",
                    verdict="consistent, not diagnostic",
                    observable="No crane in the north yard from August on",
                    why=("2 sightings without it; the chance that both missed it is 4%.",),
                    findings=(f[5],),
                ),
            ),
            not_observable=("removal of what stands under a roof",),
            evidence="ae" * 32,
            status="machine draft",
        ),
    )


def gaps(of: list[object]) -> tuple[Gap, ...]:
    seen = dict.fromkeys(
        Gap(site=o.series.site, zone=o.series.zone, during=o.when, reason=o.reason, scene=o.scene, detail=o.detail)
        for o in of
        if isinstance(o, NotObserved)
    )
    month = Interval(start=datetime(2024, 2, 20, tzinfo=UTC), end=datetime(2024, 3, 9, tzinfo=UTC))
    hole = Gap(site="works", zone="yard", during=month, reason="no image", detail="searched; 3 catalogues, none")
    return (*seen, hole)


def assessment(*, may_publish: bool | None = True, **changed: object) -> Assessment:
    taken = scenes(may_publish)
    counted = observations(taken) + _sighted(taken)
    corners = {s.id: tuple(_corners(i)) for i, s in enumerate(taken)}
    values: dict[str, object] = {
        "case": case(),
        "scenes": taken,
        "chips": tuple(chip(s.id, "works").meta for s in taken[::12]),
        "boxes": tuple(
            Boxes(scene=s.id, site="works", observer=READER, cls=cls, corners=part)
            for s in taken
            for cls, part in (("vehicle", corners[s.id][2:]), ("container", corners[s.id][:2]))
        ),
        "observations": tuple(counted),
        "patterns": (_pattern("yard", "vehicle", 11.2), _pattern("park", "vehicle", 8.1)),
        "findings": findings(),
        "judgements": judgements(),
        "source_graph": source_graph(case()),
        "comparisons": (
            Comparison(
                claim="c1",
                against="claim",
                other="c2",
                outcome="contradict",
                ours="Vehicles come and go",
                theirs="Nothing goes on",
                why="One predicts active, the other quiet, of one place and time.",
            ),
        ),
        "gaps": gaps(counted),
        "notes": ("Images of two sensors are compared; recall may differ between them.",),
        "provenance": Provenance(
            code_version="0.1.0",
            code_digest="c0" * 32,
            case_digest="ca" * 32,
            plan_digest="b1" * 32,
            plan_note="The plan was recorded on 2 January 2024, before any image was read.",
            inputs=(("case.yaml", "d1" * 32), ("imagery/kestrel_00_20m.tif", "d2" * 32)),
            libraries=(("numpy", "2.1.0"), ("scipy", "1.14.1")),
        ),
    }
    return Assessment(**(values | changed))  # type: ignore[arg-type]
