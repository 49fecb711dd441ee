"""Forecasts from bookings on the books: what is booked by now, and what days like it still picked up after that. Pure.

Where lead times exist this beats every method that looks at totals alone. Pick-up is additive: the bookings that still
came, not a factor. Each kind of booking (by how many days ahead it was made) is averaged over the latest days for which
it is complete, so young days count too. Several averages are weighed by how they did on past days; nothing that was not
known on the day of a forecast goes into it.

The interval is conformal: what past forecasts were off by, each made as it would have been made on its own day, weights
and all. Errors in hindsight, by weights that were chosen on the same days, are too small. The young count more (Barber,
Candes, Ramdas, Tibshirani, "Conformal prediction beyond exchangeability", Annals of Statistics 2023).
"""

import msgspec
import numpy as np

from fieldfare.ground.instants import Day
from fieldfare.learn.forecast.forecast import COVERAGE
from fieldfare.learn.forecast.model import Floats, Forecast, Lack, NotComputable

_WEEK = 7
_YEAR = 52 * _WEEK
_RECENT = 4 * _WEEK
_WEEKDAYS = (8, 13)
_SEASON_REACH = 2 * _WEEK
_WEIGHED = 8 * _WEEK
_TESTED = 26 * _WEEK
_LEAST_TESTED = 2 * _WEEK
_SHARPNESS = 0.15
_LEAST_DAYS = 8 * _WEEK
_HALF_LIFE = 60.0
"""Days after which an error counts half. Chosen on arrivals before September 2016 alone."""
_TAILS = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)


class Books(msgspec.Struct, frozen=True):
    """Bookings by the day they are for (rows, from ``first_day`` on) and how many days ahead they were made (columns).

    The last column holds all that were made earlier still. Known is what was made on ``as_of`` or before.
    """

    first_day: Day
    made: Floats
    as_of: Day


