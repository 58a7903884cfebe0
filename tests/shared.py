"""Where the shared real data are, and the skip that names them when they are not there."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: The shared data's folders (carparks, vehicles-kit-ais, …). A relative OVERLOOK_SHARED counts from the checkout.
SHARED = (ROOT / os.environ.get("OVERLOOK_SHARED", "../shared")).resolve() / "data"


def needs(*parts: str) -> pytest.MarkDecorator:
    """Skip unless SHARED/parts exists; the reason names the path that is missing."""
    path = SHARED.joinpath(*parts)
    return pytest.mark.skipif(not path.exists(), reason=f"shared data absent: {'/'.join(parts)} (set OVERLOOK_SHARED)")
