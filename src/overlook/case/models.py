"""case.yaml as strict models: what may be written, field by field. Every description here is the reference's text.

Only the shape is checked here. What needs the whole case (references, zones, time zones) is `build`'s.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from overlook.case.asserting import Assertion, EventTable
from overlook.case.collecting import Catalogue, Collection
from overlook.case.entry import Entry
from overlook.case.entry import described as _f
from overlook.case.times import Day, Moment, When
from overlook.case.values import Days, Id, Name, Number, Ref, Text, Words, as_written
from overlook.terms import (
    Confidence,
    CoverKind,
    Credibility,
    Diagnosticity,
    Every,
    Likelihood,
    Relation,
    Reliability,
    Shows,
    SourceKind,
    ZoneKind,
)


class GeometryFile(Entry):
    """A polygon in a file beside the case."""

    file: Name = _f("GeoJSON, KML or GeoPackage; a path inside the case folder.")
    feature: Text = _f("The feature's name; not needed when the file holds one polygon.", "")


ZoneGeometry = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "type": {"enum": ["Polygon", "MultiPolygon"]},
                        "coordinates": {"type": "array", "minItems": 1},
                    },
                    "required": ["type", "coordinates"],
                },
                {"type": "string", "pattern": r"^\s*(?:[Mm][Uu][Ll][Tt][Ii])?[Pp][Oo][Ll][Yy][Gg][Oo][Nn]"},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}, "feature": {"type": "string"}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


class Cover(Entry):
    """What hides a zone for a while: nothing in it is observable until it goes."""

    kind: CoverKind = _f("What covers it.")
    start: Moment | None = _f("The first day it covers; left out, it was always there.", None, alias="from")
    end: Moment | None = _f("The last day it covers; left out, it is still there.", None, alias="to")
    note: Text = _f("How this is known.", "")


class Zone(Entry):
    """A named polygon in a site."""

    id: Id = _f("Its id, unique in the site.")
    name: Name = _f("Its name in the report.")
    kind: ZoneKind = _f("What it is. A building is roofed: nothing inside is observable, whatever is seen.")
    geometry: ZoneGeometry = _f(
        "A GeoJSON Polygon or MultiPolygon in longitude, latitude (metres in a local plane), WKT text, "
        "or `{file: zones.kml, feature: Pad}`."
    )
    covers: list[Cover] = _f("What hid it, and when.", [])


class Site(Entry):
    """A facility."""

    id: Id = _f("Its id; counts and sightings name it.")
    name: Name = _f("Its name in the report.")
    timezone: Name = _f("IANA name such as Asia/Pyongyang: a date without a time is a whole day there.", "UTC")
    crs: Name | None = _f(
        "EPSG code of a projected system in metres for the site's grid, or `local` for a plane without a place on "
        "Earth. Left out: the UTM zone of the zones; for a site without zones, `local` as a formality.",
        None,
    )
    grid_gsd_m: Number = _f("Pixel size, in metres, that every image is resampled to.", 0.5, ge=0.01, le=1000)
    margin_m: Number = _f("How far, in metres, the grid reaches beyond the zones.", 20.0, ge=0, le=10_000)
    reference_scene: Text = _f("The scene that others are registered to; left out, the first one added.", "")
    whereabouts: Text = _f("Where the site is, as text, when no zone is drawn yet.", "")
    zones: list[Zone] = _f("Its zones.", [])


class Event(Entry):
    """Something dated in the world, declared before the data are looked at. Give `on`, or `from` and `to`."""

    id: Id = _f("Its id.")
    name: Name = _f("Its name in the report.")
    on: Moment | None = _f("The day or time it happened.", None)
    start: Moment | None = _f("Its first day or time, when it lasted.", None, alias="from")
    end: Moment | None = _f("Its last day or time, when it lasted.", None, alias="to")
    sites: list[Ref] = _f("Ids of the sites it concerns; left out, all of them.", [])
    source: Ref = _f("Id of the source that dates it.", "")


class Source(Entry):
    """A person, a role, a document or an image that says something."""

    id: Id = _f("Its id.")
    name: Name = _f("Who or what it is.")
    kind: SourceKind = _f("A named person, a role, somebody anonymous, a document, or an image.")
    reliability: Annotated[Reliability, as_written] | None = _f("Admiralty grade of the source, A to F.", None)
    relies_on: list[Ref] = _f("Ids of the sources that it itself relies on.", [])
    citation: Text = _f("Where to find it.", "")
    digest: Annotated[str, as_written, Field(pattern=r"^(?:[0-9a-f]{64})?$")] = _f(
        "SHA-256 of the document, when its text stays outside the case.", ""
    )


class Rival(Entry):
    """Another explanation of what would be seen."""

    id: Id = _f("Its id.")
    name: Name = _f("What it is.")
    predicts: Diagnosticity = _f(
        "`same`: it would look as the claim has it, so it stays open; `different`: it would not."
    )
    is_deception: bool = _f("Whether it supposes that somebody stages what is seen.", False)


class Prediction(Entry):
    """What overhead images would show if a part of the claim were true."""

    id: Id = _f("Its id, unique in the claim.")
    relation: Relation = _f(
        "`changed` and `same` speak of a counted class at an event; `active`, `quiet`, `present` and `absent` of a "
        "class or an indicator in a window; `built`, `removed` and `altered` of a structure that is sighted, "
        "`arrived` and `left` of a thing that moves: one that is sighted, or a class by its boxes."
    )
    site: Ref = _f("Id of the site; may be left out when the case has one.", "")
    zone: Ref = _f("Id of the zone; left out, the whole site.", "")
    cls: Id | None = _f(
        "What is counted: vehicle, container. Left out of `changed` or `same`: every class of the plan, together.",
        None,
        alias="class",
    )
    indicator: Id | None = _f("What is sighted: crane, plume, discharge.", None)
    event: Ref = _f("Id of the event that `changed` and `same` are about.", "")
    window: When | None = _f("When; left out, the whole period that images cover.", None)
    needs_gsd_m: Number | None = _f("Coarsest pixel, in metres, that could show it.", None, gt=0, le=1000)
    must_be_in_the_open: bool = _f(
        "Whether the claim itself puts the thing in the open during the window, so that its absence can speak. "
        "Never for what hides or comes and goes.",
        False,
    )
    inside: bool = _f(
        "Whether it lies under a roof or in a mind (payload, intent): not observable, whatever is seen.", False
    )
    statement: Text = _f("The observable in words, as the report should print it.", "")
    rivals: list[Rival] = _f("Other explanations.", [])


class Claim(Entry):
    """A statement that somebody made."""

    id: Id = _f("Its id.")
    quote: Words = _f("The statement, verbatim.")
    kind: Literal["direct", "indirect", "mixed"] = _f("Direct speech, indirect speech, or both.", "direct")
    chain: list[Ref] = Field(
        min_length=1, max_length=50, description="Ids of sources, from who is said to know to what was read."
    )
    said: When | None = _f("When it was said.", None)
    credibility: (
        Annotated[
            Credibility,
            as_written,
            WithJsonSchema({"enum": ["1", "2", "3", "4", "5", "6", 1, 2, 3, 4, 5, 6]}),
        ]
        | None
    ) = _f("Admiralty grade of the information, 1 to 6.", None)
    predictions: list[Prediction] = _f("What would be seen if it were true, part by part.", [])
    not_observable: list[Words] = _f("Parts that no image can show, in words.", [])
    disputed_by: list[Ref] = _f("Ids of facts or claims that contradict it.", [])
    note: Text = _f("What a reader of the claim should know.", "")
    asserts: list[Assertion] = _f("What it says, in the forms that can be compared with facts and other claims.", [])
    paraphrases: Ref = _f("Id of the claim whose quote this one retells in other words: the two are compared.", "")


class Indicator(Prediction):
    """Something to look for, and what it shows of an obligation when it is seen."""

    shows: Shows = _f(
        "`met`, `in progress` or `not met`: what seeing it shows. It takes all those of `met` to meet the obligation.",
        "met",
    )


class Defined(Entry):
    """Words of the agreement, or of a later one, that define what its terms leave open."""

    object: Text = _f("Which things or places.", "")
    scope: Text = _f("How much of it, and what counts as done.", "")
    verification: Text = _f("Who checks it, and how.", "")


class Obligation(Entry):
    """One thing to be done or left."""

    id: Id = _f("Its id, unique in the commitment.")
    text: Words = _f("The obligation, in the agreement's words.")
    deadline: When | None = _f("By when it is to be done.", None)
    reversible: bool | None = _f("Whether what was done can be undone; left out, nobody said.", None)
    indicators: list[Indicator] = _f("What would be seen, period by period.", [])
    undefined: list[Words] = _f("Its terms that nobody defined: while there is one, the obligation is undefined.", [])
    defined: Defined = _f("What defines its terms.", Defined())


class Reporting(Entry):
    """The periods over which obligations are followed: those of the calendar that lie in or touch the span."""

    every: Every | None = _f(
        "`month`, `quarter` or `year`; left out, the shortest that gives at most 36 periods.", None
    )
    during: When | None = _f("From when to when; left out, from the day it was made to the last image.", None)


class Commitment(Entry):
    """What a party undertook."""

    id: Id = _f("Its id.")
    text: Words = _f("The undertaking, verbatim.")
    parties: list[Name] = _f("Who undertook it.", [])
    made: When | None = _f("When.", None)
    deadline: When | None = _f("By when it is to be done.", None)
    undefined: list[Words] = _f("Its terms that nobody defined.", [])
    defined: Defined = _f("What defines its terms.", Defined())
    indicators: list[Prediction] = _f("What would be seen if it were kept.", [])
    obligations: list[Obligation] = _f("What it comes to, one thing at a time, followed over the reported periods.", [])
    reporting: Reporting = _f("The periods of its compliance matrix.", Reporting())
    source: Ref = _f("Id of the source.", "")


class Fact(Entry):
    """A fact for claims to be read against."""

    id: Id = _f("Its id.")
    text: Words = _f("The fact.")
    source: Name = _f("Id of a source, or a citation.")
    on: When | None = _f("When it happened.", None)
    asserts: list[Assertion] = _f("What it says, in the forms that claims can be compared with.", [])


class Observer(Entry):
    """Who draws boxes or counts, and how well. Undeclared is unknown, not perfect."""

    id: Id = _f("Their id; files of boxes and counts name it.")
    detection_probability: Number | None = _f(
        "Chance that a thing that is there and not hidden gets a box.", None, ge=1e-6, le=1
    )
    detection_probability_sd: Number = _f("Its standard deviation.", 0.0, ge=0, le=1)
    false_alarms_per_ha: Number = _f(
        "Expected boxes on nothing, per hectare of visible zone and image.", 0.0, ge=0, le=1000
    )
    false_alarms_per_ha_sd: Number = _f("Its standard deviation.", 0.0, ge=0, le=1000)
    basis: Text = _f("How these are known.", "")


class Model(Entry):
    """A detector to run over the images."""

    card: Name = _f("Its model card, a path inside the case folder; `shipped` for the model that comes with Overlook.")
    reviewed_images: int = _f(
        "How many images of this site and sensor a person reviewed elsewhere; those of this case are counted.",
        0,
        ge=0,
    )
    needed_reviews: int = _f("Below this number its counts are shown and carry no judgement.", 5, ge=0)


class Plan(Entry):
    """The plan of analysis, declared before the data are looked at; a change after that is told in the report."""

    margin: Number | None = _f(
        "M above 1: 'about the same' means a ratio between 1/M and M. No default: without it 'about the same' is "
        "never said.",
        None,
        gt=1,
        le=100,
    )
    before: Days = _f("Window before an event: 120d, 17w, 36h.", 120.0)
    after: Days = _f("Window after an event.", 45.0)
    level: Number = _f("Central probability of every interval.", 0.9, ge=0.5, lt=1)
    quiet_below: Number | None = _f(
        "Rate, in things per image with all visible and found, under which a zone counts as quiet. Left out, "
        "'active' is not asked.",
        None,
        gt=0,
    )
    quiet_index: dict[Name, Number] = Field(
        default_factory=dict,
        description="Level of an index, by its class and in its own unit, under which a zone counts as quiet.",
    )
    classes: list[Id] = Field(
        default_factory=lambda: ["vehicle"], min_length=1, max_length=100, description="What is counted in every zone."
    )
    min_visible_fraction: Number = _f(
        "Below this visible share of a zone an image counts as not observed there.", 0.3, gt=0, le=1
    )
    max_gsd_m: dict[Id, Annotated[Number, Field(gt=0, le=1000)]] = Field(
        default_factory=dict, description="Coarsest pixel, in metres, at which a class may be counted."
    )
    few_images: int = _f("Under this number of usable images the rules for few images hold.", 10, ge=2)
    breaks: bool = _f(
        "Whether each counted or measured series is scanned for steps in its level that no declared event stands for. "
        "What is found is told with its p-value and judges no claim.",
        False,
    )


class Opinion(Entry):
    """A named person's judgement of a claim, signed over its evidence."""

    claim: Ref = _f("Id of the claim or commitment.")
    analyst: Name = _f("Who signs.")
    signed: Day = _f("The day of signing.")
    evidence: Annotated[str, as_written, Field(pattern=r"^[0-9a-f]{12,64}$")] = _f(
        "The digest of the evidence as the report prints it, 12 characters or more."
    )
    likelihood: Likelihood | None = _f("The claim's likelihood, an ICD 203 word.", None)
    confidence: Confidence | None = _f("Confidence in the judgement, told in a sentence apart.", None)
    reasons: list[Words] = _f("Why.", [])
    second_reader: Text = _f("Who read it after the analyst.", "")
    dissent: bool = _f("Whether this is a dissent from the signed judgement.", False)


