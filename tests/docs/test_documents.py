"""The documents tell the truth: every command in them runs, every link leads somewhere, every command is described."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from overlook.cli.__main__ import reference
from shared import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
COUNTS = "time,zone,class,count\n" + "".join(
    f"2020-{month:02d}-{day:02d}T10:00Z,yard,truck,{9 + (day * month) % 7}\n"
    for month in range(6, 13)
    for day in (3, 9, 15, 21, 27)
)


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """(language, file name or "", text) of the fenced blocks of a page, in order."""
    return [(m[1], m[2] or "", m[3]) for m in FENCE.finditer(page.read_text(encoding="utf-8"))]


def runnable() -> list[Path]:
    return [page for page in PAGES if any(language == "console" for language, _, _ in blocks(page))]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two images that say when and where, and pictures that say neither."""
    from dataclasses import replace

    from PIL import Image

    from overlook.simulate import demo_spec, make_material

    folder, spec = tmp_path_factory.mktemp("pictures"), demo_spec()
    made = make_material(folder / "made", replace(spec, schedule=replace(spec.schedule, images=2)), seed=1)
    (folder / "images").mkdir()
    for image in made.images:
        image.rename(folder / "images" / image.name)
    for shade, name in enumerate(("photo.png", "tilted.png", "map.jpg", "figure.png")):
        Image.new("RGB", (200, 200), (90, 90, 60 + shade)).save(folder / name)
    (folder / "map.jgw").write_text("0.0000127\n0\n0\n-0.000009\n-25.00597\n45.00368\n")
    return folder


@pytest.fixture
def place(tmp_path: Path, pictures: Path) -> Path:
    """Where a reader would be: images and pictures, a CSV of counts, and the examples."""
    shutil.copytree(pictures, tmp_path, ignore=shutil.ignore_patterns("made"), dirs_exist_ok=True)
    (tmp_path / "counts.csv").write_text(COUNTS)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", runnable(), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_runs(page: Path, place: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for language, name, text in blocks(page):
        if name:
            (place / name).write_text(text, encoding="utf-8")
        elif language == "console":
            for command in re.findall(r"^\$ (.+)$", text, re.MULTILINE):
                done = subprocess.run(
                    ["bash", "-c", command], cwd=place, env=environment, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        elif language == "python":
            done = subprocess.run(
                [sys.executable, "-c", text], cwd=place, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"


def test_pages_with_commands_are_found() -> None:
    wanted = {"README.md", "first-case.md", "add-images.md", "bring-counts.md", "use-from-a-notebook.md"}
    assert {p.name for p in runnable()} >= wanted


def test_every_option_on_a_page_exists() -> None:
    known = set(re.findall(r"--[a-z][a-z-]+", reference())) | {"--help", "--version"}
    for page in (
        ROOT / "README.md",
        *(ROOT / "docs" / "how-to").glob("*.md"),
        *(ROOT / "docs" / "tutorial").glob("*.md"),
    ):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name}: {named - known}"


def test_every_page_of_how_to_is_found_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [p.name for p in (ROOT / "docs" / "how-to").glob("*.md") if f"docs/how-to/{p.name}" not in text]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not missing


def test_every_command_and_option_is_described() -> None:
    committed = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    assert committed == reference(), "run: python -m overlook.cli > docs/reference/commands.md"
