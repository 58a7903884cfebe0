import base64
import io
import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from PIL import Image

from overlook.errors import RefusedError
from overlook.report import render
from overlook.report.publish import coarse, for_publication
from overlook.terms import Chip, Rights
from report import fixture

MAGENTA = np.array([255, 0, 255])
SECRET = "/srv/anna/secret cases/kestrel"


def marked(scene: str, site: str, times: int = 1) -> Chip:
    """Every pixel outside the zones is magenta; on a grid that many times finer."""
    from overlook.imagery import zone_pixels

    small = fixture.chip(scene, site)
    a, b, c, d, e, f = small.meta.transform
    shape = (small.meta.shape[0] * times, small.meta.shape[1] * times)
    meta = replace(small.meta, shape=shape, transform=(a / times, b, c, d, e / times, f))
    grow = np.ones((times, times), dtype=np.uint8)
    pixels = np.stack([np.kron(np.minimum(small.pixels[:, :, k], 200), grow) for k in range(3)], axis=-1)
    inside = np.zeros(shape, dtype=bool)
    for zone in fixture.site().zones:
        inside |= zone_pixels(meta, zone)
    pixels[~inside] = MAGENTA
    return Chip(meta=meta, pixels=pixels, unusable=np.kron(small.unusable, grow))


def pictures(html: str) -> list[Image.Image]:
    data = re.findall(r"data:image/(?:png|jpeg|webp);base64,([A-Za-z0-9+/=]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(d))) for d in data]


def magenta(image: Image.Image) -> int:
    rgb = np.asarray(image.convert("RGB")).astype(int)
    return int((np.abs(rgb - MAGENTA).max(axis=-1) < 60).sum())


@pytest.mark.parametrize("times", [1, 3])
def test_pixels_outside_the_zone_are_not_in_the_bytes(times: int) -> None:
    """Once as small pictures without loss, once as larger ones in JPEG."""

    def chip(scene: str, site: str) -> Chip:
        return marked(scene, site, times)

    plain = pictures(render(fixture.assessment(), chip, made=fixture.MADE).html)
    assert sum(magenta(p) for p in plain if p.mode == "RGB") > 1000
    shown = pictures(render(fixture.assessment(), chip, made=fixture.MADE, publication=True).html)
    assert len([p for p in shown if p.mode == "RGB"]) == 8
    assert {p.format for p in shown if p.mode == "RGB"} == ({"PNG"} if times == 1 else {"JPEG"})
    assert sum(magenta(p) for p in shown if p.mode == "RGB") == 0
    assert max(p.size[0] for p in shown) <= 112 * times
    assert max(p.size[1] for p in shown) <= 122 * times


def test_pictures_carry_no_metadata() -> None:
    shown = pictures(render(fixture.assessment(), fixture.chip, made=fixture.MADE, publication=True).html)
    assert shown
    for picture in shown:
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "transparency"}
        assert not picture.getexif()


def test_pixels_without_the_right_to_publish_are_refused_by_name() -> None:
    for right in (None, False):
        with pytest.raises(RefusedError, match="E-REFUSED-RIGHTS") as error:
            render(fixture.assessment(may_publish=right), fixture.chip, made=fixture.MADE, publication=True)
        assert error.value.exit_code == 4
        assert "kestrel_21_20m" in error.value.where
        assert "without --publication" in error.value.remedy
        assert render(fixture.assessment(may_publish=right), fixture.chip, made=fixture.MADE).html


def test_only_pixels_that_would_be_embedded_need_the_right() -> None:
    taken = fixture.scenes()
    other = replace(taken[5], rights=Rights(may_publish=None))
    free = fixture.assessment(scenes=(*taken[:5], other, *taken[6:]))
    assert render(free, fixture.chip, made=fixture.MADE, publication=True).html
    nothing = fixture.assessment(may_publish=None)
    assert render(nothing, lambda *_: None, made=fixture.MADE, publication=True).html


def test_unsigned_may_be_published_and_says_so() -> None:
    unsigned = fixture.assessment(judgements=fixture.judgements()[1:])
    html = render(unsigned, fixture.chip, made=fixture.MADE, publication=True).html
    assert "Machine draft: unsigned" in html


