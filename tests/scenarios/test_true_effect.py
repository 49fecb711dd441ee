"""The generator of the example network states what a message changes; the report's interval covers it as often as told.

The members live as the generator makes them, whoever has been away for thirty days enters, the product's own coin says
who is held out, the generator answers the messages of the others, and the registered evaluation reads the sums. No
store takes part, so two hundred networks can be made; what the stores and the lake add is told elsewhere.
"""

import os
from typing import NamedTuple

import pytest

from fieldfare.flow.generate.effects import TRUE_EFFECTS, WINDOW_DAYS
from fieldfare.flow.generate.fitness import World, react
from fieldfare.flow.generate.life import live
from fieldfare.ground.instants import DAY, HOUR, Instant, day_start, local_day, parse_iso
from fieldfare.learn.experiments.assign import assign
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.model import Arm, Experiment
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of_hits

START = parse_iso("2024-12-31T23:00:00+00:00")
ZONE = "Europe/Berlin"
IS_FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
SEEDS, MEMBERS, DAYS = (200, 800, 240) if IS_FULL else (20, 400, 240)
RETURNED = Metric(
    name="returned",
    kind=MetricKind.CONVERSION,
    shape=Shape.SHARE,
    rows=(Rows(event="check_in"),),
    window_us=WINDOW_DAYS * DAY,
)
PLAN = Registration(
    name="win-back", journey="win-back", primary="returned", smallest_effect=0.08, effect_is_lift=False, stop=0
)
TRUTH = TRUE_EFFECTS["win_back"].uplift


class Message(NamedTuple):
    user_id: str
    template: str
    at: Instant


def network(seed: int, *, mute: bool = False) -> dict[Arm, tuple[int, int]]:
    """Return by arm how many came back within the window, and how many there were; ``mute``: no message is answered."""
    world = World(MEMBERS, START, DAYS, seed)
    split = Experiment(name="journey.win-back", salt=f"network {seed}", holdout=0.5, goal_event="check_in")
    counted = {arm: [0, 0] for arm in Arm}
    for index in range(MEMBERS):
        member = world.member(index)
        if not member.consents_email:
            continue
        happened = live(member, world.first_day, DAYS, seed)
        came = sorted(each.at for each in happened if each.name == "check_in")
        left = min((each.at for each in happened if each.name == "membership_cancelled"), default=START + DAYS * DAY)
        entered = _lapses(came, left)
        if entered is None or entered + WINDOW_DAYS * DAY > START + DAYS * DAY:
            continue
        arm = assign(index, split)
        answers: list[Instant] = []
        if arm is Arm.TREATED and not mute:
            message = Message(at=entered + 9 * HOUR, template="win_back", user_id=member.user_id)
            answers = [at for at, call in react(message, world) if call.get("event") == "check_in"]
        ends = entered + WINDOW_DAYS * DAY
        counted[arm][0] += any(entered < at <= ends for at in (*came, *answers))
        counted[arm][1] += 1
    return {arm: (hits, size) for arm, (hits, size) in counted.items()}


def _lapses(came: list[Instant], left: Instant) -> Instant | None:
    """Return the first midnight on which thirty days without a check-in are over, while the membership lasts."""
    for at, following in zip(came, [*came[1:], *([None] if came else [])], strict=True):
        lapses = day_start(local_day(at, ZONE) + WINDOW_DAYS + 1, ZONE)
        if lapses >= left:
            return None
        if following is None or following >= lapses:
            return lapses
    return None


def effect_of(counted: dict[Arm, tuple[int, int]]) -> Effect:
    sums = {arm.value: sums_of_hits(*counted[arm]) for arm in Arm}
    sizes = {arm.value: counted[arm][1] for arm in Arm}
    told = Known(sums={"returned": sums}, sizes=sizes, weights={"treated": 0.5, "holdout": 0.5})
    (primary,) = evaluate(PLAN, {"returned": RETURNED}, told, START + DAYS * DAY).metrics
    assert isinstance(primary.effect, Effect)
    return primary.effect


def test_the_interval_covers_the_true_effect_of_the_message_as_often_as_it_says() -> None:
    effects = [effect_of(network(seed)) for seed in range(SEEDS)]
    covered = sum(each.interval.low <= TRUTH <= each.interval.high for each in effects)
    mean = sum(each.value for each in effects) / SEEDS
    error = (sum(each.standard_error**2 for each in effects) ** 0.5) / SEEDS
    assert mean == pytest.approx(TRUTH, abs=4 * error)
    # Of 95 % intervals: at 200 seeds three standard deviations are nine, at 20 a chance of one in ten thousand.
    assert covered >= (181 if IS_FULL else 14)
    assert covered <= (199 if IS_FULL else 20)


def test_planted_fault_messages_that_nobody_answers_are_not_covered() -> None:
    effects = [effect_of(network(seed, mute=True)) for seed in range(6)]
    mean = sum(each.value for each in effects) / len(effects)
    error = (sum(each.standard_error**2 for each in effects) ** 0.5) / len(effects)
    assert mean == pytest.approx(0, abs=4 * error)
    assert mean + 2 * error < TRUTH
