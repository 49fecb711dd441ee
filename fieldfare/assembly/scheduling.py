"""The jobs of scheduled work, joined to one installation: what the commands of the same names do. No rules."""

from collections.abc import Callable
from typing import Any

from fieldfare.act.delivery.provider_store import all_breakers
from fieldfare.assembly.answering import open_readiness
from fieldfare.assembly.installation import Installation, open_cuts, open_dead_letters, open_health
from fieldfare.assembly.living import source_of
from fieldfare.assembly.rehearsing import Rehearsing
from fieldfare.assembly.served import SERVED, held_files
from fieldfare.collect.repair import LetterFilter
from fieldfare.collect.store import tallies_since
from fieldfare.flow.dead_letters import Wish
from fieldfare.flow.rehearsal.peak import AskedPeak
from fieldfare.flow.schedule.compact import Compaction
from fieldfare.flow.schedule.integrations import USUAL_DAYS, wanting
from fieldfare.flow.schedule.model import Duty, Later, Work
from fieldfare.flow.schedule.run import Found, Job, Scheduled
from fieldfare.flow.season_verdicts import Verdict
from fieldfare.ground.errors import ConflictError, TransientError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.lake.ports import Lake


def open_scheduled(installation: Installation, lake: Lake, is_stopping: Callable[[], bool]) -> Scheduled:
    """Return the scheduled work of an installation; a rehearsal ends soon once ``is_stopping``."""
    schedule, calendar = installation.workspace.schedule, installation.definitions.calendar
    jobs = jobs_of(installation, lake, is_stopping)
    return Scheduled(installation.stores.state, schedule, calendar, installation.clock, jobs)


def jobs_of(installation: Installation, lake: Lake, is_stopping: Callable[[], bool]) -> dict[Work, Job]:
    """Return what does each kind of work."""
    jobs = _Jobs(installation, lake, is_stopping)
    return {
        Work.CLEANSE: jobs.cleanse,
        Work.VALIDATE: jobs.validate,
        Work.ENRICH: jobs.enrich,
        Work.INTEGRATIONS: jobs.integrations,
        Work.REHEARSE: jobs.rehearse,
        Work.READINESS: jobs.readiness,
        Work.COMPACT: jobs.compact,
    }


class _Jobs:
    def __init__(self, installation: Installation, lake: Lake, is_stopping: Callable[[], bool]) -> None:
        self._in, self._lake, self._is_stopping = installation, lake, is_stopping

    def cleanse(self, _duty: Duty) -> Found:
        found = open_dead_letters(self._in).repair(Wish(wanted=LetterFilter(), apply=True, examples=0))
        return {"tried": found["matched"], "repaired": found["closed"]}, False

    def validate(self, _duty: Duty) -> Found:
        now = self._in.clock.now()
        profiles = open_health(self._in, self._lake)
        profiles.run(now)
        told: dict[str, Any] = {"profiles": profiles.summary()["failing"], "audiences": {}}
        if self._in.workspace.audiences:
            audiences = self._in.audience_parts(self._lake).health()
            audiences.run()
            found = audiences.summary()
            told["audiences"] = found["flags"]
            told["differences"] = found["differences"]
        return told, bool(told["profiles"] or told["audiences"])

    def enrich(self, _duty: Duty) -> Found:
        open_cuts(self._in, self._lake).run(anew=True)
        queried = self._in.audience_parts(self._lake).queried()
        names = [name for name, each in self._in.workspace.audiences.items() if not each.is_exact]
        failed = {name: run["code"] for name in names if (run := queried.run(name))["code"] is not None}
        return {"cuts": sorted(self._in.definitions.wanted), "queries": names, "failed": failed}, bool(failed)

    def integrations(self, _duty: Duty) -> Found:
        now = self._in.clock.now()
        with self._in.stores.state.read() as connection:
            breakers = all_breakers(connection)
            tallies = tallies_since(connection, (now - (USUAL_DAYS + 1) * DAY) // HOUR)
        told = wanting(breakers, tallies, self._in.workspace.sources, now)
        return told, bool(told["providers"] or told["silent"])

    def rehearse(self, duty: Duty) -> Found | Later:
        try:
            with self._in.rehearsals.alone():
                return self._rehearse(duty)
        except ConflictError as error:
            if error.code != "rehearsal_running":
                raise
            return Later(error.code, error.message)

    def _rehearse(self, duty: Duty) -> Found:
        def progress(_running: str, _share: float) -> None:
            if self._is_stopping():
                text = "The rehearsal was ended because the server stops. It is done again after the next start."
                raise TransientError("rehearsal_stopped", text)

        stores = self._in.stores
        runs = Rehearsing(held_files(stores, stores.folder / SERVED), stores.folder, self._in.clock)
        source_of(self._in.workspace)
        found = runs.rehearse(AskedPeak(people=duty.people), progress)
        breaks = [{"check": each["check"], "load": each["load"], "fix": each["fix"]} for each in found["breaks"]]
        told = {"season": found["season"], "from": found["from"], "to": found["to"], "breaks": breaks}
        return told, bool(breaks)

    def readiness(self, _duty: Duty) -> Found:
        report = open_readiness(self._in, self._lake, open_health(self._in, self._lake)).report(None, None)
        wanted = {each["check"]: each["fix"] for each in report["checks"] if each["verdict"] != Verdict.OK}
        return {"peak": report["peak"], "verdict": report["verdict"], "checks": wanted}, bool(wanted)

    def compact(self, duty: Duty) -> Found:
        made = self._in
        people = made.stores.state, made.stores.keys, made.people, made.definitions.plan
        compaction = Compaction(*people, made.pipeline, made.loader(self._lake), made.clock)
        return compaction.run(duty.inactive_days, made.workspace.time_zone), False
