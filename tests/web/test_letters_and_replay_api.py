"""Dead letters and replays through the API: listed, opened, repaired, discarded, replayed one at a time."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_replay_parts, open_worker
from fieldfare.flow.replay_job import ReplayJob, ReplayRequest
from fieldfare.ground.errors import ConflictError
from fieldfare.ground.instants import HOUR
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import Whole, opened
from tests.web.test_api import Api

NAME = "Zaphod"
ADD_USER = [{"op": "add", "path": "/userId", "value": "m-1"}]


@pytest.fixture
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Api]]:
    folder = tmp_path_factory.mktemp("letters") / "data"
    with opened(folder, NOON) as whole:
        whole.play(joins("m-1", NOON), NOON + HOUR)
        lost = [trains("x", NOON + HOUR) | {"messageId": f"n-{number}"} for number in range(3)]
        for call in lost:
            del call["userId"]
            call["context"] = {"traits": {"first_name": NAME}}
        whole.send([*lost, {"type": "hop"}], NOON + HOUR)
        whole.tick(NOON + HOUR)
        app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
        yield whole, Api(app, api_token(open_key_store(folder)))


def test_from_list_to_repair_and_discard(both: tuple[Whole, Api]) -> None:
    whole, api = both
    found = api.get("/api/v1/dead-letters", params={"limit": 2}).json()
    assert (found["total"], len(found["letters"])) == (4, 2)
    assert NAME not in str(found)
    place = api.get("/api/v1/dead-letters?reason=no_identifier&from=2025-03-03&to=2025-03-03").json()["letters"][0][
        "place"
    ]
    with capture_logs() as logs:
        shown = api.get(f"/api/v1/dead-letters/{place}").json()
    assert NAME in shown["raw"]
    assert logs[0] == {"event": "dead_letter_opened", "place": place, "log_level": "info"}
    (look, *_) = api.get("/api/v1/access/acts").json()["acts"]
    assert (look["actor"], look["act"], look["what"]) == ("installation", "GET /api/v1/dead-letters/{place}", place)
    dry = api.ask("POST", "/api/v1/dead-letters/repair", json={"patch": ADD_USER, "event": "check_in"}).json()
    assert (dry["applied"], dry["passing"], dry["closed"]) == (False, 3, 0)
    assert NAME not in str(dry)
    with capture_logs() as logs:
        done = api.ask("POST", "/api/v1/dead-letters/repair", json={"patch": ADD_USER, "apply": True}).json()
    assert (done["closed"], done["still_dead"]) == (3, {"unknown_type": 1})
    assert [line["event"] for line in logs] == ["dead_letters_repaired", "api_call"]
    assert logs[0]["closed"] == 3
    gone = api.ask("POST", "/api/v1/dead-letters/discard", json={"why": "a test", "apply": True}).json()
    assert gone["closed"] == 1
    assert api.get("/api/v1/dead-letters?state=open").json()["total"] == 0
    whole.tick(NOON + 2 * HOUR)
    assert api.sql("SELECT count(*) FROM events WHERE mode = 'backfill'").json()["rows"] == [[3]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/dead-letters?reason=mood", None, 400, "filter_invalid"),
        ("GET", "/api/v1/dead-letters?state=x", None, 400, "filter_invalid"),
        ("GET", "/api/v1/dead-letters?from=x", None, 400, "span_invalid"),
        ("GET", "/api/v1/dead-letters?limit=-999999999999999999999", None, 200, None),
        ("GET", "/api/v1/dead-letters/nowhere", None, 400, "place_invalid"),
        ("GET", "/api/v1/dead-letters/1-1-99", None, 404, "dead_letter_unknown"),
        ("POST", "/api/v1/dead-letters/repair", {"patch": [{"op": "x"}]}, 400, "patch_invalid"),
        ("POST", "/api/v1/dead-letters/repair", {"patch": 7}, 400, "patch_invalid"),
        ("POST", "/api/v1/dead-letters/repair", {"where": ["x"]}, 400, "where_invalid"),
        ("POST", "/api/v1/dead-letters/repair", {"place": "1"}, 400, "place_invalid"),
        ("POST", "/api/v1/dead-letters/discard", {}, 422, "request_invalid"),
        ("POST", "/api/v1/dead-letters/discard", {"why": "  "}, 400, "reason_missing"),
        ("POST", "/api/v1/replay", {"by": "moon"}, 400, "by_unknown"),
        ("POST", "/api/v1/replay", {"from": "2026-01-02", "to": "2026-01-01"}, 400, "span_invalid"),
        ("POST", "/api/v1/replay", {"profile": "user_id:nobody"}, 404, "profile_unknown"),
    ],
)
def test_what_cannot_be_done_is_the_callers_fault(
    both: tuple[Whole, Api], method: str, path: str, body: Any, status: int, code: str | None
) -> None:
    answer = both[1].ask(method, path, json=body)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["code"] == code


@pytest.mark.parametrize("path", ["/api/v1/dead-letters", "/api/v1/dead-letters/1-1-0", "/api/v1/replay"])
def test_all_of_it_needs_the_token(both: tuple[Whole, Api], path: str) -> None:
    assert both[1].get(path, token="wrong").status_code == 401


def until_done(api: Api) -> dict[str, Any]:
    for _ in range(600):
        told: dict[str, Any] = api.get("/api/v1/replay").json()
        if told["state"] != "running":
            return told
        threading.Event().wait(0.05)
    raise AssertionError("the replay does not end")


def test_a_replay_runs_beside_and_tells_of_itself(both: tuple[Whole, Api]) -> None:
    api = both[1]
    assert api.get("/api/v1/replay").json() == {"state": "none"}
    assert api.ask("POST", "/api/v1/replay", json={"from": "2025-03-01"}).json()["state"] == "running"
    told = until_done(api)
    assert told["state"] == "done", told
    assert (told["report"]["events"], told["report"]["changed_rows"], told["report"]["profiles"]) == (3, 0, 1)
    assert told["report"]["dead_letters"] == {"open": 4, "would_pass": 0}
    span = {"from": "2025-03-01", "to": None, "by": "received", "source": None, "event": None}
    assert told["asked"] == {**span, "is_of_one": False}
    assert api.ask("POST", "/api/v1/replay", json={"profile": "1", "dry_run": True}).json()["asked"]["is_of_one"]
    assert "profile" not in until_done(api)["asked"], "of whom it was is told to nobody else"


class Slow(ReplayJob):
    """A replay that waits at its first page."""

    def __init__(self, parts: Any) -> None:
        super().__init__(parts)
        self.at_page, self.go_on = threading.Event(), threading.Event()

    def _progress(self, report: Any) -> None:
        self.at_page.set()
        self.go_on.wait(20)
        super()._progress(report)


def test_only_one_runs_at_a_time_and_stopping_ends_it_between_pages(both: tuple[Whole, Api]) -> None:
    whole = both[0]
    job = Slow(open_replay_parts(whole.installation, whole.lake))
    job.start(ReplayRequest())
    assert job.at_page.wait(20)
    with pytest.raises(ConflictError) as caught:
        job.start(ReplayRequest(dry_run=True))
    assert caught.value.code == "replay_running"
    job._stopping.set()
    job.go_on.set()
    job.stop()
    assert (job.told()["state"], job.told()["code"]) == ("failed", "replay_stopped")
    assert whole.replay().continued, "the same one goes on where it was"
