"""The words never say more than the interval: planted effects, silences, amendments, money."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY
from fieldfare.ground.money import said
from fieldfare.learn.experiments.model import UnitKind
from fieldfare.learn.experiments.registered.amend import Amendment, Registered
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.model import Role
from fieldfare.learn.experiments.registered.findings.say import NOTHING, amount, lines
from fieldfare.learn.experiments.registered.model import Looks, Reached, Registration
from fieldfare.learn.experiments.statistics.survival import table_of
from tests.amounts import examples
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, arms, known, reached

CLAIMS = ("higher among the treated", "lower among the treated")


def told(plan: Registration = PLAN, registered: Registered | None = None, **more: Any) -> list[str]:
    return lines(evaluate(plan, METRICS, known(**more), AS_OF), "EUR", registered)


def test_the_worked_example_in_words() -> None:
    text = "\n".join(told())
    assert "came (primary): higher among the treated" in text
    assert "difference +3.50 points, 95% interval +1.90 points to +5.10 points" in text
    assert "lift +63.6%" in text
    assert "net +2,450.00 EUR, interval +1,006." in text
    assert "net over cost 3.50, 1.44 at the low end" in text
    assert "  payback: after 0.22 periods; at the low end of the interval: after 0.41 periods" in text
    assert "What must be true for it to pay (holds even at the low end of the interval):" in text
    assert "more units of the metric, at least: 15.6" in text
    assert "difference for each treated, at least: 0.007778" in text
    assert "worth of one, at least: 10.00 EUR" in text
    assert "share of them that stays, at least: 0%" in text
    assert "if 100% of them stay: net +5,600.00 EUR, net over cost 8.00" in text
    assert text.endswith("ADOPT: It moved the good way and brings 3.50 of net over cost; 1 was asked.")


def test_matched_places_in_words() -> None:
    matched = {"came": {"treated": [0.30, 0.22, 0.45, 0.39, 0.28, 0.51], "holdout": [0.27, 0.2, 0.41, 0.38, 0.23, 0.5]}}
    text = "\n".join(told(matched=matched))
    assert "interval +0.95 points to +4.38 points (paired t)" in text
    assert "Matched places, treated beside holdout (read once): 6 blocks, +2.67 points on average" in text
    assert "  p by paired t 0.0103, Wilcoxon 0.0312, signs 0.0312, flipping 0.0312" in text
    assert "(always valid); p = 0.0103" not in text, "few places are read once"
    assert "belief" not in text.split("kept (supporting)")[0]
    assert "lift" not in text.split("kept (supporting)")[0], "six blocks have no lift with an interval"
    text = "\n".join(told(matched={"came": {"treated": [0.3], "holdout": [0.2]}}))
    assert "Matched places, treated: not computable (too_small). Pairs: 1; at least 2 are needed." in text


@settings(max_examples=examples(60))
@given(st.integers(60, 160), st.integers(60, 160), st.sampled_from(list(Looks)), st.sampled_from([None, 3_000, 9_000]))
def test_a_claim_stands_only_where_its_interval_leaves_zero(
    treated: int, holdout: int, looks: Looks, units: int | None
) -> None:
    plan = msgspec.structs.replace(PLAN, looks=looks, units=units, look_at=(0.5, 1.0))
    sums = {**known().sums, "came": arms((treated, 2_000), (holdout, 2_000))}
    findings = evaluate(plan, METRICS, known(sums=sums, reached=reached(plan, 4_000)), AS_OF)
    primary = next(each for each in findings.metrics if each.role is Role.PRIMARY)
    (line,) = [each for each in lines(findings, "EUR", None) if each.startswith("came (primary)")]
    if primary.shown is None:
        assert "too early" in line
    elif primary.shown.low > 0:
        assert CLAIMS[0] in line
    elif primary.shown.high < 0:
        assert CLAIMS[1] in line
    else:
        assert NOTHING in line
    assert (findings.verdict.value == "adopt") <= (primary.is_good is True)


def test_a_broken_split_says_nothing_of_any_effect() -> None:
    text = "\n".join(told(sizes={"treated": 2_000, "holdout": 1_600}))
    assert "Split: BROKEN" in text
    assert not any(claim in text for claim in (*CLAIMS, "lift", "net "))


def test_before_its_look_not_even_the_difference_is_printed() -> None:
    text = "\n".join(told(msgspec.structs.replace(PLAN, units=100_000)))
    assert "too early" in text
    assert "+3.50 points" not in text
    assert "at any moment, over everybody so far: 95% interval +" in text
    assert "p = " not in text.split("came (primary)")[1].split("kept (supporting)")[0]
    assert "Money: not computable (too_early)." in text


@pytest.mark.parametrize(
    ("looks", "units", "told_of"),
    [
        (Looks.OBRIEN_FLEMING, 9_000, "44% of the planned units; next look over the first 4,500 units"),
        (
            Looks.OBRIEN_FLEMING,
            6_000,
            "look 1 of 2 stands, over the first 3,000 units; next look over the first 6,000 units",
        ),
        (
            Looks.OBRIEN_FLEMING,
            3_999,
            "100% of the planned units; the last look stands, over the first 3,999 units",
        ),
        (
            Looks.FIXED,
            4_000,
            "one look at the end; 100% of the planned units; the look stands, over the first 4,000 units",
        ),
        (Looks.FIXED, 5_000, "80% of the planned units; next look over the first 5,000 units"),
    ],
)
def test_which_look_stands_is_said(looks: Looks, units: int, told_of: str) -> None:
    plan = msgspec.structs.replace(PLAN, looks=looks, units=units, look_at=(0.5, 1.0))
    (line,) = [each for each in told(plan, reached=reached(plan, 4_000)) if each.startswith("Looks: ")]
    assert line.endswith(told_of)


def test_one_look_that_nothing_says_the_time_of_is_read_at_any_moment() -> None:
    text = "\n".join(told(msgspec.structs.replace(PLAN, stop=None)))
    assert "Looks: one look, and neither `units` nor `stop` says when, so it is read at any moment (always" in text
    (line,) = [each for each in text.splitlines() if each.startswith("  difference +3.50 points, 95% interval ")]
    assert "(always valid)" in line


def test_the_day_of_the_last_look_is_said_where_fewer_may_come() -> None:
    plan = msgspec.structs.replace(PLAN, units=9_000, stop=AS_OF // DAY)
    came = (Reached(at=AS_OF + DAY - 1, units=4_000, is_last=True),)
    (line,) = [each for each in told(plan, reached=came) if each.startswith("Looks: ")]
    assert line.endswith(
        "44% of the planned units; next look over the first 9,000 units; "
        "the last look on 2024-12-04 at the latest, over those who came before `stop`"
    )


def test_the_day_of_the_next_look_is_said_where_it_is_known() -> None:
    plan = msgspec.structs.replace(PLAN, units=4_000)
    came = reached(plan, 4_000, at=AS_OF - CAME.window_us + 1)
    (line,) = [each for each in told(plan, reached=came) if each.startswith("Looks: ")]
    assert line.endswith("; next look over the first 4,000 units, on 2024-10-05")


def test_amendments_are_shown() -> None:
    changed = Amendment(version=4, by="ann", reason="", at=0, differences=("experiments/win-back.yaml: -metric: kept",))
    text = "\n".join(told(registered=Registered(version=2, by="ben", at=0, amendments=(changed,))))
    assert "Registered: version 2, 1970-01-01, by ben" in text
    assert "AMENDED: version 4, 1970-01-01, by ann: no reason given" in text
    assert "  experiments/win-back.yaml: -metric: kept" in text
    assert "NOT APPLIED" in "\n".join(told())


def test_guardrails_segments_costs_and_crossed_people() -> None:
    text = "\n".join(
        told(
            sums={**known().sums, "left": arms((300, 2_000), (60, 2_000))},
            segments={("tier", "gold"): arms((60, 600), (40, 600)), ("tier", "tiny"): arms((1, 9), (1, 9))},
            crossed=7,
        )
    )
    assert "CROSSED: left" in text
    assert "EXPLORATORY" in text
    assert "tier = tiny: not computable (too_small)" in text
    assert "cost: 2.86 EUR" in text.replace("  ", " ") or "cost: " in text
    assert "Crossed: 7 people" in text
    assert "STOP: A guardrail is crossed: left." in text


@pytest.mark.parametrize(
    ("is_share", "is_money", "text"),
    [(True, False, "+3.50 points"), (False, True, "+0.04 EUR"), (False, False, "+0.035")],
)
def test_numbers_have_their_unit(text: str, *, is_share: bool, is_money: bool) -> None:
    findings = evaluate(PLAN, METRICS, known(), AS_OF)
    finding = msgspec.structs.replace(findings.metrics[0], is_share=is_share, is_money=is_money)
    assert amount(3.5 if is_money else 0.035, finding, "EUR") == text
    assert said(-245_000, "EUR", "+") == "-2,450.00 EUR"


def test_time_to_event_small_lists_and_cohorts_are_told_beside() -> None:
    lives = {
        "treated": table_of(200, dict.fromkeys(range(50), (3, 1))),
        "holdout": table_of(200, dict.fromkeys(range(50), (2, 2))),
    }
    values = {"treated": [1.0] * 40 + [0.0] * 60, "holdout": [1.0] * 10 + [0.0] * 90}
    kept = {30: ("kept", arms((900, 2_000), (800, 2_000))), 60: ("kept", arms((0, 3), (0, 2)))}
    more: dict[str, Any] = {"lives": lives, "values": values, "cohorts": kept}
    text = "\n".join(told(**more))
    assert "Time to event, treated beside holdout (read once, at the end):" in text
    assert "hazard ratio 1." in text
    assert "days without it in the first 49, difference -" in text
    assert "Small list, read once: the coin alone makes so large a difference with p = " in text
    assert "Still there, by days since the start (kept; not corrected, read together):" in text
    assert "day 30: 45.00% and 40.00% in holdout, +5.00 points, interval +1.94 to +8.06" in text
    assert "day 60: not computable (too_small)" in text
    early = "\n".join(told(msgspec.structs.replace(PLAN, units=9_000), **more))
    assert "hazard" not in early, "what may not be said of the primary metric is not said in another way"
    assert "Small list" not in early
    assert "Still there" not in early


@pytest.mark.parametrize(
    ("unit", "how"), [(UnitKind.HOUSEHOLD, "in the household of today"), (UnitKind.ADDRESS, "each alone")]
)
def test_it_is_said_that_units_are_those_of_today(unit: UnitKind, how: str) -> None:
    plan = msgspec.structs.replace(PLAN, unit=unit)
    text = "\n".join(lines(evaluate(plan, METRICS, known(of_today=1_200), AS_OF), "EUR", None))
    assert f"1,200 people were assigned before their unit was kept; they count {how}" in text
    assert "Units of today" not in "\n".join(lines(evaluate(plan, METRICS, known(), AS_OF), "EUR", None))
