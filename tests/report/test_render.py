import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from shapely.geometry import Polygon

from overlook.errors import StoreError
from overlook.report import Rendered, render, write
from overlook.report.lint import check_text
from overlook.report.page import declared_words
from overlook.terms import Assessment, Case, Chip, Claim, Prediction, Provenance, Site, Zone
from report import fixture

#: Elements of HTML without an end tag.
VOID = {"meta", "link", "br"}
EMPTY = Provenance(code_version="0", code_digest="", case_digest="", plan_digest="", plan_note="", inputs=())


class Outline(HTMLParser):
    """Headings, ids, links and text of a page; asserts that elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.external: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if values.get("id") else []
        if tag[0] == "h" and tag[1:].isdigit():
            self.headings.append(int(tag[1]))
        for name in ("href", "src"):
            link = values.get(name) or ""
            self.links += [link[1:]] if link.startswith("#") else []
            if link and not link.startswith(("#", "data:")):
                self.external.append(link)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open = self.open[:-1] if tag not in VOID else self.open

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return render(fixture.assessment(), fixture.chip, made=fixture.MADE).html


def test_the_page_is_whole_and_its_links_lead_somewhere(html: str) -> None:
    assert html.startswith("<!doctype html>")
    assert '<html lang="en">' in html
    page = Outline(html)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.links) <= set(page.ids)
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert "script" not in page.tags


def test_nothing_comes_from_outside(html: str) -> None:
    assert Outline(html).external == ["https://example.org/2024/kestrel"]  # a source's citation, to be followed by hand
    assert "@import" not in html
    assert "url(http" not in html
    assert "default-src 'none'" in html


def test_the_question_and_the_answer_come_first(html: str) -> None:
    text = " ".join(Outline(html).text)
    order = [
        "Partly signed: 1 of 5 claims",
        "Simulated: no real place",
        "Did work at the yard go on",
        "Of the 6 parts of what was claimed, imagery supports 1",
        "Corrected 10 January 2025.",
        "Dissent of",
        "The vehicle level in North yard was higher after Summit",
        "Contents",
        "What no image can show of it",
        "Who looked, and how well",
        "How to cite",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_what_the_page_says_itself_passes_the_lint(html: str) -> None:
    said = (*declared_words(fixture.case()), "We see vehicles coming and going")
    for piece in Outline(html).text:
        check_text(piece, where="page", declared=said)


def test_forty_eight_images_are_quick_and_small(html: str) -> None:
    assert len(html.encode()) < 8_000_000
    start = time.process_time()
    render(fixture.assessment(), fixture.chip, made=fixture.MADE)
    assert time.process_time() - start < 3


def test_the_same_assessment_makes_the_same_page(html: str) -> None:
    assert render(fixture.assessment(), fixture.chip, made=fixture.MADE).html == html


def test_each_figure_has_its_twin_with_nothing_drawn(html: str) -> None:
    assert html.count('<use href="#pixels-') == html.count('<image id="pixels-') == 8
    assert html.count("The same pixels, nothing drawn.") == 8


def test_an_empty_case_is_a_page_that_says_so() -> None:
    empty = Assessment(case=Case(id="c", title="Nothing yet"), provenance=EMPTY)
    page = render(empty, lambda *_: None, made=fixture.MADE).html
    text = " ".join(Outline(page).text)
    assert "Not enough imagery." in text
    assert "No image and no count is in this case." in text
    assert "Machine draft: unsigned" in text
    assert "No correction has been made." in text


def test_a_case_of_claims_without_imagery_keeps_every_part() -> None:
    claim = Claim(
        id="c1",
        quote="The site is active.",
        chain=("nobody",),
        predictions=(Prediction(id="p1", relation="active", site="s", cls="vehicle", statement="Vehicles are seen"),),
        not_observable=("what is built inside",),
    )
    site = Site(id="s", name="A factory", crs="EPSG:32651", timezone="Mars/Olympus", whereabouts="near the capital")
    case = Case(id="c", title="Words only", sites=(site,), claims=(claim,))
    text = " ".join(
        Outline(render(Assessment(case=case, provenance=EMPTY), lambda *_: None, made=fixture.MADE).html).text
    )
    for words in ("insufficient imagery", "not observable", "what is built inside", "near the capital", "nobody"):
        assert words in text


def test_a_lost_store_leaves_places_and_reasons() -> None:
    page = render(fixture.assessment(), lambda *_: None, made=fixture.MADE).html
    assert page.count("The pixels of this image are not in the store.") == 8
    assert "data:image" not in page


def test_a_local_plane_has_no_north_and_no_coordinates() -> None:
    zones = tuple(
        Zone(id=z, name=z, kind="yard", geometry=Polygon([(30, -25), (75, -25), (75, -85), (30, -85)]))
        for z in ("yard", "park")
    )
    site = Site(id="works", name="Plane", crs="local", grid_gsd_m=0.5, zones=zones)

    def chip(scene: str, of: str) -> Chip:
        from dataclasses import replace

        real = fixture.chip(scene, of)
        return replace(real, meta=replace(real.meta, crs="local", transform=(0.5, 0.0, 0.0, 0.0, -0.5, 0.0)))

    page = render(fixture.assessment(case=fixture.case(sites=(site,))), chip, made=fixture.MADE).html
    assert page.count("north not known") == 8
    assert "on a local plane" in page
    assert "site time is UTC" in page


def test_write_is_whole_or_not_at_all(tmp_path: Path, html: str) -> None:
    path = write(Rendered(html=html), tmp_path / "deep" / "report")
    assert path == tmp_path / "deep" / "report" / "index.html"
    assert path.read_text("utf-8") == html
    write(Rendered(html="<p>again</p>"), path.parent)
    assert [p.name for p in path.parent.iterdir()] == ["index.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="E-STORE-WRITE"):
        write(Rendered(html=""), tmp_path / "file" / "report")
