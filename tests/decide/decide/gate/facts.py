"""Facts that let a message pass, and strategies for any facts and policy."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from fieldfare.decide.gate.model import Cap, Facts, OnHit, PhaseRule, Policy, QuietHours
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import DAY, HOUR, Instant, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm

NOON = parse_iso("2026-03-02T12:00:00Z")


def proposal(**change: Any) -> Proposal:
    values: dict[str, Any] = {
        "id": "prp_1",
        "profile_id": 1,
        "journey": "win-back",
        "version": "v1",
        "step": "0",
        "enrollment_id": "enr_1",
        "experiment": "journey.win-back",
        "arm": Arm.TREATED,
        "channel": "email",
        "template": "hello",
        "purpose": "marketing",
        "priority": 50,
        "proposed_at": NOON - HOUR,
        "due_at": NOON - HOUR,
        "expires_at": NOON + DAY,
        "event_id": "m1",
    }
    return Proposal(**(values | change))


def facts(**change: Any) -> Facts:
    """Return facts that pass; keys of a proposal go into the proposal."""
    wish = {key: change.pop(key) for key in list(change) if key in Proposal.__struct_fields__}
    values: dict[str, Any] = {
        "proposal": proposal(**wish),
        "address_hash": b"address",
        "consent": "granted",
        "suppressed_since": None,
        "consent_pending": False,
        "sent_at": (),
        "zone": "UTC",
        "zone_source": "workspace",
        "phases": frozenset({"off"}),
        "journey_live": True,
        "on_hold": False,
        "rendered": True,
        "match_confidence": 100,
    }
    return Facts(**(values | change))


def changed(known: Facts, **change: Any) -> Facts:
    """Return the facts with other values, those of the proposal included."""
    wish = {key: change.pop(key) for key in list(change) if key in Proposal.__struct_fields__}
    other = msgspec.structs.replace(known.proposal, **wish) if wish else known.proposal
    return msgspec.structs.replace(known, proposal=other, **change)


SENT = st.lists(st.integers(0, 40 * DAY), max_size=5).map(lambda ago: tuple(sorted(NOON - each for each in ago)))
CAPS = st.builds(
    Cap,
    channel=st.sampled_from(["email", "any", "sms"]),
    most=st.integers(0, 4),
    per=st.builds(Duration, st.integers(1, 30), st.sampled_from(["day", "hour", "week"])),
    calendar=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    caps=st.lists(CAPS, max_size=2).map(tuple),
    quiet_hours=st.none()
    | st.builds(
        QuietHours,
        first=st.integers(0, 700),
        end=st.integers(701, 1439),
        channels=st.sampled_from([(), ("email",), ("sms",)]),
        on_hit=st.sampled_from(OnHit),
    ),
    phases=st.lists(
        st.builds(
            PhaseRule,
            phase=st.sampled_from(["peak", "off"]),
            refuse_purposes=st.sampled_from([(), ("marketing",)]),
            caps=st.lists(CAPS, max_size=1).map(tuple),
        ),
        max_size=1,
    ).map(tuple),
    minimum_match_confidence=st.sampled_from([0, 60]),
    exempt=st.sampled_from([frozenset(), frozenset({"service"})]),
)


@st.composite
def any_facts(draw: st.DrawFn, name: str = "prp_1") -> Facts:
    """Return facts in which any rule may have something to say."""
    return facts(
        id=name,
        purpose=draw(st.sampled_from(["marketing", "service"])),
        channel=draw(st.sampled_from(["email", "sms"])),
        arm=draw(st.sampled_from(Arm)),
        priority=draw(st.integers(0, 3)),
        proposed_at=NOON - draw(st.integers(0, 3)),
        expires_at=NOON + draw(st.sampled_from([-1, 0, 1, DAY])),
        address_hash=draw(st.sampled_from([b"address", b"address", None])),
        consent=draw(st.sampled_from(["granted", "granted", "withdrawn", "denied", "missing", "not_required", "?"])),
        suppressed_since=draw(st.sampled_from([None, None, NOON - 1])),
        consent_pending=draw(st.sampled_from([False, False, True])),
        sent_at=draw(SENT),
        sent_any_at=draw(SENT),
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"])),
        phases=draw(st.sampled_from([frozenset({"off"}), frozenset({"peak", "january.peak"})])),
        journey_live=draw(st.sampled_from([True, True, False])),
        on_hold=draw(st.sampled_from([False, False, True])),
        rendered=draw(st.sampled_from([True, True, False])),
        match_confidence=draw(st.sampled_from([100, 60, 59])),
    )


HARDER: dict[str, Any] = {
    "consent": "withdrawn",
    "suppressed_since": NOON - 1,
    "address_hash": None,
    "journey_live": False,
    "on_hold": True,
    "rendered": False,
    "match_confidence": 0,
    "arm": Arm.HOLDOUT,
    "expires_at": NOON - 1,
}
"""One change each that speaks against sending."""


def at(hour: int, minute: int = 0) -> Instant:
    """Return an instant of the day of :data:`NOON` in UTC."""
    return NOON - 12 * HOUR + hour * HOUR + minute * (HOUR // 60)
