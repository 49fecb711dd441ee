"""Find the items of a batch in a body that no JSON decoder takes whole. Pure; it judges no item and reads no value.

Strings and brackets are enough: the body's bytes are looked at in columns, so that four megabytes of brackets or of
commas, which a few kilobytes of gzip can hold, cost some tens of milliseconds and no more memory than a few copies.
"""

import re
from collections.abc import Iterator

import msgspec

KEY = b'"batch"'
_LIST = re.compile(KEY + rb"[ \t\r\n]*:[ \t\r\n]*\[")
_SPACE = b" \t\r\n"
_NO_BATCH = "The body is not a JSON object with a list `batch`, or is cut off. Send it whole."
_TWICE = "The key `batch` stands twice. Send one list."
_INSIDE = 2
"""Brackets that are open inside the list: the object's and its own."""


class Found(msgspec.Struct, frozen=True):
    """Where the content of the list begins and ends, and where its commas stand."""

    start: int
    end: int
    commas: list[int]
    count: int

    def items(self, body: bytes) -> Iterator[bytes]:
        """Return the items, as they stand between the commas."""
        if self.count:
            at = self.start
            for comma in (*self.commas, self.end):
                yield body[at:comma].strip(_SPACE)
                at = comma + 1


def find_batch(body: bytes, most: int) -> Found | str:
    """Return where the one top-level ``batch`` list stands, or a sentence that says why there is none.

    ``count`` is exact; beyond ``most`` items the commas are left out.
    """
    import numpy as np  # noqa: PLC0415 - only broken bodies need it

    # Escapes hide no quotes from here on; every byte keeps its place.
    plain = body.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    chars = np.frombuffer(plain, np.uint8)
    in_string = np.bitwise_xor.accumulate(chars == ord('"')) if len(chars) else np.zeros(0, bool)
    if not len(chars) or in_string[-1]:
        return _NO_BATCH
    steps = np.zeros(256, np.int8)
    steps[[ord("["), ord("{")]], steps[[ord("]"), ord("}")]] = 1, -1
    step = steps[chars]
    step[in_string] = 0
    depth = np.cumsum(step, dtype=np.int32)
    if depth[-1] != 0:
        return _NO_BATCH
    opens = (step == 1) & (depth == _INSIDE)
    starts = [match.end() - 1 for match in _LIST.finditer(plain) if opens[match.end() - 1]]
    if len(starts) != 1:
        return _TWICE if starts else _NO_BATCH
    start = starts[0] + 1
    end = start + int(np.argmax(depth[start:] < _INSIDE))
    is_comma = (chars[start:end] == ord(",")) & (depth[start:end] == _INSIDE) & ~in_string[start:end]
    count = int(np.count_nonzero(is_comma)) + 1
    if count == 1 and not body[start:end].strip(_SPACE):
        count = 0
    commas = [] if count > most else (np.flatnonzero(is_comma) + start).tolist()
    return Found(start, end, commas, count)
