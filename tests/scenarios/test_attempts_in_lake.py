"""Attempts reach the lake once, and again when their outcome becomes known; a restored state is brought whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from fieldfare.act.delivery.store import attempt
from fieldfare.flow.load_lake import ATTEMPTS_LATE_US
from fieldfare.ground.instants import HOUR, Instant
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

LATER = NOON + HOUR


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def add(whole: Whole, name: str, granted_at: Instant, outcome: str) -> None:
    texts = dict.fromkeys(("channel", "template", "purpose", "journey"), "email")
    row: dict[str, Any] = {"id": name, "proposal_id": name, "profile_id": 1, "address_hash": b"h", "units": 1}
    row |= texts | {"granted_at": granted_at, "outcome": outcome, "counts_toward_caps": True, "looked_up": 0}
    with whole.stores.state.write() as connection:
        connection.execute(attempt.insert(), row)


def becomes(whole: Whole, name: str, outcome: str) -> None:
    with whole.stores.state.write() as connection:
        connection.execute(update(attempt).where(attempt.c.id == name).values(outcome=outcome))


def in_lake(whole: Whole) -> dict[str, str]:
    loader = whole.installation.loader(whole.lake)
    loader.sync()
    rows = whole.lake.arrow("SELECT id, outcome FROM message_rows").to_pylist()
    assert len({row["id"] for row in rows}) == len(rows), "each once"
    return {row["id"]: row["outcome"] for row in rows}


def test_new_ones_and_what_became_of_the_open_ones(whole: Whole) -> None:
    assert in_lake(whole) == {}
    add(whole, "a", NOON, "handed_over")
    add(whole, "b", NOON, "unknown")
    add(whole, "c", NOON, "handing_over")
    assert in_lake(whole) == {"a": "handed_over", "b": "unknown", "c": "handing_over"}
    place = whole.lake.loaded("message_rows")
    add(whole, "d", LATER, "failed")
    add(whole, "late", LATER - ATTEMPTS_LATE_US + 1, "handed_over")
    assert in_lake(whole).keys() == {"a", "b", "c", "d", "late"}
    becomes(whole, "b", "rejected")
    becomes(whole, "c", "failed")
    add(whole, "later", LATER - ATTEMPTS_LATE_US + 2, "handed_over")
    told = in_lake(whole)
    assert (told["b"], told["c"], told["later"]) == ("rejected", "failed", "handed_over")
    assert (place, whole.lake.loaded("message_rows")) == (NOON, LATER)


def test_a_state_that_is_older_is_brought_whole(whole: Whole) -> None:
    add(whole, "a", NOON, "handed_over")
    add(whole, "b", LATER, "handed_over")
    assert in_lake(whole).keys() == {"a", "b"}
    with whole.stores.state.write() as connection:
        connection.execute(delete(attempt).where(attempt.c.id == "b"))
    assert in_lake(whole).keys() == {"a"}
    with whole.stores.state.write() as connection:
        connection.execute(delete(attempt))
    assert in_lake(whole) == {}
