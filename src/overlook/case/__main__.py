"""`python -m overlook.case schema | reference`: the published files of docs/reference, on standard output."""

from __future__ import annotations

import json
import sys

from overlook.case.reference import reference, schema


def main(what: str) -> str:
    if what == "schema":
        return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    return reference(schema())


if __name__ == "__main__":
    sys.stdout.write(main(*sys.argv[1:2] or ["reference"]))
