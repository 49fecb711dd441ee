"""Facts that let a message pass, and strategies for any facts and policy."""

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st

from fieldfare.decide.gate.model import Controls, Facts, Hold, HoldKind, Mode, Pause, Scope, Sent
from fieldfare.decide.gate.policy import (
    Approval,
    Cap,
    ControlGroup,
    Exclusion,
    Limit,
    OnHit,
    Policy,
    QuietHours,
    Refused,
    Selector,
    Throttle,
)
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
    """Return facts that pass; keys that only a proposal has go into the proposal."""
    only = set(Proposal.__struct_fields__) - set(Facts.__struct_fields__)
    wish = {key: change.pop(key) for key in list(change) if key in only}
    values: dict[str, Any] = {
        "proposal": proposal(**wish),
        "address_hash": b"address",
        "consent": "granted",
        "suppressed_since": None,
        "consent_pending": False,
        "zone": "UTC",
        "zone_source": "workspace",
        "phases": frozenset({"off"}),
        "journey_live": True,
        "on_hold": False,
        "rendered": True,
        "match_confidence": 100,
    }
    return Facts(**(values | change))


def sent(*ats: Instant, **more: Any) -> tuple[Sent, ...]:
    """Return hand-overs of ordinary messages at these instants."""
    ordinary = {"channel": "email", "purpose": "marketing", "journey": "win-back"}
    return tuple(Sent(at=each, **(ordinary | more)) for each in ats)


def cap(most: int, channel: str | None = None, per: Duration | None = None, *, calendar: bool = False) -> Cap:
    """Return a cap on one channel, or on all."""
    kind = Selector(channels=(channel,)) if channel is not None else Selector()
    return Cap(most=most, per=per or Duration(7, "day"), calendar=calendar, obeys=kind, counts_towards=kind)


def changed(known: Facts, **change: Any) -> Facts:
    """Return the facts with other values, those of the proposal included."""
    wish = {key: change.pop(key) for key in list(change) if key in Proposal.__struct_fields__}
    other = msgspec.structs.replace(known.proposal, **wish) if wish else known.proposal
    return msgspec.structs.replace(known, proposal=other, **change)


SELECTORS = st.builds(
    Selector,
    channels=st.sampled_from([(), (), ("email",), ("sms",)]),
    purposes=st.sampled_from([(), (), ("marketing",), ("service",)]),
    tags=st.sampled_from([(), (), ("news",)]),
    locations=st.sampled_from([(), (), ("north",)]),
)
SENT = st.lists(
    st.builds(
        Sent,
        at=st.integers(0, 40 * DAY).map(lambda ago: NOON - ago),
        channel=st.sampled_from(["email", "sms"]),
        purpose=st.sampled_from(["marketing", "service"]),
        journey=st.sampled_from(["win-back", "welcome"]),
        tags=st.sampled_from([(), ("news",)]),
        location=st.sampled_from([None, "north"]),
        is_exempt=st.booleans(),
    ),
    max_size=5,
).map(lambda many: tuple(sorted(many, key=lambda one: one.at)))
PLAIN_CAPS = st.builds(
    Cap,
    most=st.integers(0, 4),
    per=st.builds(Duration, st.integers(1, 30), st.sampled_from(["day", "hour", "week"])),
    calendar=st.booleans(),
    obeys=SELECTORS,
    counts_towards=SELECTORS,
)
CAPS = st.builds(
    lambda cap, most: msgspec.structs.replace(
        cap,
        by_phase={} if most is None else {"peak": msgspec.structs.replace(cap, most=most, phase="peak")},
    ),
    PLAIN_CAPS,
    st.none() | st.integers(0, 4),
)
LIMITS = st.builds(
    Limit,
    name=st.just("desk"),
    concerns=SELECTORS,
    most=st.integers(0, 3),
    is_money=st.booleans(),
    per=st.builds(Duration, st.integers(1, 3), st.sampled_from(["day", "hour"])),
    by_location=st.booleans(),
)
POLICIES = st.builds(
    Policy,
    caps=st.lists(CAPS, max_size=2).map(tuple),
    throttles=st.lists(
        st.builds(Throttle, base=st.integers(0, 3), events=st.just(("Clicked",)), obeys=SELECTORS), max_size=1
    ).map(tuple),
    quiet_hours=st.lists(
        st.builds(
            QuietHours,
            first=st.integers(0, 700),
            end=st.integers(701, 1439),
            channels=st.sampled_from([(), ("email",), ("sms",)]),
            on_hit=st.sampled_from(OnHit),
            spread_us=st.sampled_from([0, HOUR]),
        ),
        max_size=2,
    ).map(tuple),
    refused=st.lists(
        st.builds(
            Refused,
            concerns=SELECTORS.filter(lambda one: one != Selector()),
            phases=st.sampled_from([(), ("peak",), ("off",)]),
        ),
        max_size=1,
    ).map(tuple),
    verified=st.lists(SELECTORS, max_size=1).map(tuple),
    exclusions=st.sampled_from([(), (Exclusion(name="one", journeys=("welcome", "win-back"), hold_us=DAY),)]),
    control_group=st.sampled_from(
        [None, ControlGroup(share=0.1), ControlGroup(share=0.1, spares=(Selector(tags=("news",)),))]
    ),
    approvals=st.sampled_from([(), (Approval(name="big", concerns=Selector(), audience_above=100),)]),
    limits=st.lists(LIMITS, max_size=1).map(tuple),
    costs=st.sampled_from([{}, {"email": 1, "sms": 2}]),
    healthy=st.sampled_from([(), ("completeness",)]),
    minimum_match_confidence=st.sampled_from([0, 60]),
    exempt=st.sampled_from([frozenset(), frozenset({"service"})]),
)


