"""From a proposal and a person to the message: language, place, bounds, fallback, way out, links, the channel."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.compose import Composer, language_of
from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Address, Capabilities, ChannelSpec, Message, Person
from fieldfare.act.delivery.render import RenderFailure
from fieldfare.act.delivery.wording import Place
from fieldfare.testing.delivery import a_proposal
from tests.decide.act.delivery.builders import BRAND, LINKS, template
from tests.decide.act.delivery.test_links import hash_of

EMAIL = capabilities_of(ChannelSpec(name="email", driver="smtp", address="email"))
SMS = capabilities_of(ChannelSpec(name="sms", driver="twilio", address="phone"))
PORTO = Place(name="porto", title="Porto", fields={"offer": "two days", "hours": "x" * 99})
ADDRESS = Address("ada@example.com", b"a" * 16)


def composed(
    can: Capabilities = EMAIL,
    *,
    traits: dict[str, Any] | None = None,
    location: str | None = None,
    language: str | None = None,
    links: Links | None = None,
    variables: dict[str, Any] | None = None,
    purpose: str = "marketing",
    **fields: Any,
) -> Message | RenderFailure:
    composer = Composer(
        templates={"hello": template(**fields)},
        brand=BRAND,
        transactional=frozenset({"transactional"}),
        unsubscribe=LINKS,
        places={"porto": PORTO},
        links=links,
    )
    person = Person(address=ADDRESS, traits=traits or {}, location=location)
    proposal = a_proposal(1, variables=variables or {}, purpose=purpose)
    return composer.compose(proposal, person, ADDRESS, can, language=language)


def message(*args: Any, **fields: Any) -> Message:
    made = composed(*args, **fields)
    assert isinstance(made, Message), made
    return made


GERMAN = {"de": {"subject": "Hallo", "text": "Guten Tag"}}


def test_the_profiles_language_chooses_the_words_and_the_way_out() -> None:
    assert message(locales=GERMAN, text="Hello", traits={"language": "de-AT"}).variant == "de"
    made = message(locales=GERMAN, text="Hello", traits={"locale": "de_DE"})
    assert (made.subject, made.text.splitlines()[0]) == ("Hallo", "Guten Tag")
    assert "Abmelden: " in made.text
    assert message(locales=GERMAN, text="Hello", traits={"language": "fr"}).text.startswith("Hello")
    assert message(locales=GERMAN, text="Hello", language="de").variant == "de"


def test_languages_are_read_from_the_first_trait_that_names_one() -> None:
    assert language_of({"language": " ", "locale": "pt-BR"}) == "pt-BR"
    assert language_of({"language": 3}) is None


FIELDS = {"offer": {"default": "a week", "max_length": 20}, "hours": {"default": "all day"}}


def test_a_place_says_what_the_brand_leaves_open() -> None:
    text = "{{ location.offer }}, {{ location.hours }}"
    assert message(text=text, location_fields=FIELDS).text.startswith("a week, all day")
    assert message(text=text, location_fields=FIELDS, location="porto").text.startswith(f"two days, {'x' * 99}")
    locked = {"offer": {"default": "a week", "locked": True}, "hours": {"default": "all day", "max_length": 20}}
    assert message(text=text, location_fields=locked, location="porto").text.startswith("a week, all day")
    assert message(text="x", location="porto").location == "porto"


def test_missing_data_takes_the_fallback_and_never_a_blank() -> None:
    made = message(text="Hello {{ profile.first_name }}", fallback={"text": "Hello there"})
    assert (made.text.splitlines()[0], made.subject, made.variant) == ("Hello there", "Hi", "/fallback")
    failed = composed(text="Hello {{ profile.first_name }}")
    assert isinstance(failed, RenderFailure)
    assert failed.variable == "profile.first_name"
    both = composed(text="{{ profile.a }}", fallback={"text": "{{ profile.b }}"})
    assert isinstance(both, RenderFailure)
    assert both.variable == "profile.b"
    german = {"de": {"subject": "Hallo", "text": "Hallo {{ profile.first_name }}", "fallback": {"text": "Hallo du"}}}
    assert message(text="x", locales=german, language="de").variant == "de/fallback"


def test_a_variable_beyond_its_bounds_is_refused_even_by_the_fallback() -> None:
    variables = {"offer": {"default": "x", "max_length": 5}}
    made = render_with({"offer": "far too long"}, text="{{ offer }}", declared=variables)
    assert isinstance(made, RenderFailure)
    assert (made.part, made.variable) == ("variables", "offer")
    assert "far too long" not in made.why
    sneaky = render_with(
        {"offer": "far too long"}, text="{{ offer }}", declared=variables, fallback={"text": "{{ offer }}"}
    )
    assert isinstance(sneaky, RenderFailure)
    plain = render_with({"offer": "far too long"}, text="{{ offer }}", declared=variables, fallback={"text": "Hello"})
    assert isinstance(plain, Message)


def render_with(
    given: dict[str, Any], *, text: str, declared: dict[str, Any], **fields: Any
) -> Message | RenderFailure:
    composer = Composer(
        templates={"hello": template(text, variables=declared, **fields)},
        brand=BRAND,
        transactional=frozenset(),
        unsubscribe=LINKS,
    )
    proposal = a_proposal(1, variables=given)
    return composer.compose(proposal, Person(address=ADDRESS, traits={}), ADDRESS, EMAIL)


def test_the_reason_and_the_way_to_a_person_stand_in_every_part_once() -> None:
    lines: dict[str, Any] = {
        "reason": "You are a member of {{ location.title }}.",
        "human": "Answer & a person reads it.",
    }
    made = message(text="Hi", html="<p>Hi</p>", location="porto", **lines)
    assert made.text.count("You are a member of Porto. Answer & a person reads it.") == 1
    assert "You are a member of Porto.<br>Answer &amp; a person reads it." in (made.html or "")
    own = message(text="Hi. {{ reason }}", location="porto", **lines)
    assert own.text.count("You are a member of Porto.") == 1
    missing = composed(text="Hi", **lines)
    assert isinstance(missing, RenderFailure)
    assert (missing.part, missing.variable) == ("reason", "location.title")


def test_the_plain_text_is_made_from_the_html_or_refused() -> None:
    made = message(text=None, html="<p>Hello <a href='https://a.example/'>there</a></p>")
    assert made.text.startswith("Hello there (https://a.example/)")
    empty = composed(text=None, html="<img src='x'>")
    assert isinstance(empty, RenderFailure)
    assert empty.part == "text"


def test_a_text_message_leaves_by_reply() -> None:
    plain = {"subject": None, "channel": "sms"}
    assert message(SMS, text="Linden: come back", **plain).text == "Linden: come back Reply STOP to opt out"
    assert message(SMS, text="Linden: hi. Text STOP to leave", **plain).text == "Linden: hi. Text STOP to leave"
    assert message(SMS, text="Linden: hi", purpose="transactional", **plain).text == "Linden: hi"


@pytest.mark.parametrize(
    ("fields", "part"),
    [({"html": "<p>x</p>"}, "html"), ({"text": "a" * 500}, "text"), ({"text": "a" * 1700}, "text")],
)
def test_what_the_channel_cannot_carry_is_an_answer(fields: dict[str, Any], part: str) -> None:
    made = composed(SMS, **{"text": "Linden: STOP", "channel": "sms", "subject": None, **fields})
    assert isinstance(made, RenderFailure)
    assert made.part == part


def test_links_are_tracked_where_the_workspace_and_the_template_say_so() -> None:
    tracking = Links(domain="https://go.example.com", hash_of=hash_of)
    text = "See https://shop.example.com/a"
    made = message(text=text, links=tracking)
    assert [link.target for link in made.links] == ["https://shop.example.com/a"]
    assert (made.unsubscribe_url or "") in made.text
    assert message(text=text).links == ()
    assert message(text=text, links=tracking, track=False).links == ()
    tasks = msgspec.structs.replace(EMAIL, links=False)
    assert message(tasks, text=text, links=tracking).links == ()
