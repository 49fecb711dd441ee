"""The generated network: the same for a seed, in time order, labelled, and true to the effect that it states."""

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from fieldfare.flow.generate.calls import CONSENT_EVENT, Timed
from fieldfare.flow.generate.effects import RETURN_VISITS, SPENDS, TRUE_EFFECTS, WINDOW_DAYS, natural_return
from fieldfare.flow.generate.fitness import HOME_ZONE, HandedOver, World, generate, live_in, react
from fieldfare.flow.generate.members import EMAIL_CONSENT
from fieldfare.ground.instants import DAY, Instant, day_start, local_day, parse_iso
from fieldfare.learn.experiments.analyse import conversion, revenue
from fieldfare.learn.experiments.assign import assign
from fieldfare.learn.experiments.model import Arm, ArmTotals, Difference, Experiment, Totals

START = parse_iso("2025-01-01T00:00:00+01:00")
WORLD = World(members=1600, start=START, days=365, seed=11)
GAP = 30

React = Callable[[HandedOver, World], list[Timed]]


class Handed(NamedTuple):
    user_id: str | None
    template: str
    at: Instant


@pytest.fixture(scope="module")
def year() -> list[Timed]:
    return list(live_in(WORLD))


def small(seed: int) -> list[Timed]:
    return list(generate(40, START, 60, seed))


def test_a_seed_makes_the_same_world_and_another_seed_another() -> None:
    assert small(3) == small(3)
    assert small(3) != small(4)


def test_one_member_does_not_depend_on_how_many_there_are() -> None:
    def of(number: int, members: int) -> list[Timed]:
        made = generate(members, START, 60, 3)
        return [timed for timed in made if timed[1].get("userId") == f"m{number:06d}"]

    assert of(5, 40) == of(5, 6)


def test_calls_come_in_time_order_labelled_and_inside_the_span(year: list[Timed]) -> None:
    assert all(one[0] <= two[0] for one, two in pairwise(year))
    assert all(call["context"]["generated"] is True for _, call in year)
    assert year[0][0] >= START
    assert year[-1][0] < START + 366 * DAY
    assert 100_000 < len(year) < 250_000


def test_only_retries_repeat_a_message_id(year: list[Timed]) -> None:
    first: dict[str, dict[str, Any]] = {}
    for _, call in year:
        assert first.setdefault(call["messageId"], call) == call
    repeated = len(year) - len(first)
    assert 0.001 < repeated / len(year) < 0.003


def test_some_calls_are_broken_knowingly(year: list[Timed]) -> None:
    lost = [call for _, call in year if "userId" not in call and "anonymousId" not in call]
    assert 30 < len(lost) < 50


def test_the_stated_share_consents_with_evidence(year: list[Timed]) -> None:
    grants = [
        call["properties"]
        for _, call in year
        if call.get("event") == CONSENT_EVENT and call["properties"]["action"] == "grant"
    ]
    assert all(grant["evidence"] and grant["notice_version"] for grant in grants)
    by_email = sum(grant["channel"] == "email" for grant in grants)
    assert abs(by_email / WORLD.members - EMAIL_CONSENT) < 0.04


def test_people_train_more_in_the_seasons(year: list[Timed]) -> None:
    by_month = Counter(
        (local_day(at, HOME_ZONE) - WORLD.first_day) // 31 for at, call in year if call.get("event") == "check_in"
    )
    assert by_month[0] > 1.5 * by_month[6]
    assert by_month[8] > 1.3 * by_month[6]


class Lapse(NamedTuple):
    user_id: str
    at: Instant
    returned: bool
    spend: float


def lapses(year: list[Timed]) -> list[Lapse]:
    """Return each member's first gap of thirty days: when it was seen, and what came by itself then."""
    visits: dict[str, list[tuple[Instant, float]]] = {}
    left: dict[str, Instant] = {}
    for at, call in year:
        if "userId" in call and call.get("event") == "check_in":
            visits.setdefault(call["userId"], []).append((at, call["properties"]["spend"]))
        if call.get("event") == "membership_cancelled":
            left[call["userId"]] = at
    found = []
    last_start = START + (365 - WINDOW_DAYS - 1) * DAY
    for user_id, mine in visits.items():
        ends = [at for at, _ in mine[1:]] + [START + 800 * DAY]
        for (at, _), following in zip(mine, ends, strict=True):
            seen = day_start(local_day(at, HOME_ZONE) + GAP + 1, HOME_ZONE)
            if following >= seen:
                if seen <= last_start and left.get(user_id, seen) >= seen:
                    inside = [spend for when, spend in mine if seen < when <= seen + WINDOW_DAYS * DAY]
                    found.append(Lapse(user_id, seen, bool(inside), sum(inside)))
                break
    return found


