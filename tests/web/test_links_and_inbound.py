"""Tracked links and people's answers, over HTTP: nobody is led elsewhere, no machine is taken for a person."""

from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from fieldfare.act.delivery.channels.twilio import TwilioChannel
from fieldfare.act.delivery.fates import Kept
from fieldfare.act.delivery.link_routes import FoundLink, LinkDoor
from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Inbound, TrackedLink
from fieldfare.act.delivery.receipt_routes import ReceiptDoor, Sender
from fieldfare.act.delivery.routes import DeliveryDoor, delivery_routes
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import HOUR, SECOND
from fieldfare.testing.delivery import START
from fieldfare.testing.twilio import FakeTwilio
from tests.amounts import examples
from tests.contracts.provider_places import twilio_spec
from tests.decide.act.delivery.builders import LINKS as UNSUBSCRIBE
from tests.decide.act.delivery.test_links import hash_of, message
from tests.web.test_unsubscribe_and_receipts import ATTEMPT, Http

BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36"}
TRACKING = Links(domain="https://engage.example.com", hash_of=hash_of, opens=True)
MADE = TRACKING.track(message("https://shop.example.com/a?x=1", "<p>x</p>"))
CLICK, OPEN = MADE.links
RECEIPTS = "https://engage.example.com/v1/receipts/sms"
ADA = Sender(b"a" * 16, 7)


class Web:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.reviewed: list[Inbound] = []
        self.suppressed: list[bytes] = []
        self.lifted: list[bytes] = []
        self.broken = False
        self.rows = {link.id: link for link in MADE.links}
        self.senders: dict[str, Sender | None] = {"+4930901820": ADA, "+4930901821": Sender(b"b" * 16, None)}
        self.clock = SimulatedClock(START + HOUR)
        self.twilio = FakeTwilio()
        channel = TwilioChannel(twilio_spec(self.twilio.url, name="sms", receipts_url=RECEIPTS))
        self.started_at = START
        self.kept: list[Kept] = []

        def find(link_id: str) -> FoundLink | None:
            link = self.rows.get(link_id)
            started = msgspec.structs.replace(ATTEMPT, call_started_at=self.started_at)
            return FoundLink(link, started) if link is not None and TRACKING.fits(link) else None

        receipts = ReceiptDoor(
            channels={"sms": channel},
            append_event=self.append,
            find_attempt=lambda _channel, told, ours: ATTEMPT if told == "SM1" or ours == "prp_1" else None,
            find_sender=lambda _kind, address: self.senders.get(address),
            review=lambda inbound, _sender: self.reviewed.append(inbound),
            suppress=lambda address, _reason: self.suppressed.append(address),
            keep=self.kept.append,
            find_written=lambda _channel, _address: ATTEMPT,
            clock=self.clock,
            lift=self.lifted.append,
            help_answers={"sms": b"<Response><Message>Linden: call us.</Message></Response>"},
        )
        door = DeliveryDoor(
            brand="Linden Studio",
            links=UNSUBSCRIBE,
            append_event=self.append,
            clock=self.clock,
            receipts=receipts,
            visits=LinkDoor(find=find, append_event=self.append, keep=self.kept.append, clock=self.clock),
        )
        self.http = Http(Starlette(routes=delivery_routes(door)))

    def append(self, event: dict[str, Any]) -> None:
        if self.broken:
            text = "full"
            raise TransientError("log_full", text)
        self.events.append(event)

    def follow(self, link: TrackedLink = CLICK, method: str = "GET", headers: dict[str, str] | None = None) -> Any:
        path = "/l/" if link.kind == "click" else "/o/"
        return self.http.request(method, path + link.id, headers=BROWSER | (headers or {}))

    def answer(self, text: str, sender: str = "+4930901820", sid: str = "SM9") -> Any:
        form = {"MessageSid": sid, "SmsStatus": "received", "From": sender, "Body": text}
        headers, body = self.twilio.callback(RECEIPTS, form)
        return self.http.post("/v1/receipts/sms", content=body, headers=headers)


@pytest.fixture
def web() -> Any:
    made = Web()
    yield made
    made.twilio.close()


@pytest.fixture(scope="module")
def shared() -> Any:
    made = Web()
    yield made
    made.twilio.close()


def names(web: Web) -> list[str]:
    return [event["event"] for event in web.events]


def test_a_click_leads_to_the_target_and_is_an_event(web: Web) -> None:
    answer = web.follow()
    assert (answer.status_code, answer.headers["location"]) == (302, "https://shop.example.com/a?x=1")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    (event,) = web.events
    assert (event["event"], event["properties"]["machine"]) == ("Message Clicked", False)
    assert event["properties"]["proposal_id"] == "prp_1"
    assert "shop.example.com" not in str(event)


def test_a_second_click_within_the_minute_is_the_same_event(web: Web) -> None:
    web.follow()
    web.follow()
    assert len({event["messageId"] for event in web.events}) == 1


@pytest.mark.parametrize(
    ("method", "headers"),
    [("HEAD", {}), ("GET", {"purpose": "prefetch"}), ("GET", {"user-agent": "WhatsApp/2.24"})],
)
def test_a_look_counts_for_nothing(web: Web, method: str, headers: dict[str, str]) -> None:
    assert web.follow(CLICK, method, headers).status_code == 302
    assert web.events == []


