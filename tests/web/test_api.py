"""The API as others call it: the token, what it answers, and that nonsense is the caller's fault and never ours."""

import asyncio
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store
from fieldfare.assembly.installation import open_worker
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.web.refusals import add_refusals
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened

SEED = 11
READING = ["/api/v1/contracts", "/api/v1/contracts/suggest", "/api/v1/contract?event=check_in"]
READING += ["/api/v1/status", "/api/v1/audiences", "/api/v1/profiles/1", "/api/v1/profiles/1/why-not"]
READING += ["/api/v1/profiles/1/traits/email", "/api/v1/profiles/1/canonical", "/api/v1/lifecycle"]


class Api:
    """The application over one small installation."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    def ask(self, method: str, path: str, *, token: str | None = None, **arguments: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._token if token is None else token}", **arguments.pop("headers", {})}

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, headers=headers, **arguments)

        return asyncio.run(once())

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self.ask("GET", path, **arguments)

    def sql(self, query: str, **more: Any) -> httpx.Response:
        return self.ask("POST", "/api/v1/sql", json={"sql": query, **more})


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api") / "data"
    with opened(folder, NOON) as whole:
        for user in ("m-1", "m-2", "m-3"):
            whole.play(joins(user, whole.clock.now() + HOUR), whole.clock.now() + 2 * HOUR)
        whole.tick(NOON + 40 * DAY)
        yield api_of(whole, folder)


def api_of(whole: Whole, data: Path) -> Api:
    app = open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake))
    return Api(app, api_token(open_key_store(data)))


@pytest.mark.parametrize("path", READING)
@pytest.mark.parametrize("token", ["", "wrong", "0" * 64, "\u00e9"])
def test_every_call_needs_the_token(api: Api, path: str, token: str) -> None:
    header = b"Bearer " + token.encode("latin-1")
    answer = api.get(path, headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert "token" in answer.json()["message"]


def test_asking_without_any_header_and_by_post(api: Api) -> None:
    answer = api.ask("POST", "/api/v1/sql", headers={"authorization": ""}, json={"sql": "SELECT 1"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_a_trait_is_explained_and_a_reveal_is_signed(api: Api) -> None:
    path = "/api/v1/profiles/user_id:m-1/traits/email"
    (value,) = api.get(path).json()["values"]
    assert (value["value"], value["sealed"], value["survives"], value["basis"]) == (None, True, True, "verified")
    refused = api.get(path, params={"reveal": True, "actor": "kim"})
    assert (refused.status_code, refused.json()["code"]) == (400, "reveal_unsigned")
    signed = api.get(path, params={"reveal": True, "actor": "kim", "reason": "a complaint"})
    assert signed.json()["values"][0]["value"] == "m-1@example.com"
    assert api.get("/api/v1/profiles/user_id:nobody/traits/email").status_code == 404


def test_health_needs_none(api: Api) -> None:
    assert api.get("/healthz", token="").status_code == 200
    assert api.get("/readyz", token="").json()["status"] == "ready"


def test_status(api: Api) -> None:
    found = api.get("/api/v1/status").json()
    assert found["profiles"] == 3
    assert found["log"]["normal"]["behind_records"] == 0
    assert found["stores"]["state"] == "sqlite"
    assert found["health"] == {"day": None, "ok": None, "failing": {}}, "nobody has looked yet"


def test_audiences_are_counted_and_told_in_words(api: Api) -> None:
    found = {each["audience"]: each for each in api.get("/api/v1/audiences").json()}
    assert found["lapsed"]["size"] == 3
    assert found["lapsed"]["meaning"]


def test_a_profile_by_its_id_and_by_an_identifier(api: Api) -> None:
    by_user = api.get("/api/v1/profiles/user_id:m-1").json()
    by_id = api.get(f"/api/v1/profiles/{by_user['profile_id']}").json()
    by_email = api.get("/api/v1/profiles/email:M-1@Example.com").json()
    assert by_user == by_id == by_email
    assert by_user["traits"]["membership_status"]["value"] == "active"
    assert by_user["traits"]["email"] | {"value": None, "sealed": True} == by_user["traits"]["email"], "not in clear"
    assert "m-1@example.com" not in str(by_user)


def test_why_not(api: Api) -> None:
    found = api.get("/api/v1/profiles/user_id:m-1/why-not", params={"journey": "win-back"}).json()
    (walk,) = found["journeys"]["win-back"]["walks"]
    assert walk["status"] in {"waiting", "suppressed", "completed", "exited"}
    assert found["journeys"]["win-back"]["verdicts"]


@pytest.mark.parametrize(
    ("path", "code", "says"),
    [
        ("/api/v1/profiles/user_id:nobody", "profile_unknown", "user_id:nobody"),
        ("/api/v1/profiles/99999", "profile_unknown", "99999"),
        ("/api/v1/profiles/9" + "9" * 40, "profile_unknown", "No profile"),
        ("/api/v1/profiles/-1", "profile_unknown", "No profile"),
        ("/api/v1/profiles/email:not-an-address", "profile_unknown", "No profile"),
        ("/api/v1/profiles/unheard_of:x", "profile_unknown", "No profile"),
        ("/api/v1/profiles/1/why-not?journey=no-such", "journey_unknown", "win-back"),
        ("/api/v1/experiments/no-such", "experiment_unknown", "journey.win-back"),
        ("/api/v1/contract?event=chek_in", "contract_unknown", "check_in"),
    ],
)
def test_what_is_not_there_is_404_and_says_so(api: Api, path: str, code: str, says: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert says in answer.json()["message"]


def test_sql_reads(api: Api) -> None:
    found = api.sql("SELECT name, count(*) AS n FROM events GROUP BY name ORDER BY name").json()
    assert found["columns"] == ["name", "n"]
    assert ["check_in", 3] in found["rows"]
    assert api.sql("SELECT * FROM events", most_rows=2).json()["cut"] is True


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM event_rows",
        "DROP TABLE event_rows",
        "INSERT INTO event_rows (name) VALUES ('x')",
        "SELECT 1; DROP TABLE event_rows",
        "ATTACH '/tmp/other.duckdb'",
        "COPY event_rows TO '/tmp/stolen.csv'",
        "PRAGMA database_list",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "INSTALL httpfs",
        "",
        "not sql at all",
        "SELECT nothing FROM nowhere",
        "SELECT 'open",
    ],
)
def test_sql_only_reads_the_lake(api: Api, query: str) -> None:
    answer = api.sql(query)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"].startswith("sql_")
    assert api.sql("SELECT count(*) FROM event_rows").json()["rows"] != [[0]]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"sql": 1}', b"{}", b'{"most_rows": 1}']
)
def test_a_body_that_cannot_be_read_is_422(api: Api, body: bytes) -> None:
    answer = api.ask("POST", "/api/v1/sql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text


def nonsense(seed: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield requests that nobody means."""
    draw = random.Random(seed)
    alphabet = "abz019:%/._-@ \"'\\\u00e9\u4e2d\U0001f426\n"
    paths = ["/api/v1/profiles/{}", "/api/v1/profiles/{}/why-not", "/api/v1/experiments/{}", "/u/{}", "/{}"]
    for _ in range(80):
        word = "".join(draw.choice(alphabet) for _ in range(draw.randint(0, 40)))
        path = draw.choice(paths).format(httpx.QueryParams({"x": word}).__str__()[2:].replace("+", "%20"))
        method = draw.choice(["GET", "GET", "POST", "PUT", "DELETE", "PATCH"])
        content = bytes(draw.randrange(256) for _ in range(draw.randint(0, 60)))
        yield method, path, {"content": content, "params": {"journey": word} if draw.random() < 0.5 else None}
    for _ in range(40):
        word = "".join(draw.choice(alphabet) for _ in range(draw.randint(0, 40)))
        sql = {
            "sql": draw.choice([word, f"SELECT {word}", f"SELECT '{word}'"]),
            "most_rows": draw.choice([0, -1, 7, 10**30]),
        }
        yield "POST", "/api/v1/sql", {"json": sql}
        yield "POST", f"/v1/receipts/{draw.choice(['email', 'x'])}", {"content": word.encode()}


