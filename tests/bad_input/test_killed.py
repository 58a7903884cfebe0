"""Killed at any moment: the next run goes on, nothing that was kept is lost, and the chain holds."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from overlook import run

from .conftest import NAMES, boxes, new_case, tiff, told


@pytest.mark.slow
def test_killed_while_adding_or_assessing_the_next_run_goes_on(tmp_path, whole):
    root = new_case(tmp_path / "case")
    files = [tiff(tmp_path / f"{name}.tif", seed=n) for n, name in enumerate(NAMES)]
    files += [boxes(tmp_path / f"{name}.anna.boxes.geojson") for name in NAMES]
    names = ", ".join(f"Path({str(f)!r})" for f in files)
    head = "from pathlib import Path\nfrom overlook import run\n"
    acts = (f"run.add(Path({str(root)!r}), [{names}])", f"run.assess(Path({str(root)!r}))")
    rng = random.Random(7)
    for _ in range(2):
        for act in acts:
            code = f"{head}print('ready', flush=True)\n{act}"
            with subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(rng.uniform(0.05, 0.9))
                os.kill(process.pid, signal.SIGKILL)
            run.verify(root)
    assert [a.error for a in run.add(root, files)] == [None] * 4
    assessment = run.assess(root).assessment
    expected = [o for o in run.assess(whole).assessment.observations if o.scene]
    assert list(assessment.observations) == expected
    assert told(root) == ()
    run.verify(root)
