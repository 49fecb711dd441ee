"""What is asked of rehearsals over HTTP and on the command line: simulations, peaks, old verdicts anew, stories.

Bad input is refused before anything runs. What runs long runs in the job; the answers are those of the commands. There
is one job for all who look: each answer says who asked and when, and what a changed workspace did, the notes among it,
is told only to whom it belongs, for drafts are their owner's.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fieldfare.flow.redecide.run import AskedDecisions
from fieldfare.flow.rehearsal.job import Progress, RehearsalJob
from fieldfare.flow.rehearsal.model import Asked
from fieldfare.flow.rehearsal.peak import AskedPeak
from fieldfare.flow.versions.model import Files
from fieldfare.ground.clock import Clock

SIMULATION, PEAK, DECISIONS, STORIES = "simulation", "peak", "decisions", "stories"


class Runs(Protocol):
    """What runs them."""

    def check(self, asked: Asked, changes: Files | None) -> None:
        """Raise what is wrong with a simulation that is asked for."""
        ...

    def simulate(self, asked: Asked, changes: Files | None, progress: Progress) -> dict[str, Any]:
        """Run a simulation."""
        ...

    def check_peak(self, asked: AskedPeak) -> None:
        """Raise what is wrong with a rehearsal that is asked for."""
        ...

    def rehearse(self, asked: AskedPeak, progress: Progress) -> dict[str, Any]:
        """Rehearse a peak."""
        ...

    def check_decisions(self, asked: AskedDecisions, changes: Files) -> None:
        """Raise what is wrong with verdicts that are to be judged anew."""
        ...

    def redecide(self, asked: AskedDecisions, changes: Files) -> dict[str, Any]:
        """Judge old verdicts anew."""
        ...

    def check_stories(self, journey: str, changes: Files | None) -> None:
        """Raise what is wrong with stories that are to be played."""
        ...

    def play(self, journey: str, changes: Files | None, progress: Progress) -> dict[str, Any]:
        """Play the stories of a journey."""
        ...


class Rehearsals:
    """Answers what is asked."""

    def __init__(self, runs: Callable[[], Runs], job: RehearsalJob, clock: Clock) -> None:
        """Run by what ``runs`` makes for each, in the job."""
        self._runs, self.job, self._clock = runs, job, clock

    def start_simulation(self, asked: Asked, changes: Mapping[str, str] | None, by: str) -> dict[str, Any]:
        """Begin a simulation. Raises what its check raises, ``ConflictError`` ``rehearsal_running``."""
        files = None if changes is None else _files(changes)
        runs = self._runs()
        runs.check(asked, files)
        now = self._clock.now()
        self.job.start(SIMULATION, lambda progress: runs.simulate(asked, files, progress), by, now)
        return self.simulated(by)

    def simulated(self, by: str) -> dict[str, Any]:
        """Return the last simulation; without what the changes of somebody else did."""
        told = self._told(SIMULATION, by)
        if told["state"] != "done" or told["is_own"] or told["result"]["changed"] is None:
            return told
        return {**told, "result": {**told["result"], "changed": None, "differences": None, "notes": []}}

    def start_peak(self, asked: AskedPeak, by: str) -> dict[str, Any]:
        """Begin to rehearse a peak. Raises as :meth:`start_simulation`."""
        runs = self._runs()
        runs.check_peak(asked)
        return self.job.start(PEAK, lambda progress: runs.rehearse(asked, progress), by, self._clock.now())

    def start_decisions(self, asked: AskedDecisions, changes: Mapping[str, str], by: str) -> dict[str, Any]:
        """Begin to judge old verdicts anew. Raises as :meth:`start_simulation`."""
        runs, files = self._runs(), _files(changes)
        runs.check_decisions(asked, files)
        self.job.start(DECISIONS, lambda _progress: runs.redecide(asked, files), by, self._clock.now())
        return self.redecided(by)

    def redecided(self, by: str) -> dict[str, Any]:
        """Return the last replay; of somebody else's without its result, which is all about changes."""
        told = self._told(DECISIONS, by)
        return told if told["state"] != "done" or told["is_own"] else {**told, "result": None}

    def start_stories(self, journey: str, changes: Mapping[str, str] | None, by: str) -> dict[str, Any]:
        """Begin to play the stories of a journey. Raises as :meth:`start_simulation`, and ``stories_missing``."""
        runs, files = self._runs(), None if changes is None else _files(changes)
        runs.check_stories(journey, files)
        now = self._clock.now()
        self.job.start(f"{STORIES} {journey}", lambda progress: runs.play(journey, files, progress), by, now)
        return self.played(journey, by)

    def played(self, journey: str, by: str) -> dict[str, Any]:
        """Return how the stories of a journey went last; without what the changes of somebody else did."""
        told = self._told(f"{STORIES} {journey}", by)
        if told["state"] != "done" or told["is_own"]:
            return told
        return {**told, "result": {**told["result"], "changed": None}}

    def _told(self, kind: str, by: str) -> dict[str, Any]:
        told = self.job.told(kind)
        return told | ({"is_own": told["by"] == by} if "by" in told else {})


def _files(texts: Mapping[str, str]) -> Files:
    return {path: text.encode() for path, text in texts.items()}
