"""References are resolved wherever they stand, all missing ones are named, and nothing else changes."""

import msgspec
import pytest

from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.secrets import reference_name, resolve_secrets


class Pair(msgspec.Struct, frozen=True):
    user: str
    password: str
    more: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("${A_1}", "A_1"),
        ("$A", None),
        ("${}", None),
        ("x${A}", None),
        ("${A}\n", None),
        ("${1A}", None),
        (3, None),
        (None, None),
    ],
)
def test_reference_name(value: object, name: str | None) -> None:
    assert reference_name(value) == name


def test_references_are_resolved_everywhere() -> None:
    value = {"a": ["${X}", Pair("u", "${Y}", ("${X}", "z"))], "b": 3}
    assert resolve_secrets(value, {"X": "1", "Y": "2"}) == {"a": ["1", Pair("u", "2", ("1", "z"))], "b": 3}


def test_what_holds_no_reference_stays_the_same_object() -> None:
    pair = Pair("u", "p")
    assert resolve_secrets(pair, {}) is pair


def test_all_missing_names_are_reported_at_once_without_values() -> None:
    value = [Pair("${B}", "${A}"), "${C}"]
    with pytest.raises(ConfigError, match=r"not set: A, B\.") as caught:
        resolve_secrets(value, {"C": "hunter2", "A": ""})
    assert caught.value.code == "secret_missing"
    assert "hunter2" not in caught.value.message
