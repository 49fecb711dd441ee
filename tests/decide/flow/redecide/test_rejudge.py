"""Old verdicts by new rules: the rules of then say what the log says, and hand-overs follow the new ones."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.policy import Cap, Policy, QuietHours
from fieldfare.flow.redecide.model import Recorded, Result
from fieldfare.flow.redecide.rejudge import Rules, differing, rejudge
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.workspace.model import Duration
from tests.decide.flow.redecide.recorded import NOON, PROPOSALS, a_row, handed, read, summarised

FREE = Policy()
TWO_A_WEEK = Policy(caps=(Cap(most=2, per=Duration(7, "day")),))
ONE_A_WEEK = Policy(caps=(Cap(most=1, per=Duration(7, "day")),))
UNTIL_TWO = Policy(quiet_hours=(QuietHours(first=0, end=14 * 60),))
NO_TIME = Policy(quiet_hours=(QuietHours(first=11 * 60, end=13 * 60),))


def _judged(rows: Sequence[Recorded], today: Policy, changed: Policy) -> Result:
    given_out = [handed(row) for row in rows if row.outcome == "permit"]
    return rejudge(rows, PROPOSALS, given_out, Rules(today=today, changed=changed))


def _ends(found: Result) -> dict[str, tuple[str, str]]:
    return {each.proposal.id: (each.was.outcome, each.would_be.outcome) for each in found.compared}


DAILY = [a_row(number, NOON + number * DAY) for number in range(1, 5)]


def test_the_same_rules_decide_the_same() -> None:
    found = _judged(DAILY, FREE, FREE)
    assert list(differing(found.compared)) == []
    assert (len(found.compared), found.left, found.verdicts) == (4, (), 4)


def test_what_a_cap_refuses_fills_no_cap_of_a_later_message() -> None:
    days = [a_row(number, NOON + number * 5 * DAY) for number in range(1, 5)]
    assert [end for _, end in _ends(_judged(days, FREE, ONE_A_WEEK)).values()] == [
        "permit",
        "refusal",
        "permit",
        "refusal",
    ]


def test_what_looser_rules_let_go_fills_the_caps_of_later_ones() -> None:
    rows = [a_row(1, NOON), a_row(2, NOON + DAY, "refusal", "cap_reached", caps={})]
    rows += [a_row(3, NOON + 2 * DAY, "refusal", "cap_reached", caps={})]
    found = _judged(rows, ONE_A_WEEK, TWO_A_WEEK)
    assert _ends(found) == {
        "prp_1": ("permit", "permit"),
        "prp_2": ("refusal", "permit"),
        "prp_3": ("refusal", "refusal"),
    }


def test_what_waits_is_judged_again_when_its_wait_is_over() -> None:
    found = _judged([a_row(1, NOON), a_row(2, NOON + MINUTE)], FREE, UNTIL_TWO)
    assert _ends(found) == {"prp_1": ("permit", "permit_later"), "prp_2": ("permit", "permit_later")}
    capped = Policy(quiet_hours=UNTIL_TWO.quiet_hours, caps=ONE_A_WEEK.caps)
    assert [end for _, end in _ends(_judged([a_row(1, NOON), a_row(2, NOON + MINUTE)], FREE, capped)).values()] == [
        "permit_later",
        "refusal",
    ]


def test_a_permit_that_comes_sooner_is_told_and_later_rows_do_not_matter() -> None:
    rows = [a_row(1, NOON, "deferral", "quiet_hours", quiet_hours={}), a_row(1, NOON + HOUR)]
    found = _judged(rows, NO_TIME, FREE)
    assert _ends(found) == {"prp_1": ("permit", "permit_earlier")}


def test_hand_overs_of_before_the_span_count() -> None:
    before = handed(a_row(9, NOON - DAY))
    rules = Rules(today=FREE, changed=ONE_A_WEEK)
    found = rejudge([a_row(1, NOON)], PROPOSALS, [before, handed(a_row(1, NOON))], rules)
    assert _ends(found) == {"prp_1": ("permit", "refusal")}
    failed = handed(a_row(9, NOON - DAY), counts=False)
    found = rejudge([a_row(1, NOON)], PROPOSALS, [failed, handed(a_row(1, NOON))], rules)
    assert _ends(found) == {"prp_1": ("permit", "permit")}


def test_what_cannot_be_judged_anew_is_counted_by_why_and_its_hand_over_still_counts() -> None:
    rows = [
        summarised(a_row(1, NOON)),
        a_row(2, NOON + HOUR, "refusal", "backlog", capacity={}),
        a_row(3, NOON + DAY),
        a_row(4, NOON + 30 * DAY, read=read(rules="0")),
    ]
    found = _judged(rows, FREE, ONE_A_WEEK)
    assert {each.why: each.proposals for each in found.left} == {
        "inputs_forgotten": 1,
        "not_reproduced: backlog": 1,
        "other_rules": 1,
    }
    assert _ends(found) == {"prp_3": ("permit", "refusal")}


def test_a_wait_for_a_provider_is_not_the_gates() -> None:
    rows = [a_row(1, NOON, "deferral", "rate_limited", rate={})]
    found = _judged(rows, FREE, TWO_A_WEEK)
    assert _ends(found) == {"prp_1": ("deferral", "deferral")}
    assert list(differing(found.compared)) == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20, unique=True), st.integers(1, 3), st.integers(1, 3))
def test_no_person_gets_more_than_the_changed_cap_allows(days: list[int], most: int, weeks: int) -> None:
    rows = [a_row(number, NOON + day * DAY) for number, day in enumerate(sorted(days), 1)]
    rows = [row for row in rows if row.profile_id == 1]
    changed = Policy(caps=(Cap(most=most, per=Duration(7 * weeks, "day")),))
    found = _judged(rows, FREE, changed)
    at = {row.proposal_id: row.at for row in rows}
    gone = sorted(at[each.proposal.id] for each in found.compared if each.would_be.outcome == "permit")
    assert all(len([one for one in gone if last - 7 * weeks * DAY < one <= last]) <= most for last in gone)
