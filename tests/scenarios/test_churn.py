"""People merge and come apart all the time: no identifier is in two profiles, none is lost, and the plan finds nothing.

``FIELDFARE_ROUNDS=full`` (`make crash`) does it with 100,000 people, otherwise with two thousand.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.generate.calls import track
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.identity_plan import IdentityPlan
from fieldfare.flow.work import decode_document
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import SECOND, to_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import identifier
from fieldfare.know.profiles.store import document
from tests.scenarios.people import CLUB, NOON
from tests.scenarios.whole import Whole, opened

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
PEOPLE = 100_000 if FULL else 2_000
ACTS = 1_000 if FULL else 40
PER_REQUEST = 250


def calls(seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield requests in which everybody is met on two browsers, signs in on most, and some on somebody else's."""
    drawn = random.Random(seed)
    waiting: list[dict[str, Any]] = []
    for number in range(3 * PEOPLE):
        person = drawn.randrange(PEOPLE)
        at = NOON + number * SECOND
        browser = drawn.randrange(2 * PEOPLE) if drawn.random() < 0.03 else 2 * person + drawn.randrange(2)
        values = {"location_id": CLUB, "spend": drawn.randrange(9), "currency": "EUR"}
        call = track("check_in", f"m-{person}", f"c-{number}", at, values)
        kind = drawn.random()
        if kind < 0.7:
            call["anonymousId"] = f"b-{browser}"
        if kind < 0.35:
            del call["userId"]
        call["timestamp"] = to_iso(at - drawn.randrange(3_600) * SECOND)
        waiting.append(call)
        if len(waiting) == PER_REQUEST:
            yield waiting
            waiting = []
    yield waiting


def checked(whole: Whole) -> int:
    """Check that identifiers and documents agree, and that the rules find nothing to change; return the profiles."""
    with whole.stores.state.read() as connection:
        rows = connection.execute(select(identifier.c.hash, identifier.c.profile_id)).all()
        owners = {bytes(row[0]): row[1] for row in rows}
        bodies = connection.execute(select(document.c.profile_id, document.c.body)).all()
    held: Counter[bytes] = Counter()
    for profile_id, body in bodies:
        for hashes in decode_document(profile_id, bytes(body)).identifiers.values():
            held.update(hashes)
            assert all(owners[node] == profile_id for node in hashes), "a document names what is its own"
    assert max(held.values()) == 1, "no identifier is in two profiles"
    assert held.keys() == {node for node, owner in owners.items() if owner}, "none is lost"
    policy = whole.installation.pipeline.identify.policy
    plan = IdentityPlan(whole.stores.state, policy).run().plan
    assert (plan.merged, plan.split, plan.changes) == (0, 0, []), "what was done event by event is what the rules say"
    assert plan.profiles_after == plan.profiles == len(bodies)
    return len(bodies)


@pytest.mark.crash
def test_churn_of_merges_and_splits(tmp_path: Path) -> None:
    drawn = random.Random(5)
    with opened(tmp_path / "data", NOON) as whole:
        for request in calls(3):
            whole.send(request, NOON + PEOPLE * 3 * SECOND)
        while whole.installation.pipeline.apply(NORMAL):
            continue
        assert checked(whole) > PEOPLE / 2
        answers = open_answers(whole.installation, whole.lake, alone=True).identity
        done = refused = 0
        for number in range(ACTS):
            one, other = (drawn.randrange(PEOPLE) for _ in range(2))
            kind = ("merge", "split", "never", "quarantine")[number % 4]
            sides: dict[str, Any] = {"a": f"user_id:m-{one}"}
            if kind == "split":
                sides["identifiers"] = [f"anonymous_id:b-{2 * one}"]
            elif kind == "quarantine":
                sides["a"] = f"anonymous_id:b-{2 * other}"
            else:
                sides["b"] = f"user_id:m-{other}"
            try:
                answers.act(ActRequest(kind=kind, actor="churn", reason="churn", **sides))
                done += 1
            except CallerError:
                refused += 1
        assert done > refused
        checked(whole)
        for request in calls(4):
            again = [{**call, "messageId": f"again-{call['messageId']}"} for call in request]
            whole.send(again, NOON + PEOPLE * 9 * SECOND)
        while whole.installation.pipeline.apply(NORMAL):
            continue
        checked(whole)
