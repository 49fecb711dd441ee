"""The audit of sources sees what each of them leaves out, sends twice, sends late, and whom two of them share."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.ground.instants import DAY, HOUR, to_iso
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, trains
from tests.scenarios.whole import Whole, opened

SOURCES = """sources:
  - name: app
    write_key: ${FIELDFARE_WRITE_KEY}
    system: club-management
    owner: club operations
    max_delay: 1 hour
  - {name: till, write_key: "${TILL_KEY}"}
  - {name: silent, write_key: "${SILENT_KEY}", owner: nobody in particular}
"""
ENVIRON = {"FIELDFARE_WRITE_KEY": "a", "TILL_KEY": "b", "SILENT_KEY": "c"}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    text = (folder / "workspace.yaml").read_text(encoding="utf-8")
    (folder / "workspace.yaml").write_text(text[: text.index("sources:")] + SOURCES, encoding="utf-8")
    with opened(tmp_path / "data", NOON, folder, environ=ENVIRON) as made:
        yield made


def audited(whole: Whole) -> dict[str, Any]:
    whole.tick(NOON + DAY)
    return open_answers(whole.installation, whole.lake).audit_sources(7)


def test_it_tells_what_is_wrong_with_each_source(whole: Whole) -> None:
    at = NOON + HOUR
    fine = [trains(f"m-{number}", NOON + number) for number in range(8)]
    whole.send(fine, NOON + 4 * HOUR)
    bare = {"type": "track", "event": "check_in", "userId": "m-1"}
    whole.send([{**bare, "timestamp": to_iso(at).removesuffix("Z"), "messageId": "t"}, bare], at, "till")
    whole.send([{"type": "track", "event": "check_in"}, {**bare, "messageId": "t"}], at, "till")
    found = audited(whole)
    app, till, silent = (found["sources"][name] for name in ("app", "till", "silent"))
    assert (app["events"], app["duplicates"], app["dead_letters"], app["people"]) == (8, 0, 0, 8)
    assert app["late_p95_s"] == pytest.approx(4 * 3600, abs=1)
    assert app["red_flags"] == ["one event in twenty is more than 14400 s late; 3600 s are declared"]
    assert (till["events"], till["duplicates"], till["dead_letters"]) == (2, 1, 1)
    assert till["red_flags"] == [
        "nobody is named as its owner",
        "25% of what it sends are duplicates",
        "25% of what it sends are dead letters",
        "3 of 4 sampled events come without a time",
        "1 of 4 sampled events come without a person",
        "2 of 4 sampled events come without a message id",
        "1 of 4 sampled events give their time without an offset: taken as UTC",
    ]
    assert silent["red_flags"] == ["nothing came from it"]
    assert found["shared_people"] == [{"one": "app", "other": "till", "shared": 1}]


def test_raw_requests_whose_key_is_destroyed_are_left_out(whole: Whole) -> None:
    whole.send(trains("m-1", NOON), NOON)
    whole.stores.keys.destroy_expired(NOON + 40 * DAY, NOON + 40 * DAY)
    whole.clock.move_to(NOON + HOUR)
    audit = open_answers(whole.installation, whole.lake).audit_sources(7)
    assert audit["sources"]["app"]["sampled"]["events"] == 0
