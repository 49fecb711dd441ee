"""What a plan counts."""

from fieldfare.act.broadcasts.tally import PlanTally, shown, takes_s
from fieldfare.act.delivery.admit import Rate
from fieldfare.act.delivery.limits import Limit
from fieldfare.decide.gate.model import Deferral, Finding, Reason, Refusal
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.testing.delivery import a_permit, a_proposal
from tests.decide.act.broadcasts.builders import a_broadcast

PERMIT = a_permit(a_proposal(1))
LATER = Deferral(proposal_id="prp_2", until=5, findings=(Finding("quiet_hours", Reason.QUIET_HOURS, {}, until=5),))
NO = Refusal(
    proposal_id="prp_3",
    findings=(Finding("suppressed", Reason.SUPPRESSED, {}), Finding("consent", Reason.CONSENT_MISSING, {})),
)


def test_everybody_is_counted_once_and_refusals_under_each_reason() -> None:
    tally = PlanTally()
    tally.add([(b"a", PERMIT, 1), (b"b", LATER, 2), (b"a", PERMIT, 1), (None, NO, 1)])
    plan = shown(tally, a_broadcast(), 4, (), 7_900, "EUR")
    assert (plan["would_get_it"], plan["of_these_later"], plan["would_not"]) == (2, 1, 2)
    assert plan["reasons"] == {"later: quiet_hours": 1, "shared_address": 1, "suppressed": 1, "consent_missing": 1}
    assert (plan["units"], plan["cost"]) == (3, {"amount": 0.02, "currency": "EUR"})


def test_a_part_is_scaled_to_all() -> None:
    tally = PlanTally()
    tally.add([(b"a", PERMIT, 1), (None, NO, 1)])
    plan = shown(tally, a_broadcast(approve_above=10), 1_000, (), None, "EUR")
    assert (plan["would_get_it"], plan["would_not"], plan["is_scaled"], plan["needs_approval"]) == (
        500,
        500,
        True,
        True,
    )


def test_nobody_is_nobody() -> None:
    assert shown(PlanTally(), a_broadcast(), 0, (), 1, "EUR")["would_get_it"] == 0


def test_the_slowest_limit_says_how_long_it_takes() -> None:
    day = Rate(key="brand", limit=Limit(most=2_000, per_us=DAY), counts_segments=True)
    own = Rate(key="own", limit=Limit(most=1, per_us=MINUTE), each_location=True)
    assert takes_s(600, 600, 60, ()) == 600
    assert takes_s(600, 4_000, 60, (day, own)) == 2 * 86_400
    assert takes_s(600, 600, None, ()) == 0
