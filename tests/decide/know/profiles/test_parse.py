"""traits.yaml as data: declarations, and every problem with its place."""

import msgspec
import pytest

from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitType
from fieldfare.know.profiles.parse import parse_traits


def read(**traits: dict[str, str]) -> TraitsFile:
    return msgspec.convert({"traits": traits}, TraitsFile)


def test_declarations_by_name() -> None:
    file = read(
        plan={"type": "text", "description": "what they pay for"}, email={"type": "text", "sensitivity": "contact"}
    )
    assert parse_traits(file) == (
        {
            "plan": TraitSpec("plan", TraitType.TEXT, Sensitivity.NONE, "what they pay for"),
            "email": TraitSpec("email", TraitType.TEXT, Sensitivity.CONTACT),
        },
        [],
    )


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
