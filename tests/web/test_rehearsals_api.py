"""Simulations, rehearsals and old verdicts anew over the API: bad input is refused at once, the rest runs as a job."""

import re
import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_worker
from fieldfare.assembly.served import folder_files
from fieldfare.flow.rehearsal.job import Progress, RehearsalJob
from fieldfare.flow.rehearsal.model import Asked
from fieldfare.flow.rehearsal.requests import Rehearsals, Runs
from fieldfare.flow.versions.model import Files
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import HOUR, to_iso
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
        ("/api/v1/journeys/nothing/stories", {}, 404, "stories_missing"),
        ("/api/v1/journeys/renewal/stories", {"changes": {}}, 400, "changes_empty"),
        ("/api/v1/journeys/renewal/stories", {"changes": {"policies.yaml": "caps: 3"}}, 400, "workspace_invalid"),
        ("/api/v1/replay-decisions", {"changes": {"policies.yaml": POLICIES}, "from": "x"}, 400, "span_invalid"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    api: Api, path: str, body: dict[str, Any], status: int, code: str | None
) -> None:
    answer = api.ask("POST", path, json=body)
    assert (answer.status_code, answer.json()["code"] if code is not None else None) == (status, code)


class Quick:
    """Runs that are over at once."""

    def check(self, asked: Asked, changes: Files | None) -> None:
        """Whatever is asked is right."""

    def simulate(self, asked: Asked, changes: Files | None, progress: Progress) -> dict[str, Any]:
        """Tell a changed half where there are changes."""
        half = None if changes is None else {"sent": 1}
        notes = [*map("{} is new".format, changes or ()), "short"]
        return {"report": {"people": asked.people}, "notes": notes, "changed": half, "differences": half}

    def check_stories(self, journey: str, changes: Files | None) -> None:
        """There are stories of every journey."""

    def play(self, journey: str, changes: Files | None, progress: Progress) -> dict[str, Any]:
        """Tell one story of the changes where there are some."""
        return {"journey": journey, "in_force": [], "changed": None if changes is None else [1]}


def test_what_a_changed_workspace_did_is_told_to_whoever_asked_alone() -> None:
    job = RehearsalJob()
    rehearsals = Rehearsals(lambda: cast("Runs", Quick()), job, SimulatedClock(NOON))
    assert rehearsals.simulated("kim") == {"state": "none"}
    begun = rehearsals.start_simulation(Asked(people=3), {"policies.yaml": "{}"}, "kim")
    assert (begun["by"], begun["is_own"]) == ("kim", True)
    job.stop()
    own, other = rehearsals.simulated("kim"), rehearsals.simulated("lee")
    assert (own["state"], own["by"], own["at"], own["is_own"]) == ("done", "kim", to_iso(NOON), True)
    assert own["result"]["changed"] == own["result"]["differences"] == {"sent": 1}
    assert own["result"]["notes"] == ["policies.yaml is new", "short"]
    assert (other["by"], other["is_own"]) == ("kim", False)
    assert other["result"] == {"report": {"people": 3}, "notes": [], "changed": None, "differences": None}
    assert rehearsals.simulated("kim") == own, "looking takes nothing away"
    rehearsals.start_simulation(Asked(people=4), None, "kim")
    job.stop()
    assert rehearsals.simulated("lee")["result"]["notes"] == ["short"], "without changes the notes are everybody's"


def test_a_replay_by_changed_rules_is_told_to_whoever_asked_alone() -> None:
    job = RehearsalJob()
    rehearsals = Rehearsals(lambda: cast("Runs", Quick()), job, SimulatedClock(NOON))
    job.start("decisions", lambda _progress: {"changed": 1}, "kim", NOON)
    job.stop()
    own, other = rehearsals.redecided("kim"), rehearsals.redecided("lee")
    assert (own["is_own"], own["result"]) == (True, {"changed": 1})
    assert (other["by"], other["is_own"], other["result"]) == ("kim", False, None)