def test_a_machine_is_on_record_under_a_name_of_its_own(web: Web) -> None:
    web.http.request("GET", f"/l/{CLICK.id}", headers={"user-agent": "Barracuda"})
    assert names(web) == ["Message Clicked by Machine"]
    assert web.events[0]["properties"]["machine"] is True


def test_whoever_clicks_seconds_after_the_send_is_a_machine(web: Web) -> None:
    web.started_at = web.clock.now() - 2 * SECOND
    web.follow()
    assert names(web) == ["Message Clicked by Machine"]


def test_opens_are_labelled_and_the_picture_always_comes(web: Web) -> None:
    assert web.follow(OPEN).headers["content-type"] == "image/gif"
    web.http.request("GET", f"/o/{OPEN.id}", headers={"user-agent": "Mozilla/5.0"})
    assert names(web) == ["Message Opened", "Message Opened by Machine"]
    assert web.http.get("/o/AAAAAAAAAAAAAAAA").headers["content-type"] == "image/gif"
    assert len(web.events) == 2


def test_a_click_that_cannot_be_recorded_still_leads_on(web: Web) -> None:
    web.broken = True
    assert web.follow().headers["location"] == "https://shop.example.com/a?x=1"


def test_a_row_that_was_changed_leads_nowhere(web: Web) -> None:
    web.rows[CLICK.id] = msgspec.structs.replace(CLICK, target="https://evil.example/")
    answer = web.follow()
    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_a_link_is_no_picture_and_a_picture_no_link(web: Web) -> None:
    assert web.http.get(f"/l/{OPEN.id}").status_code == 404
    web.http.get(f"/o/{CLICK.id}")
    assert web.events == []


@settings(max_examples=examples(40))
@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=40))
def test_no_address_leads_anywhere_but_to_a_stored_target(shared: Web, told: str) -> None:
    for path in (
        f"/l/{quote(told, safe='')}",
        f"/l/{CLICK.id}?url={quote(told)}",
        f"/l/{quote(told)}?to=https://evil.example",
    ):
        location = shared.http.get(path).headers.get("location", "https://engage.example.com/l/")
        assert location == "https://shop.example.com/a?x=1" or location.startswith("https://engage.example.com/l/")


def test_stop_withdraws_everything_on_the_channel(web: Web) -> None:
    assert web.answer("Stop!").json() == {"accepted": 1, "unknown": 0}
    withdrawal, received = web.events
    assert withdrawal["event"] == "Consent Updated"
    told = {"channel": "sms", "action": "withdraw", "evidence": "answered STOP", "method": "stop_word"}
    assert withdrawal["properties"] == told
    assert withdrawal["context"]["fieldfare"]["profile_id"] == 7
    assert (received["event"], received["properties"]["keyword"]) == ("Message Received", "stop")
    web.answer("Stop!")
    assert len({event["messageId"] for event in web.events}) == 2, "posted again it is the same"


def test_wording_that_may_mean_it_goes_to_a_person_and_into_no_event(web: Web) -> None:
    web.answer("please stop texting my mother")
    assert [inbound.text for inbound in web.reviewed] == ["please stop texting my mother"]
    assert names(web) == ["Message Received"]
    assert "mother" not in str(web.events)
    assert "+4930901820" not in str(web.events)


def test_stop_from_somebody_nobody_knows_suppresses_the_address(web: Web) -> None:
    assert web.answer("STOP", "+4930901821").json() == {"accepted": 1, "unknown": 0}
    assert (web.suppressed, web.events) == ([b"b" * 16], [])
    assert web.answer("hello", "+4930901821").json() == {"accepted": 0, "unknown": 1}
    assert web.answer("STOP", "nobody").json() == {"accepted": 0, "unknown": 1}


def test_start_takes_back_the_stop_and_grants_nothing(web: Web) -> None:
    web.answer("START")
    started, received = web.events
    told = started["properties"]
    assert (told["action"], told["method"], told["lift"]) == ("refresh", "start_word", True)
    assert "purpose" not in told
    assert received["event"] == "Message Received"
    web.answer("START", "+4930901821")
    assert (web.lifted, len(web.events)) == ([b"b" * 16], 2)


def test_help_is_answered_in_the_response(web: Web) -> None:
    answer = web.answer("HELP")
    assert answer.headers["content-type"].startswith("text/xml")
    assert "call us" in answer.text
    assert names(web) == ["Message Received"]
    assert web.answer("hello").json() == {"accepted": 1, "unknown": 0}


def test_when_the_log_is_full_the_provider_is_told_to_come_again(web: Web) -> None:
    web.broken = True
    assert web.answer("STOP").status_code == 503


def test_a_receipt_of_a_message_whose_answer_was_lost_is_found_by_our_id(web: Web) -> None:
    form = {"MessageSid": "SM404", "MessageStatus": "delivered"}
    headers, body = web.twilio.callback(f"{RECEIPTS}?proposal=prp_1", form)
    answer = web.http.post("/v1/receipts/sms?proposal=prp_1", content=body, headers=headers)
    assert answer.json() == {"accepted": 1, "unknown": 0}
    assert names(web) == ["Message Delivered"]
    forged = web.http.post("/v1/receipts/sms?proposal=prp_2", content=body, headers=headers)
    assert (forged.status_code, forged.json()["code"]) == (401, "receipt_unsigned")
