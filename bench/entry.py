"""Entry latency: from an event's acceptance to the first message's hand-over, while other events come in.

``fieldfare serve`` runs the fitness example on a durable data folder. Generated events of the last weeks, which end
about now as live traffic does, are posted at a steady pace over two connections; in every body one person who was
never seen signs in and books a class, which enters `first-class`, whose first step sends. What is measured is the time
from the answer 200 until the outcome of the hand-over (to the capture channel) is written, once at 1,000 events a
second and once at five times that. ``python -m bench.entry``.
"""

import json
import os
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from bench.serving import post, serving
from fieldfare.act.delivery.store import attempt
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import open_stores
from fieldfare.flow.generate import fitness
from fieldfare.flow.generate.calls import identify, track
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import DAY, Instant

MEMBERS = 5_000
DAYS = 47
IMPORT = 20_000
"""Events at the beginning, most of which make a member known; applied before anything is measured."""
BATCH = 50
"""Events in a body, the two of the person who enters among them."""
PACES = {1_000: 1.0, 5_000: 3.0}
"""Events a second, and the limit of the 99th percentile in seconds."""
SECONDS = 15


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    calls = (call for _, call in fitness.generate(MEMBERS, SystemClock().now() - DAYS * DAY, DAYS, 7))
    figures: dict[str, Any] = {"events_per_s": list(PACES)}
    accepted: dict[int, list[Instant]] = {}
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        with serving(Path("examples/fitness"), folder) as server:
            for pace in (0, *PACES):
                count = pace * SECONDS // BATCH or IMPORT // BATCH
                bodies = [_body(list(islice(calls, BATCH - 2)), pace, number) for number in range(count)]
                accepted[pace] = post(bodies, per_s=pace / BATCH)
                server.wait(_is_applied)
                server.wait(_is_delivered)
            figures["peak_mb"] = sum(server.memory().values())
        for pace, limit in PACES.items():
            figures |= _latency(folder, pace, limit, accepted[pace])
    sys.stdout.write(json.dumps(figures) + "\n")


def _body(others: list[dict[str, Any]], pace: int, number: int) -> bytes:
    user, now = _user(pace, number), SystemClock().now()
    known = identify(user, f"i-{user}", now, {"email": f"{user}@example.com", "email_verified": True})
    booked = track("class_booked", user, f"b-{user}", now, {"class_name": "Spin"})
    return msgspec.json.encode({"batch": [*others, known, booked]})


def _user(pace: int, number: int) -> str:
    return f"new-{pace}-{number}"


def _latency(folder: Path, pace: int, limit: float, accepted: list[Instant]) -> dict[str, Any]:
    stores = open_stores(folder, {})
    look = Installation(open_workspace(Path("examples/fitness")), stores).look
    with stores.state.read() as connection:
        asked = select(attempt.c.profile_id, attempt.c.ended_at).where(attempt.c.template == "first_class_booked")
        ended = {row.profile_id: row.ended_at for row in connection.execute(asked)}
    took, lost = [], 0
    for number, at in enumerate(accepted):
        (profile_id, *_) = look.person(f"user_id:{_user(pace, number)}")
        if ended.get(profile_id) is None:
            lost += 1
        else:
            took.append((ended[profile_id] - at) / 1e6)
    stores.close()
    took.sort()
    return {
        f"entries_at_{pace}": len(accepted),
        f"not_handed_over_at_{pace}": lost,
        f"p50_s_at_{pace}": round(took[len(took) // 2], 3),
        f"p99_s_at_{pace}": round(took[int((len(took) - 1) * 0.99)], 3),
        f"limit_p99_s_at_{pace}": limit,
    }


def _is_delivered(status: dict[str, Any]) -> bool:
    due = status["next_proposal_at"]
    return due is None or due > status["as_of"]


def _is_applied(status: dict[str, Any]) -> bool:
    """Return whether nothing waits; counting what was applied would count our own records among it."""
    return all(status["log"][name]["behind_records"] == 0 for name in ("urgent", "normal"))


if __name__ == "__main__":
    main()
