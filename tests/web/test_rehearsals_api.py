"""Simulations, rehearsals and old verdicts anew over the API: bad input is refused at once, the rest runs as a job."""

from collections.abc import Iterator
from typing import Any

import pytest

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_worker
from fieldfare.assembly.served import folder_files
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.instants import HOUR
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import opened
from tests.web.test_api import Api

POLICIES = (FITNESS / "policies.yaml").read_text()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("rehearsals") / "data"
    with opened(folder, NOON) as whole:
        whole.play(joins("m-1", NOON), NOON + 2 * HOUR)
        take_first(whole.stores.state, folder_files(FITNESS), "tests", NOON)
        app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
        yield Api(app, api_token(open_key_store(folder)))


def _finished(api: Api, path: str) -> dict[str, Any]:
    told: dict[str, Any] = api.get(path).json()
    while told["state"] == "running":
        told = api.get(path).json()
    return told


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/simulations", {"population": "robots"}, 400, "population_unknown"),
        ("/api/v1/simulations", {"faults": ["earthquake"]}, 400, "fault_unknown"),
        ("/api/v1/simulations", {"from": "soon"}, 400, "span_invalid"),
        ("/api/v1/simulations", {"population": "real", "from": "2020-01-01", "to": "2020-02-01"}, 400, "span_past"),
        ("/api/v1/simulations", {"changes": {}}, 400, "changes_empty"),
        ("/api/v1/simulations", {"changes": {"policies.yaml": "caps: 3"}}, 400, "workspace_invalid"),
        ("/api/v1/simulations", {"people": 0}, 422, None),
        ("/api/v1/seasons/rehearse", {"season": "summer"}, 400, "season_unknown"),
        ("/api/v1/seasons/rehearse", {"loads": [3, 1]}, 400, "load_invalid"),
        ("/api/v1/replay-decisions", {"changes": {"policies.yaml": POLICIES}, "from": "x"}, 400, "span_invalid"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    api: Api, path: str, body: dict[str, Any], status: int, code: str | None
) -> None:
    answer = api.ask("POST", path, json=body)
    assert (answer.status_code, answer.json()["code"] if code is not None else None) == (status, code)


def test_each_runs_as_a_job_one_at_a_time_and_leaves_nothing(api: Api) -> None:
    assert api.get("/api/v1/simulations").json() == {"state": "none"}
    asked = {"population": "real", "to": "2025-03-20"}
    assert api.ask("POST", "/api/v1/simulations", json=asked).json()["state"] == "running"
    again = api.ask("POST", "/api/v1/replay-decisions", json={"changes": {"policies.yaml": POLICIES}})
    assert (again.status_code, again.json()["code"]) == (409, "rehearsal_running")
    told = _finished(api, "/api/v1/simulations")
    assert told["state"] == "done", told
    assert told["result"]["report"]["population"] == "real"
    api.ask("POST", "/api/v1/replay-decisions", json={"changes": {"policies.yaml": POLICIES}})
    told = _finished(api, "/api/v1/replay-decisions")
    assert told["state"] == "done", told
    assert told["result"]["differ"] == 0
