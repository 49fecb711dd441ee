"""How an act of consent was captured: what an event says of it beside the act itself. Pure.

What may name the person (address of the client, its program, the page, the id at a consent platform, the raw string)
goes into a witness that is sealed before it is stored; the rest stands in the record in clear.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant, parse_iso
from fieldfare.trust.consent.model import STARTED, STOPPED, Basis, Purpose, Witness
from fieldfare.trust.consent.notices import notice_hash, notice_of

CAPTURE = "capture"
"""Key of the context of Fieldfare's own events under which they keep how consent was captured."""
TEXT_LIMIT = 2_000
NOTICE_LIMIT = 20_000
SIGNAL_LIMIT = 8_192
_METHOD = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_HASH = re.compile(r"^[0-9a-f]{64}$")
_RESERVED = STOPPED | {STARTED}
_V4, _V6 = 24, 48
_SIGNALS = {"tcf": ("tc_string", "tcString"), "gpp": ("gpp_string", "gppString")}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A notice whose text came with the act, to be kept."""

    purpose: str
    version: str
    language: str
    text: str


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says of how it was captured."""

    evidence: str | None
    method: str | None
    notice_version: str | None
    notice_language: str | None
    notice_text: str | None
    notice_hash: str | None
    legal_basis: str | None
    platform: str | None
    actor: str | None
    expires_at: Instant | None
    signal: tuple[str, str] | None
    """Kind and raw string."""
    gpc: bool | None
    ip_prefix: str | None
    confirmed: bool
    confirms: str | None
    witness: Witness

    def hash_for(self, purpose: Purpose | None) -> str | None:
        """Return the hash of the notice that was shown: of the text that came along, else of the one declared."""
        if self.notice_text is not None:
            return notice_hash(self.notice_text)
        if self.notice_hash is not None:
            return self.notice_hash
        if purpose is None or self.notice_version is None:
            return None
        declared = notice_of(purpose, self.notice_version, self.notice_language)
        return None if declared is None else notice_hash(declared.text)

    def told(self, purpose: str) -> Told | None:
        """Return the notice whose text came along."""
        if self.notice_text is None:
            return None
        language = self.notice_language or "und"
        return Told(purpose=purpose, version=self.notice_version or "", language=language, text=self.notice_text)


def text_of(value: object, most: int = TEXT_LIMIT) -> str | None:
    """Return a text without blank ends, ``None`` for anything else or an empty one."""
    return (value.replace("\0", "").strip()[:most] or None) if isinstance(value, str) else None


def capture_of(payload: Mapping[str, Any], context: Mapping[str, Any], *, is_own: bool, is_vouched: bool) -> Capture:
    """Return what an event tells. ``is_own``: Fieldfare made it. ``is_vouched``: somebody who may answers for it.

    Fieldfare's own events keep what may name a person in their context, which the lake does not keep.
    """
    if is_own:
        payload = {**payload, **_object(context.get(CAPTURE))}
    method = text_of(payload.get("method"))
    if method is not None and (_METHOD.match(method) is None or (method in _RESERVED and not is_own)):
        method = None
    signal = signal_of(payload) or signal_of(_object(context.get("consent")))
    ip = text_of(payload.get("ip") if "ip" in payload else context.get("ip"), 64)
    agent = text_of(payload.get("user_agent") or context.get("userAgent"), 512)
    digest, basis = text_of(payload.get("notice_hash")), text_of(payload.get("legal_basis"))
    gpc = payload.get("gpc")
    return Capture(
        evidence=text_of(payload.get("evidence")),
        method=method,
        notice_version=text_of(payload.get("notice_version"), 64),
        notice_language=text_of(payload.get("notice_language"), 16),
        notice_text=text_of(payload.get("notice_text"), NOTICE_LIMIT),
        notice_hash=digest if digest is not None and _HASH.match(digest) else None,
        legal_basis=basis if basis in set(Basis) else None,
        platform=text_of(payload.get("platform"), 64),
        actor=text_of(payload.get("actor"), 200),
        expires_at=_instant(payload.get("expires_at")),
        signal=signal,
        gpc=gpc if isinstance(gpc, bool) else (True if context.get("gpc") is True else None),
        ip_prefix=prefix_of(ip),
        confirmed=(is_own or is_vouched) and payload.get("confirmed") is True,
        confirms=text_of(payload.get("confirms"), 64) if is_own else None,
        witness=Witness(
            ip=ip,
            user_agent=agent,
            url=text_of(payload.get("url") or _object(context.get("page")).get("url")),
            reference=text_of(payload.get("reference"), 200),
            signal=None if signal is None else signal[1],
        ),
    )


def signal_of(told: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the kind and the text of the raw consent string among some values; what is too long is kept in part."""
    for kind, names in _SIGNALS.items():
        for name in names:
            raw = told.get(name)
            if isinstance(raw, str) and raw.strip():
                return kind, raw.strip()[: SIGNAL_LIMIT + 1]
    return None


def prefix_of(ip: str | None) -> str | None:
    """Return the network of an address: the first 24 bits of IPv4, the first 48 of IPv6."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    bits = _V4 if address.version == 4 else _V6  # noqa: PLR2004 - the version of the protocol
    return str(ipaddress.ip_network((address, bits), strict=False))


def _instant(value: object) -> Instant | None:
    text = text_of(value, 40)
    try:
        return None if text is None else parse_iso(text)
    except ValueError:
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
