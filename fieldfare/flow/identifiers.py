"""The values of identifiers, sealed for the tables of identity and opened for who may see them. Decides nothing.

A value is sealed under the key of its own identifier, as that identifier and kind; without that key it says nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner, sealed_as
from fieldfare.trust.keys.seal import Keys


def sealed_rows(rows: Iterable[dict[str, Any]], sealers: Mapping[KeyOwner, Sealer]) -> list[dict[str, Any]]:
    """Return the rows of identifiers as they are stored, each value sealed under its own key."""
    return [
        {
            **{name: value for name, value in row.items() if name != "value"},
            "sealed": sealers[row["hash"]].seal(row["value"].encode(), sealed_as(row["hash"], row["kind"])),
        }
        for row in rows
    ]


def open_identifier(keys: Keys, row: Any) -> str | None:
    """Return the value of a stored identifier in clear, ``None`` when its key is destroyed."""
    hashed = bytes(row.hash)
    sealer = keys.sealers((hashed,)).get(hashed)
    return None if sealer is None else sealer.open(bytes(row.sealed), sealed_as(hashed, row.kind)).decode()
