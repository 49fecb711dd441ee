"""Test messages: marked, to our own people alone, by the gate, with nobody's personal values, and counted nowhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fieldfare.act.delivery.store import tracked_link
from fieldfare.assembly.access import open_access
from fieldfare.assembly.api import open_api
from fieldfare.assembly.installation import open_worker
from fieldfare.flow.try_message import MOST_A_MINUTE
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.trust.access.administer import Administration
from fieldfare.trust.access.model import Permission, Role
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.model import Suppression
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, granted, joins, withdrawn
from tests.scenarios.whole import Whole, opened
from tests.web.access_app import PASSWORD, Browser, cheap
from tests.web.test_api import Api, api_of

OURS, MINE, PHONE = "lee@brand.example", "kim@brand.example", "+4915112345678"
BOUNCED = "gone@brand.example"
TEMPLATE = "win_back"


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Api, Browser]]:
    folder = tmp_path_factory.mktemp("tests")
    workspace = Path(shutil.copytree(FITNESS, folder / "workspace"))
    with (workspace / "workspace.yaml").open("a") as file:
        file.write(f'\ntest_recipients: [{OURS}, {BOUNCED}, "{PHONE}"]\n')
    with opened(folder / "data", NOON, workspace) as whole:
        whole.play(joins("m-1", whole.clock.now() + HOUR), whole.clock.now() + 2 * HOUR)
        access, administration = open_access(whole.stores, passwords=cheap())
        access.redeem(administration.invite("test", MINE, "Kim", [Role.MARKETER]).secret, PASSWORD)
        api = api_of(whole, folder / "data")
        browser = Browser(open_api(whole.installation, whole.lake, open_worker(whole.installation, whole.lake)))
        browser.sign_in(MINE)
        yield whole, api, browser


@pytest.fixture
def made(opened_once: tuple[Whole, Api, Browser]) -> tuple[Whole, Api, Browser]:
    """A minute later, so that nobody has sent anything within the last one."""
    opened_once[0].tick(opened_once[0].clock.now() + MINUTE)
    return opened_once


def send(browser: Browser, template: str = TEMPLATE, **body: Any) -> httpx.Response:
    return browser.ask("POST", f"/api/v1/templates/{template}/test", json=body)


def counts(whole: Whole) -> tuple[Any, ...]:
    return whole.decisions(), whole.attempts(), whole.proposals(), whole.rows(tracked_link), whole.stores.log.head(0)


def captured(api: Api) -> list[dict[str, Any]]:
    return api.get("/api/v1/captured", params={"template": TEMPLATE}).json()["messages"]  # type: ignore[no-any-return]


def test_a_test_goes_to_our_own_people_and_is_counted_nowhere(made: tuple[Whole, Api, Browser]) -> None:
    whole, api, browser = made
    told = [(each["address"], each["is_own"]) for each in browser.ask("GET", "/api/v1/test-recipients").json()]
    assert told == [(MINE, True), (OURS, False), (BOUNCED, False), (PHONE, False)]
    before = counts(whole)
    assert send(browser).json()["to"] == MINE
    found = send(browser, to=OURS.upper(), profile="user_id:m-1", locale="de").json()
    assert (found["outcome"], found["to"], found["reasons"]) == ("handed_over", OURS, [])
    newest, oldest, *_ = captured(api)
    assert {newest["to"], oldest["to"]} == {MINE, OURS}
    for each in (newest, oldest):
        assert each["subject"].startswith("[Test] ")
        assert each["headers"] == {"X-Fieldfare-Test": "yes"}
        assert "Kim" not in each["text"] + (each["html"] or ""), "the person's name is personal"
        assert "m-1@example.com" not in str(each)
    assert counts(whole) == before
    acts = browser.ask("GET", "/api/v1/access/acts")
    assert acts.json()["code"] == "forbidden"
    acts = api.get("/api/v1/access/acts", params={"actor": MINE}).json()["acts"]
    assert [each["what"] for each in acts if each["act"] == "test_message"] == [
        f"{TEMPLATE} email as profile {whole.profile_id('user_id:m-1')}",
        f"{TEMPLATE} email",
    ]


@pytest.mark.parametrize("to", ["m-1@example.com", "somebody@else.example", "lee@brand.example.org"])
def test_nobody_else_gets_one(made: tuple[Whole, Api, Browser], to: str) -> None:
    _, api, browser = made
    before = captured(api)
    found = send(browser, to=to).json()
    assert (found["outcome"], found["reasons"], found["message"]) == ("refused", ["no_test_recipient"], None)
    assert found["words"]
    assert captured(api) == before
    assert api.ask("POST", f"/api/v1/templates/{TEMPLATE}/test", json={"to": MINE, "actor": "ann"}).json()[
        "reasons"
    ] == ["no_test_recipient"], "another's own address is not one's own"


def test_a_suppressed_address_and_what_is_stopped_get_none(made: tuple[Whole, Api, Browser]) -> None:
    whole, api, browser = made
    before, hashed = captured(api), whole.stores.keys.lookup_hash("email", BOUNCED)
    told = Suppression(address_hash=hashed, reason="bounced", since_at=NOON, source="test")
    with whole.stores.state.write() as tx:
        suppression_store.insert_suppressions(tx, [told])
    pause = {"scope": "channel", "name": "email", "actor": "x", "reason": "x"}
    assert api.ask("POST", "/api/v1/pauses", json=pause).is_success
    assert send(browser, to=BOUNCED).json()["reasons"] == ["suppressed", "paused"]
    assert send(browser).json()["reasons"] == ["paused"]
    assert api.ask("POST", "/api/v1/pauses/resume", json=pause).is_success
    assert send(browser, to=BOUNCED).json()["reasons"] == ["suppressed"]
    assert captured(api) == before


def test_nothing_goes_while_a_record_that_names_the_address_waits(made: tuple[Whole, Api, Browser]) -> None:
    whole, _, browser = made
    now = whole.clock.now()
    whole.send(granted("m-1", now), now)
    assert send(browser).json()["outcome"] == "handed_over", "it names somebody else"
    whole.send(withdrawn("k-1", now) | {"context": {"traits": {"email": MINE}}}, now)
    assert send(browser).json()["reasons"] == ["consent_pending"]


@pytest.mark.parametrize(
    ("template", "body", "status", "code"),
    [
        ("nothing", {}, 404, "template_unknown"),
        (TEMPLATE, {"to": "not an address"}, 400, "test_recipient"),
        (TEMPLATE, {"to": PHONE}, 400, "test_recipient"),
        (TEMPLATE, {"to": ""}, 400, "test_recipient"),
        (TEMPLATE, {"profile": "user_id:nobody"}, 404, "profile_unknown"),
        (TEMPLATE, {"locale": "?"}, 400, "locale_unknown"),
        (TEMPLATE, {"location": "nowhere"}, 400, "location_unknown"),
        (TEMPLATE, {"too": MINE}, 422, "request_invalid"),
    ],
)
def test_nonsense_is_the_callers_fault(
    made: tuple[Whole, Api, Browser], template: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = send(made[2], template, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_token_has_no_address_of_its_own_and_needs_people_for_a_persons_message(
    made: tuple[Whole, Api, Browser],
) -> None:
    whole, api, _ = made
    administration: Administration = open_access(whole.stores, passwords=cheap())[1]
    token = administration.make_token(MINE, frozenset(Permission), "t", [Permission.MESSAGES_SEND], DAY).secret
    path = f"/api/v1/templates/{TEMPLATE}/test"
    assert api.ask("POST", path, token=token, json={}).json()["code"] == "test_recipient"
    assert api.ask("POST", path, token=token, json={"to": MINE}).json()["outcome"] == "refused"
    assert api.ask("POST", path, token=token, json={"to": OURS}).json()["outcome"] == "handed_over"
    refused = api.ask("POST", path, token=token, json={"to": OURS, "profile": "user_id:m-1"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_so_many_a_minute(made: tuple[Whole, Api, Browser]) -> None:
    whole, _, browser = made
    codes = [send(browser).status_code for _ in range(MOST_A_MINUTE + 1)]
    assert codes == [200] * MOST_A_MINUTE + [429]
    whole.clock.move_to(whole.clock.now() + MINUTE)
    assert send(browser).status_code == 200
