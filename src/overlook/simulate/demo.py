"""The demo's site: 48 images over a year, a real change at one event and none at the other.

Rates, step, windows and margin come from the formulas of the statistics of a pattern of life: information of one image
I = m²/(μ + m²/k), images needed on each side of an event 2/I · (2.486 / ln RR)² to show a change RR and
2/I · (2.926 / ln M)² to show "about the same" within a margin M. Level, drift, dwell and the lack of a season were
settled on trial years: docs/explanation/simulation.md says which and why.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from overlook.simulate.spec import (
    Block,
    Building,
    Flow,
    Patch,
    Reader,
    Road,
    Schedule,
    Sensor,
    SiteSpec,
    Weather,
    ZoneSpec,
)
from overlook.terms import Event, Interval, Plan

_CARS = (("car", 8.0), ("van", 1.5))
_YARD = (("semitrailer", 4.0), ("truck", 4.0), ("van", 2.0), ("car", 2.0))
_BOXES = (("container-40ft", 3.0), ("container-20ft", 2.0))

_ZONES = (
    ZoneSpec(id="parking", name="Staff car park", kind="parking", outline=((178, 42), (342, 42), (342, 86), (178, 86))),
    ZoneSpec(id="yard", name="Yard", kind="yard", outline=((282, 168), (452, 168), (452, 294), (282, 294))),
    ZoneSpec(
        id="gate", name="Gate and access road", kind="gate", outline=((108, 42), (132, 42), (132, 144), (108, 144))
    ),
    ZoneSpec(id="hall", name="Main hall", kind="building", outline=((135, 175), (185, 175), (185, 325), (135, 325))),
)

_BUILDINGS = (
    Building(id="hall", centre=(160, 250), length_m=150, width_m=50, height_m=14, heading_deg=0, tone=0.27),
    Building(id="warehouse", centre=(368, 344), length_m=130, width_m=34, height_m=10, heading_deg=90, tone=0.22),
    Building(id="workshop", centre=(236, 345), length_m=40, width_m=26, height_m=9, roof="flat", tone=0.19),
    Building(id="office", centre=(205, 116), length_m=52, width_m=15, height_m=11, roof="flat", tone=0.34),
    Building(id="canteen", centre=(300, 118), length_m=34, width_m=18, height_m=6, tone=0.15),
    Building(id="gatehouse", centre=(138, 100), length_m=7, width_m=5, height_m=3.5, roof="flat", tone=0.4),
    Building(id="store", centre=(85, 335), length_m=36, width_m=18, height_m=7, heading_deg=0, tone=0.2),
    Building(
        id="boilers", centre=(85, 240), length_m=24, width_m=16, height_m=9, heading_deg=0, roof="flat", tone=0.26
    ),
)

_PATCHES = (
    Patch(material="field", outline=((-30, 118), (22, 118), (22, 460), (-30, 460))),
    Patch(material="field", outline=((-30, -30), (560, -30), (560, 14), (-30, 14))),
    Patch(material="field", outline=((500, 60), (560, 60), (560, 460), (500, 460))),
    Patch(material="dirt", outline=((400, 100), (470, 100), (474, 140), (404, 146))),
    Patch(material="gravel", outline=((276, 162), (458, 162), (458, 300), (276, 300))),
    Patch(material="concrete", outline=((188, 168), (278, 168), (278, 300), (188, 300))),
    Patch(material="concrete", outline=((296, 300), (440, 300), (440, 326), (296, 326))),
    Patch(material="asphalt", outline=((176, 41), (344, 41), (344, 87), (176, 87))),
    Patch(material="asphalt", outline=((214, 300), (262, 300), (262, 332), (214, 332))),
    Patch(material="gravel", outline=((66, 215), (112, 215), (112, 365), (66, 365))),
)

_ROADS = (
    Road(line=((-30, 28), (550, 30)), width_m=8.5),
    Road(line=((120, 29), (120, 152)), width_m=8),
    Road(line=((56, 152), (120, 152), (465, 152)), width_m=7, marked=False),
    Road(line=((260, 152), (260, 310)), width_m=7, marked=False, material="concrete"),
    Road(line=((56, 152), (56, 372), (466, 372), (466, 152)), width_m=4.5, marked=False, material="gravel"),
    Road(line=((260, 29), (260, 60)), width_m=7, marked=False),
)

_FENCES = (
    ((112, 92), (44, 92), (44, 390), (478, 390), (478, 92), (128, 92)),
    ((280, 166), (454, 166), (454, 296), (272, 296)),
)


def _flows() -> tuple[Flow, ...]:
    stalls = tuple(
        Block(origin=(184.4, y), rows=rows, columns=56, pitch_m=(2.75, 5.2), spread_m=0.12, longest_m=6.0)
        for y, rows in ((49.6, 1), (61.4, 2), (78.4, 1))
    )
    yard = (
        Block(origin=(292, 180), columns=15, rows=5, pitch_m=(4.6, 22), spread_m=0.35, spread_deg=2.5),
        Block(origin=(295, 287.5), columns=6, rows=1, pitch_m=(10, 5), heading_deg=88, spread_m=0.5, longest_m=8.0),
    )
    stacks = tuple(
        Block(origin=(388, y), columns=4, rows=9, pitch_m=(13.4, 2.75), heading_deg=90, spread_m=0.1, spread_deg=0.5)
        for y in (178, 219, 260)
    )
    gate = (Block(origin=(118.1, 52), columns=2, rows=6, pitch_m=(3.8, 16), spread_m=0.15),)
    road = (
        Block(origin=(8, 26.3), columns=17, rows=1, pitch_m=(31, 5), heading_deg=90, spread_m=0.3),
        Block(origin=(21, 31.0), columns=16, rows=1, pitch_m=(31, 5), heading_deg=270, spread_m=0.3),
    )
    inside = (Block(origin=(145, 190), columns=4, rows=6, pitch_m=(8, 22), spread_m=0.4),)
    return (
        Flow(
            zone="parking",
            cls="vehicle",
            rate=36,
            models=_CARS,
            blocks=stalls,
            weekend=0.8,
            drift_sd=0.05,
            dispersion=30,
            dwell_hours=9,
        ),
        Flow(
            zone="yard",
            cls="vehicle",
            rate=11,
            models=_YARD,
            blocks=yard,
            weekend=0.8,
            drift_sd=0.05,
            dispersion=20,
            steps=(("september-talks", 2.5),),
            dwell_hours=30,
        ),
        Flow(
            zone="yard",
            cls="container",
            rate=32,
            models=_BOXES,
            blocks=stacks,
            drift_sd=0.05,
            drift_days=14,
            dispersion=40,
            dwell_hours=96,
        ),
        Flow(
            zone="gate",
            cls="vehicle",
            rate=1.6,
            models=_YARD,
            blocks=gate,
            weekend=0.6,
            drift_sd=0.05,
            dispersion=8,
            dwell_hours=0.2,
        ),
        Flow(zone="hall", cls="vehicle", rate=5, models=_YARD, blocks=inside, dwell_hours=48),
        Flow(zone="", cls="vehicle", rate=4, models=_YARD, blocks=road, weekend=0.7, dispersion=8, dwell_hours=0.1),
    )


def _day(year: int, month: int, day: int) -> Interval:
    start = datetime(year, month, day, tzinfo=UTC)
    return Interval(start=start, end=start + timedelta(days=1, microseconds=-1))


def demo_spec() -> SiteSpec:
    """The demo's site: nothing in it is random, and its plan is the same whatever the seed."""
    return SiteSpec(
        id="site-alpha",
        name="Site Alpha (simulated)",
        question="Did the yard get busier after the September talks, and did work carry on through the May summit?",
        # Open Atlantic, 3 km deep: no one's facility.
        crs="EPSG:32626",
        origin=(657_000.0, 4_985_000.0),
        timezone="Atlantic/Azores",
        utc_offset_hours=-1.0,
        size_m=(520.0, 420.0),
        ground="grass",
        patches=_PATCHES,
        roads=_ROADS,
        fences=_FENCES,
        buildings=_BUILDINGS,
        trees=260,
        zones=_ZONES,
        flows=_flows(),
        events=(
            Event(id="may-summit", name="the May summit (made up)", during=_day(2021, 5, 11), sites=("site-alpha",)),
            Event(
                id="september-talks",
                name="the September talks (made up)",
                during=_day(2021, 9, 3),
                sites=("site-alpha",),
            ),
        ),
        schedule=Schedule(start=datetime(2021, 1, 1, tzinfo=UTC), days=365, images=48),
        plan=Plan(
            margin=2.0,
            before_days=120,
            after_days=110,
            level=0.95,
            quiet_below=0.5,
            classes=("vehicle", "container"),
            min_visible_fraction=0.3,
            max_gsd_m=(("vehicle", 0.6), ("container", 0.8)),
        ),
        sensor=Sensor(),
        weather=Weather(clear=0.62, overcast=0.12, snow=True),
        reader=Reader(),
        declarations=_DECLARATIONS,
    )


