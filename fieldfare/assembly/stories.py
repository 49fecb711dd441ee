"""Plays the stories of journeys: the true pipeline, gate and delivery, on a simulated clock, in a folder of its own.

Every story has an installation of its own (the migrated stores are copied), so none knows of another. Nothing leaves
the machine: every channel captures. What is played is thrown away.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from fieldfare.act.delivery.store import captured_message
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.store import dead_letter
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.model import DONE, Enrollment
from fieldfare.decide.journeys.stories import Follows, Happened, Moment, Outcome, Stories, Story, outcomes, told
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.know.profiles import store as profile_store

ROUNDS = 10_000
"""So many rounds at one instant are an endless loop."""
DELIVERIES = 256
_PERSON = "story"


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """A story that was played."""

    tests: str
    journey: str
    title: str
    wrong: list[str]
    """What differs from what it says, in sentences; empty when nothing does."""
    happened: list[str]
    outcomes: list[Outcome]
    """Each line of the story, and what came of it."""

    @property
    def passes(self) -> bool:
        """Whether all is as it says."""
        return not self.wrong


def play_stories(workspace: Workspace, tests: list[Stories]) -> Iterator[Played]:
    """Play every story, one after the other."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-stories-") as held:
        fresh = Path(held) / "fresh"
        open_stores(fresh, {}, durable=False).close()
        for each in tests:
            for number, story in enumerate(each.stories):
                folder = Path(held) / f"{each.name}-{number}"
                shutil.copytree(fresh, folder)
                yield _play(workspace, each, story, folder)
                shutil.rmtree(folder)


def _play(workspace: Workspace, tests: Stories, story: Story, folder: Path) -> Played:
    zone = workspace.time_zone
    start = story.starts.at(0, zone)
    with _stage(_with_arm(workspace, tests.journey, held_out=story.held_out), folder, start, tests.journey) as stage:
        stage.introduce(story, start)
        for moment in sorted(story.moments, key=lambda each: each.when.at(start, zone)):
            at = moment.when.at(start, zone)
            stage.come_to(at)
            if moment.does is not None:
                stage.do(moment, at, story.location)
        stage.come_to(max([story.until.at(start, zone)] if story.until is not None else [stage.now]))
        happened, unheard = stage.happened, stage.unheard()
    lines = outcomes(story, happened, zone)
    return Played(
        tests=tests.name,
        journey=tests.journey,
        title=story.title,
        wrong=[*unheard, *(each.sentence for each in lines if each.holds is False)],
        happened=[told(each, zone) for each in happened],
        outcomes=lines,
    )


def _with_arm(workspace: Workspace, name: str, *, held_out: bool) -> Workspace:
    """Return the workspace with everybody in one arm of the journey, and held out of no other."""
    placed = {
        each.name: each
        if each.holdout is None
        else msgspec.structs.replace(each, holdout=1.0 if held_out and each.name == name else 0.0)
        for each in workspace.journeys.values()
    }
    return msgspec.structs.replace(workspace, journeys=placed)


@contextmanager
def _stage(workspace: Workspace, folder: Path, at: Instant, journey: str) -> Iterator["_Stage"]:
    stores = open_stores(folder, {}, durable=False)
    try:
        yield _Stage(Installation(workspace, stores, SimulatedClock(at), capture_all=True), journey)
    finally:
        stores.close()


