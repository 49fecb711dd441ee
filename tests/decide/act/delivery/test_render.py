"""Rendering: what goes in comes out, escaped; what is missing is named; nobody is left without a way out."""

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.liquid import compile_plain, known_filters
from fieldfare.act.delivery.model import Message
from fieldfare.act.delivery.render import RenderFailure, render
from fieldfare.testing.delivery import a_proposal
from tests.decide.act.delivery.builders import BRAND, template

URL = "https://engage.example.com/u/abc?x=1&y=2"


def rendered(
    profile: dict[str, Any] | None = None,
    *,
    marketing: bool = True,
    variables: dict[str, Any] | None = None,
    **fields: Any,
) -> Message | RenderFailure:
    return render(
        template(**fields),
        a_proposal(1, variables=variables or {}),
        to="ada@example.com",
        profile=profile if profile is not None else {"first_name": "Ada"},
        brand=BRAND,
        unsubscribe_url=URL,
        marketing=marketing,
    )


def message(*args: Any, **fields: Any) -> Message:
    made = rendered(*args, **fields)
    assert isinstance(made, Message), made
    return made


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello {{ profile.first_name }}", "Hello Ada"),
        ("Hello {{ profile.nickname | default: 'there' }}", "Hello there"),
        ("{% if profile.nickname %}yes{% else %}no{% endif %}", "no"),
        ("{{ brand.name }}", "Linden Studio"),
        ("{{ event.amount | times: 2 }}", "14"),
        ("{{ offer }} until {{ '2026-02-01' | date: '%d %B %Y' }}", "ten percent until 01 February 2026"),
        ("{% for one in event.items %}[{{ one }}]{% endfor %}", "[a][b]"),
    ],
)
def test_values_come_from_profile_brand_event_and_variables(text: str, wanted: str) -> None:
    variables = {"event": {"amount": 7, "items": ["a", "b"]}, "offer": "ten percent"}
    made = render(
        template(text, variables={"offer": "none"}),
        a_proposal(1, variables=variables),
        to="ada@example.com",
        profile={"first_name": "Ada"},
        brand=BRAND,
        unsubscribe_url=URL,
        marketing=False,
    )
    assert isinstance(made, Message)
    assert made.text == wanted


@pytest.mark.parametrize(
    ("field", "source", "variable"),
    [
        ("text", "Hello {{ profile.first_name }}", "profile.first_name"),
        ("text", "{{ profile.first_name | upcase }}", "profile.first_name"),
        ("text", "{{ profile.address.city }}", "profile.address"),
        ("text", "{% for one in event.items %}{{ one }}{% endfor %}", "event.items"),
        ("text", "{{ profile.joined_on | date: '%Y' }}", "profile.joined_on"),
        ("subject", "{{ profile.first_name }}", "profile.first_name"),
        ("html", "<b>{{ profile.first_name }}</b>", "profile.first_name"),
    ],
)
def test_a_missing_value_is_an_answer_that_names_the_variable(field: str, source: str, variable: str) -> None:
    profiles: tuple[dict[str, Any], ...] = ({}, {"first_name": None, "joined_on": None})
    for profile in profiles:
        parts: dict[str, Any] = {"text": "text", field: source}
        made = rendered(profile, **parts)
        assert isinstance(made, RenderFailure)
        assert (made.part, made.variable) == (field, variable)


def test_a_required_variable_that_the_step_did_not_set_is_named() -> None:
    failure = render(
        template("{{ offer }}", variables={"offer": None}),
        a_proposal(1),
        to="a@example.com",
        profile={},
        brand=BRAND,
        unsubscribe_url=URL,
        marketing=True,
    )
    assert isinstance(failure, RenderFailure)
    assert failure.variable == "offer"


def test_a_steps_variables_cannot_replace_what_is_given() -> None:
    made = message(
        text="{{ unsubscribe_url }} {{ brand.name }}", variables={"unsubscribe_url": "x", "brand": {"name": "y"}}
    )
    assert made.text == f"{URL} Linden Studio"


def test_a_failure_holds_no_value() -> None:
    made = rendered({"first_name": "Secret"}, text="{{ profile.first_name | date: '%Y' }}")
    assert isinstance(made, RenderFailure)
    assert "Secret" not in repr(made)


