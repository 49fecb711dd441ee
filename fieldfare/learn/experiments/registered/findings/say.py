"""Findings as plain lines of text. Pure. The wording never says more than the interval does.

A difference is stated as one only where the interval that may be read lies wholly on one side of zero; before the
planned look nothing is said; a broken split says nothing about any effect.
"""

from collections.abc import Callable, Iterator

from fieldfare.ground.instants import date_of, to_datetime
from fieldfare.ground.money import said
from fieldfare.learn.experiments.model import Arm, Interval, NotComputable, Relative, UnitKind
from fieldfare.learn.experiments.registered.amend import Registered
from fieldfare.learn.experiments.registered.findings.model import (
    Claim,
    Finding,
    Findings,
    Look,
    Money,
    NoCourse,
    Rail,
    Role,
    Segment,
    Verdict,
)
from fieldfare.learn.experiments.registered.model import Looks
from fieldfare.learn.experiments.statistics.corrections import joint_level
from fieldfare.learn.experiments.statistics.mismatch import Mismatch
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.money import MustBeTrue

NOTHING = "no difference is shown: a gain, a loss and no effect all fit these data"
_SAID = {
    Claim.MORE: "higher among {}",
    Claim.LESS: "lower among {}",
    Claim.NOTHING_SHOWN: NOTHING,
    Claim.TOO_EARLY: "too early: the registered plan does not allow to look yet",
    Claim.NOT_COMPUTABLE: "not computable",
    Claim.SPLIT_BROKEN: "nothing is said: the split is broken",
}
_VERDICTS = {
    Verdict.ADOPT: "ADOPT",
    Verdict.STOP: "STOP",
    Verdict.WAIT: "WAIT",
    Verdict.INCONCLUSIVE: "INCONCLUSIVE",
}
_NO_COURSE = {
    NoCourse.MATCHED: "matched places are read by pairs, and the days of their people tell nothing of pairs",
    NoCourse.UNREAD: "it could not be read",
}
_RULES = {
    Looks.FIXED: "one look at the end",
    Looks.ALWAYS: "read at any moment (always-valid intervals)",
    Looks.OBRIEN_FLEMING: "planned looks, O'Brien-Fleming spending",
    Looks.POCOCK: "planned looks, Pocock spending",
}


def amount(value: float, finding: Finding, currency: str, *, signed: bool = True) -> str:
    """Return a number in the metric's own unit: points of a share, money, or a plain number."""
    sign = "+" if signed else ""
    if finding.is_share:
        return f"{value * 100:{sign}.2f} points" if signed else f"{value:.2%}"
    if finding.is_money:
        return said(value, currency, sign)
    return f"{value:{sign},.4g}"


def lines(findings: Findings, currency: str, registered: Registered | None) -> list[str]:
    """Return the whole report as lines of text. ``currency`` is the workspace's ISO code."""
    found = [*_head(findings, registered), _split(findings), ""]
    if isinstance(findings.split, Mismatch) and not findings.split.passed:
        return [*found, f"{_VERDICTS[findings.verdict]}: {findings.why}"]
    for finding in findings.metrics:
        found += _finding(finding, currency, findings)
    for name, cost in findings.costs.items():
        told = cost.detail if isinstance(cost, NotComputable) else f"{said(cost, currency)} for each additional person"
        found.append(f"{name}: {told}")
    if findings.rails:
        found += ["", "Guardrails (read at any moment):"]
        found += [f"  {_rail(rail)}: {rail.metric}: {rail.why}" for rail in findings.rails]
    found += [*_beside(findings, currency), *_cohorts(findings)]
    if findings.no_course is not None:
        found += ["", f"{findings.registration.primary} has no course over time: {_NO_COURSE[findings.no_course]}."]
    found += _segments(findings, currency)
    found += _money(findings.money, currency)
    return [*found, "", f"{_VERDICTS[findings.verdict]}: {findings.why}"]