PAUSE = Pause(id="pau_1", scope=Scope.EVERYTHING, name="", since_at=NOON - 1, actor="ada", reason="flood")
HOLD = Hold(id="hld_1", profile_id=1, kind=HoldKind.MEDICAL, since_at=NOON - 1, actor="ada", reason="asked")
CONTROLS = st.builds(
    Controls,
    pauses=st.sampled_from([(), (), (PAUSE,)]),
    mode=st.sampled_from([Mode.ON, Mode.ON, *Mode]),
    hold=st.sampled_from([None, None, HOLD]),
    granted=st.sampled_from([frozenset(), frozenset({"release"}), frozenset({"approval"})]),
    rejected=st.sampled_from([False, False, True]),
    open_until=st.sampled_from([None, None, NOON - 1, NOON, NOON + HOUR]),
    held_out=st.sampled_from([(), (), ("journey.win-back",)]),
    in_control=st.booleans(),
    walks=st.sampled_from([(), ("welcome",)]),
    used=st.builds(lambda used: {"desk": used}, st.integers(0, 3)),
    engaged=st.builds(lambda count: {"Clicked": count}, st.integers(-1, 3)),
    audience_size=st.sampled_from([0, 101]),
    failing=st.sampled_from([(), ("completeness",)]),
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
        journey=draw(st.sampled_from(["win-back", "welcome"])),
        sent=draw(SENT),
        tags=draw(st.sampled_from([(), ("news",)])),
        location=draw(st.sampled_from([None, "north"])),
        verified=draw(st.sampled_from([True, True, False])),
        controls=draw(CONTROLS),
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
    "verified": False,
    "controls": {
        "pauses": (PAUSE,),
        "mode": Mode.OFF,
        "hold": HOLD,
        "granted": frozenset(),
        "rejected": True,
        "open_until": NOON + HOUR,
        "held_out": ("journey.win-back",),
        "in_control": True,
        "walks": ("welcome",),
        "used": {"desk": 99},
        "engaged": {},
        "audience_size": 1_000,
        "failing": ("completeness",),
    },
}
"""One change each that speaks against sending; of the controls, one field each."""


def harder() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the changes, by name."""
    for name, value in HARDER.items():
        if name != "controls":
            yield name, {name: value}


def worse(known: Facts) -> Iterator[tuple[str, Facts]]:
    """Yield the facts with one more thing that speaks against sending, by its name."""
    for name, change in harder():
        yield name, changed(known, **change)
    for name, value in HARDER["controls"].items():
        yield f"controls.{name}", changed(known, controls=msgspec.structs.replace(known.controls, **{name: value}))


def at(hour: int, minute: int = 0) -> Instant:
    """Return an instant of the day of :data:`NOON` in UTC."""
    return NOON - 12 * HOUR + hour * HOUR + minute * (HOUR // 60)
