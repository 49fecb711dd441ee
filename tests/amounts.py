"""How much the tests do: some of it every day, all of it with ``FIELDFARE_ROUNDS=full`` (`make crash` says so too)."""

import os

FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"


def examples(count: int) -> int:
    """Return how many examples a property draws now: all, or a third of them, ten at least; other ones every day."""
    return count if FULL else max(10, count // 3)
