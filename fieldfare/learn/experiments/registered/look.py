"""Whether one may look now, and which interval one reads, by the registered rule. Pure.

Planned looks use the spending function of their kind at the information there really is, so a look that came a little
later than planned is still right. Supporting metrics are read with the primary one, at the fixed interval.
"""

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.registered.findings.model import Look, Role
from fieldfare.learn.experiments.registered.model import Looks, Registration
from fieldfare.learn.experiments.statistics.boundaries import Spending, bounds_of, repeated
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sequences import AlwaysValid

_SPENDING = {
    Looks.OBRIEN_FLEMING: Spending.LAN_DEMETS_OBRIEN_FLEMING,
    Looks.POCOCK: Spending.LAN_DEMETS_POCOCK,
}


def look_of(registration: Registration, mature: int) -> Look:
    """Return where the experiment stands; ``mature`` counts units of both arms whose window is over."""
    rule, planned = registration.looks, registration.units
    progress = mature / planned if planned is not None else None
    if rule is Looks.ALWAYS:
        return Look(progress=progress, rule=rule, may_say=True)
    if rule is Looks.FIXED or progress is None or planned is None:
        done = progress is None or progress >= 1
        return Look(progress=progress, rule=rule, may_say=done, next_at=None if done else planned)
    past = [share for share in registration.look_at if share <= progress]
    ahead = [share for share in registration.look_at if share > progress]
    following = round(ahead[0] * planned) if ahead else None
    if not past:
        return Look(progress=progress, rule=rule, may_say=False, next_at=following)
    looks = (*past[:-1], min(progress, 1.0))
    bound = bounds_of(_SPENDING[rule], looks, registration.level)[-1]
    return Look(progress=progress, rule=rule, may_say=True, bound=bound, next_at=following)


def shown_interval(effect: Effect, always: AlwaysValid, look: Look, role: Role) -> Interval | None:
    """Return the interval that may be read now, ``None`` when it is too early."""
    if not look.may_say:
        return None
    if look.rule is Looks.ALWAYS:
        return always.interval
    if look.bound is not None and role is Role.PRIMARY:
        return repeated(effect, look.bound)
    return effect.interval
