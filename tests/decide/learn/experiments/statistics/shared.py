"""The public data that the tables of the statistics are reproduced on, where this machine has them."""

import csv
import os
from pathlib import Path

MISSING = "the data are not on this machine: set FIELDFARE_SHARED to the folder that has data/hillstrom and data/prop99"


def table(folder: str, name: str) -> list[dict[str, str]] | None:
    """Return the rows of a file, or ``None`` when this machine does not have it."""
    told = os.environ.get("FIELDFARE_SHARED")
    shared = Path(told) if told else Path(__file__).resolve().parents[5].parent / "shared"
    path = shared / "data" / folder / name
    if not path.is_file():
        return None
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
