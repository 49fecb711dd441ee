"""Names and reasons under a change of the workspace."""

import pytest

from fieldfare.flow.versions.requests import signed
from fieldfare.ground.errors import CallerError


def test_a_signed_change() -> None:
    assert signed(" kim ", " because ", needs_reason=True) == ("kim", "because")
    assert signed("kim", "", needs_reason=False) == ("kim", "")


@pytest.mark.parametrize(
    ("by", "reason", "field"),
    [("", "x", "by"), (" ", "x", "by"), ("kim", " ", "reason"), ("k" * 501, "x", "by"), ("kim", "a\nb", "by")],
)
def test_an_unsigned_one_is_refused(by: str, reason: str, field: str) -> None:
    with pytest.raises(CallerError) as refused:
        signed(by, reason, needs_reason=True)
    assert (refused.value.code, refused.value.field) == ("version_unsigned", field)
