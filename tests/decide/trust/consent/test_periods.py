"""Through which time each reason of a suppression held."""

from fieldfare.trust.consent.periods import LIFT, SUPPRESS, SuppressionAct, periods


def act(what: str, at: int, reason: str = "answered STOP", address: bytes = b"a") -> SuppressionAct:
    return SuppressionAct(address, what, reason, at, "x")


def spans(*acts: SuppressionAct) -> list[tuple[str, int, int | None]]:
    return [(each.reason, each.since_at, each.until_at) for each in periods(acts)]


def test_only_a_stop_is_lifted_by_what_comes_after_it() -> None:
    stop, bounce = "answered STOP", "bounced"
    assert spans(act(SUPPRESS, 1), act(LIFT, 3)) == [(stop, 1, 3)]
    assert spans(act(SUPPRESS, 1), act(LIFT, 1)) == [(stop, 1, None)]
    assert spans(act(LIFT, 1), act(SUPPRESS, 2)) == [(stop, 2, None)]
    assert spans(act(SUPPRESS, 1, bounce), act(LIFT, 3)) == [(bounce, 1, None)]
    assert spans(act(SUPPRESS, 1), act(LIFT, 3, address=b"b")) == [(stop, 1, None)]
    assert spans(act(LIFT, 3), act(SUPPRESS, 4), act(SUPPRESS, 1)) == [(stop, 1, 3), (stop, 4, None)]
