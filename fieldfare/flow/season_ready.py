"""The readiness report before a peak: what is in order, what is not, and what to do. It changes nothing.

:mod:`fieldfare.flow.season_verdicts` decides from facts; :class:`Readiness` gathers them: the newest look at
profile health, dead letters of the last days, questions about identity, consent in the lake, checks of templates,
and the peak's load against the most that was seen. Over a million people that takes a second, so whoever is content
with a report that is some minutes old is told the last one, with its instant.
"""

import threading
from typing import Any

import msgspec

from fieldfare.collect import store as collect_store
from fieldfare.collect.model import DeadReason
from fieldfare.collect.repair import LetterFilter
from fieldfare.collect.repair import State as LetterState
from fieldfare.flow.profile_health import ProfileHealth
from fieldfare.flow.season_answers import SeasonAnswers, SeasonParts, next_peak
from fieldfare.flow.season_verdicts import Facts, checks_of, verdict_of
from fieldfare.flow.season_view import places_asked
from fieldfare.flow.template_answers import TemplateAnswers
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Instant, date_of, to_iso, today_in
from fieldfare.know.identity.hold_store import count_open

LETTER_DAYS = 14
MOST_AGE_S = 3_600
_REMEMBERED = 16
_SAMPLE = 50
_EVENTS = "SELECT count(*) AS many FROM event_rows WHERE received_at >= ?"
_CONSENT = """SELECT count(*) AS profiles, count(*) FILTER (WHERE consent LIKE '%granted%') AS granted
    FROM profile_rows"""
_BUSIEST_EVENT = """SELECT "name" FROM event_rows WHERE "type" = 'track' GROUP BY "name" ORDER BY count(*) DESC, "name"
    LIMIT 1"""


class Readiness:
    """Reports whether an installation is ready for its next peak."""

    def __init__(
        self, parts: SeasonParts, seasons: SeasonAnswers, health: ProfileHealth, templates: TemplateAnswers
    ) -> None:
        """Gather from these."""
        self._parts, self._seasons, self._health, self._templates = parts, seasons, health, templates
        self._lock = threading.Lock()
        self._known: dict[tuple[str | None, str | None], tuple[Instant, dict[str, Any]]] = {}

    def recent(self, location: str | None, event: str | None, max_age_us: Instant) -> dict[str, Any]:
        """Return the last report of this that is at most so old, else what :meth:`report` returns."""
        asked, now = (location, event), self._parts.clock.now()
        with self._lock:
            known = self._known.get(asked)
            if known is None or now - known[0] >= max_age_us:
                known = now, self.report(location, event)
                self._known.pop(asked, None)
                while len(self._known) >= _REMEMBERED:
                    self._known.pop(next(iter(self._known)))
                self._known[asked] = known
        return known[1]

    def report(self, location: str | None, event: str | None) -> dict[str, Any]:
        """Return the next peak at the place and the checks; ``event`` is the one whose forecast sets the load."""
        parts = self._parts
        parts.sync()
        now = parts.clock.now()
        place = places_asked(parts.locations, location)[0]
        _, zone = parts.calendar.at(place)
        peak = next_peak(parts.calendar, place, today_in(now, zone))
        asked = event or self._busiest_event()
        checks = checks_of(self._facts(asked, location, now))
        told: dict[str, Any] = {
            "location": location,
            "event": asked,
            "as_of": to_iso(now),
            "peak": None,
            "verdict": verdict_of(checks),
            "checks": [msgspec.to_builtins(each) for each in checks],
        }
        if peak is not None:
            season, first, last = peak
            days = first - today_in(now, zone)
            told["peak"] = {
                "season": season,
                "from": date_of(first).isoformat(),
                "to": date_of(last).isoformat(),
                "in_days": days,
            }
        return told

    def _facts(self, event: str | None, location: str | None, now: Instant) -> Facts:
        parts = self._parts
        since = now - LETTER_DAYS * DAY
        with parts.state.read() as connection:
            letters = collect_store.count_letters(connection, LetterFilter(from_at=since, state=LetterState.OPEN))
            holds = count_open(connection)
        consent = parts.lake.arrow(_CONSENT).to_pylist()[0]
        capacity, lack = self._capacity(event, location)
        broken = sum(row[-1] for row in letters if row[0] == DeadReason.CONTRACT_VIOLATED)
        return Facts(
            health=self._health.summary(),
            events=parts.lake.arrow(_EVENTS, [since]).to_pylist()[0]["many"],
            dead_letters=sum(row[-1] for row in letters),
            contract_violations=broken,
            violated={str(row[2]): row[-1] for row in letters if row[0] == DeadReason.CONTRACT_VIOLATED},
            identity_holds=holds,
            profiles=consent["profiles"],
            consented=consent["granted"],
            templates={each["template"]: each["is_ok"] for each in self._templates.check(None, _SAMPLE)},
            capacity=capacity,
            capacity_lack=lack,
        )

    def _capacity(self, event: str | None, location: str | None) -> tuple[list[dict[str, Any]], str]:
        if event is None:
            return [], "there are no events yet"
        try:
            found = self._seasons.forecast(event, location, 120)
        except CallerError as error:
            return [], error.message
        lack = found.get("not_computable")
        return (found.get("capacity", []), "" if lack is None else lack["why"])

    def _busiest_event(self) -> str | None:
        rows = self._parts.lake.arrow(_BUSIEST_EVENT).to_pylist()
        return rows[0]["name"] if rows else None
