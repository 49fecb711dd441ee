"""From the aggregates of a registered experiment to what may be said of it. Pure.

Order: the split first, because a broken one makes every number meaningless; then the look, because the registered rule
says whether one may look now and which interval one reads; then each metric; then guardrails, which may be read at any
moment; then money; then the registered decision. What is claimed follows the interval alone.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import Interval, NotComputable
from fieldfare.learn.experiments.registered.beside import cohorts, dealt_anew, survivals
from fieldfare.learn.experiments.registered.compare import Known, compare_arms, compare_medians
from fieldfare.learn.experiments.registered.findings.model import (
    Claim,
    Finding,
    Findings,
    Look,
    Money,
    Pause,
    Rail,
    Role,
    Segment,
    Verdict,
)
from fieldfare.learn.experiments.registered.look import look_of, shown_interval
from fieldfare.learn.experiments.registered.model import Looks, Registration
from fieldfare.learn.experiments.registered.worth import money_of
from fieldfare.learn.experiments.statistics.bayes import Belief, normal_belief, share_belief
from fieldfare.learn.experiments.statistics.corrections import benjamini_hochberg, holm
from fieldfare.learn.experiments.statistics.mismatch import Mismatch, mismatch
from fieldfare.learn.experiments.statistics.mixtures import crossed
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Effect, Sums
from fieldfare.learn.experiments.statistics.money import per_person
from fieldfare.learn.experiments.statistics.sequences import always_valid

SMALL = 1_000
"""Up to so many units a share's belief is integrated exactly."""


def evaluate(registration: Registration, metrics: Mapping[str, Metric], known: Known, as_of: Instant) -> Findings:
    """Return all that may be said of a registered experiment."""
    split = mismatch(known.sizes, known.weights)
    mature = sum(sums.size for sums in known.sums.get(registration.primary, {}).values())
    look = look_of(registration, mature)
    broken = isinstance(split, Mismatch) and not split.passed
    may_say = look.may_say and not broken
    found = tuple(_findings(registration, metrics, known, look, broken=broken))
    rails = () if broken else tuple(_rails(registration, metrics, known))
    primary = [each for each in found if each.role is Role.PRIMARY]
    money = None if broken else _money(registration, metrics[registration.primary], primary, known)
    verdict, why = _decide(registration, primary, rails, money, broken=broken)
    return Findings(
        registration=registration,
        as_of=as_of,
        sizes=dict(known.sizes),
        crossed=known.crossed,
        control=known.control,
        split=split,
        look=look,
        metrics=found,
        costs={} if broken else _costs(metrics, known, found),
        rails=rails,
        survival=survivals(known, registration.level) if may_say else (),
        small=dealt_anew(known) if may_say else (),
        cohorts=cohorts(known, metrics, registration.level) if may_say else (),
        segments=() if broken else _segments(metrics[registration.primary], known, registration.level),
        money=money,
        verdict=verdict,
        why=why,
    )


def _roles(registration: Registration) -> dict[str, Role]:
    roles = {guardrail.metric: Role.GUARDRAIL for guardrail in registration.guardrails}
    roles |= dict.fromkeys(registration.supporting, Role.SUPPORTING)
    if registration.north_star is not None:
        roles[registration.north_star] = Role.NORTH_STAR
    return roles | {registration.primary: Role.PRIMARY}


def _findings(
    registration: Registration, metrics: Mapping[str, Metric], known: Known, look: Look, *, broken: bool
) -> list[Finding]:
    roles, found = _roles(registration), list[Finding]()
    for name in registration.metrics:
        metric, arms = metrics[name], known.sums.get(name, {})
        if metric.shape is Shape.DERIVED:
            continue
        for variant in known.variants:
            effect, reduction = compare_arms(metric, arms, variant, registration.level, known.control)
            if metric.name in known.spreads:
                effect, reduction = compare_medians(known, metric.name, variant, registration.level), 0.0
            pair = (arms.get(variant, Sums()), arms.get(known.control, Sums()))
            found.append(_finding(metric, roles[name], variant, effect, reduction, pair, look, broken=broken))
    return _corrected(found, 1 - registration.level)


