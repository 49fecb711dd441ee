"""From a journey to the reader and back, over real stores: languages, places, links, tasks, mailbox, previews."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.model import Inbound, Keyword, TrackedLink
from fieldfare.act.delivery.store import SqlLinks, attempt, captured_message, task, tracked_link
from fieldfare.assembly.channels import delivery_door
from fieldfare.assembly.installation import open_answers, open_erasure
from fieldfare.flow.captured import MailboxFilter
from fieldfare.flow.trait_answers import Reveal
from fieldfare.ground.errors import CallerError
from fieldfare.know.profiles.store import reveal
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

CLUB = {"properties": {"location_id": "porto"}}
WORKSPACE = {
    "workspace.yaml": """
name: linden
time_zone: Europe/Berlin
currency: EUR
public_url: https://engage.example.com
links: {domain: https://go.example.com, opens: true}
brand: {name: Linden Studio, postal_address: 1 Linden Street, from_email: hello@linden.example.com}
sources: [{name: app, write_key: "${FIELDFARE_WRITE_KEY}", verifies: [email, phone]}]
""",
    "consent.yaml": "purposes: {service: {description: d, consent: not_required}}\n",
    "channels.yaml": "channels:\n  email: {driver: capture}\n  desk: {driver: task, list: front-desk, due: 2 days}\n",
    "locations.yaml": """
locations:
  - {location: porto, time_zone: Europe/Lisbon, name: Porto, fields: {offer: two free days}}
""",
    "traits.yaml": """
traits:
  email: {type: text, sensitivity: contact}
  first_name: {type: text, sensitivity: personal}
  language: {type: text}
""",
    "templates/hello.yaml": """
template: hello
channel: email
subject: Welcome {{ profile.first_name }}
html: <p>{{ location.offer }} <a href="https://shop.example.com/{{ profile.first_name }}">Book</a></p>
locales:
  de: {subject: Willkommen, html: "<p>{{ location.offer }} <a href='https://shop.example.com/de'>Buchen</a></p>"}
fallback: {subject: Welcome, text: Welcome to us}
location_fields: {offer: {default: a free week, max_length: 40}}
""",
    "templates/call.yaml": """
template: call
channel: desk
text: "Call {{ profile.first_name | default: 'this person' }} about {{ location.title | default: 'the club' }}."
""",
    "journeys/welcome.yaml": """
journey: welcome
entry: {event: membership_activated, reentry: never}
purpose: service
steps:
  - send: {channel: email, template: hello}
  - send: {channel: desk, template: call}
""",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("messages")
    for name, text in WORKSPACE.items():
        (folder / "workspace" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "workspace" / name).write_text(text)
    with opened(folder / "data", NOON, folder / "workspace") as made:
        for user, traits in (
            ("ada", {"first_name": "Ada", "language": "en"}),
            ("uwe", {"first_name": "Uwe", "language": "de_AT"}),
            ("kim", {}),
        ):
            context = {"traits": {"email": f"{user}@example.com", **traits}}
            made.send({"type": "identify", "userId": user, **context}, NOON)
            made.tick(NOON)
            made.send({"type": "track", "event": "membership_activated", "userId": user, **CLUB}, NOON + 1)
            made.tick(NOON + 1)
        made.installation.loader(made.lake).sync()
        yield made


def found(whole: Whole, **asked: Any) -> list[dict[str, Any]]:
    answers = open_answers(whole.installation, whole.lake)
    messages: list[dict[str, Any]] = answers.mailbox.search(MailboxFilter(**asked))["messages"]
    return messages


def to(whole: Whole, user: str) -> dict[str, Any]:
    (message,) = found(whole, address=f"email:{user}@example.com")
    return message


def test_each_gets_their_language_the_places_offer_or_the_fallback(whole: Whole) -> None:
    assert to(whole, "ada")["subject"] == "Welcome Ada"
    assert "two free days" in to(whole, "ada")["text"]
    assert to(whole, "uwe")["subject"] == "Willkommen"
    assert to(whole, "kim")["text"].startswith("Welcome to us")


def test_links_lead_over_our_domain_to_what_was_stored(whole: Whole) -> None:
    message = to(whole, "ada")
    (name,) = set(re.findall(r"https://go\.example\.com/l/([\w-]{16})", message["text"] + message["html"]))
    assert "shop.example.com" not in message["text"] + message["html"]
    door = delivery_door(whole.installation, lambda _: None)
    stored = door.visits.find(name)
    assert stored is not None
    assert stored.link.target == "https://shop.example.com/Ada"
    assert stored.attempt is not None
    assert stored.attempt.proposal_id == message["proposal_id"]
    with whole.stores.state.read() as connection:
        rows = connection.execute(select(tracked_link)).all()
    assert all(b"shop.example.com" not in row.sealed for row in rows), "targets are sealed"


def test_a_changed_row_is_no_link(whole: Whole) -> None:
    keys = whole.stores.keys
    links = SqlLinks(keys.seal_token, keys.open_token)
    forged = TrackedLink(id="A" * 16, proposal_id="prp_x", kind="click", place=0, target="https://evil.example")
    with whole.stores.state.write() as connection:
        links.add(connection, [forged], NOON)
    assert delivery_door(whole.installation, lambda _: None).visits.find("A" * 16) is None


def test_tasks_stand_on_their_list_with_place_and_due(whole: Whole) -> None:
    # The simulation captures every channel; the true one is opened beside it.
    with whole.stores.state.read() as connection:
        rows = connection.execute(select(captured_message).where(captured_message.c.channel == "desk")).all()
    assert len(rows) == 3
    assert {message["text"] for message in found(whole, channel="desk")} >= {"Call Ada about Porto."}


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 6),
        ({"template": "hello"}, 3),
        ({"channel": "desk"}, 3),
        ({"words": "TWO days free"}, 2),
        ({"words": "two days nothing"}, 0),
        ({"first": "2999-01-01"}, 0),
        ({"last": "2999-01-01"}, 6),
        ({"address": "email:ADA@example.com"}, 1),
        ({"address": "email:nobody@example.com"}, 0),
        ({"limit": 2}, 2),
    ],
)
def test_the_mailbox_is_searched(whole: Whole, asked: dict[str, Any], count: int) -> None:
    assert len(found(whole, **asked)) == count


def test_the_mailbox_by_person(whole: Whole) -> None:
    profile = whole.profile_id("user_id:ada")
    assert {message["profile_id"] for message in found(whole, profile=profile)} == {profile}


@pytest.mark.parametrize(
    ("asked", "code"),
    [({"address": "ada"}, "address_unreadable"), ({"first": "soon"}, "span_invalid"), ({"limit": 0}, "limit_invalid")],
)
def test_a_search_that_cannot_be_meant_is_told(whole: Whole, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(CallerError) as raised:
        found(whole, **asked)
    assert raised.value.code == code


def test_a_check_tells_what_real_people_get(whole: Whole) -> None:
    answers = open_answers(whole.installation, whole.lake)
    (checked,) = answers.templates.check("hello")
    assert (checked["rendered"], checked["fallback"], checked["refused"]) == (2, 1, 0)
    assert checked["is_ok"] is True
    assert "Ada" not in str(checked)


def test_a_preview_is_masked_unless_it_is_revealed_and_that_is_recorded(whole: Whole) -> None:
    templates = open_answers(whole.installation, whole.lake).templates
    shown = templates.preview("hello", "user_id:ada")
    assert (shown["subject"], shown["to"]) == ("Welcome <first_name>", "(masked)")
    assert "Ada" not in str(shown)
    assert "two free days" in shown["text"]
    german = templates.preview("hello", "user_id:ada", "de-AT")
    assert german["variant"] == "de"
    revealed = templates.preview("hello", "user_id:ada", reveal=Reveal("kim", "a complaint"))
    assert (revealed["subject"], revealed["to"]) == ("Welcome Ada", "ada@example.com")
    with whole.stores.state.read() as connection:
        (row,) = connection.execute(select(reveal)).all()
    assert (row.actor, row.reason) == ("kim", "a complaint")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (("nothing", "user_id:ada"), "template_unknown"),
        (("hello", "user_id:nobody"), "profile_unknown"),
        (("hello", "user_id:ada", "german"), "locale_unknown"),
        (("hello", "user_id:ada", None, "mars"), "location_unknown"),
    ],
)
def test_a_preview_that_cannot_be_meant_is_told(whole: Whole, asked: tuple[Any, ...], code: str) -> None:
    templates = open_answers(whole.installation, whole.lake).templates
    with pytest.raises(CallerError) as raised:
        templates.preview(*asked)
    assert raised.value.code == code


def test_an_answer_finds_whoever_was_written_to(whole: Whole) -> None:
    door = delivery_door(whole.installation, lambda _: None).receipts
    sender = door.find_sender("email", "ada@example.com")
    assert sender is not None
    assert sender.profile_id == whole.profile_id("user_id:ada")
    assert door.find_sender("email", "no address") is None
    unknown = door.find_sender("email", "nobody@example.com")
    assert unknown is not None
    assert unknown.profile_id is None
    inbound = Inbound(id="SM1", sender="ada@example.com", text="stop writing", keyword=Keyword.REVIEW)
    door.review(inbound, sender)
    door.review(inbound, sender)
    with whole.stores.state.read() as connection:
        (row,) = connection.execute(select(task)).all()
    assert (row.list, row.kind, row.status) == ("opt-out-review", "opt_out_review", "open")
    body = msgspec.msgpack.decode(whole.stores.keys.open_token(row.sealed), type=TaskBody)
    assert body.text == "stop writing"
    assert b"stop writing" not in row.sealed


def test_an_attempt_is_found_by_our_own_id(whole: Whole) -> None:
    door = delivery_door(whole.installation, lambda _: None).receipts
    with whole.stores.state.read() as connection:
        row = connection.execute(select(attempt).where(attempt.c.channel == "email")).first()
    assert row is not None
    found_one = door.find_attempt("email", "never heard of", row.proposal_id)
    assert found_one is not None
    assert found_one.id == row.id
    assert door.find_attempt("desk", "never heard of", row.proposal_id) is None
    assert door.find_attempt("email", "never heard of", None) is None


def test_erasing_a_person_takes_their_tasks_and_links(whole: Whole) -> None:
    """Last in the file: it changes what the others look at."""
    profile = whole.profile_id("user_id:ada")
    (message,) = found(whole, address="email:ada@example.com")
    (name,) = set(re.findall(r"https://go\.example\.com/l/([\w-]{16})", message["text"]))
    receipt = open_erasure(whole.installation, whole.lake).erase("user_id:ada", "kim", "asked for it")
    assert profile in receipt.profile_ids
    assert (receipt.captured_messages, receipt.tasks, receipt.tracked_links) == (2, 1, 2)
    assert delivery_door(whole.installation, lambda _: None).visits.find(name) is None
    with whole.stores.state.read() as connection:
        assert connection.execute(select(task)).all() == []