def never_our_fault(answers: Iterator[httpx.Response]) -> int:
    """The check: no answer is 500 or more; returns how many were looked at."""
    count = 0
    for answer in answers:
        assert answer.status_code < 500, f"{answer.request.method} {answer.request.url}: {answer.text[:200]}"
        count += 1
    return count


def test_nonsense_is_never_500(api: Api) -> None:
    assert never_our_fault(api.ask(method, path, **more) for method, path, more in nonsense(SEED)) == 160


def test_planted_a_500_is_seen() -> None:
    broken = httpx.Response(500, text="x", request=httpx.Request("GET", "http://here/"))
    with pytest.raises(AssertionError):
        never_our_fault(iter([broken]))


def test_contracts_are_listed_shown_and_suggested(api: Api) -> None:
    listed = {one["event"]: one for one in api.get("/api/v1/contracts").json()}
    assert (listed["check_in"]["is_shipped"], listed["membership_cancelled"]["is_shipped"]) == (True, False)
    shown = api.get("/api/v1/contract", params={"event": "Checked In"}).json()
    assert (shown["event"], len(shown["history"])) == ("check_in", 1)
    found = api.get("/api/v1/contracts/suggest", params={"days": 90}).json()
    assert [one["name"] for one in found["suggestions"][0]["fields"]] == ["currency", "spend"]