def _head(findings: Findings, registered: Registered | None) -> Iterator[str]:
    plan, look = findings.registration, findings.look
    yield f"Experiment {plan.name} ({plan.subject}), as of {to_datetime(findings.as_of):%Y-%m-%d %H:%M} UTC"
    if plan.hypothesis:
        yield f"Hypothesis: {plan.hypothesis}"
    yield from _registered(registered)
    days = [None if day is None else date_of(day).isoformat() for day in (plan.start, plan.stop)]
    if any(days):
        yield f"Runs from {days[0] or 'its first entry'} to {days[1] or 'no planned end'}"
    yield f"Looks: {_rule(findings)}; {'; '.join(_looks(look))}"
    sizes = ", ".join(f"{size:,} {arm}" for arm, size in sorted(findings.sizes.items()))
    yield f"Units ({plan.unit}): {sizes}"
    if findings.crossed:
        yield f"Crossed: {findings.crossed:,} people met both arms before they were known to be one; their first counts"
    if findings.of_today:
        how = "each alone" if plan.unit is UnitKind.ADDRESS else f"in the {plan.unit} of today"
        yield f"Units of today: {findings.of_today:,} people were assigned before their unit was kept; they count {how}"


def _rule(findings: Findings) -> str:
    told = _RULES[findings.look.rule]
    is_endless = findings.look.rule is Looks.ALWAYS and findings.registration.looks is Looks.FIXED
    return f"one look, and neither `units` nor `stop` says when, so it is {told}" if is_endless else told


def _looks(look: Look) -> Iterator[str]:
    """Yield how far the plan is, which look stands, and when the next one is."""
    yield "no number of units is planned" if look.progress is None else f"{look.progress:.0%} of the planned units"
    if look.units is not None:
        which = "the last look" if look.next_at is None else f"look {look.taken} of {look.of}"
        which = "the look" if look.of == 1 else which
        yield f"{which} stands, over the first {look.units:,} units"
    day = "" if look.next_on is None else date_of(look.next_on).isoformat()
    if look.next_at is not None:
        yield f"next look over the first {look.next_at:,} units" + (f", on {day}" if day else "")
        if look.ends_on is not None:
            latest = date_of(look.ends_on).isoformat()
            yield f"the last look on {latest} at the latest, over those who came before `stop`"
    elif day:
        yield f"one look on {day}"


def _registered(registered: Registered | None) -> Iterator[str]:
    if registered is None:
        yield "Registered: NOT APPLIED; the plan is read from the folder and anybody may still change it"
        return
    yield f"Registered: version {registered.version}, {to_datetime(registered.at):%Y-%m-%d}, by {registered.by}"
    for each in registered.amendments:
        when, why = f"{to_datetime(each.at):%Y-%m-%d}", each.reason or "no reason given"
        yield f"AMENDED: version {each.version}, {when}, by {each.by}: {why}"
        yield from (f"  {line}" for line in each.differences[:20])


def _split(findings: Findings) -> str:
    split = findings.split
    if isinstance(split, NotComputable):
        return f"Split: not checked. {split.detail}"
    told = ", ".join(f"{arm} {split.observed[arm]:.2%} of {split.expected[arm]:.2%}" for arm in sorted(split.expected))
    if split.passed:
        return f"Split: as designed, {told} (p = {split.p_value:.3g})"
    return (
        f"Split: BROKEN, {told} (p = {split.p_value:.3g}). Something besides the coin decided who is in which arm. "
        "Do not use the numbers of this experiment; find the cause first."
    )


def _finding(finding: Finding, currency: str, findings: Findings) -> Iterator[str]:
    role = finding.role.replace("_", " ")
    variant = "" if finding.variant == Arm.TREATED else f", variant {finding.variant}"
    yield f"{finding.metric} ({role}{variant}): {_SAID[finding.claim].format(_whom(finding.variant))}"
    effect = finding.effect
    if isinstance(effect, NotComputable):
        yield f"  {effect.reason}: {effect.detail}"
        return
    arms = (amount(value, finding, currency, signed=False) for value in (effect.treated, effect.control))
    yield f"  {finding.variant} {next(arms)}, {findings.control} {next(arms)}"
    yield from _stands_apart(finding.look)
    if finding.claim is Claim.TOO_EARLY:
        yield from _at_any_moment(finding, currency, findings)
        return
    told = _interval(finding.shown, finding, currency, effect)
    yield f"  difference {amount(effect.value, finding, currency)}, {told}"
    if isinstance(effect.relative, Relative) and finding.role is not Role.GUARDRAIL:
        yield _lift(effect.relative)
    yield from _at_any_moment(finding, currency, findings)
    if finding.strata:
        yield f"  compared inside {finding.strata} strata, each weighed by its units"
    if finding.reduction > 0:
        yield f"  CUPED took {finding.reduction:.1%} of the variance"
    if finding.belief is not None and finding.role is Role.PRIMARY:
        loss = amount(finding.belief.loss_if_treated, finding, currency, signed=False)
        better = f"{finding.belief.chance_better:.1%}"
        told = f"higher by {better}; choosing {finding.variant} loses {loss} on average if it is not"
        yield f"  belief (no licence to peek): {told}"


