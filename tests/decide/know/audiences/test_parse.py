"""Conditions and audiences as data: what they become, and every problem with its place, what, why and fix."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.audiences.files import AudienceFile, ConditionNode
from fieldfare.know.audiences.model import (
    AllOf,
    AnyOf,
    AtLocation,
    Bound,
    Did,
    InAudience,
    InPhase,
    Negation,
    TraitTest,
)
from fieldfare.know.audiences.parse import MOST_DEPTH, parse_audience, parse_condition
from fieldfare.know.profiles.model import PropertyTest

X = Did("X")


@pytest.mark.parametrize(
    ("node", "condition"),
    [
        ({"did": "X"}, X),
        ({"did_not": "X"}, Did("X", bounds=(Bound("exactly", 0),))),
        ({"in": "lapsed"}, InAudience("lapsed")),
        ({"in_phase": "peak"}, InPhase("peak")),
        ({"in_phase": "january.cool_down"}, InPhase("january.cool_down")),
        ({"location": "north"}, AtLocation(("north",))),
        ({"location": ["north", "coast"]}, AtLocation(("north", "coast"))),
        ({"all": [{"did": "X"}, {"in": "a"}]}, AllOf((X, InAudience("a")))),
        ({"any": [{"did": "X"}]}, AnyOf((X,))),
        ({"not": {"did": "X"}}, Negation(X)),
        ({"trait": "plan", "in": ["a", 1]}, TraitTest("plan", (PropertyTest("plan", "in", ("a", 1)),))),
    ],
)
def test_conditions(node: dict[str, Any], condition: object) -> None:
    assert parse_condition(node, ("where",)) == (condition, [])


@pytest.mark.parametrize(
    ("node", "path", "what", "fix"),
    [
        ([], (), "not an empty list", "mapping"),
        (None, (), "not nothing", "mapping"),
        ({}, (), "says nothing", "did: Order Completed"),
        ({"dit": "X"}, (), "says `dit`", "Did you mean `did`?"),
        ({"did": "X", "in": "a"}, (), "`did` and `in` at once", "under `all:`"),
        ({"trait": "a", "is": 1, "did": "X"}, (), "`trait` and `did` at once", "under `all:`"),
        ({"did": "X", "withn": "3 days"}, ("withn",), "does not go with `did`", "Did you mean `within`?"),
        ({"did_not": "X", "count": {"at_least": 2}}, ("count",), "does not go with `did_not`", "Remove `count`"),
        ({"in": "Not A Name"}, ("in",), "does not hold the name", "in: lapsed"),
        ({"in_phase": "january.peek"}, ("in_phase",), "`january.peek` is not a phase", "january.peak"),
        ({"location": []}, ("location",), "does not hold names", "location: ["),
        ({"all": []}, ("all",), "holds an empty list", "each after `- `"),
        ({"any": {"did": "X"}}, ("any",), "holds a mapping", "each after `- `"),
        ({"not": [{"did": "X"}]}, ("not",), "not a list", "mapping"),
        (
            {"all": [{"did": "X"}, {"not": {"did": "X", "within": 30}}]},
            ("all", 1, "not", "within"),
            "has no unit",
            "30",
        ),
    ],
)
def test_problems(node: object, path: tuple[str | int, ...], what: str, fix: str) -> None:
    condition, problems = parse_condition(node, ("where",))
    assert condition is None
    assert [problem.path for problem in problems] == [("where", *path)]
    assert what in problems[0].what
    assert fix in problems[0].fix
    assert problems[0].why


def test_all_problems_come_at_once() -> None:
    node = {"all": [{"did": "X", "within": 30}, {"dit": "X"}, {"trait": "a"}, {"did": "X", "count": 3, "sum": 1}]}
    assert len(parse_condition(node, ())[1]) == 4


def test_too_deep_is_a_problem_and_no_crash() -> None:
    node: dict[str, Any] = {"did": "X"}
    for _ in range(MOST_DEPTH - 1):
        node = {"not": node}
    assert parse_condition(node, ())[0] is not None
    for _ in range(5_000):
        node = {"not": node}
    condition, problems = parse_condition(node, ())
    assert condition is None
    assert "too deep" in problems[0].what


def read(**file: Any) -> AudienceFile:
    return msgspec.convert(file, AudienceFile)


def test_an_audience_and_its_digest() -> None:
    where = {"all": [{"did": "X", "within": "3 days"}, {"not": {"trait": "a", "is": True}}]}
    audience, problems = parse_audience(read(audience="7_day_inactive", where=where, owner="ada", description="d"))
    assert audience is not None
    assert not problems
    assert (audience.name, audience.owner, audience.description) == ("7_day_inactive", "ada", "d")
    renamed = parse_audience(read(audience="other", where=where))[0]
    changed = parse_audience(read(audience="other", where={"not": {"trait": "a", "is": 1}}))[0]
    truth = parse_audience(read(audience="other", where={"not": {"trait": "a", "is": True}}))[0]
    assert renamed is not None
    assert changed is not None
    assert truth is not None
    assert audience.digest == renamed.digest
    assert len({renamed.digest, changed.digest, truth.digest}) == 3


def test_a_bad_name_is_a_problem_with_a_proposal() -> None:
    audience, problems = parse_audience(read(audience="At Risk!", where={"did": "X"}))
    assert audience is None
    assert (problems[0].path, problems[0].fix) == (("audience",), "Write `at-risk`")


def test_the_shape_refuses_unknown_keys_and_the_schema_names_all() -> None:
    with pytest.raises(msgspec.ValidationError, match="wher"):
        read(audience="a", where={"did": "X", "wher": {}})
    keys = set(msgspec.json.schema(AudienceFile)["$defs"]["ConditionNode"]["properties"])
    assert {"trait", "is", "in", "not_in", "did", "did_not", "sum", "within", "between", "all", "any", "not"} <= keys


KEYS = sorted(
    {*(field.encode_name for field in msgspec.structs.fields(ConditionNode)), "of", "exactly", "weekday", "zzz"}
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), st.sampled_from(["3 days", "X"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)


@given(ANYTHING)
def test_anything_gives_a_condition_or_problems(node: object) -> None:
    condition, problems = parse_condition(node, ("where",))
    assert (condition is None) is bool(problems)
    assert all(problem.path[:1] == ("where",) and problem.what and problem.why and problem.fix for problem in problems)
