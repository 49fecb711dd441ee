"""What is asked of a date, as Ibis expressions over the texts and numbers of traits: the same as :mod:`dates`. Pure.

Whatever the day, it is worked out here and not by the engine: a query holds plain comparisons of texts and numbers.
Every expression is true or false, also of what is no date.
"""

from datetime import date
from typing import Any, assert_never

from fieldfare.ground.instants import Day, Instant, date_of, day_start, today_in
from fieldfare.know.audiences.dates import END_DATE, FIRST_DATE, LEAP_YEAR, days_that_come_round
from fieldfare.know.audiences.lake_json import always, both, either, sure
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay
from fieldfare.know.profiles.survive import instant_text

_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_INSTANT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][.][0-9]{6}Z$"
_LAST_DAY = date(9999, 12, 30).toordinal() - date(1970, 1, 1).toordinal()
_YEAR, _MONTH = 4, 5


def is_date(text: Any) -> Any:
    """Return whether the text is a date that counts."""
    return sure(_usual(text) & text.re_search(_DATE) & text.try_cast("date").notnull())


def is_instant(text: Any) -> Any:
    """Return whether the text is an instant that counts."""
    return sure(_usual(text) & text.re_search(_INSTANT) & text.try_cast("timestamp").notnull())


def _usual(text: Any) -> Any:
    return (text >= FIRST_DATE) & (text < END_DATE)


def date_holds(asks: OnDay | Ahead | Anniversary, value: Any, now: Instant, zone: str) -> Any:
    """Return whether the answer is yes for a trait's value at an instant."""
    match asks:
        case OnDay(relation=relation, day=day):
            first = day if relation != "after" else day + 1
            return _within(value.text(), None if relation == "before" else first, _end_of(relation, day), zone)
        case Ahead():
            return _ahead(asks, value.text(), now, zone)
        case Anniversary(days=days):
            return _anniversary(value, today_in(now, zone), days)
        case _:
            assert_never(asks)


def _end_of(relation: str, day: Day) -> Day | None:
    return {"before": day, "on": day + 1, "after": None}[relation]


def _within(text: Any, first: Day | None, end: Day | None, zone: str) -> Any:
    """Return whether the local day lies from ``first`` on and before ``end``."""
    dates, instants = [is_date(text)], [is_instant(text)]
    if first is not None:
        dates.append(sure(text >= date_of(min(first, _LAST_DAY)).isoformat()))
        instants.append(sure(text >= instant_text(day_start(min(first, _LAST_DAY), zone))))
    if end is not None:
        dates.append(sure(text < date_of(min(end, _LAST_DAY)).isoformat()))
        instants.append(sure(text < instant_text(day_start(min(end, _LAST_DAY), zone))))
    return both(dates) | both(instants)


def _ahead(asks: Ahead, text: Any, now: Instant, zone: str) -> Any:
    span = asks.most if asks.most is not None else asks.least
    assert span is not None, "a distance is asked"
    if span.days is not None:
        today = today_in(now, zone)
        least = 0 if asks.least is None else asks.least.days
        most = None if asks.most is None else asks.most.days
        assert least is not None, "days go with days"
        return _within(text, today + least, None if most is None else today + most + 1, zone)
    first_at = now + (0 if asks.least is None else asks.least.us)
    last_at = None if asks.most is None else now + asks.most.us
    # A date stands for its first instant: the first day that begins at or after an instant.
    dates, instants = [is_date(text)], [is_instant(text), sure(text >= instant_text(first_at))]
    dates.append(sure(text >= date_of(_day_from(first_at, zone)).isoformat()))
    if last_at is not None:
        instants.append(sure(text <= instant_text(last_at)))
        dates.append(sure(text < date_of(_day_from(last_at + 1, zone)).isoformat()))
    return both(dates) | both(instants)


def _day_from(at: Instant, zone: str) -> Day:
    """Return the first day that begins at or after the instant."""
    day = today_in(at, zone)
    return day if day_start(day, zone) >= at else day + 1


def _anniversary(value: Any, today: Day, days: int) -> Any:
    text = value.text()
    found = days_that_come_round(today, days)
    by_year = {year: [on for each, on in found if each == year] for year, _ in found}
    of_dates = [
        sure(text.substr(_MONTH).isin(on) & (text.substr(0, _YEAR) < str(year))) for year, on in sorted(by_year.items())
    ]
    first = date(LEAP_YEAR, 1, 1).toordinal() - 1
    numbers = sorted({float(date.fromisoformat(f"{LEAP_YEAR}-{on}").toordinal() - first) for _, on in found})
    of_numbers = sure(value.number().isin(numbers)) if numbers else always(holds=False)
    return (is_date(text) & either(of_dates)) | of_numbers
