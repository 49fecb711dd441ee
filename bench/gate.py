"""The gate alone: verdicts a second in one process, with loaded facts and a policy in which more than 12 rules speak.

Run: ``python -m bench.gate``. Batches of 32 people with one or two proposals each, as delivery judges them; twelve
earlier messages a person, three caps, a throttle, quiet hours, phases, limits, exclusions, a control group. A quarter
is refused, a tenth deferred. The limit is 20,000 verdicts a second of processor time. Ends with a line of JSON.
"""

import json
import time
from collections import Counter

from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Controls, Facts, Sent
from fieldfare.decide.gate.policy import (
    Approval,
    Cap,
    ControlGroup,
    Exclusion,
    Limit,
    Policy,
    QuietHours,
    Refused,
    Selector,
    Throttle,
)
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import DAY, HOUR, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm

NOW = parse_iso("2026-03-02T12:00:00Z")
WANTED = 20_000
PEOPLE, BATCH = 5_000, 32
EMAIL = Selector(channels=("email",))
POLICY = Policy(
    caps=(
        Cap(most=3, per=Duration(7, "day"), obeys=EMAIL, counts_towards=EMAIL),
        Cap(most=40, per=Duration(30, "day")),
        Cap(most=2, per=Duration(1, "day"), calendar=True, obeys=Selector(tags=("news",))),
    ),
    throttles=(Throttle(base=9, events=("Message Clicked",)),),
    quiet_hours=(QuietHours(first=21 * 60, end=8 * 60, channels=("email", "sms"), spread_us=HOUR),),
    refused=(
        Refused(concerns=Selector(purposes=("research",)), phases=("january.peak",)),
        Refused(concerns=Selector(channels=("sms",), locations=("west",))),
    ),
    verified=(Selector(channels=("sms",)),),
    exclusions=(Exclusion(name="one", journeys=("welcome", "win-back"), hold_us=DAY),),
    control_group=ControlGroup(share=0.05),
    approvals=(Approval(name="big", concerns=Selector(journeys=("broadcast:all",)), audience_above=100_000),),
    limits=(
        Limit(name="desk", concerns=Selector(channels=("task",)), most=20, is_money=False, per=Duration(1, "day")),
        Limit(
            name="texts", concerns=Selector(channels=("sms",)), most=1_000_000, is_money=True, per=Duration(30, "day")
        ),
    ),
    costs={"sms": 8},
    minimum_match_confidence=60,
    exempt=frozenset({"service"}),
)


def facts_of(number: int, which: int = 0) -> Facts:
    """Return the facts of one proposal of a made-up person."""
    sent = tuple(
        Sent(
            at=NOW - (12 - place) * 2 * DAY - number % 7 * HOUR,
            channel="email" if place % 3 else "sms",
            purpose="marketing",
            journey="win-back",
        )
        for place in range(12)
    )
    return Facts(
        proposal=Proposal(
            id=f"prp_{number}.{which}",
            profile_id=number,
            journey="win-back",
            version="v1",
            step="0",
            enrollment_id=f"enr_{number}",
            experiment="journey.win-back",
            arm=Arm.HOLDOUT if number % 10 == 0 else Arm.TREATED,
            channel="email" if number % 4 else "sms",
            template="hello",
            purpose="marketing",
            priority=number % 100,
            proposed_at=NOW - HOUR,
            due_at=NOW,
            expires_at=NOW + DAY,
            event_id="m",
        ),
        address_hash=number.to_bytes(16, "big"),
        consent="withdrawn" if number % 8 == 0 else "granted",
        suppressed_since=NOW - DAY if number % 40 == 0 else None,
        consent_pending=False,
        zone=("Europe/Berlin", "America/New_York", "Asia/Tokyo")[number % 3] if number % 10 == 1 else "Europe/London",
        zone_source="trait",
        phases=frozenset({"off", "january.off"}),
        journey_live=True,
        on_hold=False,
        rendered=True,
        match_confidence=100,
        location="north",
        tags=("news",),
        sent=sent,
        controls=Controls(in_control=number % 20 == 0, used={"desk": 1, "texts": 40}, engaged={"Message Clicked": 2}),
    )


def main() -> None:
    """Measure and print."""
    people = [[facts_of(number, which) for which in range(1 + number % 2)] for number in range(PEOPLE)]
    batches = [
        [facts for person in people[start : start + BATCH] for facts in person] for start in range(0, PEOPLE, BATCH)
    ]
    told: Counter[str] = Counter()
    spoke: Counter[str] = Counter()
    best = 0.0
    for _ in range(3):
        told.clear()
        began = time.process_time()
        verdicts = [verdict for batch in batches for verdict in judge(batch, POLICY, NOW)]
        took = time.process_time() - began
        best = max(best, len(verdicts) / took)
        told.update(type(verdict).__name__ for verdict in verdicts)
        for verdict in verdicts:
            spoke.update(finding.rule for finding in getattr(verdict, "findings", ()))
    print(f"{sum(told.values()):,} verdicts a round: {dict(told)}; rules that spoke: {sorted(spoke)}")
    print(f"{best:,.0f} verdicts/s of processor time (limit {WANTED:,})")
    print(json.dumps({"bench": "gate", "verdicts_per_s": round(best), "limit": WANTED, "ok": best >= WANTED}))


if __name__ == "__main__":
    main()
