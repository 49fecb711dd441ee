"""An installation serves only definitions that profiles can be brought to; a new one takes those it is given."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldfare.flow import store
from fieldfare.flow.editions import Standing, begin, finish, standing_of, want
from fieldfare.flow.workspace import Workspace, load_workspace
from fieldfare.ground.errors import ConflictError
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS

Ask = Callable[[State, Workspace], Standing]


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    is_sqlite = request.param == "sqlite"
    made = open_state(
        f"sqlite:///{tmp_path / 's.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_database")
    )
    migrate(made)
    with made.write() as connection:
        profile_store.save(connection, [{"profile_id": 1, "body": b""}])
    yield made
    made.close()


def loaded(folder: Path) -> Workspace:
    workspace, problems = load_workspace(folder)
    assert workspace is not None, problems
    return workspace


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace, Workspace]:
    """Return one, one that counts something new, and one whose traits are other ones."""
    folder = tmp_path_factory.mktemp("workspaces")
    more, other = shutil.copytree(FITNESS, folder / "more"), shutil.copytree(FITNESS, folder / "other")
    (more / "audiences" / "new.yaml").write_text("audience: new\nwhere: {did: app_opened, within: 400 days}\n")
    traits = (other / "traits.yaml").read_text()
    (other / "traits.yaml").write_text(traits.replace("on_hold: {type: boolean", "on_hold: {type: text"))
    return loaded(FITNESS), loaded(more), loaded(other)


def ask(state: State, workspace: Workspace) -> Standing:
    return standing_of(state, workspace, 5)


def check_definitions_are_taken_once(
    asking: Ask, state: State, workspaces: tuple[Workspace, Workspace, Workspace]
) -> None:
    first, more, other = workspaces
    new = asking(state, first)
    assert (new.is_first, new.may_serve, new.is_begun) == (True, True, False)
    begin(state, new, 5)
    begin(state, new, 6)
    assert (asking(state, first).may_serve, asking(state, first).is_finished) == (True, True)
    with state.write() as connection:
        store.set_watermark(connection, 1, 7)
    added = asking(state, more)
    assert (added.may_serve, added.is_refold, added.lacking) == (False, False, 1)
    want(state, added)
    assert asking(state, more).may_serve
    assert asking(state, first).may_serve, "until the next start the old ones hold"
    begin(state, asking(state, more), 8)
    assert not asking(state, first).may_serve
    held = asking(state, more)
    assert (held.may_serve, held.is_finished) == (True, False)
    assert held.editions.known[-1].through == {"0": 0, "1": 7}
    with pytest.raises(ConflictError, match="meanwhile"):
        begin(state, new, 9)
    changed = asking(state, other)
    want(state, changed)
    assert (asking(state, other).may_serve, asking(state, other).is_refold) == (False, True)
    begin(state, changed, 10)
    assert not asking(state, other).may_serve
    finish(state, 11)
    assert asking(state, other).may_serve


def test_definitions_are_taken_once(state: State, workspaces: tuple[Workspace, Workspace, Workspace]) -> None:
    check_definitions_are_taken_once(ask, state, workspaces)


def test_a_planted_fault_is_caught(state: State, workspaces: tuple[Workspace, Workspace, Workspace]) -> None:
    def always(opened: State, workspace: Workspace) -> Standing:
        standing = ask(opened, workspace)
        want(opened, standing)
        return ask(opened, workspace)

    with pytest.raises(AssertionError):
        check_definitions_are_taken_once(always, state, workspaces)
