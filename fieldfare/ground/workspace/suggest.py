"""Say which known name a wrong one may have meant. Pure."""

import difflib
from collections.abc import Iterable

_SHOWN = 12


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean `x`?`` for the known name most like the given one, or an empty text."""
    by_lower = {item.lower(): item for item in known if item != name}
    match = difflib.get_close_matches(name.lower()[:200], by_lower, n=1, cutoff=0.6)
    return f"Did you mean `{by_lower[match[0]]}`?" if match else ""


def quoted(names: Iterable[str]) -> str:
    """Return the names in alphabetical order as ``a`, `b` and `c``, at most twelve of them."""
    items = sorted(names)
    shown = [f"`{item}`" for item in items[:_SHOWN]]
    if len(items) > _SHOWN:
        return ", ".join(shown) + f" and {len(items) - _SHOWN} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