def test_precise_places_do_not_leave() -> None:
    lon, lat = fixture.PRECISE
    note = f"Seen at {lat}, {lon}; also 39°45'59.5\"N 126°51'55.6\"E and {lat:.5f}° N."
    one = fixture.assessment(notes=(note,))
    plain = render(one, fixture.chip, made=fixture.MADE).html
    public = render(one, fixture.chip, made=fixture.MADE, publication=True).html
    precise = [f"{v:.4f}" for zone in one.case.sites[0].zones for p in zone.geometry.exterior.coords for v in p]
    precise += [f"{lon:.4f}", f"{lat:.4f}", "488123", "488,123", "4401877", "59.5&", "55.6&"]
    assert any(text in plain for text in precise)
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", public)
    assert [p for p in precise if p in text] == []
    assert "39.77" in text
    assert "rounded to 2 decimals of a degree" in text


def test_names_of_local_files_do_not_leave_and_digests_do() -> None:
    inputs = (("case.yaml", "d1" * 32), (f"{SECRET}/imagery/kestrel_21_20m.tif", "d2" * 32))
    one = fixture.assessment(
        provenance=replace(fixture.assessment().provenance, inputs=inputs),
        notes=(f"Read {SECRET.replace(' ', '_')}/boxes/x.geojson and kestrel_21_20m.tif.",),
    )
    html = render(one, fixture.chip, made=fixture.MADE, publication=True).html
    for gone in ("kestrel_", "secret", "/home", ".tif", "geojson", "case.yaml"):
        assert gone not in html
    assert "d2" * 32 in html
    assert "1040010021" in html
    assert "image 22" in html


def test_collection_plans_stay_inside() -> None:
    plain = render(fixture.assessment(), fixture.chip, made=fixture.MADE).html
    public = render(fixture.assessment(), fixture.chip, made=fixture.MADE, publication=True).html
    assert "PLAN-OSPREY" in plain
    assert "PLAN-OSPREY" not in public
    assert "Images that would settle it" not in public


def test_the_digest_is_of_the_whole_assessment_in_both() -> None:
    def cited(publication: bool) -> str:
        html = render(fixture.assessment(), fixture.chip, made=fixture.MADE, publication=publication).html
        found = re.search(r"assessment ([0-9a-f]{16})", html)
        assert found
        return found[1]

    assert cited(publication=True) == cited(publication=False)


def test_quotes_and_citations_stay_verbatim() -> None:
    claims = fixture.case().claims
    quote = "It lies at 39.766543, 126.865432, they said."
    said = fixture.assessment(case=fixture.case(claims=(replace(claims[0], quote=quote), *claims[1:])))
    assert quote in render(said, fixture.chip, made=fixture.MADE, publication=True).html


@pytest.mark.parametrize(
    ("text", "coarser"),
    [
        ("at 39.766543, 126.865432.", "at 39.77, 126.87."),
        ("39.766543N 126.865432E", "39.77N 126.87E"),
        ("about 39.66 N, 124.705 E; draw it", "about 39.66 N, 124.70 E; draw it"),
        ("-12.34567;+98.76543", "-12.35;98.77"),
        ("39.76654° N", "39.77° N"),
        ("39°45'59.5\"N", "39.77°N"),
        ("39° 45′ N", "39.75°N"),
        ("52S CH 12345 67890 is the gate", "[grid reference removed] is the gate"),
        ("see /srv/cases/x/y.tif", "see [file]"),
        (r"see C:\cases\x.tif now", "see [file] now"),
        ("ratio ×1.83 (1.312 to 2.497), p = 0.031", "ratio ×1.83 (1.312 to 2.497), p = 0.031"),
        ("read https://example.org/a/b", "read https://example.org/a/b"),
        ("12 June 2018, 02:10 UTC and/or later", "12 June 2018, 02:10 UTC and/or later"),
    ],
)
def test_texts_are_made_coarse(text: str, coarser: str) -> None:
    assert coarse(text) == coarser


def test_what_is_published_is_still_a_whole_assessment() -> None:
    one = fixture.assessment()
    public, ids = for_publication(one)
    assert set(ids.values()) == {s.id for s in one.scenes}
    assert len(public.observations) == len(one.observations)
    assert [f.id for f in public.findings] == [f.id for f in one.findings]
    assert public.judgements[0].evidence == one.judgements[0].evidence
    assert {o.scene for o in public.observations} <= set(ids)
    assert _texts(public.case.claims) == _texts(one.case.claims)
    assert public.case.sites == one.case.sites


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [t for v in value for t in _texts(v)]
    return [t for f in fields(value) for t in _texts(getattr(value, f.name))] if is_dataclass(value) else []


def test_made_is_in_utc() -> None:
    with pytest.raises(ValueError, match="UTC"):
        render(fixture.assessment(), fixture.chip, made=datetime(2025, 1, 1))
    assert fixture.MADE.tzinfo is UTC
