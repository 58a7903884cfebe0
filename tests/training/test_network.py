"""The loss says what a label says and no more; the network keeps its grid. Needs PyTorch, which only training has."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed (make train installs it)")

from training.crops import CROP_PX, Crop, batch_of  # noqa: E402
from training.labels import HULL, ORIENTED, boxes_of  # noqa: E402
from training.loss import Targets, _hull, _oriented, loss  # noqa: E402
from training.net import STRIDE, Exported, Vehicles  # noqa: E402

LENGTH, WIDTH = 18.0, 7.6


def targets(kind: int, truth: list[float]) -> Targets:
    none = torch.zeros(0)
    return Targets(
        heat=none,
        known=none,
        at=torch.zeros(1, 3).long(),
        weight=torch.ones(1),
        cls=torch.zeros(1).long(),
        kind=torch.tensor([kind]),
        truth=torch.tensor([truth]),
    )


@pytest.mark.parametrize("turn", [0.0, 0.4, 1.3, 2.9])
@pytest.mark.parametrize("heading", [0.0, 0.3, 0.8, 1.5])
def test_a_hull_is_satisfied_by_the_true_angle_and_by_its_mirror_in_the_labels_frame(
    turn: float, heading: float
) -> None:
    c, s = abs(math.cos(heading)), abs(math.sin(heading))
    hull = [LENGTH * c + WIDTH * s, LENGTH * s + WIDTH * c]
    wanted = targets(HULL, [*hull, turn, 0.5, 0.5, 1.0])

    def off(angle: float) -> float:
        double = torch.tensor([[math.sin(2 * angle), math.cos(2 * angle)]])
        return float(_hull(torch.tensor([[LENGTH, WIDTH]]), double, wanted))

    # Along the frame's axes the softened root of the loss leaves up to .09: its gradient would not be finite otherwise.
    assert off(turn + heading) < 0.09
    assert off(turn - heading) == pytest.approx(off(turn + heading), abs=1e-4)
    if heading != 0.8:  # near 45 degrees a hull changes little with the angle
        assert off(turn + heading + 0.35) > 2 * off(turn + heading) + 0.05


def test_an_oriented_label_is_satisfied_by_its_own_angle_alone() -> None:
    wanted = targets(ORIENTED, [LENGTH, WIDTH, 0.7, 0.5, 0.5, 1.0])
    sides = torch.tensor([[LENGTH, WIDTH]])
    for angle, off in ((0.7, 0.0), (0.7 + math.pi, 0.0), (0.7 + math.pi / 2, 2.0)):
        double = torch.tensor([[math.sin(2 * angle), math.cos(2 * angle)]])
        assert float(_oriented(sides, double, wanted)) == pytest.approx(off, abs=1e-5)


def test_a_crop_marks_centres_and_hides_what_is_not_known() -> None:
    rows = [(0, 41.0, 42.0, 18.0, 8.0, 0.2, ORIENTED, False), (0, 200.0, 200.0, 20.0, 20.0, 0.0, HULL, True)]
    crop = Crop(
        pixels=np.zeros((CROP_PX, CROP_PX, 3), np.float32),
        boxes=boxes_of(rows),
        frame=0.0,
        scale=1.0,
        searched=(True, True, False),
    )
    _, made = batch_of([crop])
    assert torch.argwhere(made.heat == 1).tolist() == [[0, 0, 10, 10]]
    assert float(made.known[0, 2].sum()) == 0
    assert float(made.known[0, 0, 50, 50]) == 0
    assert made.truth[made.weight == 1][0, 3:5].tolist() == pytest.approx([0.25, 0.5])


def test_a_batch_without_boxes_has_a_loss_that_is_a_number() -> None:
    crop = Crop(
        pixels=np.zeros((CROP_PX, CROP_PX, 3), np.float32),
        boxes=boxes_of([]),
        frame=0.0,
        scale=1.0,
        searched=(True, True, True),
    )
    images, made = batch_of([crop])
    total, parts = loss(*Vehicles().eval()(images), made)
    assert torch.isfinite(total)
    assert "shape" not in parts


@pytest.mark.parametrize("size", [(64, 64), (68, 100), (84, 60)])
def test_any_multiple_of_the_stride_keeps_the_grid(size: tuple[int, int]) -> None:
    with torch.no_grad():
        heat, sides, angle, offset = Exported(Vehicles().eval())(torch.zeros(1, 3, *size))
    assert heat.shape == (1, 3, size[0] // STRIDE, size[1] // STRIDE)
    assert sides.shape == angle.shape == offset.shape == (1, 2, size[0] // STRIDE, size[1] // STRIDE)
    assert (sides > 0).all()
