"""Answers about seasons: calendars, forecasts from the lake, proposed seasons and what people said of them, readiness.

Flow of a forecast: bring the lake up to date, count the event by local day and location, make the series of the place
through yesterday, forecast, find the season, set the peak's load against the most that was seen. Only proposals are
written, each with its decision in one transaction; a proposal's id is a digest of what it says, so asking twice writes
once, and a crash leaves either the proposal or nothing. Accepting gives the text for ``seasons.yaml``; it changes no
calendar by itself: what is in force is planned and applied like every other definition.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from fieldfare.flow.season_loads import loads_of
from fieldfare.flow.season_view import asked_days, places_asked, seasons_told
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Day, date_of, day_of, to_iso, today_in
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.learn.forecast import store
from fieldfare.learn.forecast.daily import series_of
from fieldfare.learn.forecast.forecast import MOST_HORIZON, forecast
from fieldfare.learn.forecast.model import Forecast, Holidays, NotComputable, Series
from fieldfare.learn.forecast.need import needs_of
from fieldfare.learn.forecast.onset import Onset, marks_for, onset
from fieldfare.learn.forecast.profile import Profile, day_of_year, growth, month_day, peaks_of, season_profile
from fieldfare.learn.forecast.propose import Proposal, propose
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.holiday_table import UnknownPlaceError, table
from fieldfare.network.calendars.model import Phase
from fieldfare.network.calendars.peaks import peaks_in
from fieldfare.network.calendars.write import season_text
from fieldfare.network.locations.model import Locations

_COUNTS = 'SELECT local_day, location, count(*) AS many FROM event_rows WHERE "name" = ? GROUP BY local_day, location'
_ALIVE = "SELECT DISTINCT local_day FROM event_rows"
_NAMES = 'SELECT "name", count(*) AS many FROM event_rows GROUP BY "name" ORDER BY many DESC LIMIT 200'
_SMOOTH = 7
_LOOK_BACK = 120


class SeasonParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the answers are made of."""

    calendar: Calendar
    locations: Locations
    zone: str
    state: State
    lake: Lake
    sync: Callable[[], object]
    """Brings the lake up to date."""
    clock: Clock
    changes: list[dict[str, Any]] = []
    """What phases change, as ``season_changes`` tells it."""


