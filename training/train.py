"""Trains the network: `python -m training.train --out FOLDER`. The same seeds draw the same crops.

Adam with decoupled weight decay (Loshchilov and Hutter, 2019), one cycle of the rate a stage, and an exponential mean
of the weights, which is what is kept. Convolutions run in bfloat16; on a processor without it, slowly.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.crops import batches
from training.labels import Tile
from training.loss import Targets, loss
from training.net import Vehicles
from training.places import TRAIN, of_areas, tiles

#: Share of the crops that get things painted in.
COMPOSITE = 0.25
_SAVE_EVERY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One cycle of the rate over `steps` batches of `size` crops, ended at `stop`. `is_corrected`: with our labels."""

    name: str
    steps: int
    stop: int
    size: int
    rate: float
    seed: int
    is_corrected: bool = True


#: What the shipped weights were made by: the given labels first, whose misses were then looked at; then the corrected.
STAGES = (
    Stage(name="given", steps=1600, stop=750, size=12, rate=2.5e-3, seed=20261124, is_corrected=False),
    Stage(name="corrected", steps=600, stop=600, size=8, rate=1.6e-3, seed=5),
    Stage(name="last", steps=900, stop=900, size=8, rate=1.5e-3, seed=6),
)


def weights_of(chosen: Sequence[Tile]) -> list[float]:
    """How often each tile is drawn: by its boxes' square root, so that empty ground is seen; near-repeats rarely."""
    repeats = {area: sum(t.area == area for t in chosen) for area in ("kit-a", "kit-b")}
    return [
        2.5 / repeats[t.area] if t.area in repeats else (1 + min(len(t.boxes), 150) / 25) ** 0.5 / 2 for t in chosen
    ]


def train(net: Vehicles, chosen: Sequence[Tile], stage: Stage, out: Path) -> Vehicles:
    """The mean network after a stage; written to `out` every fifty batches, with a log of the losses."""
    torch.manual_seed(stage.seed)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = copy.deepcopy(net).eval()
    optimiser, schedule = _optimiser(net, stage)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "log.jsonl").open("w") as log:
        began = time.monotonic()
        sums = dict.fromkeys(("heat", "shape"), 0.0)
        for step, (images, targets) in _drawn(chosen, stage):
            parts = _step(net, images, targets, optimiser)
            schedule.step()
            _average(mean, net, step)
            sums = {name: total + parts.get(name, 0.0) for name, total in sums.items()}
            if step % _SAVE_EVERY == 0 or step == stage.stop:
                means = {name: round(total / _SAVE_EVERY, 4) for name, total in sums.items()}
                log.write(json.dumps({"step": step, "s": round(time.monotonic() - began), **means}) + "\n")
                log.flush()
                sums = dict.fromkeys(sums, 0.0)
                torch.save(mean.state_dict(), out / "mean.part")
                (out / "mean.part").replace(out / "mean.pt")
    return mean


def _drawn(chosen: Sequence[Tile], stage: Stage) -> Iterator[tuple[int, tuple[Tensor, Targets]]]:
    drawn = batches(chosen, weights_of(chosen), stage.stop, stage.size, stage.seed, COMPOSITE)
    return enumerate(drawn, start=1)


def _optimiser(net: nn.Module, stage: Stage) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    decayed = {"params": [p for p in net.parameters() if p.ndim > 1], "weight_decay": 0.02}
    plain = {"params": [p for p in net.parameters() if p.ndim <= 1], "weight_decay": 0.0}
    optimiser = torch.optim.AdamW([decayed, plain], lr=stage.rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, stage.rate, total_steps=stage.steps, pct_start=0.1, final_div_factor=50
    )
    return optimiser, cycle


def _step(net: nn.Module, images: Tensor, targets: Targets, optimiser: torch.optim.Optimizer) -> dict[str, float]:
    net.train()
    with torch.autocast("cpu", torch.bfloat16):
        heat, shape = net(images.to(memory_format=torch.channels_last))
    total, parts = loss(heat.float(), shape.float(), targets)
    optimiser.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    optimiser.step()
    return parts


def _average(mean: nn.Module, net: nn.Module, step: int) -> None:
    decay = min(0.998, (1 + step) / (10 + step))
    with torch.no_grad():
        for kept, new in zip(mean.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights of each stage and its log")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(STAGES[0].seed)
    net = Vehicles()
    for stage in STAGES:
        areas = of_areas(tiles(is_corrected=stage.is_corrected), TRAIN)
        chosen = [tile for tile in areas if any(tile.searched)]
        print(f"{stage.name}: {len(chosen)} tiles, {sum(len(t.boxes) for t in chosen)} boxes", flush=True)
        net = train(net, chosen, stage, asked.out / stage.name)


if __name__ == "__main__":
    main()
