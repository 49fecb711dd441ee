"""Days from hours with holes, and from counts with outages."""

import numpy as np

from fieldfare.learn.forecast.daily import daily_from_hours, series_of


def test_missing_hours_are_filled_by_their_usual_share() -> None:
    hours = np.tile(np.arange(24.0), (21, 1))
    hours[7, 23] = np.nan
    hours[8, :] = np.nan
    hours[9, :20] = np.nan
    days = daily_from_hours(hours)
    assert days[7] == days[0] == 276
    assert np.isnan(days[8])
    assert np.isnan(days[9])


def test_a_day_without_any_is_nothing_and_an_outage_is_not_known() -> None:
    alive = set(range(100, 160)) - {120, 121}
    counts = {day: 5.0 for day in alive if day != 130}
    found = series_of(counts, alive, 160)
    assert found.first_day == 100
    assert found.values[30] == 0
    assert np.isnan(found.values[[20, 21]]).all()
    assert np.isnan(found.values).sum() == 2


def test_sundays_and_closed_seasons_are_nothing_not_unknown() -> None:
    alive = {day for day in range(1_000, 1_400) if day % 7 and not 1_100 <= day < 1_160}
    found = series_of(dict.fromkeys(alive, 3.0), alive, 1_400)
    assert not np.isnan(found.values).any()


def test_nothing_at_all() -> None:
    assert len(series_of({}, set(), 10).values) == 0
