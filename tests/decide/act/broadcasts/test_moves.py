"""What may be done to a broadcast when."""

import pytest

from fieldfare.act.broadcasts.model import Act, Run, Standing
from fieldfare.act.broadcasts.moves import OPEN, after_listing, moved, run_id
from fieldfare.ground.errors import CallerError, ConflictError
from tests.decide.act.broadcasts.builders import a_broadcast, a_run

ALLOWED = {
    Standing.LISTING: {Act.START: Standing.LISTING, Act.CANCEL: Standing.CANCELLED},
    Standing.WAITING: {Act.APPROVE: Standing.RUNNING, Act.CANCEL: Standing.CANCELLED},
    Standing.RUNNING: {Act.PAUSE: Standing.PAUSED, Act.CANCEL: Standing.CANCELLED},
    Standing.PAUSED: {Act.RESUME: Standing.RUNNING, Act.CANCEL: Standing.CANCELLED},
    Standing.CANCELLED: {},
    Standing.DONE: {},
}


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("act", Act)
def test_what_may_follow(standing: Standing, act: Act) -> None:
    run: Run = a_run(standing=standing)
    to = ALLOWED[standing].get(act)
    if to is not None:
        assert moved(run, act, "bo") is to
        return
    with pytest.raises(ConflictError) as refused:
        moved(run, act, "bo")
    assert refused.value.code == ("broadcast_started" if act is Act.START else "broadcast_state")


def test_whoever_started_it_cannot_approve_it() -> None:
    with pytest.raises(CallerError, match="somebody else must approve"):
        moved(a_run(broadcast=a_broadcast(approve_above=5), standing=Standing.WAITING), Act.APPROVE, "ada")


def test_only_a_large_list_waits_for_approval() -> None:
    run = a_run(broadcast=a_broadcast(approve_above=100))
    assert after_listing(run, 100) is Standing.RUNNING
    assert after_listing(run, 101) is Standing.WAITING
    assert after_listing(a_run(), 10**6) is Standing.RUNNING


def test_an_edition_has_one_run() -> None:
    assert run_id("spring", "") == run_id("spring", "") != run_id("spring", "2")
    assert {Standing.LISTING, Standing.WAITING, Standing.RUNNING, Standing.PAUSED} == OPEN
