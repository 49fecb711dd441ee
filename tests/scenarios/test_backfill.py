"""New measures are filled beside the running pipeline: exactly, page by page, killed or not, and nobody hears of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from fieldfare.assembly.installation import open_backfill, open_rebuild
from fieldfare.cli.serve import require_applied
from fieldfare.flow import store as flow_store
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.editions import progress_of, want
from fieldfare.flow.generate.calls import track
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.errors import ConfigError, ConflictError
from fieldfare.ground.instants import DAY, HOUR, date_of
from fieldfare.ground.store import State
from fieldfare.know.profiles.model import Document
from tests.amounts import FULL
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, known_of, opened

BEFORE = """name: shop
time_zone: Europe/Berlin
currency: EUR
brand: {name: Shop, from_email: a@example.com, postal_address: Street 1}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}"}]
"""
OLD = {"recent": "{did: check_in, within: 5 days}", "spent": "{did: check_in, sum: {of: spend, above: 40}}"}
NEW = {
    **OLD,
    "longer": "{did: check_in, count: {at_least: 4}, within: 40 days}",
    "places": "{did: check_in, distinct: {of: location, at_least: 2}, within: 20 days}",
    "biggest": "{did: check_in, max: {of: spend, at_least: 25}}",
    "lately": "{did: check_in, last: {of: kind, is: gym}, within: 90 hours}",
    "nobody": "{did_not: app_opened}",
    "not_recent": "{all: [{not: {in: places}}, {in: recent}]}",
    "idle": "{trait: idle_days, above: 3}",
    "no_show": "{did: class_booked, without: {did: check_in, within: 30 hours}, count: {at_least: 2}, within: 25 days}",
    "came_again": "{did: check_in, then: {did: check_in, within: 2 days}, count: {at_least: 2}}",
    "fading": "{measure: visits, over: 9 days, compared_to: {between: 30 and 10 days ago, per: 10 days}, below: 80 %}",
    "peak": "{did: check_in, count: {at_least: 2}, during: last peak}",
}
PEAK = 'seasons:\n  - season: rush\n    peak: {{from: "{first}", to: "{last}"}}\n'
MEASURES = "measures: {visits: {event: check_in}}\n"
COMPUTED = "traits: {}\ncomputed:\n  idle_days: {days_since: last, event: class_booked}\n"


def workspace(folder: Path, audiences: dict[str, str], traits: str = "traits: {}\n") -> Path:
    (folder / "audiences").mkdir(parents=True)
    first, last = (date_of(NOON // DAY + day).strftime("%m-%d") for day in (5, 14))
    (folder / "seasons.yaml").write_text(PEAK.format(first=first, last=last))
    (folder / "measures.yaml").write_text(MEASURES)
    (folder / "workspace.yaml").write_text(BEFORE)
    (folder / "traits.yaml").write_text(traits)
    for name, where in audiences.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nwhere: {where}\n")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    made = tmp_path_factory.mktemp("workspaces")
    return workspace(made / "before", OLD), workspace(made / "after", NEW, COMPUTED)


def happenings(seed: int, days: range) -> list[tuple[int, dict[str, Any]]]:
    """Draw what thirty people do, some of it late, in the order of arrival."""
    drawn = Random(f"{seed} {days.start}")
    found = []
    for day in days:
        for number in range(30):
            if drawn.random() < 0.55:
                continue
            at = NOON + day * DAY + drawn.randrange(10 * HOUR)
            late = drawn.choice([0, 0, 0, 3 * HOUR, 9 * DAY])
            properties = {
                "location_id": drawn.choice(["north", "south", None]),
                "spend": drawn.choice([0, 5, 12.5, 30]),
                "kind": drawn.choice(["gym", "pool"]),
            }
            name = drawn.choice(["check_in", "check_in", "class_booked", "app_opened"])
            call = track(name, f"u-{number}", f"{seed}-{day}-{number}", at - late, properties)
            found.append((at, call))
    return sorted(found, key=lambda each: each[0])


def play(whole: Whole, seed: int, days: range) -> None:
    whole.play(happenings(seed, days), NOON + days.stop * DAY)


def past(whole: Whole, seed: int, days: int) -> None:
    """Let the people live through the days before; simulated, which decides as live does."""
    whole.simulate(happenings(seed, range(days)), NOON + days * DAY)


def merges(number: int, at: int) -> dict[str, Any]:
    """Return the call by which one person turns out to be another."""
    return {
        "type": "alias",
        "messageId": f"merge-{number}",
        "previousId": f"u-{number}",
        "userId": f"u-{number + 1}",
        "timestamp": None,
    } | {"timestamp": track("x", "u", "m", at, {})["timestamp"]}


def switch(whole: Whole, to: Path) -> Backfill:
    """Do what the server does that is started with other definitions after ``fieldfare apply``."""
    whole.use(to)
    want(whole.stores.state, whole.installation.standing)
    whole.use(to)
    require_applied(whole.installation)
    made = open_backfill(whole.installation, whole.lake)
    made._most = 7
    made.begin()
    return made


def started(whole: Whole) -> Backfill:
    made = open_backfill(whole.installation, whole.lake)
    made._most = 7
    made.begin()
    return made


def members(whole: Whole) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for profile_id, each in sorted(whole.documents().items()):
        for audience in each["document"][MEMBERSHIPS]:
            found.setdefault(audience, []).append(profile_id)
    return found


MEMBERSHIPS = Document.__struct_fields__.index("memberships")


def known(whole: Whole) -> dict[int, Any]:
    """Return what documents know but for since when somebody is in: that is when it could first be told."""
    found = known_of(whole)
    for each in found.values():
        each["document"][MEMBERSHIPS] = sorted(each["document"][MEMBERSHIPS])
    return found


@pytest.mark.parametrize("seed", [1, 2, 7, 8] if FULL else [1])
def test_filled_beside_live_folding_is_as_if_it_had_always_been(
    tmp_path: Path, folders: tuple[Path, Path], seed: int
) -> None:
    before, after = folders
    with opened(tmp_path / "old", NOON, before) as whole:
        started(whole)
        past(whole, seed, 60)
        made = switch(whole, after)
        total, day = 0, 60
        while done := made.step():
            total += done
            play(whole, seed, range(day, day + 2))
            day += 2
        assert total >= 30
        assert made.step() == 0
        found = known(whole)
        causes = {row["cause"] for row in whole.memberships() if row["audience"] == "biggest" and row["joined"]}
        assert causes <= {"backfill", "event", "time"}
        assert "backfill" in causes
        whole.rebuild()
        assert known(whole) == found
    with opened(tmp_path / "new", NOON, after, keys_of=tmp_path / "old") as fresh:
        started(fresh)
        past(fresh, seed, 60)
        for start in range(60, day, 2):
            play(fresh, seed, range(start, start + 2))
        assert known(fresh) == found


def test_until_it_is_filled_nobody_joins_and_nobody_leaves_by_it(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    before, after = folders
    with opened(tmp_path, NOON, before) as whole:
        started(whole)
        past(whole, 3, 60)
        was = members(whole)
        made = switch(whole, after)
        play(whole, 3, range(60, 64))
        now = members(whole)
        assert set(now) <= {"recent", "spent"}
        assert now["recent"] != was["recent"], "what needs nothing new goes on"
        shown = whole.installation.look.profile("user_id:u-3", whole.clock.now())
        assert shown["computed"]["idle_days"] == {
            "value": None,
            "is_computable": False,
            "field_source": "computed",
            "definition": shown["computed"]["idle_days"]["definition"],
            "valid_until": None,
        }
        made.run()
        assert {"longer", "places", "biggest", "idle", "no_show", "came_again", "fading", "peak"} <= set(members(whole))
        assert whole.installation.look.profile("user_id:u-3", whole.clock.now())["computed"]["idle_days"]["value"] >= 0
        new = set(NEW) - set(OLD)
        early = [
            row for row in whole.memberships() if row["audience"] in new and row["cause"] not in {"backfill", "time"}
        ]
        assert not early


def test_new_people_have_everything_from_the_start(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    before, after = folders
    with opened(tmp_path, NOON, before) as whole:
        started(whole)
        past(whole, 3, 20)
        switch(whole, after)
        at = NOON + 20 * DAY + HOUR
        whole.send(track("check_in", "new", "n-1", at, {"spend": 30}), at)
        whole.tick(at)
        profile = whole.profile_id("user_id:new")
        assert [row["cause"] for row in whole.memberships() if row["audience"] == "biggest"] == ["event"]
        assert members(whole)["biggest"] == [profile]


class Killed(Exception):  # noqa: N818 - what happened, not an error of the product
    """The process ended here."""


class DyingState:
    """A state whose process is killed at a write of the backfill, before or after the commit."""

    def __init__(self, state: State, *, committed: bool) -> None:
        self._state, self._committed = state, committed

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._state.write() as connection:
            yield connection
            if not self._committed:
                raise Killed
        raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)


@pytest.mark.parametrize("committed", [False, True])
def test_killed_half_way_it_goes_on_where_it_was(tmp_path: Path, folders: tuple[Path, Path], committed: bool) -> None:
    before, after = folders
    with opened(tmp_path, NOON, before) as whole:
        started(whole)
        past(whole, 4, 50)
        made = switch(whole, after)
        made.step()
        made._state = DyingState(whole.stores.state, committed=committed)  # type: ignore[assignment]
        with pytest.raises(Killed):
            made.step()
        whole.use(after)
        again = started(whole)
        progress = told(whole)
        assert (progress["profiles_done"], progress["finished_at"]) == (14 if committed else 7, None)
        again.run()
        assert told(whole)["finished_at"] is not None
        found, changes = known(whole), whole.memberships()
        whole.rebuild()
        assert known(whole) == found
        assert whole.memberships() == changes


def told(whole: Whole) -> dict[str, Any]:
    with whole.stores.state.read() as connection:
        found = progress_of(flow_store.editions(connection))
    assert found is not None
    return found


def test_people_who_turn_out_to_be_one_are_filled_as_one(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    before, after = folders
    with opened(tmp_path, NOON, before) as whole:
        started(whole)
        past(whole, 5, 40)
        made = switch(whole, after)
        made.step()
        at = NOON + 40 * DAY + HOUR
        for step, number in enumerate((2, 20, 6)):  # one is filled and one is not; none; both
            whole.send(merges(number, at + step), at + step)
            whole.tick(at + step)
        play(whole, 5, range(41, 43))
        made.run()
        found = known(whole)
        whole.rebuild()
        assert known(whole) == found


def test_without_apply_it_is_not_served_and_another_start_cannot_take_it_back(
    tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    before, after = folders
    other = shutil.copytree(before, tmp_path / "other")
    (other / "traits.yaml").write_text("traits: {plan: {type: text}}\n")
    with opened(tmp_path / "data", NOON, before) as whole:
        started(whole)
        past(whole, 6, 5)
        whole.use(after)
        with pytest.raises(ConfigError, match="apply"):
            require_applied(whole.installation)
        late = open_backfill(whole.installation, whole.lake)
        whole.use(other)
        want(whole.stores.state, whole.installation.standing)
        whole.use(other)
        assert whole.installation.standing.is_refold
        with pytest.raises(ConfigError):
            require_applied(whole.installation)
        whole.rebuild("definition")
        whole.use(other)
        require_applied(whole.installation)
        with pytest.raises(ConflictError):
            late.begin()


def test_a_refold_that_was_killed_is_not_served(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    before, _ = folders
    other = shutil.copytree(before, tmp_path / "other")
    (other / "traits.yaml").write_text("traits: {plan: {type: text}}\n")
    with opened(tmp_path / "data", NOON, before) as whole:
        started(whole)
        past(whole, 6, 5)
        whole.use(other)

        def killed(_done: int) -> None:
            raise Killed

        with pytest.raises(Killed):
            open_rebuild(whole.installation, whole.lake).run(whole.clock.now(), "definition", killed)
        for folder in (before, other):
            whole.use(folder)
            with pytest.raises(ConfigError):
                require_applied(whole.installation)


class Forgetful(People):
    """Planted: a document that is behind is not told what it lacks."""

    def renew(self, _batch: Batch, work: Work, _until: int) -> None:
        work.document.edition = self._editions.number


def test_planted_a_measure_that_is_not_filled_lets_people_in(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    before, after = folders
    with opened(tmp_path, NOON, before) as whole:
        started(whole)
        past(whole, 3, 60)
        switch(whole, after)
        whole.installation.people.__class__ = Forgetful
        play(whole, 3, range(60, 64))
        assert {row["audience"] for row in whole.memberships()} & (set(NEW) - set(OLD))
