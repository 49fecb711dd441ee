"""What people ask of the gate's orders, checked: pauses, holds, modes, the queue. Pure.

Every refusal names the field and what may stand there. Names are checked against the workspace by whoever knows it.
"""

import msgspec

from fieldfare.decide.gate.model import HoldKind, Mode, Scope
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.instants import Instant, parse_iso, to_iso
from fieldfare.ground.workspace.model import parse_duration

MOST_TEXT = 500


class Signed(msgspec.Struct, frozen=True):
    """Who orders it, and why."""

    actor: str
    reason: str


def signed(actor: str, reason: str) -> Signed:
    """Return the signature. Raises ``CallerError`` ``order_unsigned``."""
    for field, text in (("actor", actor), ("reason", reason)):
        if not text.strip() or len(text) > MOST_TEXT:
            what = "is missing" if not text.strip() else f"has {len(text)} characters, and {MOST_TEXT} may be kept"
            message = f"`{field}` {what}; an order stands in the record with who gave it and why. Nothing was done."
            raise CallerError("order_unsigned", message, field=field)
    return Signed(actor.strip(), reason.strip())


def scope_of(scope: str, name: str) -> Scope:
    """Return the scope of a pause. Raises ``CallerError`` ``scope_unknown`` or ``scope_name``."""
    known = ", ".join(Scope)
    if scope not in set(Scope):
        raise CallerError("scope_unknown", f"{cut(scope)} cannot be paused. Write one of {known}.", field="scope")
    found = Scope(scope)
    if (found is Scope.EVERYTHING) is bool(name.strip()):
        what = f"`everything` takes no name, and {cut(name)} was given" if name.strip() else f"which {scope} is meant"
        message = f"{what}. Write `everything`, or a scope and its name, such as `journey win-back`."
        raise CallerError("scope_name", message[0].upper() + message[1:], field="name")
    return found


def kind_of(kind: str) -> HoldKind:
    """Return the kind of a hold. Raises ``CallerError`` ``hold_kind_unknown``."""
    if kind not in set(HoldKind):
        message = f"{cut(kind)} is no kind of hold. Write one of {', '.join(HoldKind)}."
        raise CallerError("hold_kind_unknown", message, field="kind")
    return HoldKind(kind)


def mode_of(mode: str) -> Mode:
    """Return the mode. Raises ``CallerError`` ``mode_unknown``."""
    if mode not in set(Mode):
        raise CallerError("mode_unknown", f"{cut(mode)} is no mode. Write one of {', '.join(Mode)}.", field="mode")
    return Mode(mode)


def since_of(text: str | None, now: Instant) -> Instant:
    """Return where to begin: an instant, or a span before now. Raises ``CallerError`` ``since_wrong``."""
    if text is None:
        return 0
    span = parse_duration(text)
    try:
        return parse_iso(text) if isinstance(span, str) else now - span.us
    except (ValueError, OverflowError):
        message = f"{cut(text)} is neither a time nor a span. Write `2026-03-01T08:00:00Z`, or `7 days`."
        raise CallerError("since_wrong", message, field="since") from None


def until_of(text: str | None, now: Instant) -> Instant | None:
    """Return when it ends: an instant, or a span from now. Raises ``CallerError`` ``until_wrong``."""
    if text is None:
        return None
    span = parse_duration(text)
    try:
        until = parse_iso(text) if isinstance(span, str) else now + span.us
    except (ValueError, OverflowError):
        message = f"{cut(text)} is neither a time nor a span. Write `2026-03-01T08:00:00Z`, or `2 days`."
        raise CallerError("until_wrong", message, field="until") from None
    if until <= now:
        message = f"{cut(text)} is {to_iso(until)}, which is not in the future (now: {to_iso(now)})."
        raise CallerError("until_wrong", message, field="until")
    return until
