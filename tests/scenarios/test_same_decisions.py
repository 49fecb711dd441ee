"""The simulated clock and the live loops decide alike: the same calls at the same times, played and sent one by one."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldfare.flow.generate import fitness
from fieldfare.flow.rehearsal.faults import with_faults
from fieldfare.flow.rehearsal.groups import are_apart
from fieldfare.flow.rehearsal.model import Fault, Plan, Population
from fieldfare.flow.rehearsal.population import live, terms_of
from fieldfare.flow.rehearsal.streams import before
from fieldfare.ground.instants import DAY, HOUR, parse_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.model import LinkKind
from fieldfare.know.identity.store import link, redirect
from tests.scenarios.whole import Whole, opened

START = parse_iso("2024-12-31T23:00:00+00:00")
DAYS = 90
MEMBERS = 40


def what_was_decided(whole: Whole) -> dict[str, Any]:
    return {
        "decisions": whole.decisions(),
        "messages": whole.messages(),
        "memberships": whole.memberships(),
        "walks": whole.enrollments(),
        "documents": whole.documents(),
    }


def outcome(folder: Path, how: str, seed: int, keys_of: Path | None, members: int, days: int) -> dict[str, Any]:
    calls = fitness.generate(members, START, days, seed)
    with opened(folder, START, keys_of=keys_of) as whole:
        if how == "simulated":
            whole.simulate(calls, START + days * DAY)
        else:
            whole.play(calls, START + days * DAY, late=HOUR if how == "late" else 0)
        return what_was_decided(whole)


def both(tmp_path: Path, seed: int, how: str, members: int = MEMBERS, days: int = DAYS) -> tuple[Any, Any]:
    simulated = outcome(tmp_path / "simulated", "simulated", seed, None, members, days)
    return simulated, outcome(tmp_path / how, how, seed, tmp_path / "simulated", members, days)


def test_simulated_and_live_decide_alike(tmp_path: Path) -> None:
    simulated, live = both(tmp_path, 7, "live")
    for part, rows in simulated.items():
        assert live[part] == rows, part
    assert len(simulated["decisions"]) > 50
    assert len(simulated["messages"]) > 20
    assert len({row["decision_outcome"] for row in simulated["decisions"]}) == 3, "permits, refusals and deferrals"


@pytest.mark.parametrize("seed", [1, 20])
def test_they_do_so_for_other_people(tmp_path: Path, seed: int) -> None:
    simulated, live = both(tmp_path, seed, "live", members=10, days=45)
    assert simulated == live
    assert simulated["decisions"]


def test_planted_a_worker_that_is_an_hour_late_is_seen(tmp_path: Path) -> None:
    simulated, late = both(tmp_path, 7, "late", members=10, days=45)
    assert simulated["decisions"] != late["decisions"]


def met(folder: Path, keys_of: Path | None, *, apart: bool) -> tuple[dict[str, Any], int]:
    """Return what was decided about people on bad days, and how many of them were merged away."""
    end = START + DAYS * DAY
    plan = Plan(
        start=START,
        end=end,
        population=Population.GENERATED,
        people=80,
        seed=5,
        load=1,
        faults=frozenset({Fault.MERGES, Fault.DUPLICATES, Fault.LATE, Fault.PARTIAL}),
    )
    with opened(folder, START, keys_of=keys_of) as whole:
        assert are_apart(whole.workspace)
        terms = terms_of(whole.workspace)
        whole.simulate(before(with_faults(live(plan, terms), plan, terms), end), end - 1, apart=apart)
        with whole.stores.state.read() as connection:
            merged = connection.execute(select(func.count()).select_from(redirect)).scalar_one()
        ties = {row["kind"] for row in whole.rows(link)}
        assert ties == {LinkKind.SAME.value}, "generated people have no household"
        return what_was_decided(whole), merged


def test_who_lives_apart_meets_what_he_would_have_met_one_call_after_the_other(tmp_path: Path) -> None:
    together, merged = met(tmp_path / "together", None, apart=False)
    apart, _ = met(tmp_path / "apart", tmp_path / "together", apart=True)
    for part, rows in together.items():
        assert apart[part] == rows, part
    assert merged > 0
    assert len(together["messages"]) > 50


BEHIND_MEMBERS, BEHIND_DAYS = 20, 60


def by_walking(whole: Whole) -> dict[str, Any]:
    """Return what does not depend on when messages were delivered."""
    wishes = [{name: row[name] for name in ("id", "profile_id", "channel")} for row in whole.proposals()]
    return {"memberships": whole.memberships(), "walks": whole.enrollments(), "proposals": wishes}


def after_an_outage(folder: Path, keys_of: Path | None, *, careless: bool = False) -> dict[str, Any]:
    """Accept two months of calls while no worker runs, then let one catch up.

    All go to one partition, so that profiles are made in the same order and the ids can be compared. The ``careless``
    worker runs timers to the end while it does not see the second half of the calls, which were accepted long before.
    """
    end = START + BEHIND_DAYS * DAY
    calls = list(fitness.generate(BEHIND_MEMBERS, START, BEHIND_DAYS, 3))
    seen = len(calls) // 2 if careless else len(calls)
    with opened(folder, START, keys_of=keys_of) as whole:
        for at, call in calls[:seen]:
            whole.send(call, at, partition=NORMAL)
        whole.until_quiet(end)
        for at, call in calls[seen:]:
            whole.send(call, at, partition=NORMAL)
        whole.until_quiet(end)
        return by_walking(whole)


@pytest.fixture(scope="module")
def punctual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("punctual") / "data"
    with opened(folder, START) as whole:
        whole.play(fitness.generate(BEHIND_MEMBERS, START, BEHIND_DAYS, 3), START + BEHIND_DAYS * DAY)
        return folder, by_walking(whole)


def test_a_worker_that_is_far_behind_decides_as_a_punctual_one(
    tmp_path: Path, punctual: tuple[Path, dict[str, Any]]
) -> None:
    folder, wanted = punctual
    assert wanted["proposals"]
    assert after_an_outage(tmp_path / "late", folder) == wanted


def test_planted_timers_that_overtake_waiting_records_are_seen(
    tmp_path: Path, punctual: tuple[Path, dict[str, Any]]
) -> None:
    folder, wanted = punctual
    assert after_an_outage(tmp_path / "careless", folder, careless=True) != wanted