class SeasonAnswers:
    """Answers about seasons."""

    def __init__(self, parts: SeasonParts) -> None:
        """Answer from these parts."""
        self._parts = parts

    def show(self, location: str | None, first: str | None, last: str | None) -> dict[str, Any]:
        """Return which phases hold where, their stretches between two days, and what phases change."""
        parts = self._parts
        now = parts.clock.now()
        days = asked_days(first, last, today_in(now, parts.zone))
        return seasons_told(parts.calendar, parts.locations, location, days, now) | {"changes": parts.changes}

    def forecast(self, event: str, place: str | None, days: int) -> dict[str, Any]:
        """Return what is expected of the event in the place for the next days, its season, and the peak's load."""
        if not 1 <= days <= MOST_HORIZON:
            text = f"{days} days ahead cannot be forecast. Give 1 to {MOST_HORIZON}."
            raise CallerError("forecast_days", text, field="days")
        series = self._series(event, place)
        told: dict[str, Any] = {"event": event, "place": place, "days": days, "history_days": len(series.values)}
        found = forecast(series, days, self._holidays(place))
        if isinstance(found, NotComputable):
            return told | {"not_computable": msgspec.to_builtins(found)}
        profile = season_profile(series)
        told |= _told(found) | {"growth": growth(series)}
        if isinstance(profile, NotComputable):
            told |= {"season": None, "season_not_computable": profile.why}
        else:
            told |= {"season": _season_told(profile), "onsets": self._onsets(series, profile, place)}
        factor = float(found.high.max()) / max(float(np.nanmean(series.values[-28:])), 1e-9)
        loads = loads_of(self._parts.lake, self._parts.state, self._parts.clock.now())
        return told | {
            "peak_factor": factor,
            "capacity": [msgspec.to_builtins(each) for each in needs_of(loads, factor)],
        }

    def propose(self, event: str, place: str | None) -> dict[str, Any]:
        """Look for seasons in the event's history, keep what is new as proposals, and return them."""
        series = self._series(event, place)
        profile = season_profile(series)
        if isinstance(profile, NotComputable):
            return {"event": event, "place": place, "not_computable": msgspec.to_builtins(profile), "proposals": []}
        parts = self._parts
        now = parts.clock.now()
        inside = places_asked(parts.locations, place)
        declared, zone = parts.calendar.at(inside[0])
        found = propose(event, place, profile, growth(series), declared, date_of(today_in(now, zone)).year)
        rows = [self._row(each, now) for each in found]
        with parts.state.write() as connection:
            written = [store.put(connection, row) for row in rows]
            kept = [store.proposal(connection, row["id"]) for row in rows]
        told = [_proposal_told(row) for row in kept if row is not None]
        return {"event": event, "place": place, "proposals": told, "new": sum(written)}

    def proposals(self, status: str | None) -> list[dict[str, Any]]:
        """Return the proposals that there are."""
        with self._parts.state.read() as connection:
            return [_proposal_told(row) for row in store.proposals(connection, status)]

    def decide(self, proposal_id: str, decision: str, actor: str, note: str) -> dict[str, Any]:
        """Accept or reject a proposal; an accepted one comes with the text for ``seasons.yaml``.

        Raises ``CallerError`` ``season_proposal_unknown`` (404), ``ConflictError`` ``season_proposal_decided``.
        """
        parts = self._parts
        status = store.ACCEPTED if decision == "accept" else store.REJECTED
        with parts.state.write() as connection:
            row = store.proposal(connection, proposal_id)
            if row is None:
                known = [each["id"] for each in store.proposals(connection)]
                fix = nearest(proposal_id, known) or "`fieldfare seasons proposals` lists those there are."
                text = f"There is no proposed season `{proposal_id[:40]}`. {fix}"
                raise CallerError("season_proposal_unknown", text, field="proposal", status=404)
            if not store.decide(connection, proposal_id, status, parts.clock.now(), actor, note):
                text = (
                    f"The proposal {proposal_id} was {row['status']} by {row['actor']} already. "
                    "`fieldfare seasons propose` looks anew."
                )
                raise ConflictError("season_proposal_decided", text)
            row = store.proposal(connection, proposal_id)
        assert row is not None
        return _proposal_told(row)

    def _row(self, found: Proposal, now: int) -> dict[str, Any]:
        encoded = msgspec.json.encode(found, order="deterministic")
        return {
            "id": digest(encoded).hex()[:12],
            "at": now,
            "event": found.event,
            "place": found.place,
            "season": found.season,
            "proposal": encoded.decode(),
            "reason": found.sentence(),
        }

    def _series(self, event: str, place: str | None) -> Series:
        parts = self._parts
        parts.sync()
        inside = None if place is None else frozenset(str(each) for each in places_asked(parts.locations, place))
        counts: dict[Day, float] = {}
        for row in parts.lake.arrow(_COUNTS, [event]).to_pylist():
            if inside is None or row["location"] in inside:
                counts[row["local_day"]] = counts.get(row["local_day"], 0.0) + row["many"]
        if not counts:
            known = [row["name"] for row in parts.lake.arrow(_NAMES).to_pylist()]
            where = "" if place is None else f" in {place}"
            fix = nearest(event, known) if event not in known else ""
            text = f"The lake has no event `{event[:80]}`{where}, so there is no history. "
            text += fix or f"It has {', '.join(known[:8]) or 'none at all'}."
            raise CallerError("event_without_history", text, field="event", status=404)
        alive = {row["local_day"] for row in parts.lake.arrow(_ALIVE).to_pylist()}
        return series_of(counts, alive, today_in(parts.clock.now(), parts.zone))

    def _holidays(self, place: str | None) -> Holidays:
        """Return the holidays of the country in which all of the places lie; none where they lie in several."""
        parts = self._parts
        by_location = parts.locations.countries()
        countries = {by_location.get(str(each)) for each in places_asked(parts.locations, place)}
        country = next(iter(countries)) if len(countries) == 1 else None
        try:
            return {} if country is None else dict(table(country))
        except UnknownPlaceError:
            return {}

    def _onsets(self, series: Series, profile: Profile, place: str | None) -> list[dict[str, Any]]:
        """Return for every season at the place whether its next or present peak seems to begin with its calendar."""
        parts = self._parts
        seasons, zone = parts.calendar.at(places_asked(parts.locations, place)[0])
        today = today_in(parts.clock.now(), zone)
        index = _index(series)
        told = []
        for season in seasons:
            year = date_of(today).year
            firsts = [spell[0] for each in (year - 1, year, year + 1) for spell in peaks_in(season, each)]
            near = [first for first in firsts if abs(first - today) <= _LOOK_BACK]
            if not near:
                continue
            first = min(near, key=lambda day: abs(day - today))
            height = float(profile.index[day_of_year(first) :][:28].max())
            if height <= profile.quiet * 1.3:
                continue
            exact = {each.first_day for each in season.exact if each.first_day is not None}
            override = first if first in exact else None
            found = onset(first, index, series.end_day - len(index), marks_for(profile.quiet, height), override)
            told.append(_onset_told(season.name, first, found))
        return told


