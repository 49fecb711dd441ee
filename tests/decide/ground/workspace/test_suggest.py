"""Suggestions name the nearest known name, and lists stay short."""

import pytest

from fieldfare.ground.workspace.suggest import nearest, quoted


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("desciption", ["description", "owner"], "Did you mean `description`?"),
        ("checked in", ["Checked In", "Order Completed"], "Did you mean `Checked In`?"),
        ("zzz", ["description"], ""),
        ("", ["a"], ""),
        ("x" * 100_000, ["a"], ""),
    ],
)
def test_nearest(name: str, known: list[str], said: str) -> None:
    assert nearest(name, known) == said


def test_quoted() -> None:
    assert quoted([]) == ""
    assert quoted(["a"]) == "`a`"
    assert quoted(["b", "a", "c"]) == "`a`, `b` and `c`"
    assert quoted(str(n) for n in range(100, 120)).endswith("and 8 more")
