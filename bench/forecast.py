"""Forecasts beside seasonal-naive and AutoETS on real series, rolling origins; bookings by pick-up.

Every method is given the same past of each origin and nothing after it: ours with its holes, the others with the value
of a week before in place of them. Hours of traffic become days by what was known at the origin. The peers run in
``.venv-forecast``, which `make bench` makes (``FIELDFARE_VENV_FORECAST`` names another place). Data are read from
``FIELDFARE_DATA``, a folder. A set that is not there is left out and said so.
"""

import csv
import json
import os
import subprocess
import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import msgspec
import numpy as np

from fieldfare.ground.instants import Day, day_of
from fieldfare.learn.forecast.daily import daily_from_hours
from fieldfare.learn.forecast.forecast import forecast
from fieldfare.learn.forecast.model import Floats, Forecast, Holidays, NotComputable, Series
from fieldfare.learn.forecast.pick_up import Books, pick_up
from fieldfare.network.calendars.holiday_table import table

PEERS = Path(os.environ.get("FIELDFARE_VENV_FORECAST", ".venv-forecast"))
DATA = Path(os.environ.get("FIELDFARE_DATA", "../shared/data"))
HORIZON = 90
AHEAD = 28
WEEK = 7
YEAR = 364
MOST_LEAD = 400
SPLIT = day_of(date(2016, 9, 1))
"""How fast errors stop counting was chosen by bookings for earlier days; days from then on are told."""
HOTELS = {"City Hotel": 0.11, "Resort Hotel": 0.17}


class Origin(msgspec.Struct, frozen=True):
    """What was known on one day, and what came."""

    past: Series
    came: Floats


def main() -> None:
    told: dict[str, object] = {}
    for name, path, read in (
        ("bike sharing", DATA / "bike_sharing/bike_sharing_daily.csv", _bikes),
        ("traffic", DATA / "traffic_volume/hourly_traffic_volume.csv", _traffic),
    ):
        told |= _compared(name, read(path)) if path.exists() else {name: "not there"}
    hotels = DATA / "hotel_bookings/hotel_bookings.parquet"
    told |= _bookings(hotels) if hotels.exists() else {"hotel bookings": "not there"}
    for label, value in told.items():
        print(f"{label}: {value}")
    print(json.dumps(told))


def _compared(name: str, origins: list[Origin]) -> dict[str, object]:
    began = time.process_time()
    ours = [_ours(origin.past, len(origin.came)) for origin in origins]
    spent = (time.process_time() - began) / len(origins)
    found: dict[str, object] = {
        f"{name}: origins, days ahead": f"{len(origins)}, {HORIZON}",
        f"{name}: WAPE": f"{_wape([each.mean for each in ours], origins):.3f}",
    }
    for method, means in _peers(origins).items():
        if method.endswith(("low", "high")):
            continue
        found[f"{name}: WAPE of {method}"] = f"{_wape(means, origins):.3f}"
    inside = [_inside(each, origin.came) for each, origin in zip(ours, origins, strict=True)]
    share = sum(hits for hits, _ in inside) / sum(days for _, days in inside)
    found[f"{name}: days inside the 80 % interval (to be 75 to 85 %)"] = f"{share:.1%}"
    found[f"{name}: processor seconds a forecast"] = round(spent, 2)
    return found


def _ours(past: Series, horizon: int) -> Forecast:
    found = forecast(past, horizon, _holidays())
    assert isinstance(found, Forecast), found
    return found


def _holidays() -> Holidays:
    return dict(table("US"))


def _wape(means: list[Floats], origins: list[Origin]) -> float:
    wrong = all_ = 0.0
    for told, origin in zip(means, origins, strict=True):
        known = ~np.isnan(origin.came)
        wrong += float(np.abs(told - origin.came)[known].sum())
        all_ += float(origin.came[known].sum())
    return wrong / all_


def _inside(told: Forecast, came: Floats) -> tuple[int, int]:
    known = ~np.isnan(came)
    return int(((came >= told.low) & (came <= told.high))[known].sum()), int(known.sum())


