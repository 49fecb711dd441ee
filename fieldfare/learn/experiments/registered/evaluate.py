"""From the aggregates of a registered experiment to what may be said of it. Pure.

Order: the split first, because a broken one makes every number meaningless; then the look, because the registered rule
says whether one may look now, over whom, and which interval one reads; then each metric; then guardrails, read at any
moment and over everybody; then money; then the registered decision. What is claimed follows the interval alone, by
the same rule for every metric but guardrails. Before its look nothing of a metric is told but what may be read at any
moment.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.registered.beside import cohorts, dealt_anew, matched, survivals
from fieldfare.learn.experiments.registered.bound import beyond
from fieldfare.learn.experiments.registered.compare import Known, compare_arms, compare_known, people_of, strata_read
from fieldfare.learn.experiments.registered.findings.model import (
    Claim,
    Finding,
    Findings,
    Look,
    Money,
    NoCourse,
    Pause,
    Rail,
    Role,
    Segment,
    Verdict,
)
from fieldfare.learn.experiments.registered.look import (
    is_last,
    look_of,
    shown_interval,
    shown_lift,
    shown_p_value,
    window_of,
)
from fieldfare.learn.experiments.registered.model import Margin, Registration
from fieldfare.learn.experiments.registered.worth import money_of
from fieldfare.learn.experiments.statistics.bayes import Belief, normal_belief, share_belief
from fieldfare.learn.experiments.statistics.corrections import benjamini_hochberg, holm, joint_level
from fieldfare.learn.experiments.statistics.mismatch import Mismatch, mismatch
from fieldfare.learn.experiments.statistics.model import BASE, Effect, Sums
from fieldfare.learn.experiments.statistics.money import per_person
from fieldfare.learn.experiments.statistics.sequences import AlwaysValid, always_valid

_EARLY = NotComputable(Why.TOO_EARLY, "The registered plan does not allow to look at the metric yet.")
SMALL = 1_000
"""Up to so many units a share's belief is integrated exactly."""


def evaluate(registration: Registration, metrics: Mapping[str, Metric], known: Known, as_of: Instant) -> Findings:
    """Return all that may be said of a registered experiment."""
    split = mismatch(known.sizes, known.weights)
    mature = sum(sums.size for sums in known.latest.sums.get(registration.primary, {}).values())
    shared = joint_level(registration.level, len(known.variants))
    primary_metric = metrics[registration.primary]
    look = look_of(registration, mature, shared, as_of, primary_metric.window_us, known.reached)
    looks = {
        name: look_of(
            registration, mature, registration.level, as_of, window_of(metrics[name], primary_metric), known.reached
        )
        for name in registration.metrics
    } | {registration.primary: look}
    broken = isinstance(split, Mismatch) and not split.passed
    is_read = not broken and registration.primary not in known.unread
    may_say = look.may_say and is_read
    found = tuple(_findings(registration, metrics, known, looks, broken=broken))
    rails = () if broken else tuple(_rails(registration, metrics, known.latest))
    primary = [each for each in found if each.role is Role.PRIMARY]
    moneys = {} if broken else _moneys(registration, primary_metric, primary, known)
    verdict, why = _decide(registration, look, primary, rails, moneys, broken=broken)
    return Findings(
        registration=registration,
        as_of=as_of,
        sizes=dict(known.sizes),
        crossed=known.crossed,
        of_today=known.of_today,
        control=known.control,
        split=split,
        look=look,
        metrics=found,
        costs={} if broken else _costs(metrics, known, found),
        rails=rails,
        survival=survivals(known, registration.level) if may_say else (),
        small=dealt_anew(known) if may_say else (),
        matched=matched(known, registration.primary, registration.level) if may_say else (),
        cohorts=cohorts(known, metrics, registration.level) if may_say else (),
        segments=_segments(primary_metric, known, registration.level) if may_say else (),
        money=_money(registration, primary_metric, primary, moneys),
        no_course=_no_course(registration, known),
        verdict=verdict,
        why=why,
    )


