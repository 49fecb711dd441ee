"""Where people live apart, a batch of the simulated clock ends at whom something is due for, under whatever id."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.collect.model import Envelope, Mode
from fieldfare.decide.journeys.store import insert_proposals
from fieldfare.flow.intake import seal_envelope
from fieldfare.ground.instants import MINUTE, SECOND
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.know.identity.store import redirect
from fieldfare.testing.delivery import a_proposal
from tests.scenarios.people import NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, opened

DUE_AT = NOON + 10 * MINUTE


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Ada, who was a visitor first, and Bob."""
    with opened(tmp_path / "data", NOON) as made:
        calls = [*joins("ada", NOON), *joins("bob", NOON)]
        made.play(sorted(calls, key=lambda each: each[0]), NOON + MINUTE)
        made.play([(NOON + 2 * MINUTE, visits("v-1", NOON + 2 * MINUTE))], NOON + 3 * MINUTE)
        made.play([(NOON + 4 * MINUTE, signs_in("ada", "v-1", NOON + 4 * MINUTE))], NOON + 5 * MINUTE)
        yield made


def entry(whole: Whole, call: dict[str, Any], at: int) -> Entry:
    body = msgspec.json.encode({"batch": [call]})
    return seal_envelope(
        whole.stores.keys, Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=at, body=body)
    )


def applied(whole: Whole, user: str, profile_id: int) -> int:
    """Return how many of two visits to the club, one before and one after something is due, one batch applies."""
    with whole.stores.state.write() as tx:
        insert_proposals(tx, [a_proposal(profile_id, due_at=DUE_AT)])
    ats = (DUE_AT - SECOND, DUE_AT + SECOND)
    return whole.installation.pipeline.rehearse(NORMAL, [entry(whole, trains(user, at), at) for at in ats], apart=True)


def test_what_is_due_under_the_id_that_somebody_had_before_a_merge_is_waited_for(whole: Whole) -> None:
    ((gone, into),) = [(row["profile_id"], row["into_id"]) for row in whole.rows(redirect)]
    assert into == whole.profile_id("user_id:ada")
    assert applied(whole, "ada", gone) == 1


def test_who_has_something_due_waits_for_it(whole: Whole) -> None:
    assert applied(whole, "bob", whole.profile_id("user_id:bob")) == 1


def test_who_has_nothing_due_goes_on(whole: Whole) -> None:
    assert applied(whole, "bob", whole.profile_id("user_id:ada")) == 2