def test_marketing_without_a_link_gets_a_footer_in_both_parts() -> None:
    made = message(html="<html><body><p>Hi</p></body></html>")
    assert made.text.endswith(f"Linden Studio, 1 Linden Street, Springfield\nUnsubscribe: {URL}\n")
    assert made.html is not None
    assert made.html.endswith("</p></body></html>")
    assert unescape(re.findall('href="([^"]+)"', made.html)[0]) == URL
    assert made.headers == {"List-Unsubscribe": f"<{URL}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    assert made.unsubscribe_url == URL


def test_marketing_with_its_own_link_is_left_as_written() -> None:
    made = message(text="Leave: {{ unsubscribe_url }}", html='<a href="{{ unsubscribe_url }}">leave</a>')
    assert made.text == f"Leave: {URL}"
    assert made.html == f'<a href="{URL.replace("&", "&amp;")}">leave</a>'


def test_each_part_is_looked_at_by_itself() -> None:
    made = message(text="Leave: {{ unsubscribe_url }}", html="<p>no link</p>")
    assert made.html is not None
    assert made.html.count("Unsubscribe") == 1


def test_transactional_messages_have_no_footer_and_no_headers() -> None:
    made = message(marketing=False)
    assert (made.text, made.headers, made.unsubscribe_url) == ("Hello Ada", {}, None)


def test_a_subject_is_one_line_whatever_the_value() -> None:
    made = message({"first_name": "A\r\nBcc: eve@example.com\u2028\x00z"}, subject="Hi {{ profile.first_name }}")
    assert made.subject == "Hi A Bcc: eve@example.com z"


def test_the_clock_files_and_other_templates_are_out_of_reach() -> None:
    made = rendered(text="{{ 'now' | date: '%Y' }}")
    assert isinstance(made, RenderFailure)


def test_a_template_that_never_ends_is_a_failure() -> None:
    source = "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}"
    made = rendered(text=source)
    assert isinstance(made, RenderFailure)
    assert "LoopIterationLimit" in made.why


HOSTILE = "</p><script>alert(1)</script>\"'>&amp;&lt;script&gt;"
ARGUMENTS = {
    "append": ": profile.v", "prepend": ": profile.v",
    "remove": ": 'z'", "remove_first": ": 'z'", "remove_last": ": 'z'",
    "replace": ": 'z', profile.v", "replace_first": ": 'a', profile.v", "replace_last": ": 'a', profile.v",
    "split": ": 'z'", "join": ": profile.v", "truncate": ": 30, profile.v", "truncatewords": ": 1, profile.v",
    "default": ": profile.v", "slice": ": 0, 40",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(known_filters()))
def test_no_filter_lets_a_value_become_markup(name: str) -> None:
    for source in (
        f"{{{{ profile.v | {name}{ARGUMENTS.get(name, '')} }}}}",
        f"{{{{ profile.v | {name}{ARGUMENTS.get(name, '')} | append: profile.v | {name}{ARGUMENTS.get(name, '')} }}}}",
        f"{{% assign w = profile.v | {name}{ARGUMENTS.get(name, '')} %}}{{{{ w }}}}",
        f"{{% capture w %}}{{{{ profile.v | {name}{ARGUMENTS.get(name, '')} }}}}{{% endcapture %}}{{{{ w }}}}",
    ):
        made = rendered({"v": HOSTILE, "first_name": "A"}, html=source)
        if isinstance(made, Message) and made.html is not None:
            assert "<script" not in made.html.split("<p style=")[0], source


@given(
    st.dictionaries(
        st.sampled_from(["first_name", "b", "c"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=3),
    ),
    st.lists(st.sampled_from(sorted(known_filters())), max_size=3),
)
def test_any_values_and_filters_give_a_message_or_an_answer(profile: dict[str, Any], filters: list[str]) -> None:
    source = "{{ profile.first_name | " + " | ".join(filters) + " }}" if filters else "{{ profile.first_name }}"
    made = rendered(profile, text=source, subject=source, html=source)
    assert isinstance(made, Message | RenderFailure)
    if isinstance(made, Message):
        assert made.subject is not None
        assert not set(made.subject) & set("\r\n\x00")
        assert URL in made.text


def test_planted_fault_an_environment_that_does_not_escape_is_caught() -> None:
    made = compile_plain("{{ profile.v }}").render(profile={"v": HOSTILE})
    assert "<script" in made, "the check above can see what it looks for"