def _index(series: Series) -> list[float | None]:
    """Return the mean of the last week over the year's mean, for each of the last days."""
    values = series.values
    level = float(np.nanmean(values[-364:]))
    told: list[float | None] = []
    for stop in range(max(_SMOOTH, len(values) - _LOOK_BACK), len(values) + 1):
        week = values[stop - _SMOOTH : stop]
        known = week[~np.isnan(week)]
        told.append(float(known.mean()) / level if len(known) >= _SMOOTH // 2 and level > 0 else None)
    return told


def _onset_told(season: str, first: Day, found: Onset) -> dict[str, Any]:
    said: dict[str, Any] = {
        "season": season,
        "calendar": date_of(first).isoformat(),
        "begins": date_of(found.first_day).isoformat(),
    }
    said |= {"by": found.word.value, "is_on": found.is_on, "moved_days": found.moved_days}
    if not found.moved_days or found.word.value == "person":
        return said
    entry = {"year": date_of(first).year, "from": date_of(found.first_day).isoformat()}
    return said | {"exact": f'exact: [{{year: {entry["year"]}, from: "{entry["from"]}"}}]'}


def _told(found: Forecast) -> dict[str, Any]:
    days = [
        {"day": date_of(found.first_day + at).isoformat(), "expected": mean, "low": low, "high": high}
        for at, (mean, low, high) in enumerate(
            zip(found.mean.round(2).tolist(), found.low.round(2).tolist(), found.high.round(2).tolist(), strict=True)
        )
    ]
    return {
        "coverage": found.coverage,
        "error_in_backtests": found.error,
        "form": found.form,
        "expected_total": round(float(found.mean.sum()), 1),
        "busiest": max(days, key=lambda each: each["expected"]),
        "forecast": days,
    }


def _season_told(profile: Profile) -> dict[str, Any]:
    first = day_of(date_of(0).replace(year=2025))
    months: dict[str, list[float]] = {}
    for at, value in enumerate(profile.index):
        months.setdefault(date_of(first + at).strftime("%m"), []).append(float(value))
    return {
        "years": round(profile.years, 2),
        "by_month": {month: round(sum(each) / len(each), 3) for month, each in months.items()},
        "peaks": [
            {
                "from": month_day(peak.first),
                "to": month_day(peak.last),
                "factor": round(peak.factor, 2),
                "seen": peak.seen,
                "looked_at": peak.looked_at,
            }
            for peak in peaks_of(profile)
        ],
    }


def _proposal_told(row: dict[str, Any]) -> dict[str, Any]:
    found = msgspec.json.decode(row["proposal"], type=Proposal)
    told = {
        "id": row["id"],
        "status": row["status"],
        "proposed_at": to_iso(row["at"]),
        "question": row["reason"],
        **msgspec.to_builtins(found),
        "decided_at": None if row["decided_at"] is None else to_iso(row["decided_at"]),
        "actor": row["actor"],
        "note": row["note"],
    }
    if row["status"] != store.ACCEPTED:
        return told
    comment = f"Learnt from {found.event}: {found.factor:.1f}x of quiet days, {found.seen} of {found.looked_at} years."
    return told | {"yaml": season_text(found.entry(), comment)}


def next_peak(calendar: Calendar, location: str | None, today: Day) -> tuple[str, Day, Day] | None:
    """Return the season, first and last day of the peak that is on or comes next at the place, within a year."""
    for each in calendar.between(location, today, today + 366):
        if each.phase is Phase.PEAK:
            return each.season, each.first_day, each.last_day
    return None
