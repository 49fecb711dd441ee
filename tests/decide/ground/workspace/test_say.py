"""How findings of the validator are worded, beyond the table in ``test_check``."""

from typing import Annotated

import msgspec
import pytest

from fieldfare.ground.workspace.check import check
from fieldfare.ground.workspace.model import Kind, LocatedProblem
from fieldfare.ground.workspace.say import literal_secret


class Bounds(msgspec.Struct, forbid_unknown_fields=True):
    """All kinds of bounds."""

    low: Annotated[int, msgspec.Meta(ge=2, le=5)] = 3
    most: Annotated[list[int], msgspec.Meta(max_length=1)] = []
    word: Annotated[str, msgspec.Meta(max_length=3)] = "a"
    code: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    step: Annotated[int, msgspec.Meta(multiple_of=5)] = 5


KIND = Kind("bounds", "bounds.yaml", Bounds, lambda file: (file, []))


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ({"low": 1}, ["`low: 1` is out of bounds", "at least 2"]),
        ({"low": 6}, ["at most 5"]),
        ({"most": [1, 2]}, ["at most 1 entries"]),
        ({"word": "long"}, ["at most 3 characters"]),
        ({"word": "x" * 500}, ["`word` is out of bounds"]),
        ({"code": "eu"}, ["does not have the right form", "^[A-Z]{3}$"]),
        ({"step": 7}, ["multiple of 5"]),
        ({"low": True}, ["`low: true` is true or false", "a whole number"]),
        ({"low": "x"}, ["`low: x` is text"]),
    ],
)
def test_wording(value: dict[str, object], parts: list[str]) -> None:
    _, problems = check(KIND, value)
    assert len(problems) == 1
    text = f"{problems[0].what} {problems[0].why} {problems[0].fix}"
    assert all(part in text for part in parts), text
    assert "x" * 100 not in text


def test_a_literal_secret_suggests_a_name() -> None:
    problem = literal_secret(("channels", "email", "password"))
    assert "`${EMAIL_PASSWORD}`" in problem.fix
    located = LocatedProblem("channels.yaml", 4, "channels.email.password", problem.what, problem.why, problem.fix)
    assert str(located).startswith("channels.yaml:4 channels.email.password: `password` holds a secret as plain text. ")
