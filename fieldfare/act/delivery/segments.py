"""Count the segments of a text message, as carriers do and bill (3GPP TS 23.038). Pure.

A text in the GSM-7 alphabet has 160 septets in one segment, 153 in each of several; characters of the extension table
take two and are never split. One character outside makes the whole text UCS-2: 70 code units, 67 in each of several,
and a pair of surrogates is not split either. Nothing is replaced by something shorter: what is counted is what is sent.
"""

import msgspec

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM_ONE, _GSM_MANY = 160, 153
_UCS_ONE, _UCS_MANY = 70, 67
_BEYOND = 0xFFFF


class Segments(msgspec.Struct, frozen=True):
    """How a text is sent: its alphabet, how many units it takes, and in how many segments."""

    encoding: str
    """``GSM-7`` or ``UCS-2``."""
    units: int
    """Septets, or 16-bit code units."""
    count: int


def segments_of(text: str) -> Segments:
    """Return the segments of a text; an empty one takes one."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        widths = [2 if letter in _EXTENDED else 1 for letter in text]
        return _packed("GSM-7", widths, _GSM_ONE, _GSM_MANY)
    widths = [2 if ord(letter) > _BEYOND else 1 for letter in text]
    return _packed("UCS-2", widths, _UCS_ONE, _UCS_MANY)


def _packed(encoding: str, widths: list[int], one: int, many: int) -> Segments:
    units = sum(widths)
    if units <= one:
        return Segments(encoding, units, 1)
    count, room = 1, many
    for width in widths:
        if width > room:
            count, room = count + 1, many
        room -= width
    return Segments(encoding, units, count)


def beyond_gsm(text: str) -> list[str]:
    """Return the characters that make a text UCS-2, each once, in the order of appearance."""
    return list(dict.fromkeys(letter for letter in text if letter not in _BASIC and letter not in _EXTENDED))
