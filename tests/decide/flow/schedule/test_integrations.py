"""What an installation is wired to: which providers fail, which sources went silent."""

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.flow.schedule.integrations import wanting
from fieldfare.ground.instants import DAY, HOUR, parse_iso

NOW = parse_iso("2026-03-10T08:00:00Z")


def tally(source: str, at: int, events: int = 3) -> dict[str, object]:
    return {"source": source, "hour": at // HOUR, "events": events, "last_received_at": at}


def test_silent_is_who_used_to_send_and_sent_nothing_for_a_day() -> None:
    tallies = [
        tally("app", NOW - HOUR),
        tally("pos", NOW - 3 * DAY),
        tally("pos", NOW - 30 * HOUR),
        tally("old", NOW - 20 * DAY),
        tally("gone", NOW - 2 * DAY),
        tally("empty", NOW - 2 * DAY, events=0),
    ]
    told = wanting({}, tallies, ["app", "pos", "old", "empty"], NOW)
    assert told == {"providers": {}, "silent": {"pos": "2026-03-09T02:00:00Z"}}


def test_a_provider_whose_circuit_is_not_closed_is_named() -> None:
    breakers = {"mail": Breaker(), "text": Breaker(since=NOW - HOUR, until=NOW + HOUR, detail="503")}
    assert wanting(breakers, [], [], NOW)["providers"] == {"text": "503"}
