"""identity.yaml to the policy: shipped where nothing is said, changed where it is, and every problem at its place."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Problem
from fieldfare.know.identity.files import IdentityFile
from fieldfare.know.identity.model import DEFAULT, SHIPPED, Form, IdentifierKind, Joins, Policy, places_of
from fieldfare.know.identity.parse import NEVER_JOINS, parse_identity


def parse(**file: Any) -> tuple[Policy | None, list[Problem]]:
    return parse_identity(msgspec.convert(file, IdentityFile))


def sound(**file: Any) -> Policy:
    policy, problems = parse(**file)
    assert not problems
    assert policy is not None
    return policy


def test_nothing_said_is_what_is_shipped() -> None:
    assert sound() == DEFAULT
    assert sound(kinds={name: {} for name in SHIPPED}) == DEFAULT


def test_what_is_shipped_is_conservative() -> None:
    joining = {name for name, kind in SHIPPED.items() if kind.joins is Joins.ALWAYS}
    assert joining == {"user_id", "membership_id", "loyalty_id", "anonymous_id"}
    assert {name for name, kind in SHIPPED.items() if kind.needs_proof} == {"email", "phone"}
    assert all(SHIPPED[name].joins is Joins.NEVER for name in NEVER_JOINS)
    assert len({kind.priority for kind in SHIPPED.values()}) == len(SHIPPED)


def test_shipped_kinds_are_changed_key_by_key() -> None:
    policy = sound(
        kinds={
            "anonymous_id": {"most_per_profile": "unlimited", "shared_after": "never"},
            "membership_id": {"most_per_profile": 2, "per": "2 weeks", "form": "folded", "from": ["traits.no"]},
            "phone": {"blocked": ["030 901820", "kiosk-*"]},
            "email": {"joins": "never"},
            "loyalty_id": {"sensitivity": "health", "priority": 15},
            "payment_id": {"per": "ever"},
        },
        phone_region="DE",
    )
    anonymous = policy.kinds["anonymous_id"]
    assert (anonymous.most_per_profile, anonymous.within_days, anonymous.shared_after) == (None, None, None)
    membership = policy.kinds["membership_id"]
    assert (membership.most_per_profile, membership.within_days, membership.shared_after) == (2, 14, 1)
    assert (membership.form, membership.places) == (Form.FOLDED, ("traits.no",))
    assert policy.kinds["phone"].blocked == {"+4930901820", "kiosk-*"}
    assert policy.kinds["email"].joins is Joins.NEVER
    assert policy.kinds["loyalty_id"].sensitivity == "health"
    assert list(policy.kinds)[:3] == ["user_id", "loyalty_id", "membership_id"]
    assert policy.kinds["payment_id"] == SHIPPED["payment_id"]


def test_kinds_of_one_s_own() -> None:
    policy = sound(
        kinds={"member_no": {}, "crm_id": {"priority": 25, "joins": "attach"}, "card": {"from": ["traits.c"]}}
    )
    assert policy.kinds["member_no"] == IdentifierKind(name="member_no", priority=100, places=places_of("member_no"))
    assert (policy.kinds["crm_id"].priority, policy.kinds["crm_id"].joins) == (25, Joins.ATTACH)
    assert (policy.kinds["card"].priority, policy.kinds["card"].places) == (102, ("traits.c",))


def test_the_rest_of_the_file() -> None:
    policy = sound(
        blocked=[" FrontDesk ", "kiosk-*"],
        not_blocked=["Guest"],
        block_examples=True,
        cluster_alarm=20,
        cluster_most=90,
        household_groups=["WG"],
        phone_region="AT",
    )
    assert policy.blocked == {"frontdesk", "kiosk-*"}
    assert policy.not_blocked == {"guest"}
    assert policy.block_examples
    assert (policy.cluster_alarm, policy.cluster_most) == (20, 90)
    assert policy.household_groups == {"wg"}
    assert policy.phone_region == "AT"


WHY = "numbers are confirmed by SMS every month"


@pytest.mark.parametrize("joins", ["always", "verified"])
def test_a_number_that_joins_needs_a_reason(joins: str) -> None:
    _, problems = parse(kinds={"phone": {"joins": joins}})
    assert [each.path for each in problems] == [("kinds", "phone", "joins")]
    policy = sound(kinds={"phone": {"joins": joins, "joins_although": WHY}})
    assert policy.kinds["phone"].joins_although == WHY
    _, problems = parse(kinds={"second_phone": {"form": "phone"}})
    assert [each.path for each in problems] == [("kinds", "second_phone", "joins")]


@pytest.mark.parametrize(
    ("file", "path", "what"),
    [
        ({"kinds": {"payment_id": {"joins": "always"}}}, ("kinds", "payment_id", "joins"), "can join nobody"),
        (
            {"kinds": {"payment_id": {"joins": "attach", "joins_although": WHY}}},
            ("kinds", "payment_id", "joins"),
            "can join nobody",
        ),
        ({"kinds": {"household_id": {"joins": "verified"}}}, ("kinds", "household_id", "joins"), "can join nobody"),
        ({"kinds": {"email": {"joins": "always"}}}, ("kinds", "email", "joins"), "an unverified e-mail address alone"),
        ({"kinds": {"phone": {"joins": "verified"}}}, ("kinds", "phone", "joins"), "one verified telephone number"),
        (
            {"kinds": {"user_id": {"joins_although": WHY}}},
            ("kinds", "user_id", "joins_although"),
            "explains nothing",
        ),
        ({"kinds": {"card": {"from": ["card"]}}}, ("kinds", "card", "from", 0), "`card` is no place"),
        ({"kinds": {"card": {"from": ["traits."]}}}, ("kinds", "card", "from", 0), "no place"),
        ({"kinds": {"card": {"from": ["traits.c", "context.externalIdsX"]}}}, ("kinds", "card", "from", 1), "no place"),
        ({"kinds": {"card": {"from": []}}}, ("kinds", "card", "from"), "is empty"),
        ({"kinds": {"card": {"per": "30 days"}}}, ("kinds", "card", "per"), "no limit to count for"),
        ({"kinds": {"user_id": {"per": "3 hours"}}}, ("kinds", "user_id", "per"), "not a number of days"),
        ({"kinds": {"user_id": {"per": "30"}}}, ("kinds", "user_id", "per"), "not a number of days"),
        ({"kinds": {"user_id": {"per": "0 days"}}}, ("kinds", "user_id", "per"), "not a number of days"),
        ({"kinds": {"email": {"form": "text"}}}, ("kinds", "email", "form"), "a form of its own"),
        ({"kinds": {"card": {"most_per_profile": 0}}}, ("kinds", "card", "most_per_profile"), "is no limit"),
        ({"kinds": {"card": {"shared_after": 0}}}, ("kinds", "card", "shared_after"), "is no limit"),
        ({"kinds": {"card": {"priority": 40}}}, ("kinds", "card", "priority"), "and so has `email`"),
        ({"kinds": {"card": {"blocked": ["**"]}}}, ("kinds", "card", "blocked", 0), "blocks everything"),
        ({"blocked": ["x", " * "]}, ("blocked", 1), "blocks everything"),
        ({"blocked": ["x"], "not_blocked": ["y", "x"]}, ("not_blocked", 1), "under `blocked` too"),
        ({"cluster_alarm": 501}, ("cluster_alarm",), "more than `cluster_most`"),
        ({"phone_region": "de"}, ("phone_region",), "`de` is no country"),
        ({"phone_region": "ZZ"}, ("phone_region",), "`ZZ` is no country"),
    ],
)
def test_a_problem_stands_at_its_place(file: dict[str, Any], path: tuple[str | int, ...], what: str) -> None:
    policy, problems = parse(**file)
    assert policy is None
    assert [each.path for each in problems] == [path]
    assert what in problems[0].what
    assert problems[0].fix


def test_all_problems_come_at_once() -> None:
    _, problems = parse(kinds={"payment_id": {"joins": "always"}, "card": {"from": ["x"]}}, phone_region="xx")
    assert len(problems) == 3
