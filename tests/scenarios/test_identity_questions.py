"""Doubles among profiles are asked about and joined by nobody; audits of identity and of profiles tell all."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.assembly.identity import open_suggest
from fieldfare.assembly.installation import open_answers, open_health
from fieldfare.flow.generate.calls import identify
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.know.identity import hold_store
from fieldfare.know.identity.match.exact import ExactMatcher
from fieldfare.know.identity.match.ports import Matcher
from fieldfare.know.identity.match.with_splink import SplinkMatcher
from fieldfare.know.identity.model import Hold, HoldReason, HoldStatus
from fieldfare.know.profiles import store as profile_store
from fieldfare.testing.suggestions import MemorySuggestions
from tests.decide.know.identity.match.families import made_up
from tests.scenarios.people import NOON, joins, visits
from tests.scenarios.whole import Whole, opened

TRUTH = made_up(seed=3, households=60)
PLANTED = "quetzalcoatlus"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with opened(tmp_path_factory.mktemp("data"), NOON) as made:
        calls = []
        for person, who in zip(TRUTH.people, TRUTH.who, strict=True):
            traits = {**person.values, "first_name": f"{person.values.get('first_name', '')}"}
            calls.append(identify(f"u-{person.id}", f"m-{person.id}", NOON + who, traits))
        calls.append(identify("u-plant", "m-plant", NOON, {"first_name": PLANTED, "last_name": "Doe"}))
        random.Random(1).shuffle(calls)
        made.send(calls, NOON)
        made.tick(NOON + MINUTE)
        yield made


@pytest.mark.parametrize("matcher", [ExactMatcher(), SplinkMatcher(memory_mb=512, random_pairs=50_000)])
def test_doubles_are_asked_about_once_and_joined_by_nobody(whole: Whole, matcher: Matcher) -> None:
    queue, looking = MemorySuggestions(), open_suggest(whole.stores)
    with whole.stores.state.read() as connection:
        before = profile_store.count(connection)
    told = looking.run(matcher, queue, NOON)
    assert told["questions"] == told["new"] == len(queue.waiting) > 10
    assert looking.run(matcher, queue, NOON)["new"] == 0
    assert told["columns"]["date_of_birth"] == "date_of_birth"
    surest = told["surest"][0]
    queue.answer(surest["a"], surest["b"], "never")
    again = looking.run(matcher, queue, NOON)
    assert (again["new"], again["questions"]) == (0, told["questions"] - 1)
    with whole.stores.state.read() as connection:
        assert profile_store.count(connection) == before
    kept = b"".join(path.read_bytes() for path in (whole.stores.folder / "match").iterdir())
    assert b"date_of_birth" in kept or b"given name" in kept
    assert PLANTED.encode() not in kept
    assert PLANTED not in str(told)


def test_a_kept_model_can_be_used_again(whole: Whole) -> None:
    from fieldfare.know.identity.match.kept_models import read_model

    matcher, looking = SplinkMatcher(memory_mb=512, random_pairs=50_000), open_suggest(whole.stores)
    first = looking.run(matcher, None, NOON)
    model = read_model(whole.stores.folder / "match" / first["kept_as"])
    assert looking.run(matcher, None, NOON, model=model)["surest"] == first["surest"]


def test_too_few_profiles_teach_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made, pytest.raises(CallerError, match="There are 0 profiles"):
        open_suggest(made.stores).run(ExactMatcher(), None, NOON)


def test_the_audit_tells_what_joining_would_match(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made:
        made.send([call for _, call in joins("m-1", NOON)], NOON + MINUTE)
        made.send(visits("a-1", NOON), NOON + MINUTE)
        made.tick(NOON + HOUR)
        found = open_answers(made.installation, made.lake).audit_identity(7)
    app = found["sources"]["app"]
    assert (app["people"], app["joinable"]) == (2, 1.0), "a browser that two sources share joins, by identity.yaml"
    assert app["with"] == {"anonymous_id": 0.5, "email": 0.5, "user_id": 0.5}
    assert found["pairs"] == []


def test_the_daily_look_runs_once_keeps_what_it_found_and_reaches_the_lake(tmp_path: Path) -> None:
    with opened(tmp_path / "data", NOON) as made:
        made.send([call for _, call in joins("m-1", NOON)], NOON + MINUTE)
        made.send(visits("a-1", NOON), NOON + MINUTE)
        made.tick(NOON + HOUR)
        health = open_health(made.installation, made.lake)
        health.required = ("birthday",)
        assert health.latest()["findings"] == []
        assert not health.run_due(NOON - 10 * HOUR)  # one o'clock at night
        assert health.run_due(NOON + 2 * HOUR)
        assert not health.run_due(NOON + 3 * HOUR)
        assert health.run_due(NOON + DAY)
        with made.stores.state.write() as connection:
            asked = [_hold(1, HoldStatus.OPEN), _hold(2, HoldStatus.DISMISSED)]
            hold_store.ask(connection, asked)
        told = health.run(NOON + 2 * HOUR)
        values = {(each["metric"], each["source"]): each["value"] for each in told["findings"]}
        assert values["missing_required", "birthday"] == 2
        assert values["identity_coverage", "all"] == values["match_rate", "app"] == 0.5
        assert values["reconciliation", "app"] == 0
        assert values["merge_failures", "all"] == 1  # what was answered waits no more
        assert values["completeness", "membership_status"] == 0.5
        status = open_answers(made.installation, made.lake).status()["health"]
        assert (status["ok"], status["day"]) == (False, "2025-03-04")
        assert status["failing"]["missing_required of birthday"] == "2, wanted at most 0"
        assert "completeness of membership_status" not in status["failing"], "of what nobody requires nothing fails"
        made.installation.loader(made.lake).sync()
        rows = made.lake.arrow("SELECT count(*) AS n FROM profile_health WHERE NOT ok").to_pylist()
        assert rows[0]["n"] > 0


def _hold(number: int, status: HoldStatus) -> Hold:
    ends = {"a": bytes([number] * 16), "b": bytes([number + 9] * 16)}
    known = {"confidence": 50, "message_id": "m", "at": NOON, "status": status}
    return Hold(id=bytes([number] * 16), reason=HoldReason.LIMIT, **ends, **known)  # type: ignore[arg-type]
