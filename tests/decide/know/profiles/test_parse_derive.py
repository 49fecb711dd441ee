"""``derive`` in ``traits.yaml``: what it declares, and every problem with its place."""

from typing import Any

import msgspec

from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.model import Sensitivity, TraitType
from fieldfare.know.profiles.parse import parse_traits


def read(**traits: dict[str, Any]) -> TraitsFile:
    return msgspec.convert({"traits": traits}, TraitsFile)


def test_what_is_derived_is_declared_by_it() -> None:
    file = read(
        birthday={
            "type": "date",
            "sensitivity": "personal",
            "derive": {"day": "day_of_year", "born": "birth_year_band"},
        }
    )
    specs, problems = parse_traits(file)
    assert problems == []
    assert specs is not None
    assert {name: (spec.type, spec.sensitivity) for name, spec in specs.by_name.items()} == {
        "birthday": (TraitType.DATE, Sensitivity.PERSONAL),
        "day": (TraitType.NUMBER, Sensitivity.NONE),
        "born": (TraitType.TEXT, Sensitivity.NONE),
    }


def test_all_problems_at_once() -> None:
    specs, problems = parse_traits(
        read(
            plan={"type": "text", "derive": {"plan_domain": "domain"}},
            email={
                "type": "text",
                "sensitivity": "contact",
                "derive": {"plan": "domain", "": "domain", "ip": "domain", "twice": "domain", "day": "day_of_year"},
            },
            phone={"type": "text", "sensitivity": "contact", "derive": {"twice": "country"}},
        )
    )
    assert specs is None
    assert {problem.path for problem in problems} == {
        ("traits", "plan", "derive"),
        ("traits", "email", "derive", "plan"),
        ("traits", "email", "derive", ""),
        ("traits", "email", "derive", "ip"),
        ("traits", "email", "derive", "twice"),
        ("traits", "email", "derive", "day"),
        ("traits", "phone", "derive", "twice"),
    }
    assert all(problem.what and problem.why and problem.fix for problem in problems)