def _stands_apart(look: Look | None) -> Iterator[str]:
    """Yield where a metric stands whose window is longer than the primary one's."""
    if look is None:
        return
    now = "" if look.units is None else f" it stands over the first {look.units:,} units, and"
    when = "later" if look.next_on is None else f"on {date_of(look.next_on).isoformat()}"
    yield f"  its window is longer than the primary metric's:{now} its {'next ' if now else ''}look is {when}"


def _at_any_moment(finding: Finding, currency: str, findings: Findings) -> Iterator[str]:
    """Yield the interval that may be read between looks; it decides nothing where looks are planned."""
    if finding.always is None or findings.look.rule is Looks.ALWAYS or finding.role is not Role.PRIMARY:
        return
    span, level = finding.always.interval, joint_level(findings.registration.level, len(findings.sizes) - 1)
    low, high = (amount(value, finding, currency) for value in (span.low, span.high))
    yield f"  at any moment, over everybody so far: {level * 100:.4g}% interval {low} to {high} ({span.method})"


def _whom(variant: str) -> str:
    return "the treated" if variant == Arm.TREATED else f"those of the variant `{variant}`"


def _interval(span: Interval | None, finding: Finding, currency: str, effect: Effect) -> str:
    if span is None:
        return "no interval yet"
    low, high = (amount(value, finding, currency) for value in (span.low, span.high))
    p_value = "" if finding.adjusted_p_value is None else f"; p = {finding.adjusted_p_value:.3g}"
    return f"{effect.level * 100:.4g}% interval {low} to {high} ({span.method}){p_value}"


def _lift(lift: Relative) -> str:
    span = lift.interval
    return f"  lift {lift.value:+.1%}, interval {span.low:+.1%} to {span.high:+.1%} ({span.method})"


def _rail(rail: Rail) -> str:
    if not rail.known:
        return "not known"
    return "CROSSED" if rail.tripped else "ok"


def _beside(findings: Findings, currency: str) -> Iterator[str]:
    """Return the primary metric in other ways: as time to event, and dealt anew where the list is small."""
    for each in findings.survival:
        yield ""
        yield f"Time to event, {each.variant} beside {findings.control} (read once, at the end):"
        if isinstance(each.hazards, NotComputable):
            yield f"  hazard ratio: not computable ({each.hazards.reason}). {each.hazards.detail}"
        else:
            span = each.hazards.interval
            told = f"{each.hazards.ratio:.3g}, interval {span.low:.3g} to {span.high:.3g} ({span.method})"
            yield f"  hazard ratio {told}; log-rank p = {each.hazards.p_value:.3g}"
        if isinstance(each.days, Effect):
            span = each.days.interval
            days = f"{each.days.treated:.2f} and {each.days.control:.2f} days without it in the first {each.horizon}"
            yield f"  {days}, difference {each.days.value:+.2f}, interval {span.low:+.2f} to {span.high:+.2f}"
    yield from _matched(findings, currency)
    for small in findings.small:
        if isinstance(small.dealt, NotComputable):
            continue
        how = "all deals" if small.dealt.exact else f"{small.dealt.deals:,} deals"
        p_value = f"{small.dealt.p_value:.3g}"
        yield f"Small list, read once: the coin alone makes so large a difference with p = {p_value} ({how})"


def _matched(findings: Findings, currency: str) -> Iterator[str]:
    """Return what matched places say beside the paired t that the primary metric is read by."""
    primary = next(each for each in findings.metrics if each.role is Role.PRIMARY)
    for each in findings.matched:
        yield ""
        if isinstance(each.pairs, NotComputable):
            yield f"Matched places, {each.variant}: not computable ({each.pairs.reason}). {each.pairs.detail}"
            continue
        pairs = each.pairs
        told = f"{pairs.pairs} blocks, {amount(pairs.value, primary, currency)} on average"
        yield f"Matched places, {each.variant} beside {findings.control} (read once): {told}"
        tests = (
            ("paired t", pairs.t_p_value),
            ("Wilcoxon", pairs.wilcoxon_p_value),
            ("signs", pairs.sign_p_value),
            ("flipping", pairs.flipped_p_value),
        )
        yield "  p by " + ", ".join(f"{name} {p_value:.3g}" for name, p_value in tests)