def _no_course(registration: Registration, known: Known) -> NoCourse | None:
    """Return why the primary metric has no course: pairs are not read off the sums of days."""
    if registration.primary in known.unread:
        return NoCourse.UNREAD
    if registration.blocks or registration.primary in known.matched:
        return NoCourse.MATCHED
    return None


def _roles(registration: Registration) -> dict[str, Role]:
    roles = {guardrail.metric: Role.GUARDRAIL for guardrail in registration.guardrails}
    roles |= dict.fromkeys(registration.supporting, Role.SUPPORTING)
    if registration.north_star is not None:
        roles[registration.north_star] = Role.NORTH_STAR
    return roles | {registration.primary: Role.PRIMARY}


def _findings(
    registration: Registration,
    metrics: Mapping[str, Metric],
    known: Known,
    looks: Mapping[str, Look],
    *,
    broken: bool,
) -> list[Finding]:
    roles, found = _roles(registration), list[Finding]()
    for name in registration.metrics:
        metric, whose = metrics[name], known.latest if roles[name] is Role.GUARDRAIL else known
        if metric.shape is Shape.DERIVED:
            continue
        arms = whose.sums.get(name, {})
        for variant in known.variants:
            shared = roles[name] is Role.PRIMARY
            level = joint_level(registration.level, len(known.variants)) if shared else registration.level
            effect, reduction = compare_known(whose, metric, variant, level)
            latest = effect if whose is known.latest else compare_known(known.latest, metric, variant, level)[0]
            always = None
            if isinstance(latest, Effect):
                always = always_valid(latest, known.latest.units_of(name, variant))
            pair = (arms.get(variant, Sums()), arms.get(known.control, Sums()))
            told = _finding(metric, roles[name], variant, effect, always, pair, looks[name], broken=broken)
            told = msgspec.structs.replace(
                told,
                reduction=reduction,
                strata=strata_read(whose, metric, variant),
                look=None if roles[name] is Role.GUARDRAIL else _apart(looks[name], looks[registration.primary]),
            )
            found.append(_of_few(told) if name in known.matched else told)
    return _corrected(found, 1 - registration.level)


def _apart(own: Look, look: Look) -> Look | None:
    """Return where a metric stands whose window is longer, where that is not where the experiment stands."""
    return None if (own.may_say, own.taken, own.next_on) == (look.may_say, look.taken, look.next_on) else own


def _finding(
    metric: Metric,
    role: Role,
    variant: str,
    effect: Effect | NotComputable,
    always: AlwaysValid | None,
    pair: tuple[Sums, Sums],
    look: Look,
    *,
    broken: bool,
) -> Finding:
    shown = belief = p_value = None
    claim = Claim.SPLIT_BROKEN if broken else Claim.NOT_COMPUTABLE
    if isinstance(effect, Effect) and always is not None:
        at_any_moment = role is Role.GUARDRAIL
        shown = always.interval if at_any_moment else shown_interval(effect, always, look)
        claim = claim if broken else _claim(shown)
        if claim is Claim.TOO_EARLY:
            effect = _unlooked(effect, always, look)
        else:
            belief = _belief(metric, effect, *pair)
            p_value = always.p_value if at_any_moment else shown_p_value(effect, always, look)
            lift = effect.relative if at_any_moment else shown_lift(effect, always, look)
            effect = msgspec.structs.replace(effect, relative=lift)
    sign = {Claim.MORE: 1, Claim.LESS: -1}.get(claim)
    return Finding(
        metric=metric.name,
        role=role,
        variant=variant,
        claim=claim,
        is_good=None if sign is None else (sign > 0) is not metric.lower_is_better,
        effect=effect,
        shown=shown,
        always=always,
        adjusted_p_value=p_value,
        reduction=0.0,
        belief=belief,
        is_money=metric.is_money,
        is_share=metric.shape is Shape.SHARE,
    )


