"""Every screen of the console over a million people: how long the answers take that it is drawn from.

A data folder is filled (:mod:`bench.screens_data`); then each question that a screen asks is asked of the API, in this
process and without a network, again and again: wall-clock time and processor time, of both cores together. Before each
question somebody joins or leaves an audience and a minute passes, so that nothing is answered from a moment ago unless
the product says so. Told are the slowest answer of each screen, and all that take longer than the limit. What a process
does once (imports, compiled patterns) is done before.
``PEOPLE=100000`` for fewer, ``SCREENS="now audiences"`` for some; ``python -m bench.screens FOLDER`` keeps the folder,
and finds it filled the next time.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import httpx
from starlette.types import ASGIApp

from bench.screens_data import fill
from fieldfare.assembly.api import open_api
from fieldfare.assembly.files import api_token, open_key_store, open_workspace
from fieldfare.assembly.installation import Installation, calm_collector, open_worker
from fieldfare.assembly.stores import open_stores
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, MINUTE, parse_iso
from fieldfare.know.audiences.store import insert_changes

PEOPLE = int(os.environ.get("PEOPLE", "1000000"))
EVENTS = PEOPLE * 5
NOW = parse_iso("2024-12-31T23:00:00+00:00") + 60 * DAY
ASKED = int(os.environ.get("ASKED", "12"))
LIMIT_MS, OK = 300, 200
SCREENS: dict[str, tuple[str, ...]] = {
    "now": ("status", "now", "seasons"),
    "now_reports": ("lift", "seasons/readiness?max_age_s=600"),
    "audiences": ("audiences",),
    "audience": ("audiences/{audience}", "audiences/{audience}/explain"),
    "audience_members": (
        "audiences/{audience}/members?limit=50",
        "audiences/{audience}/members?limit=50&after={middle}",
    ),
    "audience_growth": ("audiences/{audience}/growth?days=90",),
    "audience_breakdown": tuple(
        f"audiences/{{audience}}/breakdown?limit=50&by={by}" for by in ("location", "stage", "membership_status")
    ),
    "audience_overlap": ("memberships/overlap",),
    "profile": tuple(
        f"profiles/user_id:m-{{person}}{of}"
        for of in ("", "/identities", "/memberships", "/journeys", "/consent", "/consent/history", "/why-not", "/notes")
    ),
    "timeline": ("profiles/user_id:m-{person}/timeline?limit=50",),
    "search": ("profiles/search?limit=50&q=fname{name}%20lname{name}", "profiles/search?limit=50&q=fname{name}"),
    "journeys": ("journeys", "pauses", "modes"),
    "journey": ("journeys/win-back", "journeys/win-back/graph"),
    "templates": ("templates",),
    "broadcasts": ("broadcasts", "messages/failed"),
    "delivery": ("messages/reports?days=30",),
    "captured": ("captured?limit=50",),
    "tasks": ("tasks?limit=50", "queue", "consent/reviews"),
    "decisions": ("decisions?limit=50", "decisions?limit=50&outcome=refusal&journey=win-back", "decisions/1000"),
    "seasons": ("lifecycle", "seasons/proposals", "seasons?from=2025-01-01&to=2025-12-31"),
    "experiments": ("experiments",),
    "data": ("sources/audit", "sources", "contracts", "identity/holds", "stores", "dead-letters?limit=50", "replay"),
    "violations": ("contracts/violations?days=7",),
    "changes": ("workspace/versions?limit=100", "workspace/drafts"),
    "users": ("users", "tokens", "roles", "access/policy", "access/acts"),
}
"""Screen -> the questions it asks when it is opened."""


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(_run(Path(sys.argv[1]))) + "\n")
        return
    with tempfile.TemporaryDirectory() as held:
        sys.stdout.write(json.dumps(_run(Path(held) / "data")) + "\n")


def _run(folder: Path) -> dict[str, Any]:
    is_new = not folder.exists()
    stores = open_stores(folder)
    clock = SimulatedClock(NOW)
    installation = Installation(open_workspace(Path("examples/fitness")), stores, clock, capture_all=True)
    lake = stores.open_lake()
    if is_new:
        began = perf_counter()
        fill(installation, lake, PEOPLE, EVENTS, NOW)
        sys.stderr.write(f"filled in {perf_counter() - began:.0f} s\n")
    calm_collector()
    app = open_api(installation, lake, open_worker(installation, lake))
    asking = Asking(app, api_token(open_key_store(folder)), installation, clock)
    figures: dict[str, Any] = {"people": PEOPLE, "events": EVENTS, "limit_ms": LIMIT_MS}
    beyond: list[str] = []
    for screen, questions in _chosen().items():
        took = {question: asking.time(question) for question in questions}
        for question, each in took.items():
            sys.stderr.write(f"{question}: p50 {each[0]:.0f}, p95 {each[1]:.0f}, processor {each[2]:.0f} ms\n")
        p50, p95, cpu = max(took.values(), key=lambda each: each[1])
        figures |= {f"{screen}_p50_ms": round(p50, 1), f"{screen}_p95_ms": round(p95, 1)}
        figures[f"{screen}_cpu_ms"] = round(cpu, 1)
        beyond += [question for question, each in took.items() if each[1] > LIMIT_MS]
    lake.close()
    stores.close()
    return figures | {"beyond_the_limit": ", ".join(beyond) or "none"}


def _chosen() -> dict[str, tuple[str, ...]]:
    """Return all screens, or those that ``SCREENS`` names."""
    told = os.environ.get("SCREENS", "").split()
    return {name: asked for name, asked in SCREENS.items() if name in told or not told}


class Asking:
    """Asks the application, without a network, while people join and leave."""

    def __init__(self, app: ASGIApp, token: str, installation: Installation, clock: SimulatedClock) -> None:
        """Ask as the command line does."""
        self._app, self._headers = app, {"Authorization": f"Bearer {token}"}
        self._state, self._clock = installation.stores.state, clock
        self._audience = sorted(installation.workspace.audiences)[1]
        self._moved = 0

    def time(self, question: str) -> tuple[float, float, float]:
        """Return median and 95th percentile of the milliseconds that it takes, and the median of processor time."""
        took, cpu = [], []
        for number in range(ASKED + 1):
            self._move()
            person, middle = 1 + number * 7919 % (PEOPLE // 3) * 3, PEOPLE // 2
            url = question.format(audience=self._audience, person=person, name=number, middle=middle)
            began, used = perf_counter(), process_time()
            answer = self._get(f"/api/v1/{url}")
            took.append((perf_counter() - began) * 1e3)
            cpu.append((process_time() - used) * 1e3)
            assert answer.status_code == OK, (url, answer.status_code, answer.text[:300])
        took, cpu = sorted(took[1:]), sorted(cpu[1:])
        return took[ASKED // 2], took[int((ASKED - 1) * 0.95)], cpu[ASKED // 2]

    def _move(self) -> None:
        """Let a minute pass, in which somebody joins or leaves."""
        self._moved += 1
        now, joined = self._clock.now() + MINUTE, self._moved % 2 == 1
        self._clock.move_to(now)
        row = {"audience": self._audience, "profile_id": PEOPLE + 1, "joined": joined, "at": now, "cause": "event"}
        with self._state.write() as connection:
            insert_changes(connection, [{**row, "event_id": "e", "definition": "d"}])

    def _get(self, path: str) -> httpx.Response:
        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://here") as client:
                return await client.get(path, headers=self._headers)

        return asyncio.run(once())


if __name__ == "__main__":
    main()
