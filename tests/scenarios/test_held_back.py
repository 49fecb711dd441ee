"""While profiles are folded anew or filled on PostgreSQL, no other process changes documents; no page is done twice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from fieldfare.assembly.installation import open_answers, open_backfill, open_replay
from fieldfare.flow import store as flow_store
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.editions import want
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.rebuild import Rebuild
from fieldfare.flow.refold import Refold
from fieldfare.flow.replay import Selection
from fieldfare.flow.retract import Refolds
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, HOUR, SECOND, Instant
from fieldfare.ground.store import State, one_at_a_time, open_state
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.test_backfill import COMPUTED, NEW, OLD, happenings, workspace
from tests.scenarios.whole import Whole, opened


class Watched(LakeEvents):
    """Events of the lake; whenever somebody's are read, another process tries to change documents."""

    def __init__(self, whole: Whole, other: State) -> None:
        super().__init__(whole.lake, whole.stores.keys)
        self._other = other
        self.went_through: list[bool] = []

    def rows_of(
        self, profile_ids: Iterable[int], names: Sequence[str] | None = None, *, taken_back: bool = False
    ) -> list[dict[str, Any]]:
        self.went_through.append(changes_documents(self._other))
        return super().rows_of(profile_ids, names, taken_back=taken_back)


def changes_documents(state: State) -> bool:
    """Return whether another process comes to change documents now."""
    try:
        with state.write() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            one_at_a_time(connection)
    except TransientError:
        return False
    return True


class Meanwhile:
    """A clock; when it is first asked, something else happens."""

    def __init__(self, clock: Clock, happens: Callable[[], object]) -> None:
        self._clock, self._happens = clock, happens
        self._has_happened = False

    def now(self) -> Instant:
        if not self._has_happened:
            self._has_happened = True
            self._happens()
        return self._clock.now()


@pytest.fixture
def other(postgres_database: str) -> Iterator[State]:
    made = open_state(postgres_database)
    yield made
    made.close()


@pytest.fixture
def whole(tmp_path: Path, postgres_database: str) -> Iterator[Whole]:
    with opened(tmp_path, NOON, url=postgres_database) as made:
        for at, call in [*joins("m-1", NOON), *joins("m-2", NOON)]:
            made.send(call, at)
        made.tick(NOON + HOUR)
        yield made


@pytest.fixture
def changed(tmp_path: Path, postgres_database: str) -> Iterator[Whole]:
    """Return an installation whose definitions ask for measures that nobody's document has yet."""
    before, after = workspace(tmp_path / "before", OLD), workspace(tmp_path / "after", NEW, COMPUTED)
    with opened(tmp_path / "data", NOON, before, url=postgres_database) as made:
        open_backfill(made.installation, made.lake).begin()
        for at, call in happenings(1, range(1)):
            made.send(call, at)
        made.tick(NOON + DAY)
        made.use(after)
        want(made.stores.state, made.installation.standing)
        made.use(after)
        open_backfill(made.installation, made.lake).begin()
        yield made


def backfill(whole: Whole, events: LakeEvents | None = None, clock: Clock | None = None) -> Backfill:
    installation, stores = whole.installation, whole.stores
    parts = (installation.people, installation.pipeline, installation.standing)
    read = events if events is not None else LakeEvents(whole.lake, stores.keys)
    loader = installation.loader(whole.lake)
    made = Backfill(stores.state, read, loader, stores.keys, *parts, clock if clock is not None else whole.clock)
    made._most = 7
    return made


def refold(whole: Whole, events: LakeEvents) -> Refold:
    return Refold(whole.stores.state, events, whole.stores.keys, whole.installation.people)


def test_others_wait_while_a_page_is_filled(changed: Whole, other: State) -> None:
    events = Watched(changed, other)
    assert backfill(changed, events).run() > 7
    assert set(events.went_through) == {False}
    assert changes_documents(other), "it goes on when the page is done"


def test_a_page_that_another_process_filled_is_not_filled_again(changed: Whole) -> None:
    made = backfill(changed, clock=Meanwhile(changed.clock, backfill(changed).run))
    assert made.step() == 1
    with changed.stores.state.read() as connection:
        row = flow_store.editions(connection)[-1]
    assert row["finished_at"] is not None
    assert row["profiles_done"] == len(changed.documents())
    assert made.step() == 0


def test_others_wait_while_an_event_is_taken_back(whole: Whole, other: State) -> None:
    visit = trains("m-1", NOON + 2 * SECOND)["messageId"]
    open_answers(whole.installation, whole.lake).retract(visit, "anna", "a test of the till")
    whole.tick(whole.clock.now())
    events, stores, installation = Watched(whole, other), whole.stores, whole.installation
    parts = (installation.loader(whole.lake), installation.pipeline, refold(whole, events), whole.clock)
    assert Refolds(stores.state, whole.lake, *parts).step() == 1
    assert events.went_through == [False]
    assert changes_documents(other)


def test_others_wait_while_everybody_is_folded_anew(whole: Whole, other: State) -> None:
    events, installation = Watched(whole, other), whole.installation
    loader, standing = installation.loader(whole.lake), installation.standing
    made = Rebuild(whole.stores.state, loader, refold(whole, events), standing)
    assert made.run(whole.clock.now(), "rebuild", lambda _count: None) == 2
    assert events.went_through == [False]
    assert changes_documents(other)


def test_others_wait_while_those_of_a_replay_are_folded(whole: Whole, other: State) -> None:
    events, made = Watched(whole, other), open_replay(whole.installation, whole.lake)
    made._refold = refold(whole, events)
    report = made.run(Selection(), whole.workspace.fingerprint, whole.clock)
    assert report.profiles == 2
    assert events.went_through == [False]
    assert changes_documents(other)
