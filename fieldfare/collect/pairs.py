"""Turn a list of keys and values, as GA4 exports ``event_params``, into the members of a JSON object. Pure.

A value is plain, or an object of which one member holds it (``string_value``, ``int_value``, ``float_value``,
``double_value``); whole numbers may come as texts there, as BigQuery writes them.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from fieldfare.collect.row_json import UNREADABLE

_WHOLE = "int_value"


class _Pair(msgspec.Struct):
    key: str
    value: Any = None


_decode = msgspec.json.Decoder(list[_Pair]).decode


def members(text: str | None, taken: Collection[str]) -> str | None:
    """Return the members (``"a":1,"b":"x"``), without the names that are taken; ``None`` when there are none.

    A text that is no such list gives :data:`~fieldfare.collect.row_json.UNREADABLE`.
    """
    if text is None or not text.strip():
        return None
    try:
        found = {pair.key: _plain(pair.value) for pair in _decode(text)}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return UNREADABLE
    kept = {key: value for key, value in found.items() if value is not None and key not in taken}
    return msgspec.json.encode(kept).decode()[1:-1] or None


def _plain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for kind, inner in value.items():
        if inner is not None:
            return int(inner) if kind == _WHOLE and isinstance(inner, str) else inner
    return None
