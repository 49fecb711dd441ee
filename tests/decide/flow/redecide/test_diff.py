"""What changed rules would have decided, told."""

from fieldfare.flow.redecide.diff import diff_of, told_diff
from fieldfare.flow.redecide.model import Compared, Left, Result, Told
from tests.decide.flow.redecide.recorded import PROPOSALS

PERMIT, CAPPED = Told("permit", ()), Told("refusal", ("cap_reached",))
RESULT = Result(
    compared=(
        Compared(PROPOSALS["prp_1"], PERMIT, PERMIT),
        Compared(PROPOSALS["prp_2"], PERMIT, CAPPED),
        Compared(PROPOSALS["prp_12"], PERMIT, CAPPED),
        Compared(PROPOSALS["prp_3"], CAPPED, Told("refusal", ("cap_reached", "quiet_hours"))),
    ),
    left=(Left("inputs_forgotten", 4), Left("not_reproduced: backlog", 1)),
    verdicts=9,
)


def test_it_is_counted_by_change_journey_and_reason_with_examples() -> None:
    found = diff_of(RESULT)
    assert (found["proposals"], found["same"], found["differ"], found["verdicts"]) == (4, 1, 3, 9)
    refused, again = found["changes"]
    assert (refused["was"], refused["would_be"], refused["proposals"]) == ("permit", "refusal", 2)
    assert [each["profile"] for each in refused["examples"]] == [1, 2]
    assert again["would_be_reasons"] == {"cap_reached": 1, "quiet_hours": 1}
    assert found["journeys"] == [
        {"journey": "win-back", "proposals": 4, "changes": {"permit -> refusal": 2, "refusal -> refusal": 1}}
    ]
    assert {each["reason"]: each["change"] for each in found["reasons"]} == {"cap_reached": 2, "quiet_hours": 1}


def test_what_was_not_replayed_is_told_with_why() -> None:
    found = diff_of(RESULT) | {"from": "a", "to": "b", "not_looked_at": ["journeys/x.yaml is changed"]}
    told = "\n".join(told_diff(found))
    assert "not replayed, inputs_forgotten: 4" in told
    assert "not replayed, not_reproduced: backlog: 1" in told
    assert "not looked at: journeys/x.yaml is changed" in told
    assert "permit -> refusal: 2 (cap_reached 2)" in told
