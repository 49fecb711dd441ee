"""Decodes TC strings of the Transparency and Consent Framework, version 2 (IAB Europe, through v2.3). Pure, bounded.

A TC string carries no proof of who made it: most strings with a changed letter still decode. So it can take consent
away, and support a grant that has evidence of its own; by itself it grants nothing. What is not read strictly to the
standard is undecodable, and then nothing is consented to.
"""

import msgspec

from fieldfare.trust.consent.bits import MOST_CHARACTERS, MOST_ID, PLAIN, Bits, Undecodable

_VERSION = 2
_DECISECOND = 100_000
_PURPOSES, _FEATURES = 24, 12
_MOST_SEGMENTS = 4
_MOST_RESTRICTIONS = 2_000
_ENTRIES_BITS, _ID_BITS = 12, 16


class TcString(msgspec.Struct, frozen=True):
    """What a TC string says. Purposes and vendors are numbers of the Global Vendor List."""

    created_at: int
    updated_at: int
    cmp_id: int
    cmp_version: int
    screen: int
    language: str
    vendor_list: int
    purposes: frozenset[int]
    """Consented to."""
    interests: frozenset[int]
    """Purposes whose legitimate interest was made transparent, and not objected to."""
    vendors: frozenset[int]
    """Consented to."""
    publisher_country: str
    disclosed: frozenset[int] | None
    """Vendors that were shown; ``None``: the string does not say."""


def decode_tc(text: str) -> TcString | None:
    """Return what the string says, ``None`` when it is not a TC string of version 2."""
    if len(text) > MOST_CHARACTERS:
        return None
    segments = text.split(".")
    if len(segments) > _MOST_SEGMENTS:
        return None
    try:
        core = _core(Bits(segments[0]))
        disclosed = None
        for segment in segments[1:]:
            bits = Bits(segment)
            kind = bits.number(3)
            if kind == 1:
                disclosed = _vendors(bits)
            elif kind not in {2, 3}:
                return None
    except Undecodable:
        return None
    return msgspec.structs.replace(core, disclosed=disclosed)


def _core(bits: Bits) -> TcString:
    if bits.number(6) != _VERSION:
        raise Undecodable
    created, updated = bits.number(36), bits.number(36)
    cmp_id, cmp_version, screen = bits.number(12), bits.number(12), bits.number(6)
    language = bits.letters(2)
    vendor_list, _policy = bits.number(12), bits.number(6)
    _service_specific, _texts = bits.flag(), bits.flag()
    bits.ids(_FEATURES)
    purposes, interests = bits.ids(_PURPOSES), bits.ids(_PURPOSES)
    _one_treatment = bits.flag()
    country = bits.letters(2)
    vendors = _vendors(bits)
    _vendors(bits)
    _restrictions(bits)
    return TcString(
        created_at=created * _DECISECOND,
        updated_at=updated * _DECISECOND,
        cmp_id=cmp_id,
        cmp_version=cmp_version,
        screen=screen,
        language=language,
        vendor_list=vendor_list,
        purposes=purposes,
        interests=interests,
        vendors=vendors,
        publisher_country=country,
        disclosed=None,
    )


def _vendors(bits: Bits) -> frozenset[int]:
    """Return the vendors of a list, written as one bit each or as ranges up to the greatest."""
    greatest = bits.number(_ID_BITS)
    if not bits.flag():
        return bits.ids(greatest)
    found: set[int] = set()
    read = 0
    for first, last in bits.ranges(bits.number(_ENTRIES_BITS), PLAIN):
        read += last - first + 1
        if last > greatest or read > MOST_ID:  # ranges that overlap again and again are an attack
            raise Undecodable
        found.update(range(first, last + 1))
    return frozenset(found)


def _restrictions(bits: Bits) -> None:
    """Read over the publisher's restrictions: they concern other vendors' purposes."""
    count = bits.number(_ENTRIES_BITS)
    if count > _MOST_RESTRICTIONS:
        raise Undecodable
    for _ in range(count):
        bits.number(8)
        for _range in bits.ranges(bits.number(_ENTRIES_BITS), PLAIN):
            pass
