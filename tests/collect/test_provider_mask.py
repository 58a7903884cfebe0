"""The provider's own mask beside a scene: kept with its kind and digest, and told apart from the analyst's clouds."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from overlook.collect import Registering, files_of, register, scenes, sha256, unused
from overlook.errors import InputError

Tiff = Callable[..., Path]


def test_a_provider_mask_comes_back_as_it_was_given(tiff: Tiff, tmp_path: Path, now: datetime) -> None:
    mask = tiff("scl.tif", count=1, size=32)
    imagery = tmp_path / "imagery"
    made = register(tiff(), imagery, Registering(provider_mask=("scl", mask)), now=now)
    assert scenes(imagery) == (made,)
    assert made.provider_mask is not None
    assert (made.provider_mask.kind, made.provider_mask.digest) == ("scl", sha256(mask))
    assert sha256(imagery / made.provider_mask.path) == sha256(mask)
    assert made.cloud_mask == ""
    assert made.provider_mask.path in files_of(imagery, made.id)
    assert unused(imagery) == ()


def test_a_scene_added_again_keeps_its_provider_mask(tiff: Tiff, tmp_path: Path, now: datetime) -> None:
    mask, image, imagery = tiff("scl.tif", count=1, size=32), tiff(), tmp_path / "imagery"
    made = register(image, imagery, Registering(provider_mask=("scl", mask)), now=now)
    again = register(image, imagery, Registering(sensor="S2A"), now=now)
    assert (again.provider_mask, again.sensor) == (made.provider_mask, "S2A")


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("sky", "m.tif", None),
        ("scl", "m.geojson", b"{}"),
        ("cloud polygons", "m.geojson", b"[]"),
        ("scl", "m.tif", b""),
    ],
)
def test_a_mask_that_is_none_is_refused_and_nothing_is_kept(
    kind: str, name: str, content: bytes | None, tiff: Tiff, tmp_path: Path, now: datetime
) -> None:
    mask = tiff(name, count=1)
    if content is not None:
        mask.write_bytes(content)
    with pytest.raises(InputError):
        register(tiff(), tmp_path / "imagery", Registering(provider_mask=(kind, mask)), now=now)
    assert [p.name for p in (tmp_path / "imagery").iterdir()] == []


@pytest.mark.parametrize("damage", [{"path": "../x"}, {"digest": "abc"}, {"kind": 3}])
def test_a_sidecar_whose_mask_makes_no_sense_is_refused(
    damage: dict[str, object], tiff: Tiff, tmp_path: Path, now: datetime
) -> None:
    mask, imagery = tiff("scl.tif", count=1, size=32), tmp_path / "imagery"
    made = register(tiff(), imagery, Registering(provider_mask=("scl", mask)), now=now)
    sidecar = imagery / f"{made.id}.stac.json"
    item = json.loads(sidecar.read_text())
    item["properties"]["overlook:provider_mask"] |= damage
    sidecar.write_text(json.dumps(item))
    with pytest.raises(InputError) as caught:
        scenes(imagery)
    assert caught.value.code == "E-INPUT-SIDECAR"
