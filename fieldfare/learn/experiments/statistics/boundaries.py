"""Group-sequential designs: planned looks at the primary metric, with an error that is spent look by look. Pure.

A plan says at which shares of the final information one looks, and how the error is spent: O'Brien and Fleming (1979)
spends almost all at the end and has the power of a fixed test; Pocock (1977) spends evenly and stops early more often;
the spending functions of Lan and DeMets (1983) are alike and allow looks at other times than planned. Boundaries follow
from the joint normal distribution of the statistic over the looks, integrated numerically as Armitage, McPherson, Rowe
(1969) do it; see Jennison and Turnbull, "Group sequential methods", 2000, chapters 2, 7 and 19. The interval shown at a
look is the *repeated* one (chapter 9 there): it holds at every look, whether or not one stops; so does the p-value that
belongs to it.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from fieldfare.learn.experiments.model import Interval
from fieldfare.learn.experiments.statistics.model import Effect

_PLACES, _WEIGHTS = np.polynomial.legendre.leggauss(100)
_WIDEST = 8.0
"""Standard errors beyond which the normal has nothing that counts."""

METHOD = "repeated, group sequential"
_LEAST, _MOST = 1e-12, 0.99
"""Between which errors a repeated p-value is looked for."""


class Spending(StrEnum):
    """How the error is spent over the looks."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    LAN_DEMETS_OBRIEN_FLEMING = "lan_demets_obrien_fleming"
    LAN_DEMETS_POCOCK = "lan_demets_pocock"


class Exits(NamedTuple):
    """The chance to cross each look's upper and lower boundary first."""

    above: list[float]
    below: list[float]

    @property
    def total(self) -> float:
        """Return the chance to cross any."""
        return sum(self.above) + sum(self.below)


def equal_looks(count: int) -> tuple[float, ...]:
    """Return so many equally spaced looks."""
    return tuple((look + 1) / count for look in range(count))


def exits(bounds: Sequence[float], looks: Sequence[float], drift: float = 0.0) -> Exits:
    """Return the chances to stop at each look.

    ``bounds`` are in standard errors of their look, two-sided; ``looks`` are shares of the final information, rising;
    ``drift`` is the mean of the statistic at full information.
    """
    above, below, going = [], [], _Going.at_start()
    for bound, look in zip(bounds, looks, strict=True):
        up, down = going.leaving(bound, look, drift)
        above.append(up)
        below.append(down)
        going = going.after(bound, look, drift)
    return Exits(above, below)


class _Going(NamedTuple):
    """Where the sum may be after a look, if one went on: places, the chance at each, and the look's information."""

    places: NDArray[np.float64]
    mass: NDArray[np.float64]
    look: float

    @classmethod
    def at_start(cls) -> "_Going":
        return cls(np.zeros(1), np.ones(1), 0.0)

    def leaving(self, bound: float, look: float, drift: float) -> tuple[float, float]:
        """Return the chances to cross the next look's upper and lower boundary."""
        limit, error, moved = bound * math.sqrt(look), math.sqrt(look - self.look), drift * (look - self.look)
        up = float(self.mass @ scipy.special.ndtr((self.places + moved - limit) / error))
        return up, float(self.mass @ scipy.special.ndtr((-limit - self.places - moved) / error))

    def rising(self, bound: float, look: float) -> float:
        """Return the chance to cross the next look's upper boundary without an effect."""
        error = math.sqrt(look - self.look)
        return float(self.mass @ scipy.special.ndtr((self.places - bound * math.sqrt(look)) / error))

    def after(self, bound: float, look: float, drift: float) -> "_Going":
        """Return where the sum is after the next look, if one goes on."""
        error, moved = math.sqrt(look - self.look), drift * (look - self.look)
        low, high = _kept(bound * math.sqrt(look), look, drift)
        here = (high - low) / 2 * _PLACES + (high + low) / 2
        away = (here[:, None] - self.places[None, :] - moved) / error
        density = np.exp(-0.5 * away * away) / (error * math.sqrt(2 * math.pi))
        return _Going(here, (density @ self.mass) * _WEIGHTS * (high - low) / 2, look)


def _kept(limit: float, look: float, drift: float) -> tuple[float, float]:
    """Return between which sums one goes on, as far as there is any chance to be there."""
    centre, reach = drift * look, _WIDEST * math.sqrt(look)
    return max(-limit, centre - reach), max(min(limit, centre + reach), -limit, centre - reach)