def _peers(origins: list[Origin]) -> dict[str, list[Floats]]:
    python = PEERS / "bin/python"
    if not python.exists():
        return {}
    tasks = [
        {"values": _filled(origin.past.values).tolist(), "horizon": len(origin.came), "season": WEEK}
        for origin in origins
    ]
    done = subprocess.run(
        [python, "bench/forecast_peers.py"],
        input=json.dumps({"tasks": tasks}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    told = json.loads(done.stdout)
    return {method: [np.array(each[method]) for each in told] for method in told[0]}


def _filled(values: Floats) -> Floats:
    """Return the values with that of a week before, or the mean, in place of holes: peers cannot do without."""
    filled = values.copy()
    mean = float(np.nanmean(values))
    for at in np.flatnonzero(np.isnan(filled)):
        filled[at] = filled[at - WEEK] if at >= WEEK else mean
    return filled


def _bikes(path: Path) -> list[Origin]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first = day_of(date.fromisoformat(rows[0]["dteday"]))
    values = np.array([float(row["cnt"]) for row in rows])
    ends = range(YEAR + WEEK, len(values) - HORIZON + 1, 30)
    return [Origin(Series(first, values[:end]), values[end : end + HORIZON]) for end in ends]


def _traffic(path: Path) -> list[Origin]:
    by_hour: dict[datetime, float] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):  # of hours that stand there twice the last counts
            by_hour[datetime.fromisoformat(row["date_time"])] = float(row["traffic_volume"])
    first = min(by_hour).date()
    hours = np.full((max(by_hour).date().toordinal() - first.toordinal() + 1, 24), np.nan)
    for at, volume in by_hour.items():
        hours[at.date().toordinal() - first.toordinal(), at.hour] = volume
    whole = daily_from_hours(hours)
    last = len(hours) - HORIZON
    ends = sorted(last - 45 * each for each in range(12))
    day = day_of(first)
    return [Origin(Series(day, daily_from_hours(hours[:end])), whole[end : end + HORIZON]) for end in ends]


def _bookings(path: Path) -> dict[str, object]:
    asked = """SELECT hotel, arrival_date_year, arrival_date_month, arrival_date_day_of_month, lead_time, count(*)
        FROM read_parquet(?) GROUP BY ALL"""
    made: dict[str, dict[tuple[int, int], int]] = {}
    for hotel, year, month, day, lead, count in duckdb.execute(asked, [str(path)]).fetchall():
        arrival = day_of(datetime.strptime(f"{year} {month} {day}", "%Y %B %d").date())  # noqa: DTZ007 - a date
        cells = made.setdefault(hotel, {})
        cell = arrival, min(lead, MOST_LEAD)
        cells[cell] = cells.get(cell, 0) + count
    found: dict[str, object] = {}
    for hotel, bar in HOTELS.items():
        cells = made[hotel]
        first, last = min(day for day, _ in cells), max(day for day, _ in cells)
        books = np.zeros((last - first + 1, MOST_LEAD + 1))
        for (day, lead), count in cells.items():
            books[day - first, lead] += count
        found |= _picked_up(hotel, Books(first, books, last), bar)
        found |= _compared(f"{hotel} arrivals", _arrivals(first, books.sum(axis=1)))
    return found


def _arrivals(first: Day, values: Floats) -> list[Origin]:
    """Return origins of a series that no constant was chosen by: what is on the books is left out."""
    ends = range(YEAR + WEEK, len(values) - HORIZON + 1, 30)
    return [Origin(Series(first, values[:end]), values[end : end + HORIZON]) for end in ends]


def _picked_up(hotel: str, books: Books, bar: float) -> dict[str, object]:
    came = books.made.sum(axis=1)
    days = range(SPLIT, books.first_day + len(came))
    wrong, inside = _told(books, came, days)
    _, before = _told(books, came, range(SPLIT - YEAR * 3 // 4, SPLIT, WEEK - 1))
    at = np.array(days) - books.first_day
    plain = np.abs(came[at] - came[at - YEAR]).sum() / came[at].sum()
    return {
        f"{hotel}: WAPE {AHEAD} days ahead by pick-up, {len(days)} days (to be at most {bar})": (f"{wrong:.3f}"),
        f"{hotel}: WAPE of seasonal naive 364": f"{plain:.3f}",
        f"{hotel}: days inside the 80 % interval (to be 75 to 85 %)": f"{inside:.1%}",
        f"{hotel}: the same of earlier days, while little of the past was known": f"{before:.1%}",
    }


def _told(books: Books, came: Floats, days: range) -> tuple[float, float]:
    """Return the WAPE of days told ``AHEAD`` before, and how many of them lay in the interval."""
    wrong = hits = all_ = 0.0
    for day in days:
        told = pick_up(Books(books.first_day, books.made, day - AHEAD), AHEAD)
        assert not isinstance(told, NotComputable), told
        value = came[day - books.first_day]
        wrong, all_ = wrong + abs(told[0] - value), all_ + value
        hits += told[1] <= value <= told[2]
    return wrong / all_, hits / len(days)


if __name__ == "__main__":
    main()
