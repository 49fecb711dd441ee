"""Where a refused event breaks its contract: which field, by which rule, and the value with everything masked. Pure.

A field's name is shown when the contract names it, for other keys may be personal themselves. Of a value that is not
personal its pattern is told: letters as ``a`` and ``A``, digits as ``9``; of any other its kind alone.
"""

from collections.abc import Collection
from itertools import islice
from typing import Any

import msgspec

from fieldfare.collect.contracts import Contract
from fieldfare.collect.personal import IsPersonal, is_personal_name

WHOLE, UNNAMED = "the event", "a field that the contract does not name"
UNKNOWN_FIELD, UNKNOWN_VERSION = "unknown_field", "unknown_version"
MOST_PATTERN = 24
MOST_ERRORS = 20
"""So many errors of one event are read: a list may break its rule a thousand times."""
_PAYLOADS = {"track": "properties", "page": "properties", "screen": "properties"}


class Broken(msgspec.Struct, frozen=True):
    """One rule that an event breaks; ``sample``: the value, masked, ``None`` where there is none."""

    field: str
    rule: str
    sample: str | None


def payload_of(call: Any) -> dict[str, Any]:
    """Return what a contract says something of: the properties of the call, or its traits."""
    if not isinstance(call, dict):
        return {}
    payload = call.get(_PAYLOADS.get(str(call.get("type")), "traits"))
    return payload if isinstance(payload, dict) else {}


def broken_in(
    payload: dict[str, Any], contract: Contract, personal: Collection[str] = (), is_named: IsPersonal = is_personal_name
) -> list[Broken]:
    """Return each rule that the payload breaks, once per field, of its first ``MOST_ERRORS`` errors.

    ``personal``: further fields that are; ``is_named``: whether a field is by its name.
    """
    found: dict[tuple[str, str], Broken] = {}
    errors = contract.validator.iter_errors(payload) if contract.validator is not None else ()
    for error in islice(errors, MOST_ERRORS):
        rule = next((str(part) for part in reversed(error.schema_path) if isinstance(part, str)), "schema")
        top = str(error.instance_path[0]) if error.instance_path else getattr(error.kind, "property", None)
        field = WHOLE if top is None else top if top in contract.known else UNNAMED
        is_plain = len(error.instance_path) == 1 and _is_plain(field, contract, personal, is_named)
        sample = mask(error.instance, is_plain=is_plain) if error.instance_path else None
        found.setdefault((field, rule), Broken(field, rule, sample))
    if not found and contract.known and payload.keys() - contract.known:
        found[UNNAMED, UNKNOWN_FIELD] = Broken(UNNAMED, UNKNOWN_FIELD, None)
    return list(found.values())


def _is_plain(field: str, contract: Contract, personal: Collection[str], is_named: IsPersonal) -> bool:
    if field not in contract.known or field in contract.personal or field in personal:
        return False
    return field in contract.plain or not is_named(field)


def mask(value: Any, *, is_plain: bool) -> str:
    """Return what may be shown of a value: its pattern when it is not personal, else its kind."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kind = "text" if isinstance(value, str) else "number"
    if not is_plain:
        return f"a {kind}"
    pattern = "".join(map(_masked, str(value)[:MOST_PATTERN])) + ("…" if len(str(value)) > MOST_PATTERN else "")
    return f"{kind} {pattern}" if pattern else "an empty text"


def _masked(each: str) -> str:
    if each.isdigit():
        return "9"
    if each.isalpha():
        return "A" if each.isupper() else "a"
    return each if each.isascii() and each.isprintable() else "·"
