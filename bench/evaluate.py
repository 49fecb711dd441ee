"""Microseconds per event for folding and evaluating: 15 measures over 90 days, 20 audiences, runs of six events.

Measures the pure code alone (no decoding, no database), then with decode and encode of the document around each run of
six events, as the pipeline has it. Prints a table and, last, one line of JSON.
"""

import json
import random
import time
from typing import Any

import msgspec

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.ground.instants import DAY, HOUR, local_day, parse_iso
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.profiles.fold import fold, needs_personal
from fieldfare.know.profiles.merge import compact
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan

ZONE = "Europe/Berlin"
START_AT = parse_iso("2026-01-01T00:00:00")
EVENTS = ("check_in", "class_booked", "class_attended", "order_completed", "app_opened")
PROFILES = 2_000
DAYS = 90
RUN = 6

CONDITIONS: list[dict[str, Any]] = [
    {"did": "check_in", "within": "7 days"},
    {"did": "check_in", "count": {"at_least": 3}, "within": "30 days"},
    {"all": [{"did": "check_in", "between": "90 and 30 days ago"}, {"did_not": "check_in", "within": "30 days"}]},
    {"did_not": "check_in", "where": {"location": "north"}, "within": "14 days"},
    {"did": "check_in", "where": {"weekday": {"in": ["sat", "sun"]}}, "count": {"at_least": 2}, "within": "90 days"},
    {"did": "class_booked", "within": "30 days"},
    {"did": "class_booked", "where": {"kind": "yoga"}, "count": {"at_least": 2}, "within": "90 days"},
    {"did": "class_attended", "count": {"at_least": 4}, "within": "60 days"},
    {"did": "class_attended", "where": {"kind": {"in": ["spin", "box"]}}, "within": "90 days"},
    {"did": "order_completed", "sum": {"of": "total", "above": 100}, "within": "90 days"},
    {"did": "order_completed", "count": {"at_least": 2}, "within": "90 days"},
    {"did": "order_completed", "where": {"total": {"above": 50}}, "within": "60 days"},
    {"did": "order_completed", "sum": {"of": "total", "at_least": 500}},
    {"did": "app_opened", "where": {"screen": "home"}, "count": {"at_least": 10}, "within": "30 days"},
    {"did_not": "app_opened", "within": "21 days"},
    {"did": "app_opened", "where": {"screen": "booking"}, "within": "7 days"},
    {"did": "app_opened", "where": {"screen": "prices"}, "count": {"at_least": 2}, "within": "14 days"},
    {"did": "class_booked", "where": {"kind": "swim"}, "within": "90 days"},
    {"all": [{"in": "a1"}, {"not": {"in": "a9"}}]},
    {"all": [{"trait": "plan", "is": "gold"}, {"did_not": "class_attended", "within": "45 days"}]},
]


def audiences() -> list[Audience]:
    found = []
    for place, node in enumerate(CONDITIONS):
        condition, problems = parse_condition(node, ())
        assert condition is not None, problems
        found.append(Audience(f"a{place}", condition, str(place)))
    return found


def make_events(seed: int) -> list[list[Event]]:
    """Return the runs: each a few events of one profile within an hour, in time order over all profiles."""
    drawn = random.Random(seed)
    runs = []
    for number in range(PROFILES * DAYS // 10):
        at = START_AT + number * DAYS * DAY // (PROFILES * DAYS // 10)
        profile = drawn.randrange(PROFILES)
        runs.append([_event(drawn, profile, at + step * HOUR // RUN) for step in range(RUN)])
    return runs


def _event(drawn: random.Random, profile: int, at: int) -> Event:
    return Event(
        place=Place(1, 1, 0),
        mode=Mode.LIVE,
        source="app",
        message_id="m",
        type="track",
        name=drawn.choice(EVENTS),
        user_id=str(profile),
        anonymous_id=None,
        payload={
            "kind": drawn.choice(["yoga", "spin", "box", "swim"]),
            "total": drawn.choice([9.9, 25, 60.5, 120]),
            "screen": drawn.choice(["booking", "prices", "home"]),
        },
        context={},
        original_at=at,
        sent_at=None,
        received_at=at,
        occurred_at=at,
        local_day=local_day(at, ZONE),
        location=drawn.choice([None, "north", "south"]),
    )


def main() -> None:
    found = audiences()
    plan = FoldPlan(measures_of(audience.condition for audience in found).values(), {})
    evaluator = Evaluator(found, zone=ZONE)
    runs = make_events(7)
    count = sum(map(len, runs))
    documents = {profile: Document() for profile in range(PROFILES)}

    folding = evaluating = advancing = 0
    edges = 0
    clock = time.perf_counter_ns
    for run in runs:
        document = documents[int(run[0].user_id or 0)]
        for event in run:
            one = clock()
            edges += len(evaluator.advance(document, event.received_at))
            two = clock()
            needs_personal(event, plan)
            touched = fold(document, None, event, plan)
            three = clock()
            edges += len(evaluator.evaluate(document, event.received_at, touched))
            four = clock()
            advancing += two - one
            folding += three - two
            evaluating += four - three

    whole, size = walk_stored(evaluator, plan, runs)
    result = {
        "measures": len(plan.measures),
        "audiences": len(found),
        "events": count,
        "edges": edges,
        "fold_us": round(folding / count / 1_000, 2),
        "evaluate_us": round(evaluating / count / 1_000, 2),
        "wakes_us": round(advancing / count / 1_000, 2),
        "with_decode_and_encode_us": round(whole, 2),
        "document_bytes": size,
    }
    for name, value in result.items():
        print(f"{name:28} {value:>10}")
    print(json.dumps(result))


def walk_stored(evaluator: Evaluator, plan: FoldPlan, runs: list[list[Event]]) -> tuple[float, int]:
    """Walk the runs with documents kept encoded; return microseconds per event and the mean size of a document."""
    encode = msgspec.msgpack.Encoder().encode
    decode = msgspec.msgpack.Decoder(Document).decode
    stored = {profile: encode(Document()) for profile in range(PROFILES)}
    start = time.perf_counter_ns()
    for run in runs:
        profile = int(run[0].user_id or 0)
        document = decode(stored[profile])
        for event in run:
            evaluator.advance(document, event.received_at)
            needs_personal(event, plan)
            evaluator.evaluate(document, event.received_at, fold(document, None, event, plan))
        last = run[-1]
        compact(document, plan, last.local_day, last.received_at)
        stored[profile] = encode(document)
    spent = time.perf_counter_ns() - start
    return spent / sum(map(len, runs)) / 1_000, sum(map(len, stored.values())) // PROFILES


if __name__ == "__main__":
    main()