def as_stated(share: float, expected: float, size: int) -> bool:
    return abs(share - expected) < 3.5 * math.sqrt(expected * (1 - expected) / size)


def test_without_messages_the_stated_share_returns(year: list[Timed]) -> None:
    found = lapses(year)
    assert len(found) > 600
    share = sum(lapse.returned for lapse in found) / len(found)
    assert as_stated(share, natural_return(), len(found))
    # Planted faults: forgetting who cancels, or the days that are left, would state another share.
    assert not as_stated(natural_return() * 2, natural_return(), len(found))


def answers(answer: React, template: str, count: int = 6000) -> list[list[Timed]]:
    world = World(members=count, start=START, days=365, seed=5)
    return [answer(Handed(f"m{number:06d}", template, START + 50 * DAY), world) for number in range(count)]


def is_true(answer: React, template: str = "win_back") -> bool:
    """Tell whether the answers have the stated effect: share that comes back, and spend."""
    made = answers(answer, template)
    back = [calls for calls in made if any(call.get("event") == "check_in" for _, call in calls)]
    spend = sum(call["properties"].get("spend", 0) for calls in made for _, call in calls if call["type"] == "track")
    effect = TRUE_EFFECTS[template]
    close = abs(spend / len(made) - effect.revenue) < 0.15 * effect.revenue + 1e-9
    return as_stated(len(back) / len(made), effect.response, len(made)) and close


def test_answers_have_the_stated_effect() -> None:
    assert is_true(react)


def test_planted_fault_another_effect_than_the_stated_is_caught() -> None:
    def keener(message: HandedOver, world: World) -> list[Timed]:
        other = World(world.members, world.start, world.days, world.seed + 1)
        return react(message, world) or react(message, other)

    def silent(message: HandedOver, world: World) -> list[Timed]:
        return react(message, world)[:0]

    assert not is_true(keener)
    assert not is_true(silent)


def test_an_answer_lies_after_the_message_and_inside_the_window() -> None:
    for calls in answers(react, "win_back", 1500):
        instants = [at for at, _ in calls]
        assert instants == sorted(instants)
        assert all(START + 50 * DAY < at < START + (50 + WINDOW_DAYS) * DAY for at in instants)


@pytest.mark.parametrize("message", [Handed(None, "win_back", START), Handed("x", "win_back", START)])
def test_nobody_known_answers_nothing(message: Handed) -> None:
    assert react(message, WORLD) == []
    assert react(Handed("m000001", "no_such_template", START), WORLD) == []
    assert react(Handed("m999999", "win_back", START), WORLD) == []


def test_the_same_message_is_answered_the_same_way() -> None:
    assert answers(react, "win_back", 300) == answers(react, "win_back", 300)
    assert TRUE_EFFECTS["win_back_reminder"].uplift == 0
    assert not any(
        call.get("event") == "check_in" for calls in answers(react, "win_back_reminder", 300) for _, call in calls
    )


def test_the_measured_lift_is_the_stated_one(year: list[Timed]) -> None:
    """Hold out 15 %, let the others answer, and read it out as the product does."""
    experiment = Experiment(name="journey.win-back", salt="redwing-clubs", holdout=0.15, goal_event="check_in")
    sums = {arm: [0, 0, 0, 0] for arm in Arm}
    for lapse in lapses(year):
        arm = assign(lapse.user_id, experiment)
        message = Handed(lapse.user_id, "win_back", lapse.at)
        caused = [] if arm is Arm.HOLDOUT else react(message, WORLD)
        visits = [call["properties"]["spend"] for _, call in caused if call.get("event") == "check_in"]
        minor = round((lapse.spend + sum(visits)) * 100)
        for place, value in enumerate((1, lapse.returned or bool(visits), minor, minor * minor)):
            sums[arm][place] += value
    treated, holdout = (
        ArmTotals(members=a, conversions=b, revenue_sum=c, revenue_squares=d)
        for a, b, c, d in (sums[Arm.TREATED], sums[Arm.HOLDOUT])
    )
    totals = Totals(treated=treated, holdout=holdout)
    effect = TRUE_EFFECTS["win_back"]
    for answer, truth in ((conversion(totals), effect.uplift), (revenue(totals), effect.revenue * 100)):
        assert isinstance(answer, Difference)
        assert abs(answer.value - truth) < 3.5 * answer.standard_error


def test_the_stated_revenue_is_visits_times_spend() -> None:
    effect = TRUE_EFFECTS["win_back"]
    assert effect.response == pytest.approx(effect.uplift / (1 - natural_return()))
    assert effect.revenue == pytest.approx(effect.response * RETURN_VISITS * sum(SPENDS) / len(SPENDS))