def test_stories_are_played_by_the_rules_and_by_changed_ones_which_whoever_asked_sees_alone(api: Api) -> None:
    """A story of the draft that expects another message fails by the draft alone, and a line says what came instead."""
    path, file = "/api/v1/journeys/payment-recovery/stories", "journeys/tests/payment-recovery.yaml"
    assert api.get(path).json() == {"state": "none"}
    text = (FITNESS / file).read_text()
    wrong = re.sub(r"sends: \w+", "sends: renewal", text, count=1)
    begun = api.ask("POST", path, json={"changes": {file: wrong}})
    assert (begun.status_code, begun.json()["is_own"]) == (200, True)
    told = _finished(api, path)
    assert told["state"] == "done", told
    in_force, changed = told["result"]["in_force"], told["result"]["changed"]
    assert all(each["passes"] and not each["wrong"] for each in in_force)
    assert sum(not each["passes"] for each in changed) == 1
    (first,) = [each for each in changed if not each["passes"]]
    missed = [line for line in first["outcomes"] if line["holds"] is False]
    assert missed[0]["said"].startswith("renewal should be sent")
    assert missed[0]["instead"].startswith("but what happened is: ")
    assert any(line["holds"] is None for line in first["outcomes"]), "what happens is told beside what must follow"


def test_how_the_stories_of_a_draft_went_is_told_to_whoever_asked_alone() -> None:
    job = RehearsalJob()
    rehearsals = Rehearsals(lambda: cast("Runs", Quick()), job, SimulatedClock(NOON))
    rehearsals.start_stories("renewal", {"policies.yaml": "{}"}, "kim")
    job.stop()
    own, other = rehearsals.played("renewal", "kim"), rehearsals.played("renewal", "lee")
    assert own["result"] == {"journey": "renewal", "in_force": [], "changed": [1]}
    assert other["result"] == {"journey": "renewal", "in_force": [], "changed": None}
    assert rehearsals.played("win-back", "kim") == {"state": "none"}, "each journey has its own"


def test_nobody_is_told_anothers_result_as_theirs_when_one_begins_as_the_other_ends() -> None:
    one, kept = threading.Lock(), threading.Event()

    class Watched:
        """The turn, after whose release the one that ran is held up until the next has ended."""

        def acquire(self, *, blocking: bool) -> bool:
            return one.acquire(blocking=blocking)

        def release(self) -> None:
            one.release()
            this = threading.current_thread()
            if this.name != "fieldfare-simulation" or kept.is_set():
                return
            kept.set()
            next_one.start()
            next_one.join(0.5)  # as long as the one that ran is held up, the next may do what it can
            for other in threading.enumerate():
                if other.name == this.name and other is not this:
                    other.join(0.5)

    def begin() -> None:
        job.start("simulation", lambda _progress: {"whose": "lee"}, "lee", NOON)

    job, next_one = RehearsalJob(Watched()), threading.Thread(target=begin)
    job.start("simulation", lambda _progress: {"whose": "kim"}, "kim", NOON)
    assert kept.wait(20)
    next_one.join(20)
    job.stop()
    told = job.told("simulation")
    assert (told["by"], told["result"]) == ("lee", {"whose": "lee"})


def test_each_runs_as_a_job_one_at_a_time_and_leaves_nothing(api: Api) -> None:
    assert api.get("/api/v1/simulations").json() == {"state": "none"}
    asked = {"population": "real", "to": "2025-03-20"}
    assert api.ask("POST", "/api/v1/simulations", json=asked).json()["state"] == "running"
    again = api.ask("POST", "/api/v1/replay-decisions", json={"changes": {"policies.yaml": POLICIES}})
    assert (again.status_code, again.json()["code"]) == (409, "rehearsal_running")
    told = _finished(api, "/api/v1/simulations")
    assert told["is_own"] is True
    assert told["state"] == "done", told
    assert told["result"]["report"]["population"] == "real"
    api.ask("POST", "/api/v1/replay-decisions", json={"changes": {"policies.yaml": POLICIES}})
    told = _finished(api, "/api/v1/replay-decisions")
    assert told["state"] == "done", told
    assert told["result"]["differ"] == 0