def _cohorts(findings: Findings) -> Iterator[str]:
    """Return who was still there after some time, by arm."""
    if not findings.cohorts:
        return
    yield from (
        "",
        f"Still there, by days since the start ({findings.cohorts[0].metric}; not corrected, read together):",
    )
    for each in findings.cohorts:
        variant = "" if each.variant == Arm.TREATED else f", {each.variant}"
        effect = each.effect
        if isinstance(effect, NotComputable):
            yield f"  day {each.day}{variant}: not computable ({effect.reason})"
            continue
        low, high = effect.interval.low * 100, effect.interval.high * 100
        arms = f"{effect.treated:.2%} and {effect.control:.2%} in {findings.control}"
        yield f"  day {each.day}{variant}: {arms}, {effect.value * 100:+.2f} points, interval {low:+.2f} to {high:+.2f}"


def _segments(findings: Findings, currency: str) -> Iterator[str]:
    if not findings.segments:
        return
    primary = next(each for each in findings.metrics if each.role is Role.PRIMARY)
    yield from ("", "By declared segments, EXPLORATORY: ideas for the next experiment, no findings of this one")
    for segment in findings.segments:
        variant = "" if segment.variant == Arm.TREATED else f", variant {segment.variant}"
        yield f"  {segment.trait} = {segment.value}{variant}: {_segment(segment, primary, currency)}"


def _segment(segment: Segment, primary: Finding, currency: str) -> str:
    effect = segment.effect
    if isinstance(effect, NotComputable):
        return f"not computable ({effect.reason})"
    low, high = (amount(value, primary, currency) for value in (effect.interval.low, effect.interval.high))
    return f"{amount(effect.value, primary, currency)}, interval {low} to {high}"


def _must_be_true(true: MustBeTrue, currency: str) -> Iterator[str]:
    """Return the table of what must hold for the money to come back, each line with everything else as it is."""
    told = "holds even at the low end of the interval" if true.holds else "does not hold at its low end"
    yield f"  What must be true for it to pay ({told}):"
    rows: tuple[tuple[str, float | NotComputable, Callable[[float], str]], ...] = (
        ("more units of the metric, at least", true.people, lambda value: f"{value:,.1f}"),
        ("difference for each treated, at least", true.effect, lambda value: f"{value:.4g}"),
        ("worth of one, at least", true.value, lambda value: said(value, currency)),
        ("share of them that stays, at least", true.share_kept, lambda value: f"{value:.0%}"),
    )
    for name, value, shown in rows:
        yield f"    {name}: " + (f"never. {value.detail}" if isinstance(value, NotComputable) else shown(value))


def _periods(payback: float | NotComputable) -> str:
    return payback.detail.rstrip(".") if isinstance(payback, NotComputable) else f"after {payback:.2g} periods"


def _money(found: Money | NotComputable | None, currency: str) -> Iterator[str]:
    if found is None:
        return
    yield ""
    if isinstance(found, NotComputable):
        yield f"Money: not computable ({found.reason}). {found.detail}"
        return
    low, high = (said(value, currency, "+") for value in (found.net_interval.low, found.net_interval.high))
    variant = "" if found.variant == Arm.TREATED else f" of {found.variant}"
    yield f"Money{variant}: revenue {said(found.revenue, currency, '+')}, cost {said(found.cost, currency)}"
    yield f"  net {said(found.net, currency, '+')}, interval {low} to {high}"
    if not isinstance(found.roi, NotComputable) and not isinstance(found.roi_low, NotComputable):
        yield f"  net over cost {found.roi:.2f}, {found.roi_low:.2f} at the low end of the interval"
    if found.cost > 0:
        soon, late = (_periods(each) for each in (found.payback, found.payback_low))
        yield f"  payback: {soon}; at the low end of the interval: {late}"
    yield from _must_be_true(found.must_be_true, currency)
    for each in found.attrition:
        share = "" if isinstance(each.roi, NotComputable) else f", net over cost {each.roi:.2f}"
        yield f"  if {each.share:.0%} of them stay: net {said(each.net, currency, '+')}{share}"
