"""The north star and supporting metrics at planned looks: seldom wrong over all looks, each at its own."""

import msgspec
import numpy as np
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.learn.experiments.model import Relative
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.model import Claim, Finding, Findings, Role
from fieldfare.learn.experiments.registered.findings.say import lines
from fieldfare.learn.experiments.registered.model import Looks, Registration
from fieldfare.learn.experiments.statistics.boundaries import METHOD
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of_hits
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, arms, known, reached

NAMES = ("star", "one", "other")
MORE = METRICS | {name: msgspec.structs.replace(CAME, name=name) for name in NAMES}
PLANNED = msgspec.structs.replace(
    PLAN, units=4_000, look_at=(0.25, 0.5, 0.75, 1.0), north_star="star", supporting=("one", "other"), guardrails=()
)
SIZE = 500
"""Units that come to each arm between two looks."""
NEAR = 1.9
"""Standard errors below which no rule claims anything, so that nobody need ask."""


def supporting(findings: Findings) -> list[Finding]:
    return [each for each in findings.metrics if each.role in {Role.NORTH_STAR, Role.SUPPORTING}]


@pytest.mark.parametrize("rule", [Looks.OBRIEN_FLEMING, Looks.POCOCK, Looks.ALWAYS])
def test_over_all_looks_supporting_metrics_are_seldom_claimed_where_nothing_is(rule: Looks) -> None:
    """A/A tests of three metrics, looked at four times: a false claim of any, at any look, in at most one of twenty.

    Read by the interval of one look at each, about one of ten would be.
    """
    runs, plan = 100, msgspec.structs.replace(PLANNED, looks=rule)
    rng = np.random.default_rng(20)
    hits = rng.binomial(SIZE, 0.3, (runs, len(NAMES), 2, 4)).cumsum(axis=3)
    sizes = SIZE * np.arange(1, 5)
    share = hits / sizes
    error = np.sqrt((share * (1 - share)).sum(axis=2) / sizes)
    worth_asking = np.abs(share[:, :, 0] - share[:, :, 1]) / error >= NEAR

    def is_claimed(run: int) -> bool:
        return any(_claims(plan, hits[run, :, :, look], look) for look in range(4) if worth_asking[run, :, look].any())

    false = sum(is_claimed(run) for run in range(runs) if worth_asking[run].any())
    assert false / runs <= 0.05