def _finding(
    metric: Metric,
    role: Role,
    variant: str,
    effect: Effect | NotComputable,
    reduction: float,
    pair: tuple[Sums, Sums],
    look: Look,
    *,
    broken: bool,
) -> Finding:
    always = shown = belief = None
    claim = Claim.SPLIT_BROKEN if broken else Claim.NOT_COMPUTABLE
    if isinstance(effect, Effect):
        always = always_valid(effect, sum(sums.size for sums in pair))
        shown = always.interval if role is Role.GUARDRAIL else shown_interval(effect, always, look, role)
        belief = _belief(metric, effect, *pair)
        claim = claim if broken else _claim(shown)
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
        adjusted_p_value=effect.p_value if isinstance(effect, Effect) else None,
        reduction=reduction,
        belief=belief,
        is_money=metric.is_money,
        is_share=metric.shape is Shape.SHARE,
    )


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
    """
    adjusted: dict[int, float] = {}
    for roles, correct in (({Role.PRIMARY}, holm), ({Role.NORTH_STAR, Role.SUPPORTING}, benjamini_hochberg)):
        known = {
            index: each.adjusted_p_value
            for index, each in enumerate(found)
            if each.role in roles and each.adjusted_p_value is not None
        }
        named = correct({str(index): p_value for index, p_value in known.items()})
        adjusted |= {int(index): p_value for index, p_value in named.items()}
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
        if isinstance(basis.effect, NotComputable):
            costs[metric.name] = basis.effect
            continue
        size = known.sums[basis.metric][basis.variant].size
        spent = metric.message_cost * known.extra_messages(basis.variant, size)
        costs[metric.name] = per_person(spent, basis.effect.value * size)
    return costs


def _rails(registration: Registration, metrics: Mapping[str, Metric], known: Known) -> list[Rail]:
    found = []
    for guardrail in registration.guardrails:
        metric, arms = metrics[guardrail.metric], known.sums.get(guardrail.metric, {})
        for variant in known.variants:
            sums = arms.get(variant, Sums())
            if guardrail.at_most is not None:
                known_yet, (tripped, why) = sums.size > 0, _beyond(guardrail.at_most, sums, registration)
            else:
                assert guardrail.worse_by is not None
                effect, _ = compare_arms(metric, arms, variant, registration.level, known.control)
                size = sums.size + arms.get(known.control, Sums()).size
                tripped, why = _worse(guardrail.worse_by, effect, size, lower_is_better=metric.lower_is_better)
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


def _beyond(most: float, sums: Sums, registration: Registration) -> tuple[bool, str]:
    """Return whether the treated exceed a share for sure, whenever one looks."""
    hits = int(sums.total(VALUE))
    expected = max(registration.units or sums.size, 100)
    tripped = 0 < most < 1 and sums.size > 0 and crossed(hits, sums.size, most, 1 - registration.level, expected)
    share = f"{hits:,} of {sums.size:,}" + (f" = {hits / sums.size:.2%}" if sums.size else "")
    return tripped, f"{share}; {'more than' if tripped else 'not shown to be more than'} {most:.2%}"


def _worse(bound: float, effect: Effect | NotComputable, size: int, *, lower_is_better: bool) -> tuple[bool, str]:
    """Return whether the treated are worse than the bound for sure, whenever one looks."""
    if isinstance(effect, NotComputable):
        return False, f"not computable ({effect.reason}). {effect.detail}"
    span = always_valid(effect, size).interval
    worst = span.low if lower_is_better else -span.high
    told = f"{effect.value:+.4g}, always-valid interval {span.low:+.4g} to {span.high:+.4g}"
    return worst > bound, f"{told}; {'worse' if worst > bound else 'not shown to be worse'} by more than {bound:g}"


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


def _money(
    registration: Registration, metric: Metric, primary: Sequence[Finding], known: Known
) -> Money | NotComputable | None:
    if registration.payoff is None or not primary:
        return None
    best = max(primary, key=lambda each: _worth(each, metric))
    if isinstance(best.effect, NotComputable):
        return best.effect
    members = known.sums[metric.name][best.variant].size
    messages = known.extra_messages(best.variant, members)
    return money_of(
        registration.payoff, best.variant, best.effect, best.shown or best.effect.interval, members, messages
    )


def _worth(finding: Finding, metric: Metric) -> float:
    """Return how good a variant is, for choosing the one whose money is told: the most for the good side."""
    if isinstance(finding.effect, NotComputable):
        return float("-inf")
    return -finding.effect.value if metric.lower_is_better else finding.effect.value


def _decide(
    registration: Registration,
    primary: Sequence[Finding],
    rails: Sequence[Rail],
    money: Money | NotComputable | None,
    *,
    broken: bool,
) -> tuple[Verdict, str]:
    """Return what the registered rule says, and why in a sentence."""
    tripped = [rail.metric for rail in rails if rail.tripped]
    if broken:
        return Verdict.STOP, "The split is broken: something besides the coin decided who is in which arm."
    if tripped:
        return Verdict.STOP, f"A guardrail is crossed: {', '.join(tripped)}."
    if any(each.claim in {Claim.TOO_EARLY, Claim.NOT_COMPUTABLE} for each in primary) or not primary:
        return Verdict.WAIT, "The registered plan does not allow to say anything yet."
    if any(each.is_good is False for each in primary):
        return Verdict.STOP, f"`{registration.primary}` moved the wrong way."
    if not any(each.is_good for each in primary):
        last = registration.looks in {Looks.FIXED, Looks.ALWAYS}
        told = "a gain, a loss and no effect all fit these data"
        return (Verdict.INCONCLUSIVE if last else Verdict.WAIT), f"No difference is shown: {told}."
    if registration.payoff is None:
        return Verdict.ADOPT, f"`{registration.primary}` moved the good way; no rule in money is registered."
    least = registration.payoff.minimum_return
    if not isinstance(money, Money) or isinstance(money.roi, NotComputable):
        return Verdict.ADOPT, f"`{registration.primary}` moved the good way, and it costs nothing."
    if money.roi < least:
        return Verdict.STOP, f"It moved the good way, but brings {money.roi:.2f} of net over cost; {least:g} was asked."
    return Verdict.ADOPT, f"It moved the good way and brings {money.roi:.2f} of net over cost; {least:g} was asked."