@pytest.mark.parametrize("name", ["suggest", "order/paid", "/", "..", "a b?c=d&e#f", "\u4e2d\U0001f426"])
def test_a_contract_is_shown_whatever_its_event_is_called(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    contract = json.dumps({"event": name, "schema": {}}, ensure_ascii=False)
    (folder / "contracts" / "odd.yaml").write_text(contract, encoding="utf-8")
    with opened(tmp_path / "data", NOON, folder) as whole:
        odd = api_of(whole, tmp_path / "data")
        assert odd.get("/api/v1/contract", params={"event": name}).json()["event"] == name


def test_a_candidate_is_compared(api: Api) -> None:
    wrong = {"event": "check_in", "schema": {"required": ["door"]}}
    body = {"contracts": [wrong], "settings": {}}
    found = api.ask("POST", "/api/v1/contracts/diff", params={"days": 90}, json=body).json()
    (replayed,) = [one for one in found["replayed"] if one["event"] == "check_in"]
    assert (replayed["accepted"], replayed["refused"], found["is_compatible"]) == (3, 3, False)
    assert {one["effect"] for one in found["changes"]} >= {"incompatible", "compatible"}


@pytest.mark.parametrize(
    ("body", "days", "status", "code"),
    [
        (b"", "7", 400, "candidate_unreadable"),
        (b"[" * 100_000, "7", 400, "candidate_unreadable"),
        (b'{"contracts": [{"event": 5}], "settings": {}}', "7", 400, "candidate_unreadable"),
        (b'{"contracts": [{"event": "x", "schema": {"type": 5}}], "settings": {}}', "7", 400, "contract_invalid"),
        (b'{"contracts": [], "settings": {}}', "0", 422, "request_invalid"),
        (b'{"contracts": [], "settings": {}}', "9999", 422, "request_invalid"),
    ],
)
def test_a_candidate_that_cannot_be_read(api: Api, body: bytes, days: str, status: int, code: str) -> None:
    answer = api.ask("POST", "/api/v1/contracts/diff", params={"days": days}, content=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code


def refusal(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert told.keys() == {"code", "message"}
    return answer.status_code, told["code"]


def test_what_the_framework_refuses_is_told_as_all_else(api: Api) -> None:
    assert refusal(api.get("/api/v1/nothing")) == (404, "not_found")
    assert refusal(api.get("/")) == (404, "not_found")
    wrong = api.ask("PUT", "/api/v1/status")
    assert refusal(wrong) == (405, "method_not_allowed")
    assert wrong.headers["allow"] in wrong.json()["message"]
    assert refusal(api.ask("GET", "/v1/receipts/email")) == (405, "method_not_allowed")


def test_a_defect_is_told_in_the_same_form_and_says_nothing_of_the_fault() -> None:
    def broken() -> None:
        raise ValueError("needle")

    app = FastAPI()
    add_refusals(app)
    app.add_api_route("/broken", broken)
    answer = Api(app, "").get("/broken")
    assert refusal(answer) == (500, "defect")
    assert "needle" not in answer.text


@pytest.mark.parametrize(
    ("path", "body", "places"),
    [
        ("/api/v1/sql", b'{"sql": ["needle"]}', ["body.sql"]),
        ("/api/v1/sql", b'{"needle', ["body"]),
        ("/api/v1/contracts/diff?days=needle", b"{}", ["query.days"]),
        ("/api/v1/dead-letters/repair", b'{"where": [1, 2, 3, 4, 5, 6, 7]}', ["body.where.0", "and 2 more"]),
    ],
)
def test_a_wrong_form_is_told_by_its_places_and_no_value(api: Api, path: str, body: bytes, places: list[str]) -> None:
    answer = api.ask("POST", path, content=body, headers={"content-type": "application/json"})
    assert refusal(answer) == (422, "request_invalid")
    assert all(place in answer.json()["message"] for place in places)
    assert "needle" not in answer.text
