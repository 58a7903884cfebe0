"""`collection:` of case.yaml as strict models: what images could be had. Every description is the reference's text."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from overlook.case.entry import Entry
from overlook.case.entry import described as _f
from overlook.case.values import Days, Id, Name, Number, Ref


class Sensor(Entry):
    """A sensor that images can be had of."""

    id: Id = _f("Its id: the sensor that its images and counts name.")
    gsd_m: Number = _f("Its pixel, in metres.", gt=0, le=1000)
    revisit: Days = _f("Shortest interval between two of its images of one place: 3d, 36h.")
    hour_utc: Number | None = _f(
        "Hour of the day (UTC) at which it passes; left out, that of its images in hand, else noon.", None, ge=0, lt=24
    )
    detection_probability: Number | None = _f(
        "Chance that a thing that is there and not hidden is found on its images; left out, as on those in hand.",
        None,
        ge=1e-6,
        le=1,
    )
    detection_probability_sd: Number = _f("Its standard deviation.", 0.0, ge=0, le=1)
    archived: Number | None = _f(
        "Share of its past passes of which an archive holds an image; left out, all are taken to be, at best.",
        None,
        ge=0,
        le=1,
    )


class Clouds(Entry):
    """A site's cloud climatology."""

    site: Ref = _f("Id of the site; may be left out when the case has one.", "")
    usable: list[Annotated[Number, Field(ge=0, le=1)]] = Field(
        min_length=12,
        max_length=12,
        description="By month, January first: the probability that an image is usable. No default is ever made up.",
    )
    source: Name = _f("Where these are from.")
    spell: Days | None = _f(
        "How long the sky remembers: exp(-1 day / spell) is the correlation of a day's clouds with the next day's. "
        "Left out, days are independent.",
        None,
    )


class Catalogue(Entry):
    """A catalogue that `overlook search` looks in."""

    catalog: Name = _f(
        "earth-search, planetary-computer, cdse, maxar-open-data, umbra-open-data or capella-open-data; else the "
        "address of a STAC API, the address or path of a static catalog (.json) or of a stac-geoparquet file. No keys, "
        "no passwords: they belong in the environment."
    )
    collections: list[Name] = _f("Its collections to search; left out, those of the preset, or all.", [])
    sites: list[Ref] = _f("Ids of the sites to search for; left out, all.", [])
    gsd_m: Number | None = _f(
        "Its finest pixel in metres, for one that is no preset. Without it a search in vain bounds nothing that needs "
        "fine images.",
        None,
        gt=0,
        le=1000,
    )


class Collection(Entry):
    """What images could be had, for `overlook plan`: no answer depends on it, and it may change at any time."""

    sensors: list[Sensor] = _f("Sensors, the preferred first.", [])
    clouds: list[Clouds] = _f("Clouds, site by site.", [])
