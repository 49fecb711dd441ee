"""What raw signals say of our purposes: TC and GPP strings, and the categories of consent platforms. Pure.

Signals refuse on their own word; they grant nothing on it. A string that cannot be decoded refuses every purpose that
it could speak of: what is not known is not consented to.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.trust.consent.gpp import decode_gpp
from fieldfare.trust.consent.model import Action, ConsentPolicy, Tcf
from fieldfare.trust.consent.tcf import TcString, decode_tc

UNDECODABLE = "undecodable_string"
"""Method of a refusal by a string that could not be read."""


class Signalled(msgspec.Struct, frozen=True):
    """What a string says: purposes it refuses, and how; purposes it consents to."""

    refused: dict[str, Action]
    consented: frozenset[str]
    is_decodable: bool = True


def read_signal(kind: str, text: str, policy: ConsentPolicy) -> Signalled:
    """Return what a raw string says of the purposes of the policy."""
    if kind == "tcf":
        return _by_tc(decode_tc(text), policy.tcf)
    found = decode_gpp(text)
    tcf = policy.tcf
    if found is None:
        refused = dict.fromkeys(policy.gpp, Action.OBJECT)
        denied = dict.fromkeys(tcf.purposes if tcf is not None else (), Action.DENY)
        return Signalled(refused | denied, frozenset(), is_decodable=False)
    opted_out = found.opted_out or found.gpc
    by_tc = _by_tc(found.tc, tcf) if found.tc is not None else Signalled({}, frozenset())
    refused = by_tc.refused | (dict.fromkeys(policy.gpp, Action.OBJECT) if opted_out else {})
    return Signalled(refused, by_tc.consented - refused.keys())


def _by_tc(found: TcString | None, tcf: Tcf | None) -> Signalled:
    if tcf is None:
        return Signalled({}, frozenset(), is_decodable=found is not None)
    if found is None:
        return Signalled(dict.fromkeys(tcf.purposes, Action.DENY), frozenset(), is_decodable=False)
    may = tcf.vendor is None or tcf.vendor in found.vendors
    consented = frozenset(name for name, wanted in tcf.purposes.items() if may and found.purposes.issuperset(wanted))
    return Signalled({name: Action.DENY for name in tcf.purposes if name not in consented}, consented)


def refused_categories(preferences: object, policy: ConsentPolicy) -> list[str]:
    """Return our purposes that category preferences say ``false`` of: by our names, or by those of any platform."""
    if not isinstance(preferences, dict):
        return []
    refused = [name for name, value in preferences.items() if value is False and isinstance(name, str)]
    return sorted({ours for name in refused for ours in _ours(name, policy)})


def _ours(name: str, policy: ConsentPolicy) -> Iterable[str]:
    if name in policy.purposes:
        return (name,)
    return [ours for platform in policy.platforms.values() for ours in platform.purposes.get(name, ())]


def platform_purposes(payload: Mapping[str, Any], policy: ConsentPolicy) -> tuple[str, ...] | None:
    """Return our purposes for those a consent platform names, ``None`` when the platform or a name is not declared."""
    platform = policy.platforms.get(str(payload.get("platform")))
    told = payload.get("platform_purpose")
    if platform is None or not isinstance(told, str):
        return None
    names = [each.strip() for each in told.split(",") if each.strip()]
    if not names or any(name not in platform.purposes for name in names):
        return None
    return tuple(dict.fromkeys(ours for name in names for ours in platform.purposes[name]))
