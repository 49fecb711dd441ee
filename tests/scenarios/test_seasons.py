"""Seasons learnt from the lake: a forecast, a proposal, a decision, and readiness, over the fitness example.

History is written into the lake as rows, two and a half years with a peak each spring; everything else is the true
installation.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from fieldfare.assembly.answering import open_readiness, open_seasons
from fieldfare.assembly.installation import open_health
from fieldfare.flow.season_answers import SeasonAnswers
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, date_of, day_of, from_datetime, to_iso
from fieldfare.ground.lake.ports import Write
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.whole import Whole, opened

TODAY = day_of(date(2026, 11, 26))
FIRST = day_of(date(2024, 5, 1))
NOW = from_datetime(datetime(2026, 11, 26, 12, tzinfo=UTC))
EVENT = "class_attended"


def _rows() -> pa.Table:
    rows: list[dict[str, Any]] = []
    for day in range(FIRST, TODAY):
        on = date_of(day)
        busy = (4, 1) <= (on.month, on.day) <= (5, 10)
        for index in range((9 if busy else 3) + day % 2):
            at = day * DAY + (9 + index) * HOUR
            place = {"partition": 0, "offset": day, "index": index, "event_id": f"e-{day}-{index}"}
            told = {"type": "track", "name": EVENT, "local_day": day, "location": "kiel" if index else "porto"}
            rows.append(place | told | {"occurred_at": at, "original_at": at, "received_at": at, "properties": "{}"})
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with opened(tmp_path_factory.mktemp("seasons") / "data", NOW) as made:
        made.lake.load("history", 1, [Write("event_rows", _rows())])
        yield made


@pytest.fixture
def seasons(whole: Whole) -> SeasonAnswers:
    return open_seasons(whole.installation, whole.lake)[0]


def test_a_forecast_with_its_season_and_load(seasons: SeasonAnswers) -> None:
    found = seasons.forecast(EVENT, "north", 180)
    assert len(found["forecast"]) == 180
    assert found["forecast"][0]["day"] == "2026-11-26"
    spring = [each["expected"] for each in found["forecast"] if "2027-04-10" <= each["day"] <= "2027-05-01"]
    autumn = [each["expected"] for each in found["forecast"] if each["day"] < "2027-01-01"]
    assert sum(spring) / len(spring) > 1.8 * sum(autumn) / len(autumn)
    assert found["season"]["peaks"][0]["from"][:2] in {"03", "04"}
    events = next(each for each in found["capacity"] if each["kind"] == "events")
    assert events["expected"] > 0
    assert events["most_seen"] > 0


def test_places_are_counted_apart(seasons: SeasonAnswers) -> None:
    everywhere, north = (seasons.forecast(EVENT, place, 14)["expected_total"] for place in (None, "north"))
    assert north < everywhere


def test_a_proposal_is_kept_once_and_decided_once(seasons: SeasonAnswers) -> None:
    found = seasons.propose(EVENT, "north")
    assert found["new"] == 1
    assert seasons.propose(EVENT, "north")["new"] == 0
    (told,) = found["proposals"]
    assert told["season"] == "april"
    assert told["question"].endswith("?")
    assert [each["id"] for each in seasons.proposals("open")] == [told["id"]]
    accepted = seasons.decide(told["id"], "accept", "ada", "as every year")
    assert accepted["status"] == "accepted"
    text = (FITNESS / "seasons.yaml").read_text() + accepted["yaml"]
    held = {str(path.relative_to(FITNESS)): path.read_bytes() for path in FITNESS.rglob("*.yaml")}
    workspace, problems = load_workspace(held | {"seasons.yaml": text.encode()})
    assert workspace is not None, problems
    assert [season.name for season in workspace.seasons] == ["january", "september", "april"]
    with pytest.raises(ConflictError) as caught:
        seasons.decide(told["id"], "reject", "bob", "")
    assert caught.value.code == "season_proposal_decided"
    assert seasons.propose(EVENT, "north")["new"] == 0


@pytest.mark.parametrize(
    ("event", "place", "days", "code"),
    [
        ("clas_attended", None, 30, "event_without_history"),
        (EVENT, "nort", 30, "location_unknown"),
        (EVENT, "south", 30, "event_without_history"),
        (EVENT, None, 0, "forecast_days"),
        (EVENT, None, 10_000, "forecast_days"),
    ],
)
def test_what_cannot_be_asked(seasons: SeasonAnswers, event: str, place: str | None, days: int, code: str) -> None:
    with pytest.raises(CallerError) as caught:
        seasons.forecast(event, place, days)
    assert caught.value.code == code


def test_an_unknown_proposal(seasons: SeasonAnswers) -> None:
    with pytest.raises(CallerError) as caught:
        seasons.decide("nothing", "accept", "ada", "")
    assert caught.value.code == "season_proposal_unknown"


def test_readiness_tells_what_to_do(whole: Whole) -> None:
    found = open_readiness(whole.installation, whole.lake, open_health(whole.installation, whole.lake)).report(
        "north", None
    )
    assert found["peak"] == {"season": "january", "from": "2027-01-02", "to": "2027-02-09", "in_days": 37}
    assert found["event"] == EVENT
    checks = {each["check"]: each for each in found["checks"]}
    assert checks["data_quality"]["verdict"] == "unknown"
    assert checks["dead_letters"]["verdict"] == "ok"
    assert {"contracts", "identity_holds", "consent", "templates", "capacity_events"} <= set(checks)
    assert all(each["fix"] for each in found["checks"] if each["verdict"] != "ok")


def test_readiness_is_told_again_while_it_is_recent(whole: Whole) -> None:
    readiness = open_readiness(whole.installation, whole.lake, open_health(whole.installation, whole.lake))
    first, began = readiness.recent(None, None, 10 * MINUTE), whole.clock.now()
    assert first == readiness.report(None, None)
    whole.clock.move_to(began + 10 * MINUTE - 1)
    assert readiness.recent(None, None, 10 * MINUTE)["as_of"] == to_iso(began)
    assert readiness.recent("north", None, 10 * MINUTE)["location"] == "north"
    assert readiness.recent(None, None, 0)["as_of"] == to_iso(whole.clock.now()), "who asks for none gets a new one"
    whole.clock.move_to(began + 20 * MINUTE)
    assert readiness.recent(None, None, 10 * MINUTE)["as_of"] == to_iso(whole.clock.now())
