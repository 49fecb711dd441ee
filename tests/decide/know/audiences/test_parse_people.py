"""What is asked of people, read and refused at its place."""

from typing import Any

import pytest

from fieldfare.know.audiences.model import Bound, HasConsent, HasIdentifier, Household, MatchConfidence, Permission
from fieldfare.know.audiences.parse import parse_condition

WHO = {"did": "X"}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"identifier": "email"}, HasIdentifier("email")),
        ({"identifier": "email", "exists": False}, HasIdentifier("email", exists=False)),
        (
            {"match_confidence": {"at_least": 80, "below": 100}},
            MatchConfidence((Bound("at_least", 80), Bound("below", 100))),
        ),
        ({"consent": "news", "channel": "sms"}, HasConsent("news", "sms")),
        ({"consent": "news", "channel": "sms", "is": "none"}, HasConsent("news", "sms", Permission.NONE)),
        ({"household": {"members": {"exactly": 2}}}, Household(None, (Bound("exactly", 2),))),
    ],
)
def test_what_is_read(node: dict[str, Any], expected: object) -> None:
    assert parse_condition(node, ()) == (expected, [])


def test_households() -> None:
    who = parse_condition(WHO, ())[0]
    for key, found in (
        ("any_member", Household(who, (Bound("at_least", 1),))),
        ("others", Household(who, (Bound("at_least", 1),), others=True)),
        ("all_members", Household(who, every=True)),
    ):
        assert parse_condition({"household": {key: WHO}}, ()) == (found, [])
    several = {"household": {"members": {"at_least": 2}, "who": WHO}}
    assert parse_condition(several, ())[0] == Household(who, (Bound("at_least", 2),))


@pytest.mark.parametrize(
    ("node", "path", "part"),
    [
        ({"identifier": 3}, ("identifier",), "identifier: email"),
        ({"identifier": "email", "exists": "no"}, ("exists",), "exists: false"),
        ({"identifier": "email", "is": "x"}, ("is",), "does not go with"),
        ({"match_confidence": 80}, ("match_confidence",), "at_least: 80"),
        ({"match_confidence": {"at_leest": 80}}, ("match_confidence", "at_leest"), "Did you mean `at_least`?"),
        ({"match_confidence": {"at_least": 101}}, ("match_confidence", "at_least"), "from 0 to 100"),
        ({"consent": "news"}, (), "names no channel"),
        ({"consent": 3, "channel": "sms"}, ("consent",), "purpose"),
        ({"consent": "news", "channel": 3}, ("channel",), "does not hold a name"),
        ({"consent": "news", "channel": "sms", "is": "withdrawm"}, ("is",), "Did you mean `withdrawn`?"),
        ({"household": WHO}, ("household",), "does not say who"),
        ({"household": 3}, ("household",), "does not say who"),
        ({"household": {"any_member": WHO, "others": WHO}}, ("household",), "at once"),
        ({"household": {"any_member": WHO, "who": WHO}}, ("household", "who"), "does not go with"),
        ({"household": {"members": 2}}, ("household", "members"), "at_least: 2"),
        ({"household": {"members": {"at_least": 2}, "hwo": WHO}}, ("household", "hwo"), "Did you mean `who`?"),
        ({"household": {"any_member": {"did": 3}}}, ("household", "any_member", "did"), "name"),
        ({"household": {"others": {"not": {"household": {"others": WHO}}}}}, ("household", "others"), "inside"),
    ],
)
def test_what_is_wrong(node: dict[str, Any], path: tuple[str, ...], part: str) -> None:
    condition, problems = parse_condition(node, ())
    assert condition is None
    assert [problem.path for problem in problems] == [path]
    assert part in f"{problems[0].what} {problems[0].why} {problems[0].fix}"