_DECLARATIONS = """\
sources:
  - {id: officials, name: "Two officials (made up)", kind: anonymous, reliability: C}
  - {id: courier, name: "The Simulated Courier", kind: document, reliability: B, relies_on: [officials]}
  - {id: expert, name: "Dr. Imagined Expert", kind: named, reliability: B}
  - {id: blog, name: "An unsigned blog (made up)", kind: document, reliability: E}
claims:
  - id: busier
    quote: "Since the September talks the yard has been far busier than before."
    kind: indirect
    chain: [officials, courier]
    said: 2021-12-20
    credibility: "3"
    predictions:
      - id: yard-changed
        relation: changed
        site: site-alpha
        zone: yard
        class: vehicle
        event: september-talks
        statement: "More vehicles stand in the yard after the September talks than before."
        needs_gsd_m: 0.5
        rivals:
          - {id: nothing-new, name: "the yard is as busy as it was", predicts: different}
          - {id: wound-down, name: "work in the yard was wound down", predicts: different}
          - {id: for-show, name: "vehicles were parked there to be seen", predicts: same, is_deception: true}
    not_observable: ["why the yard is busier"]
  - id: through-the-summit
    quote: "Staffing stayed about the same through the May summit, and the yard stayed in use."
    kind: direct
    chain: [expert]
    said: 2021-10-05
    credibility: "2"
    predictions:
      - id: parking-same
        relation: same
        site: site-alpha
        zone: parking
        class: vehicle
        event: may-summit
        statement: "About as many vehicles stand in the staff car park after the May summit as before."
        needs_gsd_m: 0.5
        rivals:
          - {id: staff-sent-home, name: "staff were sent home after the summit", predicts: different}
          - {id: moved-away, name: "staff park where nobody counts them", predicts: different, is_deception: true}
      - id: yard-active
        relation: active
        site: site-alpha
        zone: yard
        class: vehicle
        window: {from: 2021-05-12, to: 2021-08-29}
        statement: "Vehicles use the yard in the summer after the summit."
        needs_gsd_m: 0.5
        rivals:
          - {id: wrecks, name: "vehicles that were left there for good", predicts: same}
  - id: coming-and-going
    quote: "Shipping containers and vehicles are coming and going."
    kind: direct
    chain: [expert]
    said: 2021-12-20
    credibility: "2"
    predictions:
      - id: vehicles-come
        relation: arrived
        site: site-alpha
        zone: yard
        class: vehicle
        window: {from: 2021-09-04, to: 2021-12-20}
        statement: "Vehicles come to places in the yard that were empty."
        needs_gsd_m: 0.5
        rivals:
          - {id: wrecks, name: "vehicles that were left there for good", predicts: different}
          - {id: dummies, name: "dummies that stand where they were put", predicts: different, is_deception: true}
      - id: containers-go
        relation: left
        site: site-alpha
        zone: yard
        class: container
        window: {from: 2021-09-04, to: 2021-12-20}
        statement: "Containers leave the places in the yard where they stood."
        needs_gsd_m: 0.5
        rivals:
          - {id: stock, name: "a stock that nobody touches", predicts: different}
          - {id: dummies, name: "dummies that stand where they were put", predicts: different, is_deception: true}
    not_observable: ["what is in the containers"]
  - id: engines
    quote: "Engines are being assembled inside the main hall."
    kind: indirect
    chain: [officials, courier]
    said: 2021-12-20
    credibility: "3"
    predictions:
      - id: assembly
        relation: active
        site: site-alpha
        zone: hall
        class: vehicle
        inside: true
        window: {from: 2021-09-04, to: 2021-12-20}
        statement: "Work goes on inside the main hall."
    not_observable: ["what is being made inside the hall"]
  - id: emptied
    quote: "By autumn the containers were gone from the yard."
    kind: direct
    chain: [blog]
    said: 2021-12-28
    credibility: "5"
    predictions:
      - id: no-containers
        relation: quiet
        site: site-alpha
        zone: yard
        class: container
        window: {from: 2021-09-04, to: 2021-12-20}
        statement: "No containers stand in the yard in the autumn."
        needs_gsd_m: 0.5
        must_be_in_the_open: true
  - id: crane
    quote: "A crane was put up in the yard in late August."
    kind: direct
    chain: [blog]
    said: 2021-12-28
    credibility: "4"
    predictions:
      - id: crane-there
        relation: present
        site: site-alpha
        zone: yard
        indicator: crane
        window: {from: 2021-08-20, to: 2021-09-10}
        statement: "A crane stands in the yard."
        needs_gsd_m: 0.5
"""
