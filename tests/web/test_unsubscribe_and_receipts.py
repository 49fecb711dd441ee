"""The unsubscribe link and the receipts, over HTTP."""

import asyncio
import base64
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from fieldfare.act.delivery.events import RECEIPT_EVENTS
from fieldfare.act.delivery.fates import Kept
from fieldfare.act.delivery.link_routes import LinkDoor
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.receipt_routes import ReceiptDoor
from fieldfare.act.delivery.routes import DeliveryDoor, delivery_routes
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import HOUR
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START
from tests.decide.act.delivery.builders import LINKS, seal

URL = LINKS.url(7, b"a" * 16, "marketing", "email", "prp_1")
PATH = URL.removeprefix("https://engage.example.com")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ATTEMPT = Attempt(
    id="prp_1.1",
    proposal_id="prp_1",
    profile_id=7,
    channel="email",
    template="hello",
    purpose="marketing",
    journey="win-back",
    address_hash=b"a" * 16,
    granted_at=START,
)


class Http:
    """Asks an application without a socket; follows no redirect."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="https://engage.example.com") as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(ask())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        return self.request("POST", path, **arguments)


class Web:
    def __init__(self, links: Any = LINKS) -> None:
        self.events: list[dict[str, Any]] = []
        self.append: Callable[[dict[str, Any]], None] = self.events.append
        self.clock = SimulatedClock(START)
        self.kept: list[Kept] = []
        door = DeliveryDoor(
            brand="Linden Studio",
            links=links,
            append_event=self._append,
            clock=self.clock,
            receipts=ReceiptDoor(
                channels={"email": FakeChannel()},
                append_event=self._append,
                find_attempt=lambda channel, told, _: ATTEMPT if (channel, told) == ("email", "p-1") else None,
                find_sender=lambda _kind, _address: None,
                review=lambda _inbound, _sender: None,
                suppress=lambda _hash, _reason: None,
                keep=self.kept.append,
                find_written=lambda _channel, _address: ATTEMPT,
                clock=self.clock,
            ),
            visits=LinkDoor(find=lambda _: None, append_event=self._append, keep=self.kept.append, clock=self.clock),
        )
        self.http = Http(Starlette(routes=delivery_routes(door)))

    def _append(self, event: dict[str, Any]) -> None:
        self.append(event)


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(web: Web, method: str) -> None:
    for _ in range(3):
        answer = web.http.request(method, PATH)
        assert answer.status_code == 200
    assert web.events == []
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def test_one_click_of_a_mail_program_withdraws(web: Web) -> None:
    answer = web.http.post(PATH, data=ONE_CLICK)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    (event,) = web.events
    assert event["event"] == "Consent Updated"
    assert event["properties"]["action"] == "withdraw"
    assert (event["properties"]["purpose"], event["properties"]["channel"]) == ("marketing", "email")
    assert event["properties"]["evidence"] == "one-click"
    assert event["context"]["fieldfare"]["profile_id"] == 7


def test_one_click_may_come_as_multipart(web: Web) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    answer = web.http.post(PATH, content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, len(web.events)) == (200, 1)


def test_the_pages_own_button_withdraws(web: Web) -> None:
    page = web.http.get(PATH).text
    field = re.search(r'<input type="hidden" name="(\w+)" value="(\w+)">', page)
    assert field is not None
    assert 'method="post"' in page
    answer = web.http.post(PATH, data={field[1]: field[2]})
    assert (answer.status_code, web.events[0]["properties"]["evidence"]) == (200, "page")


def test_a_second_click_is_harmless_and_one_after_a_new_grant_counts(web: Web) -> None:
    web.http.post(PATH, data=ONE_CLICK)
    assert web.http.post(PATH, data=ONE_CLICK).status_code == 200
    assert len({event["messageId"] for event in web.events}) == 1
    web.clock.move_to(START + HOUR)
    web.http.post(PATH, data=ONE_CLICK)
    assert len({event["messageId"] for event in web.events}) == 2


@pytest.mark.parametrize("body", [b"", b"x=1", b"List-Unsubscribe=no", b"a" * 100_000])
def test_a_post_that_says_nothing_changes_nothing(web: Web, body: bytes) -> None:
    assert web.http.post(PATH, content=body).status_code == 400
    assert web.events == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/u/x", PATH[:-2], PATH + "A", "/u/" + "a" * 3_000])
def test_a_broken_link_says_so(web: Web, method: str, path: str) -> None:
    answer = web.http.request(method, path, data=ONE_CLICK if method == "POST" else None)
    assert answer.status_code == 404
    assert "does not work" in answer.text
    assert web.events == []


def test_the_answer_waits_until_it_is_durable(web: Web) -> None:
    def fail(_: dict[str, Any]) -> None:
        code, text = "log_unavailable", "down"
        raise TransientError(code, text, retry_after_s=7)

    web.append = fail
    answer = web.http.post(PATH, data=ONE_CLICK)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert "not be recorded" in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(web: Web, method: str) -> None:
    assert web.http.request(method, PATH).status_code == 405


def receipts(
    web: Web, *told: tuple[str, str, str], headers: dict[str, str] | None = None, channel: str = "email"
) -> Any:
    return web.http.post(
        f"/v1/receipts/{channel}", content=msgspec.json.encode(told), headers=headers or {"X-Fake": "yes"}
    )


@pytest.mark.parametrize("status", sorted(RECEIPT_EVENTS))
def test_each_receipt_is_an_event(web: Web, status: str) -> None:
    answer = receipts(web, ("p-1", status, "2026-01-09T12:01:00Z"))
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "unknown": 0})
    event = web.events[-1]
    assert event["event"] == RECEIPT_EVENTS[status]
    assert event["properties"]["proposal_id"] == "prp_1"
    assert event["properties"]["suppress"] is (status in {"bounced", "complained"})
    assert (len(web.events) == 2) is (status == "unsubscribed")
    if status == "unsubscribed":
        assert web.events[0]["properties"]["action"] == "withdraw"


def test_a_receipt_twice_has_one_message_id(web: Web) -> None:
    for _ in range(2):
        receipts(web, ("p-1", "delivered", "2026-01-09T12:01:00Z"))
    assert len({event["messageId"] for event in web.events}) == 1


def test_a_receipt_about_somebody_elses_message_is_counted_and_dropped(web: Web) -> None:
    answer = receipts(web, ("p-9", "bounced", "2026-01-09T12:01:00Z"), ("p-1", "delivered", "2026-01-09T12:01:00Z"))
    assert answer.json() == {"accepted": 1, "unknown": 1}
    assert len(web.events) == 1


def test_refused_receipts_tell_why(web: Web) -> None:
    one = ("p-1", "delivered", "2026-01-09T12:01:00Z")
    unsigned = receipts(web, one, headers={"X-Other": "yes"})
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "receipt_unsigned")
    nowhere = receipts(web, one, channel="pigeon")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "channel_unknown")
    unread = receipts(web, ("p-1", "delivered", "yesterday"))
    assert (unread.status_code, unread.json()["code"]) == (400, "receipt_invalid")
    large = web.http.post("/v1/receipts/email", content=b"x" * 1_100_000, headers={"X-Fake": "yes"})
    assert (large.status_code, large.json()["code"]) == (413, "receipt_too_large")
    assert web.events == []


def test_planted_fault_links_that_anybody_can_make_are_caught() -> None:
    class Trusting:
        def read(self, token: str) -> Any:
            return LINKS.read(PATH.rpartition("/")[2])

    web = Web(Trusting())
    assert web.http.post("/u/x", data=ONE_CLICK).status_code == 200, "the test of broken links would see this"
    assert len(web.events) == 1
    forged = base64.urlsafe_b64encode(seal(b"nonsense")).decode().rstrip("=")
    assert Web().http.post(f"/u/{forged}", data=ONE_CLICK).status_code == 404
