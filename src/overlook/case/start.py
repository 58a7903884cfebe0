"""The case.yaml that a new case starts from. Lines that begin with `# ` and no second `#` are YAML to uncomment."""

from __future__ import annotations

import json
import re
import unicodedata

_TEMPLATE = """\
overlook: 1                      ## version of this format
id: {id}
title: {title}
question: ""                     ## what the report answers first
## notice: simulated             ## printed on the report

## Lines after a single '#' are examples to uncomment; docs/reference/case-yaml.md explains every field.

## The plan comes first: declare it before you look at the data. Changed later, findings become exploratory.
plan:
#   margin: 1.25                 ## 'about the same' means within 25%; no default, without it 'the same' is never said
#   quiet_below: 0.5             ## vehicles per image under which a zone counts as quiet
  before: 120d                   ## windows around an event
  after: 45d
  classes: [vehicle]             ## what is counted in every zone

## Facilities, and the polygons in which things are counted: longitude, latitude.
# sites:
#   - id: site
#     name: Name of the facility
#     timezone: Asia/Pyongyang   ## a date without a time is a whole day there
#     zones:
#       - id: yard
#         name: Main yard
#         kind: yard             ## yard parking road gate rail pad water building other
#         geometry:              ## or WKT, in quotes: "POLYGON ((125.67 39.12, ...))"
#           type: Polygon        ## or a file here (GeoJSON, KML, GeoPackage): {{file: zones.kml, feature: Yard}}
#           coordinates: [[[125.67, 39.12], [125.672, 39.12], [125.672, 39.122], [125.67, 39.122], [125.67, 39.12]]]
#         covers:                ## what hid the zone: not observable meanwhile
#           - {{kind: tarp, from: 2018-05-01, to: 2018-05-20, note: seen on two images}}
#       - id: hall
#         name: Assembly hall
#         kind: building         ## roofed: nothing inside is observable, whatever is seen
#         geometry: POLYGON ((125.6722 39.12, 125.6730 39.12, 125.6730 39.121, 125.6722 39.121, 125.6722 39.12))

# events:
#   - {{id: summit, name: Summit, on: 2018-06-12, source: paper}}      ## or from: and to:

## Who said what, through whom. Grades are the Admiralty scale: reliability A-F of a source, credibility 1-6 of a claim.
# sources:
#   - {{id: officials, name: Anonymous officials, kind: anonymous, reliability: C}}
#   - {{id: paper, name: A newspaper, kind: document, reliability: B, relies_on: [officials], citation: "Title, date"}}

# claims:
#   - id: c1
#     quote: The site is active.
#     chain: [officials, paper]  ## from who is said to know to what you read
#     said: 2018-07-30
#     credibility: 3
#     predictions:               ## what images would show if it were true, part by part
#       - id: p1
#         relation: active       ## active quiet changed same | present absent arrived left built removed altered
#         site: site
#         zone: yard
#         class: vehicle         ## counted; or indicator: crane, which is sighted
#         window: {{from: 2018-06-01, to: 2018-07-30}}
#         needs_gsd_m: 0.5
#         statement: Vehicles come and go in the main yard.
#         rivals:                ## other explanations; predicts same: the images would look the same
#           - {{id: staged, name: Activity staged to be seen, predicts: same, is_deception: true}}
#       - {{id: p2, relation: same, site: site, zone: yard, class: vehicle, event: summit}}
#     not_observable: [What is being made inside]
#     disputed_by: [f1]

# commitments:
#   - id: k1
#     text: To close the site.
#     parties: [A party]
#     made: 2018-06-12
#     undefined: [close]
#     source: paper
#     reporting: {{every: month}}  ## left out, by the span of the images
#     obligations:               ## what it comes to, followed period by period
#       - id: traffic
#         text: No deliveries to the site.
#         deadline: 2018-12-31
#         reversible: true
#         indicators:            ## predictions, and what it shows when each is seen: met, in progress, not met
#           - {{id: k1-quiet, relation: quiet, site: site, zone: yard, class: vehicle, shows: met}}

# facts:
#   - {{id: f1, text: A fact that claims are read against., source: paper, on: 2017-09-03}}

## What a named person judges, once the report is there: docs/how-to/sign-a-judgement.md.
# opinions:
#   - {{claim: c1, analyst: A. Name, signed: 2018-08-01, evidence: 0123456789ab, likelihood: likely}}

## How well the people who draw boxes or count find what is there. Undeclared is unknown, not perfect.
# observers:
#   - {{id: anna, detection_probability: 0.9, detection_probability_sd: 0.03, basis: 40 images read twice}}

## Where `overlook search` looks for images: docs/how-to/find-images.md.
# catalogues:
#   - {{catalog: earth-search, collections: [sentinel-2-l2a]}}

## What images could be had, for `overlook plan`. It changes no answer: docs/how-to/plan-images.md.
# collection:
#   sensors:
#     - {{id: fine, gsd_m: 0.5, revisit: 3d, archived: 0.3}}
#   clouds:                      ## by month, January first: the probability that an image is usable
#     - {{site: site, usable: [0.3, 0.4, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3], source: a climatology}}
"""


def template(title: str) -> str:
    """A case.yaml that reads without error and teaches by commented example. `title` may be any text."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in title).split())[:300] or "Untitled"
    # JSON's quoted text is YAML's.
    return _TEMPLATE.format(id=_id(shown), title=json.dumps(shown, ensure_ascii=False))


def _id(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-") or "case"
