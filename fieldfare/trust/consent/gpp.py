"""Decodes strings of the Global Privacy Platform (IAB Tech Lab), as far as they tell of sale and sharing. Pure.

Read are the header, the national and the state sections of the United States, the older ``1YNN`` string and the
European TC string, all bounded. Of the other sections nothing is known, so they say nothing. A string that is not read
strictly to the standard is undecodable, and counts as an opt-out.
"""

import re

import msgspec

from fieldfare.trust.consent.bits import CODED, MOST_CHARACTERS, Bits, Undecodable
from fieldfare.trust.consent.tcf import TcString, decode_tc

TCF_EU, USP_V1 = 2, 6
_TYPE, _VERSION = 3, 1
_MOST_SECTIONS = 64
_OPTED_OUT = 1
_GPC_SEGMENT = 1
_USP = re.compile(r"^1[YNyn-][YNyn-][YNyn-]$")
_NOTICES = {7: 6, 8: 3, 9: 3, 10: 3, 11: 4, 12: 3}
"""Section of the United States -> fields of two bits between the version and the opt-outs."""
_OPT_OUTS = {7: 3, 8: 2, 9: 2, 10: 2, 11: 2, 12: 2}
"""Section -> how many opt-outs follow: of sale, of sharing, of targeted advertising."""


class GppString(msgspec.Struct, frozen=True):
    """What a GPP string says."""

    sections: tuple[int, ...]
    opted_out: bool
    """Of sale, sharing or targeted advertising, in any section that was read."""
    gpc: bool
    """A section says that Global Privacy Control was on."""
    tc: TcString | None


def decode_gpp(text: str) -> GppString | None:
    """Return what the string says, ``None`` when it is not a GPP string, or a section of it is not what it must be."""
    if len(text) > MOST_CHARACTERS:
        return None
    header, *bodies = text.split("~")
    try:
        sections = _sections(header)
        if not sections or len(sections) != len(bodies):
            return None
        read = [_section(number, body) for number, body in zip(sections, bodies, strict=True)]
    except Undecodable:
        return None
    strings = [each for each in read if isinstance(each, TcString)]
    flags = [each for each in read if isinstance(each, tuple)]
    return GppString(
        sections=sections,
        opted_out=any(opted_out for opted_out, _ in flags),
        gpc=any(gpc for _, gpc in flags),
        tc=strings[0] if strings else None,
    )


def _sections(header: str) -> tuple[int, ...]:
    bits = Bits(header)
    if (bits.number(6), bits.number(6)) != (_TYPE, _VERSION):
        raise Undecodable
    found: list[int] = []
    for first, last in bits.ranges(bits.number(12), CODED):
        if last - first + len(found) >= _MOST_SECTIONS:
            raise Undecodable
        found.extend(range(first, last + 1))
    return tuple(found)


def _section(number: int, body: str) -> TcString | tuple[bool, bool]:
    """Return the TC string of a section, or whether it tells of an opt-out and of Global Privacy Control."""
    if number == TCF_EU:
        found = decode_tc(body)
        if found is None:
            raise Undecodable
        return found
    if number == USP_V1:
        if _USP.match(body) is None:
            raise Undecodable
        return body[2] in "Yy", False
    return _american(number, body) if number in _NOTICES else (False, False)


def _american(number: int, body: str) -> tuple[bool, bool]:
    core, *segments = body.split(".")
    bits = Bits(core)
    if bits.number(6) not in {1, 2}:
        raise Undecodable
    bits.number(2 * _NOTICES[number])
    opted_out = [bits.number(2) == _OPTED_OUT for _ in range(_OPT_OUTS[number])]
    gpc = False
    for segment in segments:
        more = Bits(segment)
        if more.number(2) == _GPC_SEGMENT:
            gpc = more.flag()
    return any(opted_out), gpc
