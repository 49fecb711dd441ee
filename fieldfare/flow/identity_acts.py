"""Acts of people on identity, applied by the pipeline at their place in the log.

Flow: a command or an API call appends the act as one of Fieldfare's own events (:func:`act_event`) and waits for its
row in ``identity_act``. The pipeline, in its transaction, works out the links and identifiers that the act changes
(:mod:`fieldfare.know.identity.acts`), partitions the component anew, brings profiles in line with it, closes the
question that was answered, and writes the row with what came of it. A second delivery is dropped like that of any
event; a crash leaves neither links nor row, and the act is applied when its record is. Links and acts are primary: they
stay through replay and rebuild.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.flow.identify import Component, Identify
from fieldfare.flow.work import Batch
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity import store
from fieldfare.know.identity.acts import ANSWERS, TWO_SIDED, Act, ActKind, Changes, changes_of
from fieldfare.know.identity.resolve import NO_PROFILE, Owner

DECIDED = "Identity Decided"
"""Name of the event that carries an act."""
CORRECTED = "Profile Corrected"
"""Name of the event that tells of a profile that was taken apart, for whoever keeps copies of profiles."""
_encode = msgspec.json.Encoder().encode


def act_event(act: Act, message_id: str, now: Instant) -> dict[str, Any]:
    """Return the event of an act."""
    told = msgspec.to_builtins(act)
    for side in ("a", "b"):
        told[side] = [node.hex() for node in getattr(act, side)]
    told["hold"] = act.hold.hex() if act.hold is not None else None
    return {
        "type": "track",
        "event": DECIDED,
        "messageId": message_id,
        "timestamp": to_iso(now),
        "anonymousId": message_id,
        "properties": {"act": act.kind.value, "actor": act.actor, "reason": act.reason},
        "context": {"fieldfare": {"act": told}},
    }


def act_of(event: Event) -> Act | None:
    """Return the act that the event carries, ``None`` when it carries none."""
    if event.source != OWN_SOURCE or event.name != DECIDED:
        return None
    told = event.context["fieldfare"]["act"]
    return Act(
        kind=ActKind(told["kind"]),
        a=[bytes.fromhex(node) for node in told["a"]],
        b=[bytes.fromhex(node) for node in told["b"]],
        hold=bytes.fromhex(told["hold"]) if told["hold"] else None,
        actor=told["actor"],
        reason=told["reason"],
    )


def own_event(message_id: str, now: Instant) -> Event:
    """Return an event of our own that stands in no log, for what is done to people without one."""
    return Event(
        place=Place(0, 0, 0),
        mode=Mode.REPLAY,
        source=OWN_SOURCE,
        message_id=message_id,
        type="track",
        name=DECIDED,
        user_id=None,
        anonymous_id=None,
        payload={},
        context={},
        original_at=now,
        sent_at=None,
        received_at=now,
        occurred_at=now,
        local_day=now // DAY,
    )


class IdentityActs:
    """Applies acts inside the pipeline's transaction."""

    def __init__(self, identify: Identify) -> None:
        """Change people through ``identify``."""
        self._identify = identify

    def apply(self, connection: Connection, batch: Batch, event: Event, act: Act) -> None:
        """Apply the act, and queue the row that tells what came of it."""
        component = self._identify.component(connection, batch, [*act.a, *act.b])
        left, right = (_people(component, batch, side) for side in (act.a, act.b))
        changes = _checked(act, component, left, right, event)
        if act.hold is not None and changes.refused == "merged_already":
            changes = Changes()  # something else has answered the question
        if changes.refused is None:
            before = {batch.owner[node].profile_id for node in left | right if node in batch.owner}
            self._change(batch, act, changes, event)
            self._identify.regroup(connection, batch, [*act.a, *act.b, *left, *right], event, act.kind.value)
            after = {batch.owner[node].profile_id for node in left | right if node in batch.owner}
            outcome: dict[str, Any] = {
                "profiles_before": sorted(before),
                "profiles": sorted(after),
                "a": sorted({batch.owner[node].profile_id for node in act.a if node in batch.owner}),
                "b": sorted({batch.owner[node].profile_id for node in act.b if node in batch.owner}),
                "links_added": len(changes.add),
                "links_retracted": len(changes.retract),
            }
            if act.hold is not None and act.kind in ANSWERS:
                batch.answered[act.hold] = (ANSWERS[act.kind], event.received_at, act.actor, act.reason)
        else:
            outcome = {"refused": changes.refused}
        batch.acts.append(
            {
                "id": event.message_id,
                "kind": act.kind.value,
                "at": event.received_at,
                "actor": act.actor,
                "reason": act.reason,
                "a": b"".join(node for node in act.a if node in component.nodes),
                "b": b"".join(node for node in act.b if node in component.nodes),
                "outcome": _encode(outcome).decode(),
            }
        )

    @staticmethod
    def _change(batch: Batch, act: Act, changes: Changes, event: Event) -> None:
        for link_id in changes.retract:
            batch.retracted[link_id] = (event.received_at, act.actor, act.reason)
        for link in changes.add:
            batch.add_link(link)
        for node, state in changes.states.items():
            owner = batch.owner.get(node, Owner(NO_PROFILE, NO_PROFILE))
            batch.own(node, Owner(owner.profile_id, owner.home_id, state))


def _people(component: Component, batch: Batch, named: list[bytes]) -> set[bytes]:
    """Return all identifiers of the profiles that the named ones belong to."""
    found = set(named) & component.nodes.keys()
    for node in list(found):
        owner = batch.owner.get(node)
        if owner is not None:
            for held in batch.works[owner.profile_id].document.identifiers.values():
                found.update(held)
    return found


def _checked(act: Act, component: Component, left: set[bytes], right: set[bytes], event: Event) -> Changes:
    """Return what the act changes; an act may come when what it names is gone."""
    if not left or (act.b and not right):
        return Changes(refused="unknown_identifier")
    if act.kind in TWO_SIDED and not right:
        return Changes(refused="one_side_only")
    return changes_of(act, left, right, component.nodes, component.links, event.received_at, event.message_id)


def corrections_of(batch: Batch) -> list[tuple[str, Instant, dict[str, Any]]]:
    """Return the events that tell of torn profiles: (message id, instant, event), one for each person of a tear."""
    found: list[tuple[str, Instant, dict[str, Any]]] = []
    for at, cause, message_id, moved in batch.regrouped:
        people = sorted(each.profile_id for each in moved)
        was = sorted({profile_id for each in moved for profile_id in each.was})
        for profile_id in people:
            which = derived_id("cor", message_id, profile_id)
            event = {
                "type": "track",
                "event": CORRECTED,
                "messageId": which,
                "anonymousId": which,
                "timestamp": to_iso(at),
                "properties": {"cause": cause, "because_of": message_id, "profiles": people, "were": was},
                "context": {"fieldfare": {"profile_id": profile_id}},
            }
            found.append((which, at, event))
    return found


def outcome_of(connection: Connection, act_id: str) -> dict[str, Any] | None:
    """Return what came of an act, ``None`` while it waits."""
    row = store.load_act(connection, act_id)
    return msgspec.json.decode(row["outcome"]) if row is not None else None