def spent(kind: Spending, look: float, alpha: float) -> float:
    """Return the error that one tail has spent up to a share of the information; ``alpha`` is that tail's whole."""
    if kind is Spending.LAN_DEMETS_OBRIEN_FLEMING:
        return 2 * float(scipy.special.ndtr(scipy.special.ndtri(alpha / 2) / math.sqrt(look)))
    return alpha * math.log(1 + (math.e - 1) * look)


def bounds_of(kind: Spending, looks: Sequence[float], level: float = 0.95) -> tuple[float, ...]:
    """Return the boundary of every look in standard errors, two-sided."""
    match kind:
        case Spending.OBRIEN_FLEMING:
            shape = [1 / math.sqrt(look / looks[-1]) for look in looks]
        case Spending.POCOCK:
            shape = [1.0] * len(looks)
        case Spending.LAN_DEMETS_OBRIEN_FLEMING | Spending.LAN_DEMETS_POCOCK:
            return _spending_bounds(kind, looks, level)

    def missed(constant: float) -> float:
        return exits([constant * each for each in shape], looks).total - (1 - level)

    constant = scipy.optimize.brentq(missed, 0.5, _WIDEST, xtol=1e-10)
    return tuple(constant * each for each in shape)


def _spending_bounds(kind: Spending, looks: Sequence[float], level: float) -> tuple[float, ...]:
    alpha, found, going = (1 - level) / 2, list[float](), _Going.at_start()
    for look in looks:
        due = spent(kind, look, alpha) - (spent(kind, going.look, alpha) if going.look else 0.0)

        def missed(bound: float, due: float = due, going: _Going = going, look: float = look) -> float:
            return going.rising(bound, look) - due

        found.append(
            _WIDEST if missed(_WIDEST) >= 0 else float(scipy.optimize.brentq(missed, 0.0, _WIDEST, xtol=1e-10))
        )
        if len(found) < len(looks):
            going = going.after(found[-1], look, 0.0)
    return tuple(found)


def power_of(bounds: Sequence[float], looks: Sequence[float], drift: float) -> float:
    """Return the chance to cross the boundary on the drift's side at any look."""
    found = exits(bounds, looks, abs(drift))
    return sum(found.above)


def inflation(kind: Spending, looks: Sequence[float], level: float = 0.95, power: float = 0.8) -> float:
    """Return how many times the sample of a fixed test the plan needs, if it never stops early."""
    bounds = bounds_of(kind, looks, level)
    fixed = float(scipy.stats.norm.isf((1 - level) / 2) + scipy.stats.norm.ppf(power))
    drift = scipy.optimize.brentq(lambda each: power_of(bounds, looks, each) - power, fixed * 0.9, fixed * 2)
    return float(drift / fixed) ** 2


def expected_information(bounds: Sequence[float], looks: Sequence[float], drift: float) -> float:
    """Return the mean share of the planned information at which one stops."""
    found = exits(bounds, looks, drift)
    stops = [above + below for above, below in zip(found.above, found.below, strict=True)]
    return sum(look * stop for look, stop in zip(looks, stops, strict=True)) + looks[-1] * (1 - sum(stops))


def repeated(effect: Effect, bound: float) -> Interval:
    """Return the repeated interval of an effect at a look with this boundary."""
    half = bound * effect.standard_error
    return Interval(effect.value - half, effect.value + half, METHOD)


def repeated_p_value(kind: Spending, looks: Sequence[float], statistic: float) -> float:
    """Return the least error, two-sided, whose boundary at the last of ``looks`` the statistic has reached.

    ``looks`` are those that are over. It may be compared with 1 - level at each of them: without an effect it is at
    most so small at any look with that chance (Jennison and Turnbull, chapter 9.4; Liu and Anderson, "On adaptive
    extensions of group sequential trials for clinical investigations", JASA 2008). Never below 1e-12.
    """
    reached = abs(statistic)

    def short(error: float) -> float:
        return bounds_of(kind, looks, 1 - math.exp(error))[-1] - reached

    least, most = math.log(_LEAST), math.log(_MOST)
    if short(least) <= 0:
        return _LEAST
    if short(most) > 0:
        return 1.0
    return math.exp(scipy.optimize.brentq(short, least, most, xtol=1e-7))
