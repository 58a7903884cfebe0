"""A small simulated site as material, drawn once, and cases made of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from overlook import run
from overlook.simulate import demo_spec, make_material

IMAGES = 10


@dataclass(frozen=True)
class Drawn:
    """Simulated material: the case file and everything a user would add."""

    case_yaml: str
    images: tuple[Path, ...]
    files: tuple[Path, ...]

    def of(self, image: Path) -> list[Path]:
        return [f for f in self.files if f.name.startswith(image.stem)]


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    spec = demo_spec()
    spec = replace(spec, schedule=replace(spec.schedule, images=IMAGES))
    folder = tmp_path_factory.mktemp("material")
    made = make_material(folder, spec, seed=3)
    return Drawn(made.case_yaml, made.images, tuple(sorted(made.images[0].parent.iterdir())))


MakeCase = Callable[..., Path]


@pytest.fixture
def make_case(tmp_path: Path, material: Drawn) -> MakeCase:
    """A new case with the given files of the material (all of them if none are given)."""

    def make(name: str = "case", files: Sequence[Path] | None = None, yaml: str | None = None) -> Path:
        root = tmp_path / name
        run.init(root)
        (root / "case.yaml").write_text(yaml or material.case_yaml, encoding="utf-8")
        for added in run.add(root, material.files if files is None else files):
            assert added.error is None, added.error
        return root

    return make


@pytest.fixture
def assessed_case(make_case: MakeCase) -> Path:
    root = make_case()
    run.assess(root)
    return root


def copy_of(root: Path, name: str) -> Path:
    return Path(shutil.copytree(root, root.parent / name))
