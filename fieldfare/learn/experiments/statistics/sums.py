"""Makes the sums of an arm from its columns: for tests, examples and small lists; the lake makes its own. Pure."""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from fieldfare.learn.experiments.statistics.model import VALUE, Number, Sums

Column = Sequence[Number] | NDArray[np.float64] | NDArray[np.int64]


def sums_of(columns: Mapping[str, Column]) -> Sums:
    """Return the sums of columns of equal length; whole numbers are added without a limit."""
    held = {name: _numbers(column) for name, column in columns.items()}
    size = len(next(iter(held.values()), ()))
    pairs = combinations_with_replacement(sorted(held), 2)
    return Sums(
        size=size,
        sums={name: sum(column) for name, column in held.items()},
        products={
            (one, other): sum(a * b for a, b in zip(held[one], held[other], strict=True)) for one, other in pairs
        },
    )


def sums_of_values(values: Column) -> Sums:
    """Return the sums of one column of outcomes."""
    return sums_of({VALUE: values})


def sums_of_hits(hits: int, size: int) -> Sums:
    """Return the sums of ``size`` outcomes of which ``hits`` are one and the others zero."""
    return Sums(size=size, sums={VALUE: hits}, products={(VALUE, VALUE): hits})


def _numbers(column: Column) -> list[Number]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)
