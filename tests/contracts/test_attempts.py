"""One suite for the attempts' rows: SQLite, PostgreSQL and the fake in memory."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from fieldfare.act.delivery.model import ABANDONED, STOPPED, Attempt, Counted, Outcome, OutcomeKind, Tally
from fieldfare.act.delivery.ports import Attempts
from fieldfare.act.delivery.store import SqlAttempts, attempt, captured_message, message_replay
from fieldfare.decide.gate.model import Sent
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.store import metadata, open_state
from fieldfare.testing.delivery import START, World

A, B = b"a" * 16, b"b" * 16
HANDED = Outcome(kind=OutcomeKind.HANDED_OVER, provider_id="p-1")
FAILED = Outcome(kind=OutcomeKind.FAILED, detail="http_503")
UNKNOWN = Outcome(kind=OutcomeKind.UNKNOWN)
REJECTED = Outcome(kind=OutcomeKind.REJECTED)


class Place:
    def __init__(self, state: Any, attempts: Attempts) -> None:
        self.state = state
        self.attempts = attempts

    def write(self) -> AbstractContextManager[Any]:
        made: AbstractContextManager[Any] = self.state.write()
        return made


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "memory":
        ports = World().ports()
        yield Place(ports.state, ports.attempts)
        return
    url = (
        f"sqlite:///{tmp_path}/state.db" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    )
    state = open_state(url)
    metadata.create_all(state.engine, tables=[attempt, message_replay, captured_message])
    yield Place(state, SqlAttempts())
    state.close()


def sent(at: int) -> Sent:
    return Sent(at=at, channel="email", purpose="marketing", journey="win-back")


def an_attempt(number: int = 1, proposal: str = "prp_1", **changes: Any) -> Attempt:
    fields: dict[str, Any] = {
        "id": f"{proposal}.{number}",
        "proposal_id": proposal,
        "profile_id": 7,
        "channel": "email",
        "template": "hello",
        "purpose": "marketing",
        "journey": "win-back",
        "address_hash": A,
        "granted_at": START,
    }
    return Attempt(**{**fields, **changes})


def test_what_was_added_is_unfinished_until_it_is_finished(place: Place) -> None:
    made = an_attempt()
    with place.write() as tx:
        place.attempts.add(tx, [made])
    with place.write() as tx:
        assert place.attempts.unfinished(tx, START + 1) == [made]
        assert place.attempts.unfinished(tx, START) == []
        assert place.attempts.finish(tx, {made.id: HANDED}, START + 5) == {made.id}
        assert place.attempts.unfinished(tx, START + 1) == []


def test_a_call_starts_once(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt()])
        assert place.attempts.start(tx, ["prp_1.1"], START + 1) == {"prp_1.1"}
        assert place.attempts.start(tx, ["prp_1.1"], START + 2) == set()
        (found,) = place.attempts.unfinished(tx, START + 10)
        assert found.call_started_at == START + 1


def test_what_has_ended_cannot_start_and_cannot_end_again(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt()])
        assert place.attempts.abandon(tx, ["prp_1.1"], START + 1, ABANDONED) == {"prp_1.1"}
        assert place.attempts.start(tx, ["prp_1.1"], START + 2) == set()
        assert place.attempts.finish(tx, {"prp_1.1": HANDED}, START + 3) == set()
        assert place.attempts.of_provider(tx, "email", "p-1") is None


def test_what_was_started_is_never_abandoned(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt()])
        assert place.attempts.start(tx, ["prp_1.1"], START + 1) == {"prp_1.1"}
        assert place.attempts.abandon(tx, ["prp_1.1"], START + 2, ABANDONED) == set()
        assert place.attempts.finish(tx, {"prp_1.1": HANDED}, START + 3) == {"prp_1.1"}


def test_the_same_attempt_twice_is_a_bug(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt()])
    with pytest.raises((AssertionError, IntegrityError, sqlite3.IntegrityError)), place.write() as tx:
        place.attempts.add(tx, [an_attempt()])


def test_a_transaction_that_raises_leaves_nothing(place: Place) -> None:
    class Stop(Exception):  # noqa: N818 - ends the body, is no failure
        pass

    def stopped() -> None:
        with place.write() as tx:
            place.attempts.add(tx, [an_attempt()])
            raise Stop

    with pytest.raises(Stop):
        stopped()
    with place.write() as tx:
        assert place.attempts.unfinished(tx, START + DAY) == []


@pytest.mark.parametrize(
    ("outcome", "counts"), [(HANDED, True), (UNKNOWN, True), (FAILED, False), (REJECTED, False), (ABANDONED, False)]
)
def test_only_what_may_have_arrived_counts_toward_caps(place: Place, outcome: Outcome | str, counts: bool) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt()])
        assert place.attempts.counted(tx, [A], [], START) == [Counted(A, 7, sent(START))], (
            "while it is under way it counts"
        )
        if isinstance(outcome, str):
            place.attempts.abandon(tx, ["prp_1.1"], START + 1, outcome)
        else:
            place.attempts.finish(tx, {"prp_1.1": outcome}, START + 1)
        assert bool(place.attempts.counted(tx, [A], [], START)) is counts


def test_what_does_not_count_never_counts(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt(counts_toward_caps=False)])
        place.attempts.finish(tx, {"prp_1.1": HANDED}, START + 1)
        assert place.attempts.counted(tx, [A], [7], START) == []


def test_counted_by_address_or_person_in_time_order_from_an_instant(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(
            tx,
            [
                an_attempt(1, "c", granted_at=START + HOUR, profile_id=8),
                an_attempt(1, "b", granted_at=START, address_hash=B),
                an_attempt(1, "a", granted_at=START - DAY),
                an_attempt(1, "d", address_hash=B, profile_id=9),
            ],
        )
        both = [Counted(B, 7, sent(START)), Counted(A, 8, sent(START + HOUR))]
        assert place.attempts.counted(tx, [A], [7], START) == both
        assert place.attempts.counted(tx, [A], [], START) == both[1:]
        assert place.attempts.counted(tx, [], [], START) == []


def test_the_tally_counts_made_and_failed(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt(1), an_attempt(2), an_attempt(3), an_attempt(1, "other")])
        place.attempts.finish(tx, {"prp_1.1": FAILED}, START)
        place.attempts.abandon(tx, ["prp_1.2"], START, ABANDONED)
        assert place.attempts.tally(tx, ["prp_1", "other", "none"]) == {"prp_1": Tally(3, 1), "other": Tally(1, 0)}
        assert place.attempts.tally(tx, []) == {}


def test_a_receipt_finds_its_attempt_by_channel_and_provider_id(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt(), an_attempt(1, "other", channel="sms")])
        place.attempts.finish(tx, {"prp_1.1": HANDED}, START + 1)
        found = place.attempts.of_provider(tx, "email", "p-1")
        assert found is not None
        assert (found.id, found.outcome, found.ended_at, found.address_hash) == ("prp_1.1", "handed_over", START + 1, A)
        assert place.attempts.of_provider(tx, "sms", "p-1") is None
        assert place.attempts.of_provider(tx, "email", "p-2") is None


def test_locks_are_taken_and_released(place: Place) -> None:
    for _ in range(2):
        with place.write() as tx:
            place.attempts.lock(tx, [A, B])
            place.attempts.lock(tx, [A])
            place.attempts.lock(tx, [])


def test_a_set_is_written_as_one_and_told_row_by_row(place: Place) -> None:
    names = [f"prp_{number}.1" for number in range(1_200)]
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt(1, f"prp_{number}") for number in range(1_200)])
        assert place.attempts.abandon(tx, names[:2], START + 1, ABANDONED) == set(names[:2])
        assert place.attempts.start(tx, names, START + 2) == set(names[2:])
        told = {name: HANDED if number % 2 else FAILED for number, name in enumerate(names)}
        assert place.attempts.finish(tx, told, START + 3) == set(names[2:])
        assert place.attempts.finish(tx, told, START + 4) == set()
        assert len(place.attempts.counted(tx, [A], [], START)) == 599
        assert place.attempts.unfinished(tx, START + DAY) == []
        assert place.attempts.start(tx, [], START) == set() == place.attempts.finish(tx, {}, START)


def test_a_start_whose_call_was_not_made_is_undone(place: Place) -> None:
    with place.write() as tx:
        place.attempts.add(tx, [an_attempt(), an_attempt(2)])
        place.attempts.start(tx, ["prp_1.1", "prp_1.2"], START + 1)
        place.attempts.finish(tx, {"prp_1.2": HANDED}, START + 2)
        assert place.attempts.give_back(tx, ["prp_1.1", "prp_1.2"], START + 3, STOPPED) == {"prp_1.1"}
        assert place.attempts.start(tx, ["prp_1.1"], START + 4) == set()
        assert len(place.attempts.counted(tx, [A], [], START)) == 1