class Correction(Entry):
    """What an earlier report said that was wrong; printed on page one."""

    made: Day = _f("The day of the correction.")
    was: Words = _f("What was said.")
    now: Words = _f("What is right.")


class Retraction(Entry):
    """What does not hold any more: a claim, a source, or one person's opinion of a claim. It stays visible."""

    made: Day = _f("The day of the retraction.")
    why: Words = _f("Why it is taken back.")
    claim: Ref = _f("Id of the claim or commitment that is taken back, or of which an opinion is.", "")
    source: Ref = _f("Id of the source that is taken back.", "")
    analyst: Text = _f("Whose opinion of `claim` is taken back; left out, the claim itself.", "")
    by: Text = _f("Who takes it back.", "")


class CaseFile(Entry):
    """What an analyst declares of a case."""

    overlook: Literal[1] = _f("Version of this format.")
    id: Id = _f("The case's id.")
    title: Name = _f("Its title.")
    question: Text = _f("The question that the report answers first.", "")
    notice: Text = _f("Printed on the report: 'simulated', when nothing in the case is of the real world.", "")
    sites: list[Site] = _f("The facilities.", [])
    events: list[Event] = _f("What happened in the world.", [])
    sources: list[Source] = _f("Who says so.", [])
    claims: list[Claim] = _f("What is said.", [])
    commitments: list[Commitment] = _f("What was undertaken.", [])
    facts: list[Fact] = _f("What claims are read against.", [])
    event_tables: list[EventTable] = _f("CSV files of events, for facts to count and the timeline to show.", [])
    observers: list[Observer] = _f("Who draws boxes or counts.", [])
    models: list[Model] = _f("Detectors to run.", [])
    plan: Plan = _f("The plan of analysis.", Plan())
    collection: Collection = _f("What images could be had, for planning.", Collection())
    catalogues: list[Catalogue] = _f("Where `overlook search` looks for images.", [])
    allow_hosts: list[Annotated[str, as_written, Field(pattern=r"^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$")]] = _f(
        "Hosts inside your own network (`minio.lan:9000`, `localhost:8080`) that searches and downloads may reach. "
        "Without it no address of a private network is opened, whatever a catalogue says.",
        [],
    )
    opinions: list[Opinion] = _f("Signed judgements.", [])
    corrections: list[Correction] = _f("Corrections of earlier reports.", [])
    retractions: list[Retraction] = _f("What was taken back.", [])
