"""The page in a real browser: nothing fetched, nothing wider than a phone, every figure there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from overlook.report import render, write
from report import fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="chromium absent")]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    html = render(fixture.assessment(), fixture.chip, made=fixture.MADE)
    return write(html, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


def opened(browser: Browser, report: Path, width: int) -> tuple[Page, list[str], list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    return page, said, asked


@pytest.mark.parametrize("width", [375, 1280])
def test_quiet_and_alone_and_no_wider_than_the_screen(browser: Browser, report: Path, width: int) -> None:
    page, said, asked = opened(browser, report, width)
    assert said == []
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_every_figure_is_visible_and_every_picture_has_pixels(browser: Browser, report: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    boxes = page.evaluate("[...document.querySelectorAll('figure svg')].map(s => s.getBoundingClientRect().toJSON())")
    assert len(boxes) == 6 + 16 + 1 + 2 * 3 + 2
    assert all(box["width"] > 300 and box["height"] > 60 for box in boxes)
    drawn = page.evaluate("[...document.querySelectorAll('svg.chip use')].map(u => u.getBoundingClientRect().width)")
    assert len(drawn) == 8
    assert min(drawn) > 200
    page.close()


def test_lines_of_text_are_no_longer_than_an_eye_likes(browser: Browser, report: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    per_line = page.evaluate(
        """() => [...document.querySelectorAll('section > p')].map(p => {
            const r = document.createRange(); r.selectNodeContents(p);
            const lines = new Set([...r.getClientRects()].map(c => Math.round(c.top))).size;
            return p.textContent.length / lines; }).filter(n => n > 0)"""
    )
    assert max(per_line) <= 85
    page.close()


def test_paper_leaves_folded_what_an_editor_does_not_need_and_says_where_it_is(browser: Browser, report: Path) -> None:
    page, _, _ = opened(browser, report, 1280)
    page.emulate_media(media="print")
    shown = "[...document.querySelectorAll('details:not([open])')].filter(d => d.checkVisibility()).length"
    assert page.evaluate(shown) == 0
    assert page.locator(".on-paper").inner_text().startswith("Printed from a page")
    # What she unfolds is printed.
    page.evaluate("document.querySelector('details').setAttribute('open', '')")
    assert page.locator("details").first.is_visible()
    page.emulate_media(media="screen")
    assert not page.locator(".on-paper").is_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert 5 <= pdf.count(b"/Type /Page\n") <= 26
    page.close()