def _unlooked(effect: Effect, always: AlwaysValid, look: Look) -> Effect:
    """Return the effect before its look: with the interval that may be read at any moment, and no test of one look."""
    lift = shown_lift(effect, always, look)
    return msgspec.structs.replace(effect, interval=always.interval, statistic=None, p_value=None, relative=lift)


def _of_few(finding: Finding) -> Finding:
    """Return what matched places let say: few of them allow no belief, and at any moment hardly anything."""
    always = finding.always if finding.role is Role.GUARDRAIL else None
    return msgspec.structs.replace(finding, always=always, belief=None)


def _claim(shown: Interval | None) -> Claim:
    if shown is None:
        return Claim.TOO_EARLY
    return Claim.MORE if shown.low > 0 else Claim.LESS if shown.high < 0 else Claim.NOTHING_SHOWN


def _belief(metric: Metric, effect: Effect, treated: Sums, control: Sums) -> Belief:
    if metric.shape is Shape.SHARE and BASE not in treated.sums and max(treated.size, control.size) <= SMALL:
        return share_belief(treated, control, level=effect.level)
    return normal_belief(effect.value, effect.standard_error, level=effect.level)


def _corrected(found: Sequence[Finding], alpha: float) -> list[Finding]:
    """Adjust p-values: Holm over the variants of the primary metric, Benjamini-Hochberg over what explains it.

    A claim whose adjusted p-value does not hold becomes "nothing shown". Guardrails are warnings and are not corrected.
    All that is registered is in the list, also what has no p-value yet: so it is equally long at every look, and of
    p-values that hold at any look the list claims at most as much over all looks as it would of the least of each.
    """
    adjusted: dict[int, float] = {}
    for roles, correct in (({Role.PRIMARY}, holm), ({Role.NORTH_STAR, Role.SUPPORTING}, benjamini_hochberg)):
        asked = {index: each.adjusted_p_value for index, each in enumerate(found) if each.role in roles}
        named = correct({str(index): 1.0 if each is None else each for index, each in asked.items()})
        adjusted |= {index: named[str(index)] for index, each in asked.items() if each is not None}
    result = []
    for index, each in enumerate(found):
        p_value = adjusted.get(index, each.adjusted_p_value)
        claimed = each.claim in {Claim.MORE, Claim.LESS} and each.role is not Role.GUARDRAIL
        falls = claimed and p_value is not None and p_value > alpha
        kept = {"claim": Claim.NOTHING_SHOWN, "is_good": None} if falls else {}
        result.append(msgspec.structs.replace(each, adjusted_p_value=p_value, **kept))
    return result


def _costs(metrics: Mapping[str, Metric], known: Known, found: Sequence[Finding]) -> dict[str, float | NotComputable]:
    """Return what one additional person cost, for each metric that follows from a share."""
    costs: dict[str, float | NotComputable] = {}
    for metric in metrics.values():
        basis = next((each for each in found if each.metric == metric.of), None)
        if metric.shape is not Shape.DERIVED or basis is None:
            continue
        if isinstance(basis.effect, NotComputable) or basis.claim is Claim.TOO_EARLY:
            costs[metric.name] = _EARLY if isinstance(basis.effect, Effect) else basis.effect
            continue
        sums = known.sums[basis.metric][basis.variant]
        spent = metric.message_cost * known.extra_messages(basis.variant, sums.size)
        costs[metric.name] = per_person(spent, basis.effect.value * people_of(metrics[basis.metric], sums))
    return costs


