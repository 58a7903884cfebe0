"""What the how-to pages show is what the room reads."""

import json
import re
from pathlib import Path
from typing import Any

from overlook.detect import OnnxDetector, card, read_boxes, read_card
from overlook.detect.drawn import CLASS_PROPERTIES, MAX_BOXES

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def _json_in(page: str) -> Any:
    blocks = re.findall(r"```json\n(.*?)```", (HOW_TO / page).read_text(), re.DOTALL)
    assert len(blocks) == 1
    return json.loads(blocks[0])


def test_the_boxes_on_the_page_are_read(tmp_path: Path, make: Any) -> None:
    (tmp_path / "b.geojson").write_text(json.dumps(_json_in("draw-boxes.md")))
    read = read_boxes(tmp_path / "b.geojson", scene=make.scene())
    assert read.classes == ("vehicle", "vehicle")
    assert read.searched == ("vehicle", "container")
    assert read.observer == "anna"


def test_the_page_on_boxes_names_what_the_reader_takes() -> None:
    text = (HOW_TO / "draw-boxes.md").read_text()
    assert all(f"`{name}`" in text for name in CLASS_PROPERTIES)
    assert f"{MAX_BOXES:,}" in text


def test_the_card_on_the_page_runs(tmp_path: Path, make: Any) -> None:
    make.heatmap_model(tmp_path / "card.onnx")
    path = make.write_card(tmp_path / "card.json", _json_in("use-your-own-detector.md"))
    assert read_card(path).classes == ("vehicle",)
    OnnxDetector(path)


def test_every_field_of_a_card_is_on_the_page() -> None:
    room = Path(str(card.__file__)).parent
    fields = {name for file in room.glob("*.py") for name in re.findall(r'"(overlook:[a-z_]+)"', file.read_text())}
    fields -= {"overlook:notes"}
    text = (HOW_TO / "use-your-own-detector.md").read_text()
    assert len(fields) >= 10
    assert all(field in text for field in fields)
