"""Withdrawals under load: from accepted to enforced at the gate, while other events come in at 3,000 a second.

A client appends sealed requests of other events to the log at a steady pace, and now and then a withdrawal to the
urgent partition, durably, as the door does; a thread applies in the worker's turns. For each withdrawal the
gate's own question (:class:`SqlConsent`) is asked until it is answered with a refusal, and until nothing urgent is
pending: the time from the return of the append to that answer is what is measured. A queue that grows would show in the
last figures.
"""

import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter

import msgspec

from fieldfare.act.delivery.model import ConsentQuestion
from fieldfare.assembly.delivering import open_consent
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, calm_collector
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow.generate import fitness
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, track
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.take_turns import drain_urgent, take_turn
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.log.ports import NORMAL, URGENT

PEOPLE = 200
EVENTS_PER_S = 3_000
BATCH = 100
SECONDS = 20
WITHDRAWALS = 100
LIMIT_MS = 250.0
START = parse_iso("2025-01-01T00:00:00+00:00")


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        stores = open_stores(Path(folder), {})
        installation = Installation(open_workspace(Path("examples/fitness")), stores, capture_all=True)
        _make_known(stores, installation)
        calm_collector()
        stop = threading.Event()
        worker = threading.Thread(target=_work, args=(installation, stop))
        sender = threading.Thread(target=_send, args=(stores, stop))
        worker.start()
        sender.start()
        times = sorted(_withdraw(stores, installation, stop, number) for number in range(WITHDRAWALS))
        stop.set()
        sender.join()
        worker.join()
        behind = stores.log.head(NORMAL) - installation.pipeline._mark(NORMAL)  # noqa: SLF001 - for the figure alone
        stores.close()
    figures = {
        "withdrawals": WITHDRAWALS,
        "other_events_per_s": EVENTS_PER_S,
        "enforced_p50_ms": round(times[WITHDRAWALS // 2] * 1e3, 1),
        "enforced_p99_ms": round(times[int((WITHDRAWALS - 1) * 0.99)] * 1e3, 1),
        "enforced_max_ms": round(times[-1] * 1e3, 1),
        "limit_p99_ms": LIMIT_MS,
        "records_behind_at_last": behind,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _append(stores: Stores, partition: int, calls: list[dict[str, object]]) -> None:
    now = SystemClock().now()
    body = msgspec.json.encode({"batch": calls})
    envelope = Envelope(mode=Mode.LIVE, source="app", kind="batch", received_at=now, body=body)
    stores.log.append(partition, [seal_envelope(stores.keys, envelope)])


def _make_known(stores: Stores, installation: Installation) -> None:
    now = SystemClock().now()
    for number in range(PEOPLE):
        user = f"w-{number}"
        traits = {"email": f"{user}@example.com", "email_verified": True}
        known = identify(user, f"i-{number}", now, traits)
        agreed = track(CONSENT_EVENT, user, f"g-{number}", now, consent("email", "grant", "form"))
        _append(stores, URGENT, [known, agreed])
    drain_urgent(installation.pipeline)


def _work(installation: Installation, stop: threading.Event) -> None:
    while not stop.is_set():
        if not any(take_turn(installation.pipeline)):
            stop.wait(0.002)


def _send(stores: Stores, stop: threading.Event) -> None:
    calls = [call for _, call in fitness.generate(2_000, START, 60, 7)]
    began, sent = perf_counter(), 0
    while not stop.is_set() and sent + BATCH <= len(calls):
        _append(stores, NORMAL, calls[sent : sent + BATCH])
        sent += BATCH
        stop.wait(max(0.0, began + sent / EVENTS_PER_S - perf_counter()))


def _withdraw(stores: Stores, installation: Installation, stop: threading.Event, number: int) -> float:
    """Withdraw one person's consent; return the seconds from accepted to enforced."""
    stop.wait(SECONDS / WITHDRAWALS)
    user, now = f"w-{number}", SystemClock().now()
    profile_id = installation.look.person(f"user_id:{user}")[0]
    hashed = stores.keys.lookup_hash("email", f"{user}@example.com")
    question = ConsentQuestion(profile_id, hashed, "marketing", "email")
    gate = open_consent(installation)
    withdrawal = track(CONSENT_EVENT, user, f"x-{number}", now, consent("email", "withdraw", "form"))
    _append(stores, URGENT, [withdrawal])
    accepted = perf_counter()
    while True:
        with stores.state.read() as connection:
            (found,) = gate.in_force(connection, [question], SystemClock().now())
            if found == "withdrawn" and not any(gate.pending(connection, [question])):
                return perf_counter() - accepted
        stop.wait(0.001)


if __name__ == "__main__":
    main()
