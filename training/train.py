"""Trains the network: `python -m training.train --out FOLDER [--steps N]`. The same seed draws the same crops.

Adam with decoupled weight decay, one cycle of the rate, and an exponential mean of the weights, which is what is kept.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from training.crops import batches
from training.labels import Tile
from training.loss import loss
from training.net import Vehicles
from training.places import TRAIN, of_areas, tiles

BATCH = 12
RATE = 2.5e-3


def weights_of(chosen: Sequence[Tile]) -> list[float]:
    """How often each tile is drawn: by its boxes' square root, so that empty ground is seen; near-repeats rarely."""
    repeats = {area: sum(t.area == area for t in chosen) for area in ("kit-a", "kit-b")}
    return [
        2.5 / repeats[t.area] if t.area in repeats else (1 + min(len(t.boxes), 150) / 25) ** 0.5 / 2 for t in chosen
    ]


def train(
    chosen: Sequence[Tile],
    steps: int,
    seed: int,
    composite: float,
    out: Path,
    start: Path | None,
    rate: float = RATE,
    size: int = BATCH,
) -> Vehicles:
    """The mean network after `steps` batches; written to `out` every few hundred, with a log of the losses."""
    torch.manual_seed(seed)
    net = Vehicles()
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=True))
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = copy.deepcopy(net).eval()
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0}], lr=rate
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, rate, total_steps=steps, pct_start=0.1, final_div_factor=50
    )
    out.mkdir(parents=True, exist_ok=True)
    began, parts_sum = time.monotonic(), {"heat": 0.0, "shape": 0.0}
    with (out / "log.jsonl").open("w") as log:
        for step, (images, targets) in enumerate(batches(chosen, weights_of(chosen), steps, size, seed, composite), 1):
            net.train()
            with torch.autocast("cpu", torch.bfloat16):
                heat, shape = net(images.to(memory_format=torch.channels_last))
            total, parts = loss(heat.float(), shape.float(), targets)
            optimiser.zero_grad(set_to_none=True)
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            optimiser.step()
            schedule.step()
            _average(mean, net, step)
            for name, value in parts.items():
                parts_sum[name] += value
            if step % 50 == 0 or step == steps:
                line = {
                    "step": step,
                    "s": round(time.monotonic() - began),
                    **{k: round(v / 50, 4) for k, v in parts_sum.items()},
                }
                log.write(json.dumps(line) + "\n")
                log.flush()
                parts_sum = dict.fromkeys(parts_sum, 0.0)
            if step % 50 == 0 or step == steps:
                torch.save(mean.state_dict(), out / "mean.part")
                (out / "mean.part").replace(out / "mean.pt")
    return mean


def _average(mean: torch.nn.Module, net: torch.nn.Module, step: int) -> None:
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
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--composite", type=float, default=0.25)
    parser.add_argument("--areas", nargs="+", default=list(TRAIN))
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--start", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(2)
    chosen = [t for t in of_areas(tiles(), tuple(asked.areas)) if any(t.searched)]
    print(f"{len(chosen)} tiles, {sum(len(t.boxes) for t in chosen)} boxes")
    train(chosen, asked.steps, asked.seed, asked.composite, asked.out, asked.start, asked.rate, asked.batch)


if __name__ == "__main__":
    main()
