"""Compiling templates: what is right, and every problem at once with its place."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.parse_templates import parse_template
from fieldfare.act.delivery.template_files import TemplateFile
from fieldfare.ground.workspace.model import Problem


def template(**fields: Any) -> tuple[Any, list[Problem]]:
    file = {"template": "hello", "channel": "email", "subject": "Hi", "text": "Hello", **fields}
    return parse_template(msgspec.convert(file, TemplateFile))


@pytest.mark.parametrize(
    ("fields", "path", "word"),
    [
        ({"text": "{% if %}"}, ("text",), "not Liquid"),
        ({"html": "a\nb\n{% if %}"}, ("html",), "its line 3"),
        ({"text": "{{ first_name }}"}, ("text",), "`first_name` is not known"),
        ({"text": "{{ profil.name }}"}, ("text",), "`profil` is not known"),
        ({"subject": "{{ profile.name | upcse }}"}, ("subject",), "`upcse` is not a filter"),
        ({"html": "{{ profile.name | safe }}"}, ("html",), "`safe` is not a filter"),
        ({"variables": {"brand": "x"}}, ("variables", "brand"), "cannot be a variable"),
        ({"variables": {"a b": "x"}}, ("variables", "a b"), "cannot be a variable"),
        ({"subject": None}, (), "`subject` is missing"),
        ({"text": "{% include 'x' %}"}, ("text",), "not Liquid"),
    ],
)
def test_template_problems(fields: dict[str, Any], path: tuple[str, ...], word: str) -> None:
    made, problems = template(**fields)
    assert made is None
    assert any(each.path == path and word in each.what for each in problems), problems
    assert all(each.fix for each in problems)


def test_a_near_name_is_suggested() -> None:
    _, problems = template(text="{{ profil.name }} {{ 'a' | upcse }}")
    assert [each.fix for each in problems] == ["Did you mean `profile`?", "Did you mean `upcase`?"]


def test_a_good_template_knows_its_variables() -> None:
    made, problems = template(
        text="{{ profile.first_name }} {{ offer }} {% assign x = 1 %}{{ x }}", variables={"offer": None, "code": "A"}
    )
    assert problems == []
    assert (made.name, made.required, made.defaults["code"]) == ("hello", frozenset({"offer"}), "A")


def test_other_channels_need_no_subject() -> None:
    made, problems = template(channel="sms", subject=None)
    assert problems == []
    assert made.own.subject is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_parser(text: str) -> None:
    made, problems = template(text=text or " ", html=text)
    assert (made is None) == bool(problems)