def _claims(plan: Registration, hits: np.ndarray, look: int) -> bool:
    size = SIZE * (look + 1)
    sums = {
        name: {"treated": sums_of_hits(int(row[0]), size), "holdout": sums_of_hits(int(row[1]), size)}
        for name, row in zip(NAMES, hits, strict=True)
    }
    nothing = {"came": arms((size // 3, size), (size // 3, size))}
    both = {"treated": size, "holdout": size}
    told = known(sums={**sums, **nothing}, sizes=both, reached=reached(plan, 2 * size))
    return any(each.is_good is not None for each in supporting(evaluate(plan, MORE, told, AS_OF)))


def at_look(
    hits: tuple[int, int], *, rule: Looks = Looks.OBRIEN_FLEMING, unread: bool = False, units: int = 1_000
) -> Findings:
    """Return what is found where all supporting metrics have so many hits of 500 in each arm."""
    plan, half = msgspec.structs.replace(PLANNED, looks=rule), units // 2
    same = arms((hits[0], half), (hits[1], half))
    sums = {"came": arms((150, half), (150, half))} | dict.fromkeys(NAMES[:1] if unread else NAMES, same)
    told = known(sums=sums, sizes={"treated": half, "holdout": half}, reached=reached(plan, units))
    return evaluate(plan, MORE, told, AS_OF)


def test_a_supporting_metric_has_the_boundary_of_its_look() -> None:
    """At a quarter of the units O'Brien and Fleming ask for 4.33 standard errors; one look alone would ask for 1.96."""
    for hits, claim in (((175, 125), Claim.NOTHING_SHOWN), ((220, 125), Claim.MORE)):
        told = at_look(hits)
        assert told.look.bound == pytest.approx(4.3326, abs=1e-3)
        for each in supporting(told):
            assert isinstance(each.effect, Effect)
            assert each.effect.interval.low > 0, "the interval of one look would claim it"
            assert each.shown is not None
            assert each.shown.method == METHOD
            assert each.shown.low == pytest.approx(each.effect.value - 4.3326 * each.effect.standard_error, abs=1e-4)
            assert isinstance(each.effect.relative, Relative)
            assert each.effect.relative.interval.method == METHOD
            assert (each.effect.relative.interval.low > 0) == (claim is Claim.MORE)
            assert each.claim is claim
            assert each.adjusted_p_value is not None
            assert (each.adjusted_p_value <= 0.05) == (claim is Claim.MORE), "the p-value says what the interval says"


def test_the_list_is_as_long_at_every_look() -> None:
    """What has no number yet was registered all the same, and counts among those that are asked."""
    whole, one = at_look((215, 155), rule=Looks.POCOCK), at_look((215, 155), rule=Looks.POCOCK, unread=True)
    star = supporting(one)[0]
    assert star.adjusted_p_value is not None
    assert [each.claim for each in supporting(one)[1:]] == [Claim.NOT_COMPUTABLE] * 2
    first = supporting(whole)[0].adjusted_p_value
    assert first is not None
    assert star.adjusted_p_value == pytest.approx(3 * first), "all three are as far: their p-value stands as it is"


def test_a_metric_with_a_longer_window_is_read_when_the_windows_of_its_look_are_over() -> None:
    """The north star's window is thirty days longer: at the second look it stands at the first, then at the second."""
    longer = MORE | {"star": msgspec.structs.replace(MORE["star"], window_us=CAME.window_us + 30 * DAY)}
    plan = msgspec.structs.replace(PLANNED, looks=Looks.POCOCK)
    at = AS_OF - CAME.window_us
    came = tuple(
        msgspec.structs.replace(each, at=at - (20 * DAY if index else 40 * DAY))
        for index, each in enumerate(reached(plan, 2_000))
    )
    sums = {"came": arms((300, 1_000), (300, 1_000))} | dict.fromkeys(NAMES, arms((300, 1_000), (300, 1_000)))
    told = known(sums=sums, sizes={"treated": 1_000, "holdout": 1_000}, reached=came)
    between = evaluate(plan, longer, told, AS_OF)
    star, other = supporting(between)[:2]
    assert (between.look.taken, between.look.units, other.look) == (2, 2_000, None)
    assert star.look is not None
    assert (star.look.taken, star.look.units, star.look.next_on) == (1, 1_000, AS_OF // DAY + 10)
    assert star.shown is not None
    assert isinstance(star.effect, Effect)
    bound = (star.shown.high - star.effect.value) / star.effect.standard_error
    assert bound == pytest.approx(star.look.bound)
    said = "\n".join(lines(between, "EUR", None))
    assert "longer than the primary metric's: it stands over the first 1,000 units, and its next look is on" in said
    later = supporting(evaluate(plan, longer, told, AS_OF + 10 * DAY))[0]
    assert later.look is None
    early = evaluate(plan, longer, told, AS_OF - 25 * DAY)
    assert (early.look.taken, supporting(early)[0].claim) == (1, Claim.TOO_EARLY)
    assert supporting(early)[0].shown is None
    first = supporting(early)[0].look
    assert first is not None
    assert first.next_on == AS_OF // DAY - 10
    assert "longer than the primary metric's: its look is on" in "\n".join(lines(early, "EUR", None))


def test_a_metric_with_a_shorter_window_is_not_read_before_the_primary_one() -> None:
    shorter = MORE | {"star": msgspec.structs.replace(MORE["star"], window_us=DAY)}
    plan = msgspec.structs.replace(PLANNED, looks=Looks.POCOCK)
    sums = dict.fromkeys(("came", *NAMES), arms((300, 500), (100, 500)))
    told = known(sums=sums, sizes={"treated": 500, "holdout": 500}, reached=reached(plan, 1_000, AS_OF - DAY))
    assert {each.claim for each in evaluate(plan, shorter, told, AS_OF).metrics} == {Claim.TOO_EARLY}


def test_the_one_look_of_days_waits_for_the_longer_window() -> None:
    """Without it each later reading would have more of the people whose window ended since."""
    longer = MORE | {"star": msgspec.structs.replace(MORE["star"], window_us=CAME.window_us + 5 * DAY)}
    plan = msgspec.structs.replace(PLANNED, looks=Looks.FIXED, units=None, stop=(AS_OF - CAME.window_us) // DAY - 1)
    sums = dict.fromkeys(("came", *NAMES), arms((300, 500), (100, 500)))
    told = known(sums=sums, sizes={"treated": 500, "holdout": 500})
    star, other = supporting(evaluate(plan, longer, told, AS_OF))[:2]
    assert (star.claim, other.claim) == (Claim.TOO_EARLY, Claim.MORE)
    assert star.look is not None
    assert star.look.next_on == AS_OF // DAY + 5
    assert supporting(evaluate(plan, longer, told, AS_OF + 5 * DAY))[0].claim is Claim.MORE
