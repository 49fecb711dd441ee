"""What people ask of the gate's orders, checked."""

from collections.abc import Callable

import pytest

from fieldfare.decide.gate.model import HoldKind, Mode, Scope
from fieldfare.flow.order_requests import kind_of, mode_of, scope_of, signed, since_of, until_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, parse_iso

NOW = parse_iso("2026-03-02T12:00:00Z")


def test_what_is_right_is_taken() -> None:
    assert (signed(" ada ", "why").actor, scope_of("journey", "a"), scope_of("everything", "")) == (
        "ada",
        Scope.JOURNEY,
        Scope.EVERYTHING,
    )
    assert (kind_of("medical"), mode_of("off")) == (HoldKind.MEDICAL, Mode.OFF)
    assert until_of(None, NOW) is None
    assert until_of("2 days", NOW) == NOW + 2 * DAY
    assert until_of("2026-03-02T13:00:00Z", NOW) == NOW + HOUR
    assert (since_of(None, NOW), since_of("7 days", NOW), since_of("2026-03-02", NOW)) == (
        0,
        NOW - 7 * DAY,
        NOW - 12 * HOUR,
    )


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        (lambda: signed("", "why"), "order_unsigned", "actor"),
        (lambda: signed("ada", " "), "order_unsigned", "reason"),
        (lambda: signed("ada", "x" * 501), "order_unsigned", "reason"),
        (lambda: scope_of("planet", "x"), "scope_unknown", "scope"),
        (lambda: scope_of("everything", "x"), "scope_name", "name"),
        (lambda: scope_of("journey", " "), "scope_name", "name"),
        (lambda: kind_of("cold"), "hold_kind_unknown", "kind"),
        (lambda: mode_of("maybe"), "mode_unknown", "mode"),
        (lambda: until_of("tomorrow", NOW), "until_wrong", "until"),
        (lambda: until_of("2026-03-02T12:00:00Z", NOW), "until_wrong", "until"),
        (lambda: until_of("0 days", NOW), "until_wrong", "until"),
        (lambda: since_of("long ago", NOW), "since_wrong", "since"),
    ],
)
def test_what_is_wrong_is_told(ask: Callable[[], object], code: str, field: str) -> None:
    with pytest.raises(CallerError) as caught:
        ask()
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.message.endswith((".", "`", ")."))


def test_what_was_sent_is_quoted_once() -> None:
    with pytest.raises(CallerError, match=r"^`forever` is neither"):
        until_of("forever", NOW)
