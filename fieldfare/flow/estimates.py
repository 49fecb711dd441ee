"""How many are looked at where all are too many to be counted at once, and what is told of it. Pure.

One of so many people is looked at, always the same ones, and what is counted of them is multiplied. A share that is
estimated from 100,000 people is off by more than 0.3 percentage points once in twenty times.
"""


def one_in(count: int, most: int) -> int:
    """Return of how many one is looked at: a power of two, 1 for all, so that about ``most`` of ``count`` remain."""
    of = 1
    while count > most * of:
        of *= 2
    return of
