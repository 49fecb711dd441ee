"""traits.yaml as data: declarations, and every problem with its place."""

import msgspec
import pytest

from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.model import Sensitivity, Traits, TraitSpec, TraitStatus, TraitType
from fieldfare.know.profiles.parse import parse_traits


def read(**traits: dict[str, str]) -> TraitsFile:
    return msgspec.convert({"traits": traits}, TraitsFile)


def test_declarations_by_name() -> None:
    file = read(
        plan={"type": "text", "description": "what they pay for"}, email={"type": "text", "sensitivity": "contact"}
    )
    registry, problems = parse_traits(file)
    assert problems == []
    assert registry == Traits(
        {
            "plan": TraitSpec("plan", TraitType.TEXT, Sensitivity.NONE, "what they pay for"),
            "email": TraitSpec("email", TraitType.TEXT, Sensitivity.CONTACT),
        },
        undeclared="contract",
        moves_after_days=7,
    )


def test_what_is_declared_of_a_trait() -> None:
    entry = {
        "type": "text",
        "purposes": ["service"],
        "retention": "4 weeks",
        "owner": "billing",
        "sources": ["app", "pos"],
        "required": True,
        "status": "proposed",
    }
    file = msgspec.convert({"traits": {"plan": entry}, "undeclared": "drop", "moves_after": "10 days"}, TraitsFile)
    registry, problems = parse_traits(file)
    assert problems == []
    spec = TraitSpec(
        "plan",
        TraitType.TEXT,
        purposes=("service",),
        retention_days=28,
        owner="billing",
        sources=("app", "pos"),
        required=True,
        status=TraitStatus.PROPOSED,
    )
    assert registry == Traits({"plan": spec}, "drop", 10)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"traits": {"plan": {"type": "text", "retention": "6 hours"}}}, ("traits", "plan", "retention")),
        ({"traits": {"plan": {"type": "text", "retention": "0 days"}}}, ("traits", "plan", "retention")),
        ({"traits": {"plan": {"type": "text", "retention": "soon"}}}, ("traits", "plan", "retention")),
        ({"traits": {"plan": {"type": "text", "owner": "a", "sources": ["a"]}}}, ("traits", "plan", "sources", 0)),
        ({"traits": {"plan": {"type": "text", "sources": ["a", "b", "a"]}}}, ("traits", "plan", "sources", 2)),
        ({"traits": {}, "moves_after": "61 days"}, ("moves_after",)),
        ({"traits": {}, "moves_after": "3 hours"}, ("moves_after",)),
    ],
)
def test_what_cannot_be(change: dict[str, object], path: tuple[str | int, ...]) -> None:
    registry, problems = parse_traits(msgspec.convert(change, TraitsFile))
    assert registry is None
    assert [problem.path for problem in problems] == [path]


def test_all_problems_at_once() -> None:
    specs, problems = parse_traits(
        read(**{"": {"type": "text"}, "firstName": {"type": "text"}, "home_location": {"type": "number"}})
    )
    assert specs is None
    assert [problem.path for problem in problems] == [
        ("traits", ""),
        ("traits", "home_location", "type"),
        ("traits", "firstName", "sensitivity"),
    ]
    assert all(problem.what and problem.why and problem.fix for problem in problems)


@pytest.mark.parametrize("entry", [{}, {"type": "texts"}, {"type": "text", "sensitive": "no"}])
def test_the_shape_refuses_what_it_does_not_know(entry: dict[str, str]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(plan=entry)
