"""The house keeps its own rules: who touches the outside, how long a file may be, what no file may name."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared import ROOT, SHARED

PACKAGE = ROOT / "src" / "overlook"
SOURCES = sorted(PACKAGE.rglob("*.py"))
#: Libraries that read, decode or connect. `store` is the database's room: all of it is outside.
OUTSIDE = {
    "rasterio",
    "pyogrio",
    "onnxruntime",
    "PIL",
    "sqlalchemy",
    "sqlite3",
    "httpx",
    "requests",
    "urllib",
    "pystac",
    "pystac_client",
    "obstore",
    "urllib3",
    "socket",
    "stac_geoparquet",
    "rustac",
}
HOSTS = re.compile(r"pypi\.org|pythonhosted|files\.python|registry\.npmjs|deb\.debian|snapshot\.debian", re.IGNORECASE)
MACHINE = re.compile(r"/work/|/root/|/home/\w|/tmp/bash|\.pyenv")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def test_the_package_is_found():
    assert len(SOURCES) > 40


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_only_outside_files_touch_the_outside(path):
    room = path.relative_to(PACKAGE).parts[0]
    if "outside" not in (path.stem, path.parent.name) and room != "store":
        assert not imported(path) & OUTSIDE


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_files_can_be_read_in_one_sitting(path):
    # Compiled functions that call each other stay together: numba's cache does not see a change in another file.
    limit = 420
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit


def test_no_file_names_a_registry_a_machine_or_shared_data():
    shared = {p.name for p in SHARED.glob("*/*")} - {"LICENSE", "README.md"}
    wrong = []
    for path in tracked():
        if path.name == "test_house.py" or not path.exists():
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        wrong += [f"{path}: {m.group()}" for m in (HOSTS.search(text), MACHINE.search(text)) if m]
        wrong += [f"{path}: a file of the shared data" for name in shared if path.name == name]
    assert not wrong


def test_locks_have_hashes_and_no_index():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "--index" not in text
        assert "://" not in text


@pytest.mark.parametrize(
    "module", ["overlook", "overlook.cli", "overlook.activity", "overlook.claims", "overlook.terms"]
)
def test_light_doors_open_without_heavy_libraries(module):
    heavy = "'rasterio', 'numba', 'scipy.optimize', 'onnxruntime', 'skimage', 'sqlalchemy', 'statsmodels'"
    code = f"import sys, {module}; print([m for m in ({heavy}) if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"
