"""A design in words: what it can find, and what it cannot."""

import msgspec

from fieldfare.learn.experiments.registered.design import Compared, Design, design
from fieldfare.learn.experiments.registered.findings.plan import design_lines
from fieldfare.learn.experiments.registered.model import Looks
from fieldfare.learn.experiments.statistics.sums import sums_of_hits
from tests.decide.learn.experiments.registered.plans import CAME, PLAN


def told(effect: float, per_day: float, looks: Looks = Looks.FIXED) -> str:
    plan = msgspec.structs.replace(PLAN, smallest_effect=effect, looks=looks)
    found = design(plan, CAME, sums_of_hits(550, 10_000), Compared(control=0.15), per_day, 60)
    assert isinstance(found, Design)
    return "\n".join(design_lines(plan, CAME, found, "those held out so far", "EUR"))


def test_a_plan_that_cannot_answer_says_so_with_advice() -> None:
    text = told(0.01, 5)
    assert "level 5.50%" in text
    assert "With a holdout of 15% it CANNOT find 1.00 points in its time." in text
    assert "  - Pool it" in text


def test_a_plan_that_can_says_no_more() -> None:
    text = told(0.035, 500)
    assert text.endswith("With a holdout of 15% it can find 3.50 points in its time.")
    assert "registered looks" not in text
    assert "the registered looks need 1." in told(0.035, 500, Looks.ALWAYS)
