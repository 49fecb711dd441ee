"""Broadcasts for people and the API: plan, start, approve, pause, resume, cancel, show.

*plan* asks the gate about the members and writes nothing. *start* makes the run and its list: the audience as of one
instant, read from the lake in one query and written in pages, with the arm of each where arms are compared. A crash
in between leaves a run that is listing; starting it again goes on with the list of the same instant, and nobody gets
anything before the list is whole. Every other act is one transaction: the run is locked, ``moves`` says what it leads
to, and the act is noted with who and why. A pause holds from its commit on: what was proposed is held back when it is
judged, and again when its call starts.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis
import msgspec

from fieldfare.act.broadcasts.assign import arms_of
from fieldfare.act.broadcasts.model import Act, Broadcast, Run, Standing
from fieldfare.act.broadcasts.moves import after_listing, moved, run_id
from fieldfare.act.broadcasts.propose import journey_of, proposal_of
from fieldfare.act.broadcasts.tally import PlanTally, shown
from fieldfare.act.delivery.admit import route_of
from fieldfare.act.delivery.run import Delivery
from fieldfare.decide.journeys.model import CHOOSING, DUE, HELD
from fieldfare.flow import broadcast_store as store
from fieldfare.flow.audience_numbers import member_ids, member_pages
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.audiences.lake_json import Value
from fieldfare.learn.experiments.model import Arm
from fieldfare.learn.experiments.place import number_of

PAGE = 500
USUAL_SAMPLE = 20_000
MOST_RECIPIENTS = 1_000
MOST_TEXT = 500


class BroadcastAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about broadcasts, and what people do to them."""

    workspace: Workspace
    state: State
    lake: Lake
    loader: LakeLoader
    delivery: Delivery
    clock: Clock

    def all(self) -> list[dict[str, Any]]:
        """Return every broadcast that the workspace has or that ever ran, with how it stands."""
        with self.state.read() as connection:
            runs = store.all_runs(connection)
        started = {(run.broadcast.name, run.broadcast.edition) for run in runs}
        fresh = [
            {
                "broadcast": each.name,
                "edition": each.edition,
                "standing": "not_started",
                "audience": each.audience,
                "channel": each.channel,
                "template": each.template,
            }
            for each in self.workspace.broadcasts.values()
            if (each.name, each.edition) not in started
        ]
        return fresh + [self._summary(run) for run in runs]

    def plan(self, name: str, sample: int | None = USUAL_SAMPLE) -> dict[str, Any]:
        """Return who would get it now, who not and why, cost and duration; ``sample``: most people to ask about.

        Raises ``CallerError`` ``broadcast_unknown``.
        """
        told = self._defined(name)
        now = self.clock.now()
        self.loader.sync()
        ids, arms_in = member_ids(self.lake, told.audience), self._arms(told, None, self._strata(told))
        asked = (
            ids if sample is None or len(ids) <= sample else sorted(ids, key=lambda each: _dice(name, each))[:sample]
        )
        tally, run = PlanTally(), _fresh(told, now, "plan")
        for start in range(0, len(asked), PAGE):
            page = asked[start : start + PAGE]
            arms = arms_in(page)
            proposals = [proposal_of(run, each, None, now, arms.get(each, Arm.TREATED)) for each in page]
            tally.add(self.delivery.rehearse(proposals, now))
        spec = self.workspace.channels[told.channel]
        with self.state.read() as connection:
            earlier = store.find(connection, run.id)
        plan = shown(tally, told, len(ids), route_of(spec).rates, spec.price_millionths, self.workspace.currency)
        return plan | {"standing": "not_started" if earlier is None else earlier.standing.value}

    def start(self, name: str, actor: str, reason: str) -> dict[str, Any]:
        """Make the list and set it going, or have it wait for approval.

        Raises ``CallerError`` ``broadcast_unknown``, ``act_unsigned`` and ``ConflictError``
        ``broadcast_started``.
        """
        told = self._defined(name)
        _require(actor, reason)
        now = self.clock.now()
        with self.state.write() as connection:
            is_new = store.insert_run(connection, _fresh(told, now, actor))
            run = store.find(connection, run_id(told.name, told.edition), lock=True)
            assert run is not None, name
            if not is_new:
                moved(run, Act.START, actor)
            store.note_act(connection, run.id, Act.START.value, actor, reason, now)
        self.loader.sync()
        strata = self._strata(run.broadcast)
        arms_in = self._arms(run.broadcast, run.listed_at, strata)
        numbers = {words: number_of(words) for words in {"", *strata.values()}}
        for page in member_pages(self.lake, run.broadcast.audience, run.listed_at):
            with self.state.write() as connection:
                dealt = {each: numbers[strata.get(each, "")] for each in page} if run.broadcast.strata else {}
                store.add_recipients(connection, run.id, page, arms_in(page), dealt)
        return self._listed(run)

    def _listed(self, run: Run) -> dict[str, Any]:
        now = self.clock.now()
        with self.state.write() as connection:
            known = store.find(connection, run.id, lock=True)
            if known is not None and known.standing is Standing.LISTING:
                count = store.count_recipients(connection, run.id)
                to = after_listing(known, count) if count else Standing.DONE
                started_at = now if to is Standing.RUNNING else None
                store.move(connection, run.id, to, recipients=count, started_at=started_at)
        return self.show(run.broadcast.name, run.broadcast.edition)

    def act(self, name: str, act: Act, actor: str, reason: str, edition: str | None = None) -> dict[str, Any]:
        """Approve, pause, resume or cancel.

        Raises ``CallerError`` ``broadcast_unknown``, ``act_unsigned``, ``broadcast_own_approval`` and
        ``ConflictError`` ``broadcast_state``.
        """
        _require(actor, reason)
        if act is Act.START:
            return self.start(name, actor, reason)
        now = self.clock.now()
        with self.state.write() as connection:
            run = store.find(connection, self._run_id(name, edition), lock=True)
            if run is None:
                raise _not_started(name)
            to = moved(run, act, actor)
            values: dict[str, Any] = {}
            if to is Standing.RUNNING and run.started_at is None:
                values["started_at"] = now
            if to is Standing.CANCELLED:
                values["ended_at"] = now
            store.move(connection, run.id, to, **values)
            store.note_act(connection, run.id, act.value, actor, reason, now)
            journey = journey_of(run.broadcast)
            if act is Act.RESUME:
                store.set_held(connection, journey, run.id, held=HELD, to=DUE)
            if act is Act.CANCEL:
                for waiting in (HELD, CHOOSING, DUE):
                    store.set_held(connection, journey, run.id, held=waiting, to="cancelled")
        return self.show(name, edition)

    def show(self, name: str, edition: str | None = None) -> dict[str, Any]:
        """Return how a run stands: recipients by state, who did what."""
        with self.state.read() as connection:
            run = store.find(connection, self._run_id(name, edition))
            if run is None:
                raise _not_started(name)
            states = store.states_of(connection, run.id)
            acts = store.acts_of(connection, run.id)
        done = [row | {"at": to_iso(row["at"])} for row in acts]
        return self._summary(run) | {"states": dict(sorted(states.items())), "acts": done}

    def recipients(self, name: str, edition: str | None, state: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of recipients and the state of each; ``next`` begins the next page."""
        most = max(1, min(limit, MOST_RECIPIENTS))
        with self.state.read() as connection:
            run = store.find(connection, self._run_id(name, edition))
            if run is None:
                raise _not_started(name)
            rows = store.recipients_of(connection, run.id, after, most + 1, state)
        shown_rows = [{"profile_id": one, "state": told, "proposal_id": by} for one, told, by in rows[:most]]
        return {"recipients": shown_rows, "next": rows[most - 1][0] if len(rows) > most else None}

    def _summary(self, run: Run) -> dict[str, Any]:
        told = run.broadcast
        return {
            "broadcast": told.name,
            "edition": told.edition,
            "id": run.id,
            "standing": run.standing.value,
            "audience": told.audience,
            "channel": told.channel,
            "template": told.template,
            "recipients": run.recipients,
            "listed_at": to_iso(run.listed_at),
            "started_by": run.started_by,
            "started_at": None if run.started_at is None else to_iso(run.started_at),
            "ended_at": None if run.ended_at is None else to_iso(run.ended_at),
            "per_minute": told.per_minute,
        }

    def _arms(
        self, told: Broadcast, at: Instant | None, strata: Mapping[int, str]
    ) -> Callable[[Sequence[int]], Mapping[int, str]]:
        """Return what tells the arms of some of the list: shares that are exact in strata need the whole of it."""
        salt = self.workspace.name
        if not told.strata:
            return lambda some: arms_of(told, salt, some, {})
        whole = arms_of(told, salt, member_ids(self.lake, told.audience, at), strata)
        return lambda _some: whole

    def _strata(self, told: Broadcast) -> dict[int, str]:
        """Return the stratum of every profile: what the lake has of the traits that the broadcast names."""
        if not told.strata:
            return {}
        rows = self.lake.ibis().table("profile_rows")
        words = [Value(rows.traits, trait).text().fill_null("") for trait in told.strata]
        found = rows.select("profile_id", stratum=ibis.literal("\x1f").join(words)).to_pyarrow()
        return dict(zip(found["profile_id"].to_pylist(), found["stratum"].to_pylist(), strict=True))

    def _defined(self, name: str) -> Broadcast:
        told = self.workspace.broadcasts.get(name)
        if told is None:
            known = quoted(self.workspace.broadcasts)
            fix = nearest(name, self.workspace.broadcasts) or (f"There are {known}." if known else "Add a file there.")
            text = f"There is no broadcast `{name}` in broadcasts/. {fix}"
            raise CallerError("broadcast_unknown", text, status=404, field="broadcast")
        return told

    def _run_id(self, name: str, edition: str | None) -> str:
        """Return the id of the run: of the edition that is given, else of the one that the workspace has, else none."""
        told = self.workspace.broadcasts.get(name)
        return run_id(name, edition if edition is not None else told.edition if told is not None else "")


def _fresh(told: Broadcast, now: Instant, actor: str) -> Run:
    name = run_id(told.name, told.edition)
    return Run(id=name, broadcast=told, standing=Standing.LISTING, listed_at=now, started_by=actor)


def _dice(name: str, profile_id: int) -> bytes:
    return digest("plan", name, profile_id)


def _require(actor: str, reason: str) -> None:
    for field, value in (("actor", actor), ("reason", reason)):
        if not value.strip() or len(value) > MOST_TEXT:
            text = f"`{field}` has {len(value)} characters. Say who does it and why, in 1 to {MOST_TEXT}; it is kept."
            raise CallerError("act_unsigned", text, field=field)


def _not_started(name: str) -> CallerError:
    text = f"The broadcast `{name}` was not started. `fieldfare broadcast list` shows those that were."
    return CallerError("broadcast_unknown", text, status=404, field="broadcast")
