"""A guardrail with a bound of its own: whether the treated exceed a share for sure, whenever one looks. Pure.

Where each unit counts once, its hits are counted exactly. Where people are assigned together, or a metric has a
denominator of its own, the share is a ratio of two sums over units, and units are what was assigned: its variance is
that of units, never less than people alone would have at the bound, and Student's tail stands for few units. The ratio
is then held against a one-sided normal mixture over as many units. Units without a message count as units too, and
the first messages are few however many units there are: of messages the exact count must be beyond the share as well.
"""

import math

import scipy

from fieldfare.learn.experiments.metrics.model import MetricKind
from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.statistics.estimate import ratio_of
from fieldfare.learn.experiments.statistics.mixtures import best_rho, crossed, one_sided_normal
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums

FEWEST = 100
"""At so many units at least the boundary is tightest."""
_STEEPEST = 37.0
"""Standard errors beyond which a tail is no number any more; far beyond every boundary."""


def beyond(most: float, sums: Sums, registration: Registration, kind: MetricKind) -> tuple[bool, str]:
    """Return whether the treated exceed a share for sure, and what they are."""
    hits, alpha = int(sums.total(VALUE)), 1 - registration.level
    if BASE in sums.sums:
        of, expected = int(sums.total(BASE)), max(registration.units or 0, FEWEST)
        tripped = 0 < most < 1 and _is_beyond(most, sums, alpha, expected)
        if kind is MetricKind.DELIVERY:
            tripped = tripped and crossed(hits, of, most, alpha, expected)
    else:
        of = sums.size
        expected = max(registration.units or of, FEWEST)
        tripped = 0 < most < 1 and of > 0 and crossed(hits, of, most, alpha, expected)
    share = f"{hits:,} of {of:,}" + (f" = {hits / of:.2%}" if of else "")
    return tripped, f"{share}; {'more than' if tripped else 'not shown to be more than'} {most:.2%}"


def _is_beyond(most: float, sums: Sums, alpha: float, expected: int) -> bool:
    ratio = ratio_of(sums)
    if isinstance(ratio, NotComputable) or ratio.value <= most:
        return False
    least = most * (1 - most) / sums.total(BASE)
    distance = (ratio.value - most) / math.sqrt(max(ratio.variance, least))
    errors = min(float(scipy.stats.norm.isf(scipy.stats.t.sf(distance, ratio.freedom))), _STEEPEST)
    mixture = one_sided_normal(best_rho(expected, 2 * alpha))
    return mixture(errors * math.sqrt(sums.size), sums.size) >= math.log(1 / alpha)