class _Stage:
    """One installation, its clock, and what followed so far."""

    def __init__(self, installation: Installation, journey: str) -> None:
        self._parts, self._journey, self._sent = installation, journey, 0
        self._walks: dict[str, Enrollment] = {}
        self._decided: set[Any] = set()
        self._handed: set[str] = set()
        self.happened: list[Happened] = []

    @property
    def now(self) -> Instant:
        """Return the instant that it is."""
        return self._parts.clock.now()

    def introduce(self, story: Story, start: Instant) -> None:
        """Let the person be known, with the consent that was given."""
        self._append({"type": "identify", "traits": story.traits}, start, None)
        for purpose, channels in story.consent.items():
            for channel in channels:
                self._consent("grant", purpose, channel, start)
        self._settle()

    def do(self, moment: Moment, at: Instant, location: str | None) -> None:
        """Let one thing happen."""
        if moment.does == "event":
            self._append({"type": "track", "event": moment.name, "properties": moment.values}, at, location)
        elif moment.does == "traits":
            self._append({"type": "identify", "traits": moment.values}, at, None)
        else:
            self._consent("grant" if moment.does == "grants" else "withdraw", moment.name, moment.channel, at)
        self._settle()

    def come_to(self, at: Instant) -> None:
        """Let everything that is due happen at its own instant, up to ``at``."""
        for _ in range(ROUNDS):
            with self._parts.stores.state.read() as connection:
                dues = profile_store.next_due_at(connection), journey_store.next_proposal_at(connection)
            due_at = min((each for each in dues if each is not None), default=None)
            if due_at is None or due_at > at:
                break
            self._move_to(due_at)
            self._settle()
        else:
            message = "something stays due for ever"
            raise AssertionError(message)
        self._move_to(at)
        self._settle()

    def unheard(self) -> list[str]:
        """Return which events were not accepted, and why."""
        with self._parts.stores.state.read() as connection:
            rows = connection.execute(select(dead_letter.c.name, dead_letter.c.reason, dead_letter.c.detail)).all()
        return [f"the event {row.name} was not accepted ({row.reason}): {row.detail.rstrip('.')}" for row in rows]

    def _move_to(self, at: Instant) -> None:
        clock = self._parts.clock
        assert isinstance(clock, SimulatedClock)
        clock.move_to(max(at, clock.now()))

    def _append(self, call: dict[str, Any], at: Instant, location: str | None) -> None:
        self._sent += 1
        whole = {**call, "userId": _PERSON, "messageId": f"story-{self._sent}", "timestamp": to_iso(at)}
        if location is not None and "properties" in whole:
            whole["properties"] = {"location_id": location, **whole["properties"]}
        body = msgspec.json.encode({"batch": [whole]})
        envelope = Envelope(mode=Mode.LIVE, source="story", kind="batch", received_at=at, body=body)
        is_urgent = call.get("event") == "Consent Updated"
        self._parts.stores.log.append(
            URGENT if is_urgent else NORMAL, [seal_envelope(self._parts.stores.keys, envelope)]
        )

    def _consent(self, action: str, purpose: str, channel: str | None, at: Instant) -> None:
        properties = {"action": action, "purpose": purpose, "evidence": "the story"}
        if channel is not None:
            properties["channel"] = channel
        self._append({"type": "track", "event": "Consent Updated", "properties": properties}, at, None)

    def _settle(self) -> None:
        """Do what a worker does until nothing is left to do, and note what followed."""
        parts, now = self._parts, self.now
        for _ in range(ROUNDS):
            done = parts.pipeline.apply(NORMAL) + drain_urgent(parts.pipeline) + parts.pipeline.wake(now)
            self._look(now)
            if not done and not parts.delivery.run_due(now, DELIVERIES).due and not parts.relay.run(now):
                self._look(now)
                return
        message = "it never becomes quiet"
        raise AssertionError(message)

    def _look(self, now: Instant) -> None:
        with self._parts.stores.state.read() as connection:
            people = set(profile_store.load_after(connection, 0, ROUNDS))
            walks = [
                each for each in journey_store.load_enrollments(connection, people) if each.journey == self._journey
            ]
            sent = connection.execute(select(captured_message)).all()
            verdicts = connection.execute(select(decision).order_by(decision.c.seq)).all()
        for walk in walks:
            self._note_walk(walk, now)
        for row in sent:
            if row.proposal_id not in self._handed:
                self._handed.add(row.proposal_id)
                self.happened.append(Happened(row.at, Follows.SENDS, row.template, row.channel))
        for row in verdicts:
            if row.seq not in self._decided:
                self._decided.add(row.seq)
                if row.decision_outcome == "refusal" and row.journey == self._journey:
                    reasons = ", ".join(msgspec.json.decode(row.reasons))
                    self.happened.append(Happened(row.at, Follows.REFUSES, row.template, reasons))

    def _note_walk(self, walk: Enrollment, now: Instant) -> None:
        before = self._walks.get(walk.id)
        self._walks[walk.id] = walk
        if before is None:
            self.happened.append(Happened(walk.entered_at, Follows.ENTERS))
        if walk.status in DONE:
            if before is None or before.status not in DONE:
                self.happened.append(Happened(walk.ended_at or now, Follows.EXITS, walk.end_reason or ""))
        elif walk.due_at is not None and (before is None or before.due_at != walk.due_at):
            self.happened.append(Happened(now, Follows.WAITS, until=walk.due_at))
