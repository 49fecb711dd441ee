"""A journey pauses itself by what its messages did: counted in the lake, once, and again only by something new."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from fieldfare.act.delivery.events import receipt_event, withdrawal_event
from fieldfare.act.delivery.model import Receipt
from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.answering import open_stops
from fieldfare.assembly.installation import open_answers
from fieldfare.decide.journeys.stop import Count
from fieldfare.flow.relay import append_own
from fieldfare.flow.stop_counts import StopCounts
from fieldfare.flow.stop_journeys import StopJourneys
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

WORKSPACE = {
    "workspace.yaml": """
name: linden
time_zone: Europe/Berlin
currency: EUR
public_url: https://engage.example.com
brand: {name: Linden Studio, postal_address: 1 Linden Street, from_email: hello@linden.example.com}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}", verifies: [email]}]
""",
    "consent.yaml": "purposes: {service: {description: d, consent: not_required}, news: {description: d}}\n",
    "channels.yaml": "channels:\n  email: {driver: capture}\n",
    "traits.yaml": "traits: {email: {type: text, sensitivity: contact}}\n",
    "templates/hello.yaml": "template: hello\nchannel: email\nsubject: Welcome\ntext: Welcome to us\n",
    "templates/news.yaml": "template: news\nchannel: email\nsubject: News\ntext: News {{ unsubscribe_url }}\n",
    "journeys/welcome.yaml": """
journey: welcome
entry: {event: joined}
purpose: service
steps: [send: {channel: email, template: hello}]
stop:
  - {what: complained, above: 10 %, within: 7 days, at_least: 5}
  - {what: failed, above: 50 %, within: 1 day, at_least: 5}
""",
    "journeys/other.yaml": """
journey: other
entry: {event: joined}
purpose: news
steps: [send: {channel: email, template: news}]
stop: [{what: refused, above: 99 %, within: 7 days, at_least: 50}]
""",
}
PEOPLE = 10


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("stops")
    for name, text in WORKSPACE.items():
        (folder / "workspace" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "workspace" / name).write_text(text)
    with opened(folder / "data", NOON, folder / "workspace") as made:
        for number in range(PEOPLE):
            who = {"userId": f"u{number}"}
            made.send({"type": "identify", "traits": {"email": f"u{number}@example.com"}, **who}, NOON)
            made.send({"type": "track", "event": "joined", **who}, NOON + 1)
        made.tick(NOON + 1)
        yield made


def attempts(whole: Whole) -> list[Any]:
    with whole.stores.state.read() as connection:
        return list(connection.execute(select(attempt).where(attempt.c.journey == "welcome").order_by(attempt.c.id)))


def append(whole: Whole, event: dict[str, Any]) -> None:
    append_own(
        whole.stores.log, whole.stores.keys, event, whole.clock.now(), 14, urgent="action" in event["properties"]
    )


def report(whole: Whole, number: int, status: str, at: int, times: int = 1, **detail: Any) -> None:
    """Let the provider report something about a message, however often, as it does."""
    one = attempts(whole)[number]
    for again in range(times):
        name = f"{one.id}-{status}-{again}"
        told = Receipt(provider_id=one.id, status=status, occurred_at=at, id=name, detail=detail)
        append(whole, receipt_event(one, told))
    whole.tick(at)


def count(whole: Whole, what: str, since: int, journey: str = "welcome") -> Count:
    whole.installation.loader(whole.lake).sync()
    return StopCounts(whole.lake).count(journey, what, since)


def pauses(whole: Whole) -> list[tuple[str, str, str]]:
    found = open_answers(whole.installation, whole.lake).orders.pauses()
    return [(each["name"], each["actor"], each["reason"]) for each in found]


def test_a_call_that_is_made_again_has_not_failed(whole: Whole) -> None:
    with whole.stores.state.write() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(attempt))]
        again = [{**row, "id": f"before-{row['id']}", "outcome": "failed", "provider_id": None} for row in rows]
        connection.execute(insert(attempt), again)
    assert count(whole, "failed", NOON - 1) == Count(0, PEOPLE)
    report(whole, 0, "failed", NOON + HOUR, times=2)
    assert count(whole, "failed", NOON - 1) == Count(1, PEOPLE)


def test_what_happened_is_counted_once_a_message(whole: Whole) -> None:
    report(whole, 0, "bounced", NOON + HOUR, times=3)
    report(whole, 1, "bounced", NOON + HOUR, soft=True)
    assert count(whole, "bounced", NOON - 1) == Count(1, PEOPLE)
    assert count(whole, "bounced", NOON + HOUR) == Count(0, 0)
    assert count(whole, "refused", NOON - 1, "other") == Count(PEOPLE, PEOPLE)
    assert count(whole, "unsure", NOON - 1, "other") == Count(0, PEOPLE)
    one = attempts(whole)[2]
    left = withdrawal_event(
        profile_id=one.profile_id,
        address_hash=one.address_hash,
        purpose="news",
        channel="email",
        proposal_id=one.proposal_id,
        now=NOON + HOUR,
        evidence="link",
    )
    append(whole, left)
    report(whole, 2, "unsubscribed", NOON + HOUR)
    assert count(whole, "unsubscribed", NOON - 1) == Count(1, PEOPLE)
    assert count(whole, "unsubscribed", NOON - 1, "other") == Count(0, 0)


def test_a_journey_pauses_once_and_after_a_resume_only_by_something_new(whole: Whole) -> None:
    stops, at = open_stops(whole.installation, whole.lake), NOON + 2 * HOUR
    report(whole, 3, "complained", at)
    assert stops.run(at + 1) == 0
    report(whole, 4, "complained", at, times=2)
    assert (stops.run(at + 1), stops.run(at + 2), open_stops(whole.installation, whole.lake).run(at + 3)) == (1, 0, 0)
    whole.tick(at + 3)
    why = "2 of 10 are complained (20.0 %), and at most 10 % may be"
    assert pauses(whole) == [("welcome", "stop criterion", why)]
    whole.tick(at + HOUR)
    open_answers(whole.installation, whole.lake).orders.resume("journey", "welcome", "ann", "the subject was wrong")
    assert stops.run(at + 2 * HOUR) == 0
    assert pauses(whole) == []
    for number in range(PEOPLE, 2 * PEOPLE):
        who = {"userId": f"u{number}"}
        whole.send({"type": "identify", "traits": {"email": f"u{number}@example.com"}, **who}, at + DAY)
        whole.send({"type": "track", "event": "joined", **who}, at + DAY)
    whole.tick(at + DAY)
    fresh = [place for place, each in enumerate(attempts(whole)) if each.granted_at >= at + DAY]
    for place in fresh[:2]:
        report(whole, place, "complained", at + DAY)
    assert stops.run(at + DAY + 1) == 1
    whole.tick(at + DAY + 1)
    assert [name for name, _, _ in pauses(whole)] == ["welcome"]


def test_what_cannot_be_counted_stops_nobody_else(whole: Whole) -> None:
    def counting() -> Any:
        def broken(journey: str, _what: str, _since: int) -> Count:
            if journey == "other":
                raise TransientError("lake_busy", "The lake is busy.")
            return Count(0, 100)

        return broken

    stops = StopJourneys(
        whole.stores.state, whole.workspace.journeys, whole.installation.definitions.calendar, counting
    )
    assert stops.run(whole.clock.now()) == 0
