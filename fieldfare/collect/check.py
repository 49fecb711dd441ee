"""Check an event against its contract, and name what in it is personal.

Pure; all it changes in an event it was given is the version of the contract that it was checked against.

A contract holds for the canonical name of a track event, or for the type of another call. Of several versions the one
that the event states in ``context.protocols.event_version`` counts, as tracking plans of the widely used API have it;
without that the one that ``collect.yaml`` chooses. What no contract names is kept, stripped or set aside as it says. A
detail names fields and rules, never a value.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from fieldfare.collect.contracts import Contract, Contracts
from fieldfare.collect.model import DeadLetter, DeadReason, Event
from fieldfare.collect.personal import IsPersonal, is_personal_name
from fieldfare.ground.instants import to_iso

__all__ = ["Contracts", "Names", "as_call", "check", "judge", "personal_fields", "violations"]

Names = Callable[[Event], bool]
"""Whether an event names somebody: one of its identifiers is more than a value that stands for nobody."""

_SHOWN = 5
_NOBODY = (
    "Its identifiers are values that stand for nobody, such as `guest`, `0` or `anonymous`. "
    "Send an identifier of the person or the device."
)
_NO_ID = (
    "It has neither `userId` nor `anonymousId`, nor another identifier by which a person is found. Send one of them."
)
_NOTHING: frozenset[str] = frozenset()


def judge(item: Event | DeadLetter, contracts: Contracts, names: Names) -> Event | DeadLetter:
    """Return what an item that was parsed comes to: an event that names somebody and keeps its contract, or none."""
    if isinstance(item, DeadLetter):
        return item
    if names(item):
        return check(item, contracts)
    has_id = item.user_id is not None or item.anonymous_id is not None
    return _dead(item, DeadReason.NO_IDENTIFIER, _NOBODY if has_id else _NO_ID)


def check(event: Event, contracts: Contracts) -> Event | DeadLetter:
    """Return the event, without fields that are to be stripped, or the dead letter it becomes."""
    contract = contracts.by_event.get(event.name)
    if contract is None:
        return _unknown(event, contracts) if event.type == "track" else event
    protocols = event.context.get("protocols")
    if protocols is not None and event.name in contracts.versions:
        stated = _stated(protocols, contracts.versions[event.name], contract)
        if stated is None:
            known = ", ".join(str(version) for version in contracts.versions_of(event.name))
            detail = (
                "It states a version of its contract that is not in force. "
                f"Send one of {known} as `context.protocols.event_version`, or leave it out."
            )
            return _dead(event, DeadReason.CONTRACT_VIOLATED, detail)
        contract = stated
    event.contract_version = contract.version
    if contract.validator is not None and not contract.validator.is_valid(event.payload):
        return _dead(event, DeadReason.CONTRACT_VIOLATED, _broken(contract, event.payload))
    unknown_fields = contracts.settings.unknown_fields
    if unknown_fields == "keep" or not contract.known or event.payload.keys() <= contract.known:
        return event
    if unknown_fields == "strip":
        kept = {name: value for name, value in event.payload.items() if name in contract.known}
        return msgspec.structs.replace(event, payload=kept)
    count = len(event.payload.keys() - contract.known)
    detail = f"{count} fields are not in the contract (version {contract.version}). Add them there or do not send them."
    return _dead(event, DeadReason.CONTRACT_VIOLATED, detail)


def _unknown(event: Event, contracts: Contracts) -> Event | DeadLetter:
    match contracts.settings.unknown_events:
        case "keep":
            return event
        case "strip":
            return msgspec.structs.replace(event, payload={}) if event.payload else event
        case "quarantine":
            detail = (
                "No contract has this event. Write `contracts/<event>.yaml`, or add the name to a contract's synonyms."
            )
            return _dead(event, DeadReason.UNKNOWN_EVENT, detail)


def _stated(protocols: Any, versions: dict[int, Contract], default: Contract) -> Contract | None:
    """Return the version that the event states, the default where it states none, ``None`` for one not in force."""
    stated = protocols.get("event_version") if type(protocols) is dict else None
    if stated is None:
        return default
    return versions.get(int(stated)) if type(stated) is int or (type(stated) is float and stated % 1 == 0) else None


def personal_fields(
    event: Event,
    contracts: Contracts,
    traits_personal: frozenset[str],
    is_named: IsPersonal = is_personal_name,
) -> frozenset[str]:
    """Return the top-level payload fields that must be sealed in the lake.

    Those that the event's contract or ``traits_personal`` call personal, the names that always are (``is_named``, see
    :mod:`fieldfare.collect.personal`) unless the contract declares them ``none``, and objects that hold such a name.
    """
    payload = event.payload
    nested = [key for key, value in payload.items() if type(value) is dict or type(value) is list]
    contract = contracts.by_event.get(event.name)
    if contract is not None and event.contract_version != contract.version and event.name in contracts.versions:
        contract = contracts.versions[event.name].get(event.contract_version or 0, contract)
    # Nearly all events have nothing personal; asking so makes no set.
    if (
        not nested
        and not any(map(is_named, payload))
        and traits_personal.isdisjoint(payload)
        and (contract is None or contract.personal.isdisjoint(payload))
    ):
        return _NOTHING
    names = {name for name in payload if is_named(name)} | (payload.keys() & traits_personal)
    names |= {key for key in nested if _holds_personal(payload[key], traits_personal, is_named)}
    if contract is not None:
        names -= contract.plain
        names |= payload.keys() & contract.personal
    return frozenset(names)


def _holds_personal(value: Any, traits_personal: frozenset[str], is_named: IsPersonal) -> bool:
    if type(value) is dict:
        if any(map(is_named, value)) or value.keys() & traits_personal:
            return True
        return any(_holds_personal(item, traits_personal, is_named) for item in value.values())
    return type(value) is list and any(_holds_personal(item, traits_personal, is_named) for item in value)


def as_call(event: Event) -> dict[str, Any]:
    """Return the event as the call that would send it again, for the raw side of a dead letter."""
    call: dict[str, Any] = {
        "type": event.type,
        "messageId": event.message_id,
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "previousId": event.previous_id,
        "groupId": event.group_id,
        "timestamp": to_iso(event.occurred_at),
        "context": event.context,
        "properties" if event.type in {"track", "page", "screen"} else "traits": event.payload,
    }
    if event.type == "track":
        call["event"] = event.name
    return {key: value for key, value in call.items() if value is not None}


def violations(contract: Contract, payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (place, rule) of everything in the payload that breaks the contract's schema; no values."""
    if contract.validator is not None:
        for error in contract.validator.iter_errors(payload):
            rule = next((str(part) for part in reversed(error.schema_path) if isinstance(part, str)), "schema")
            yield _place(error.instance_path, contract), rule


def _broken(contract: Contract, payload: dict[str, Any]) -> str:
    found = [f"{place} breaks `{rule}`" for place, rule in islice(violations(contract, payload), _SHOWN + 1)]
    if len(found) > _SHOWN:
        found[_SHOWN:] = ["and more"]
    what = "; ".join(dict.fromkeys(found))
    return f"It breaks the event's contract (version {contract.version}): {what}. Send what the contract says."


def _place(path: list[str | int], contract: Contract) -> str:
    """Return where it is wrong; a key that the schema does not name may be personal itself and is not shown."""
    if not path:
        return "the event"
    top = str(path[0])
    known = f"`{top}`" if top in contract.known else "a field"
    return known if len(path) == 1 else f"something in {known}"


def _dead(event: Event, reason: DeadReason, detail: str) -> DeadLetter:
    return DeadLetter(
        place=event.place,
        reason=reason,
        detail=detail,
        source=event.source,
        name=event.name,
        received_at=event.received_at,
        raw=msgspec.json.encode(as_call(event)),
        contract_version=event.contract_version,
    )
