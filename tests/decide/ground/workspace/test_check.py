"""The check says everything that is wrong at once, with a path, and never prints a secret."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from fieldfare.ground.workspace.check import check
from fieldfare.ground.workspace.model import Kind, Problem
from fieldfare.ground.workspace.secrets import Secret


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=1)]
    token: Secret | None = None


class Sample(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, description="What it is called.", examples=["x"])]
    mode: Literal["red", "green"] = "red"
    inner: Inner | str | None = None
    many: list[Inner] = []
    by_name: dict[str, Inner] = {}
    whole: int = 0
    flag: bool = False


def parse(file: Sample) -> tuple[Sample, list[Problem]]:
    return file, []


KIND = Kind("sample", "sample.yaml", Sample, parse, secret_keys=frozenset({"password"}))


def test_good_values_give_the_struct() -> None:
    document, problems = check(KIND, {"name": "n", "inner": {"count": 2, "token": "${T}"}})
    assert problems == []
    assert document == Sample("n", inner=Inner(2, "${T}"))


@pytest.mark.parametrize(
    ("value", "path", "parts"),
    [
        (None, (), ["the file is empty", "mapping"]),
        ([], (), ["the file is a list"]),
        ({}, ("name",), ["`name` is missing", "What it is called", "`name: x`"]),
        ({"name": "n", "nmae": 1}, ("nmae",), ["`nmae` is not a key here", "`name`"]),
        ({"name": "n", "zzzzzz": 1}, ("zzzzzz",), ["not a key here", "Remove it"]),
        ({"name": 3}, ("name",), ["`name: 3` is a number", "has to be text"]),
        ({"name": ""}, ("name",), ["at least 1 characters"]),
        ({"name": "n", "mode": "gren"}, ("mode",), ["`mode: gren`", "Did you mean `green`"]),
        ({"name": "n", "inner": {"count": 0}}, ("inner", "count"), ["`count: 0`", "at least 1"]),
        ({"name": "n", "inner": {}}, ("inner", "count"), ["`count` is missing"]),
        ({"name": "n", "inner": [1]}, ("inner",), ["is a list", "text or a mapping"]),
        ({"name": "n", "many": {}}, ("many",), ["is a mapping", "a list"]),
        ({"name": "n", "many": [{"count": 1}, 7]}, ("many", 1), ["entry 2 of `many` (`7`)", "a mapping"]),
        ({"name": "n", "by_name": {"k": {"cuont": 1, "count": 1}}}, ("by_name", "k", "cuont"), ["`count`"]),
        ({"name": "n", "flag": "yes"}, ("flag",), ["`flag: yes` is text", "true or false"]),
        ({"name": "n", "whole": 2.0}, ("whole",), ["int"]),
        ({"name": "n", "whole": None}, ("whole",), ["`whole` is empty", "remove the key"]),
    ],
)
def test_what_is_said(value: Any, path: tuple[str | int, ...], parts: list[str]) -> None:
    document, problems = check(KIND, value)
    assert document is None
    said = [f"{p.what} {p.why} {p.fix}" for p in problems if p.path == path]
    if not said and path:  # a missing key is reported at its parent
        said = [f"{p.what} {p.why} {p.fix}" for p in problems if p.path == path[:-1]]
    assert said, problems
    assert any(all(part in text for part in parts) for text in said), said


def test_all_problems_are_reported_at_once() -> None:
    value = {"nmae": 1, "mode": "x", "many": [{"count": 0}, {"count": "1"}], "flag": 1}
    _, problems = check(KIND, value)
    expected = {(), ("nmae",), ("mode",), ("many", 0, "count"), ("many", 1, "count"), ("flag",)}
    assert {p.path for p in problems} == expected


@pytest.mark.parametrize(
    "value",
    [
        {"name": "n", "inner": {"count": 1, "token": "hunter2"}},
        {"name": "n", "inner": {"count": 0, "token": "hunter2 ${T}"}},
        {"name": "n", "password": "hunter2"},
        {"name": "n", "by_name": {"k": {"count": 1, "password": "hunter2"}}},
        {"name": "n", "many": [{"count": 1, "token": "hunter2"}]},
        {"name": "n", "by_name": {"password": "hunter2"}},
        {"name": "n", "by_name": {"password": {"count": "hunter2"}}, "password": "hunter2"},
    ],
)
def test_a_literal_secret_is_an_error_that_does_not_print_it(value: Any) -> None:
    document, problems = check(KIND, value)
    assert document is None
    assert any("secret as plain text" in p.what for p in problems)
    assert "hunter2" not in str(problems)


def test_planted_fault_an_unmarked_secret_is_not_found() -> None:
    """Without its mark and its name the literal passes: the two checks above are what finds it."""

    class Unmarked(msgspec.Struct, forbid_unknown_fields=True):
        token: str

    document, problems = check(Kind("u", "u.yaml", Unmarked, parse), {"token": "hunter2"})
    assert document is not None
    assert problems == []