class _Pace:
    """Running sums over days of what is known, so that any average is a difference."""

    def __init__(self, books: Books) -> None:
        days, leads = books.made.shape
        last = books.as_of - books.first_day
        seen = np.arange(days)[:, None] - np.arange(leads)[None, :] <= last
        self.made = np.where(seen, books.made, 0.0)
        self.last = last
        self.leads = leads
        self.by_day = np.vstack([np.zeros(leads), np.cumsum(self.made, axis=0)])

    def told(self, origin: int, ahead: int) -> Floats:
        """Return one forecast per average for the day ``ahead`` after position ``origin``; NaN where one cannot."""
        recent = self._recent(origin, ahead)
        weekdays = [self._same_weekday(origin, ahead, weeks) for weeks in _WEEKDAYS]
        seasonal = self._last_year(origin, ahead)
        return self.booked(origin, ahead) + np.array([recent, *weekdays, (recent + seasonal) / 2])

    def booked(self, origin: int, ahead: int) -> float:
        """Return what was on the books at position ``origin`` for the day ``ahead`` after it."""
        target = origin + ahead
        return float(self.made[target, ahead:].sum()) if target < len(self.made) else 0.0

    def _recent(self, origin: int, ahead: int) -> float:
        leads = np.arange(min(ahead, self.leads))
        stop = np.minimum(origin + leads + 1, origin + ahead)
        start = stop - _RECENT
        if start.min() < 0:
            return float("nan")
        return float(((self.by_day[stop, leads] - self.by_day[start, leads]) / _RECENT).sum())

    def _same_weekday(self, origin: int, ahead: int, weeks: int) -> float:
        leads = np.arange(min(ahead, self.leads))
        back = np.maximum(-(-(ahead - leads) // _WEEK), 1)
        newest = origin + ahead - back * _WEEK
        days = newest[None, :] - _WEEK * np.arange(weeks)[:, None]
        if days.min() < 0:
            return float("nan")
        return float(self.made[days, leads[None, :]].mean(axis=0).sum())

    def _last_year(self, origin: int, ahead: int) -> float:
        middle = origin + ahead - _YEAR
        start, stop = middle - _SEASON_REACH, min(middle + _SEASON_REACH, origin) + 1
        if start < 0 or stop <= start:
            return float("nan")
        return float((self.by_day[stop, :ahead] - self.by_day[start, :ahead]).sum() / (stop - start))

    def total(self, position: int) -> float:
        """Return all bookings for a day that is over."""
        return float(self.made[position].sum())


def pick_up(books: Books, ahead: int) -> tuple[float, float, float] | NotComputable:
    """Return what is expected for the day ``ahead`` after ``as_of`` (1 or more), with its interval's ends."""
    pace = _Pace(books)
    return _pick_up(pace, ahead)


def forecast_books(books: Books, horizon: int) -> Forecast | NotComputable:
    """Return what is expected for each of the ``horizon`` days after ``as_of``."""
    pace = _Pace(books)
    told = [_pick_up(pace, ahead) for ahead in range(1, horizon + 1)]
    lack = next((each for each in told if isinstance(each, NotComputable)), None)
    if lack is not None:
        return lack
    mean, low, high = np.array(told, dtype=float).T
    return Forecast(books.as_of + 1, mean, low, high, COVERAGE, "pick-up from bookings on the books", None)


def _pick_up(pace: _Pace, ahead: int) -> tuple[float, float, float] | NotComputable:
    if ahead >= pace.leads:
        why = f"lead times are known up to {pace.leads - 1} days, and the day lies {ahead} ahead"
        return NotComputable(Lack.TOO_SHORT, why)
    if pace.last + 1 < _LEAST_DAYS + ahead:
        why = f"{pace.last + 1} days with their bookings are known, and {_LEAST_DAYS + ahead} are needed"
        return NotComputable(Lack.TOO_SHORT, why)
    now = pace.told(pace.last, ahead)
    targets = range(pace.last, max(pace.last - _TESTED - ahead - _WEIGHED, ahead), -1)
    tests = np.stack([pace.told(target - ahead, ahead) for target in targets])
    came = np.array([pace.total(target) for target in targets])
    weights = _weights(now, tests, came)
    if weights is None:
        return NotComputable(Lack.TOO_SHORT, "too few days are over to see how much is still picked up")
    mean = _blend(weights, now)
    booked = np.array([pace.booked(target - ahead, ahead) for target in targets[:_TESTED]])
    told = np.array([_as_of(tests, came, each, ahead) for each in range(len(booked))])
    if (~np.isnan(told)).sum() < _LEAST_TESTED:  # too short a past to look back from any day in it: in hindsight
        told = np.array([_blend(weights, each) for each in tests[:_TESTED]])
    known = np.flatnonzero(~np.isnan(told))
    errors = (came[known] - told[known]) / _spread(told[known] - booked[known])
    importance = 0.5 ** (known / _HALF_LIFE)
    low, high = -_quantile(-errors, importance, _TAILS[1]), _quantile(errors, importance, _TAILS[1])
    spread = float(_spread(np.array(mean - pace.booked(pace.last, ahead))))
    return mean, max(mean + min(low, 0.0) * spread, 0.0), mean + max(high, 0.0) * spread


def _weights(now: Floats, tests: Floats, came: Floats) -> Floats | None:
    """Return how much each average counts, by its latest errors; ``None`` where none could be tested often enough."""
    able = ~np.isnan(now) & ((~np.isnan(tests)).sum(axis=0) >= _LEAST_TESTED)
    whole = np.flatnonzero(~np.isnan(tests[:, able]).any(axis=1)) if able.any() else np.zeros(0, dtype=int)
    if len(whole) < _LEAST_TESTED:
        return None
    latest = whole[:_WEIGHED]
    errors = np.abs(tests[latest][:, able] - came[latest, None]).sum(axis=0)
    found = np.zeros(len(now))
    is_exact = errors.min() <= 0
    found[able] = errors == 0 if is_exact else np.exp(-(errors / errors.min() - 1) / _SHARPNESS)
    return np.asarray(found / found.sum(), dtype=np.float64)


def _blend(weights: Floats, told: Floats) -> float:
    """Return the weighed mean; NaN where an average that counts could not tell."""
    counts = weights > 0
    return float(weights[counts] @ told[counts])


def _as_of(tests: Floats, came: Floats, position: int, ahead: int) -> float:
    """Return the forecast of a past day as it was made ``ahead`` days before it, from what was over by then."""
    weights = _weights(tests[position], tests[position + ahead :], came[position + ahead :])
    return float("nan") if weights is None else _blend(weights, tests[position])


def _quantile(errors: Floats, importance: Floats, share: float) -> float:
    """Return what ``share`` of the errors, as much as they count, do not exceed; the day to come counts as one more."""
    order = np.argsort(errors)
    reached = np.cumsum(importance[order]) / (importance.sum() + 1.0)
    return float(errors[order][min(int(np.searchsorted(reached, share)), len(errors) - 1)])


def _spread(to_come: Floats) -> Floats:
    return np.sqrt(np.maximum(to_come, 1.0))