def _rails(registration: Registration, metrics: Mapping[str, Metric], known: Known) -> list[Rail]:
    found = []
    for guardrail in registration.guardrails:
        metric, arms = metrics[guardrail.metric], known.sums.get(guardrail.metric, {})
        for variant in known.variants:
            sums = arms.get(variant, Sums())
            lack = known.unread.get(guardrail.metric)
            if lack is not None:
                tripped, known_yet, why = False, False, f"not computable ({lack.reason}). {lack.detail}"
            elif guardrail.at_most is not None:
                tripped, why = beyond(guardrail.at_most, sums, registration, metric.kind)
                of_messages = metric.kind is MetricKind.DELIVERY
                known_yet = (sums.total(BASE) if of_messages else people_of(metric, sums)) > 0
            else:
                assert guardrail.worse_by is not None
                effect, _ = compare_known(known, metric, variant, registration.level)
                size = known.units_of(metric.name, variant)
                if guardrail.margin is Margin.OF_CONTROL:
                    known_yet, tripped, why = _relatively_worse(guardrail.worse_by, effect, size, metric)
                else:
                    tripped, why = _worse(guardrail.worse_by, effect, size, metric)
                    known_yet = isinstance(effect, Effect)
            found.append(
                Rail(
                    metric=metric.name,
                    variant=variant,
                    known=known_yet,
                    tripped=tripped,
                    pauses=guardrail.pauses,
                    why=why,
                )
            )
    return found


def _worse(bound: float, effect: Effect | NotComputable, size: int, metric: Metric) -> tuple[bool, str]:
    """Return whether the treated are worse than the bound for sure, whenever one looks."""
    if isinstance(effect, NotComputable):
        return False, f"not computable ({effect.reason}). {effect.detail}"
    span = always_valid(effect, size).interval
    worst = span.low if metric.lower_is_better else -span.high
    one = metric.scale if metric.is_money else 1
    told = f"{effect.value / one:+.4g}, always-valid interval {span.low / one:+.4g} to {span.high / one:+.4g}"
    how = "worse" if worst > bound else "not shown to be worse"
    return worst > bound, f"{told}; {how} by more than {bound / one:g}"


def _relatively_worse(
    bound: float, effect: Effect | NotComputable, size: int, metric: Metric
) -> tuple[bool, bool, str]:
    """Return whether it is known, and whether the treated are worse by more than a part of the control's number."""
    lift = effect.relative if isinstance(effect, Effect) else effect
    span = always_valid(effect, size).relative if isinstance(effect, Effect) else effect
    if isinstance(lift, NotComputable) or isinstance(span, NotComputable):
        lack = next(each for each in (lift, span) if isinstance(each, NotComputable))
        return False, False, f"not computable ({lack.reason}). {lack.detail}"
    tripped = (span.low if metric.lower_is_better else -span.high) > bound
    how = "worse" if tripped else "not shown to be worse"
    told = f"{lift.value:+.1%}, always-valid interval {span.low:+.1%} to {span.high:+.1%}"
    return True, tripped, f"{told}; {how} by more than {bound:.2%} of the control"


def pauses(findings: Findings) -> tuple[Pause, ...]:
    """Return the journeys that guardrails want paused, with why."""
    registration = findings.registration
    return tuple(
        Pause(registration.source, registration.name, rail.metric, rail.why)
        for rail in findings.rails
        if rail.tripped and rail.pauses
    )


def _segments(metric: Metric, known: Known, level: float) -> tuple[Segment, ...]:
    effects = {
        (*place, variant): compare_arms(metric, arms, variant, level, known.control)[0]
        for place, arms in known.segments.items()
        for variant in known.variants
    }
    p_values = {
        "\0".join(place): effect.p_value
        for place, effect in effects.items()
        if isinstance(effect, Effect) and effect.p_value is not None
    }
    adjusted = benjamini_hochberg(p_values)
    return tuple(
        Segment(
            trait=place[0],
            value=place[1],
            variant=place[2],
            effect=effects[place],
            adjusted_p_value=adjusted.get("\0".join(place)),
        )
        for place in sorted(effects)
    )


def _moneys(
    registration: Registration, metric: Metric, primary: Sequence[Finding], known: Known
) -> dict[str, Money | NotComputable]:
    """Return what the effect of each variant is worth, where a payoff is registered."""
    found: dict[str, Money | NotComputable] = {}
    for each in primary if registration.payoff is not None else ():
        if isinstance(each.effect, NotComputable) or each.claim is Claim.TOO_EARLY:
            found[each.variant] = _EARLY if isinstance(each.effect, Effect) else each.effect
            continue
        assert registration.payoff is not None
        sums = known.sums[metric.name][each.variant]
        shown, messages = each.shown or each.effect.interval, known.extra_messages(each.variant, sums.size)
        people = people_of(metric, sums)
        found[each.variant] = money_of(registration.payoff, each.variant, each.effect, shown, people, messages)
    return found


