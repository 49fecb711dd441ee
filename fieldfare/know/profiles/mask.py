"""How a personal value is shown to whoever may know that it is there and not what it is. Pure.

One letter of an address and its last domain, the last two digits of a number, nothing of anything else. What is shown
never identifies anybody, and a short value shows nothing at all.
"""

from typing import Any

HIDDEN = "•••"
_SHORTEST = 8
"""Numbers with fewer digits show none of them."""


def masked(kind: str, value: str) -> str:
    """Return an identifier or a trait of a kind, masked."""
    if kind == "email" and "@" in value:
        local, _, domain = value.rpartition("@")
        _, _, last = domain.rpartition(".")
        return f"{local[:1]}{HIDDEN}@{HIDDEN}.{last}" if len(local) > 1 else f"{HIDDEN}@{HIDDEN}.{last}"
    if kind == "phone" and len(value) >= _SHORTEST:
        return f"{HIDDEN}{value[-2:]}"
    return HIDDEN


def hidden_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the names of the fields, each with nothing of its value."""
    return dict.fromkeys(fields, HIDDEN)