def _money(
    registration: Registration,
    metric: Metric,
    primary: Sequence[Finding],
    moneys: Mapping[str, Money | NotComputable],
) -> Money | NotComputable | None:
    """Return the money that is told: of the best variant that is good and pays, else is good, else of all."""
    if not moneys:
        return None
    good = [each for each in primary if each.is_good]
    paying = [each for each in good if _pays(registration, moneys[each.variant])]
    return moneys[max(paying or good or primary, key=lambda each: _worth(each, metric)).variant]


def _pays(registration: Registration, money: Money | NotComputable) -> bool:
    """Return whether it brings what was asked; what costs nothing does."""
    if registration.payoff is None or not isinstance(money, Money):
        return False
    return isinstance(money.roi, NotComputable) or money.roi >= registration.payoff.minimum_return


def _worth(finding: Finding, metric: Metric) -> float:
    """Return how good a variant is, for choosing the one whose money is told: the most for the good side."""
    if isinstance(finding.effect, NotComputable):
        return float("-inf")
    return -finding.effect.value if metric.lower_is_better else finding.effect.value


def _decide(
    registration: Registration,
    look: Look,
    primary: Sequence[Finding],
    rails: Sequence[Rail],
    moneys: Mapping[str, Money | NotComputable],
    *,
    broken: bool,
) -> tuple[Verdict, str]:
    """Return what the registered rule says, and why in a sentence."""
    tripped = [rail.metric for rail in rails if rail.tripped]
    if broken:
        return Verdict.STOP, "The split is broken: something besides the coin decided who is in which arm."
    if tripped:
        return Verdict.STOP, f"A guardrail is crossed: {', '.join(tripped)}."
    if primary and all(each.claim is Claim.NOT_COMPUTABLE for each in primary):
        return Verdict.WAIT, f"`{registration.primary}` is not computable, so nothing is said of it."
    if any(each.claim in {Claim.TOO_EARLY, Claim.NOT_COMPUTABLE} for each in primary) or not primary:
        return Verdict.WAIT, "The registered plan does not allow to say anything yet."
    good = [each.variant for each in primary if each.is_good]
    if not good and any(each.is_good is False for each in primary):
        return Verdict.STOP, f"`{registration.primary}` moved the wrong way."
    if not good:
        told = "a gain, a loss and no effect all fit these data"
        return (Verdict.INCONCLUSIVE if is_last(look) else Verdict.WAIT), f"No difference is shown: {told}."
    where = f" in `{'`, `'.join(good)}`" if len(primary) > 1 else ""
    if registration.payoff is None:
        return Verdict.ADOPT, f"`{registration.primary}` moved the good way{where}; no rule in money is registered."
    return _decide_money(registration, good, moneys, several=len(primary) > 1)


def _decide_money(
    registration: Registration, good: Sequence[str], moneys: Mapping[str, Money | NotComputable], *, several: bool
) -> tuple[Verdict, str]:
    """Return what the rule in money says of the variants that are good: those that pay are adopted, and named."""
    assert registration.payoff is not None
    paying = [variant for variant in good if _pays(registration, moneys[variant])]

    def told(variant: str) -> str:
        money = moneys[variant]
        roi = money.roi if isinstance(money, Money) else money
        what = "costs nothing" if isinstance(roi, NotComputable) else f"brings {roi:.2f} of net over cost"
        return f"{what} in `{variant}`" if several else what

    all_told = ", ".join(told(variant) for variant in paying or good)
    asked = f"{registration.payoff.minimum_return:g} was asked"
    if not paying:
        return Verdict.STOP, f"It moved the good way, but {all_told}; {asked}."
    return Verdict.ADOPT, f"It moved the good way and {all_told}; {asked}."
