"""What is asked of rehearsals by HTTP and from the command line: simulations, rehearsals of peaks, old verdicts anew.

Bad input is refused before anything runs. What runs long runs in the job; the answers are those of the commands.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from fieldfare.flow.redecide.run import AskedDecisions
from fieldfare.flow.rehearsal.job import Progress, RehearsalJob
from fieldfare.flow.rehearsal.model import Asked
from fieldfare.flow.rehearsal.peak import AskedPeak
from fieldfare.flow.versions.model import Files

SIMULATION, PEAK, DECISIONS = "simulation", "peak", "decisions"


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


class Rehearsals:
    """Answers what is asked."""

    def __init__(self, runs: Callable[[], Runs], job: RehearsalJob) -> None:
        """Run by what ``runs`` makes for each, in the job."""
        self._runs, self.job = runs, job

    def start_simulation(self, asked: Asked, changes: Mapping[str, str] | None) -> dict[str, Any]:
        """Begin a simulation. Raises what its check raises, ``ConflictError`` ``rehearsal_running``."""
        files = None if changes is None else _files(changes)
        runs = self._runs()
        runs.check(asked, files)
        return self.job.start(SIMULATION, lambda progress: runs.simulate(asked, files, progress))

    def start_peak(self, asked: AskedPeak) -> dict[str, Any]:
        """Begin to rehearse a peak. Raises as :meth:`start_simulation`."""
        runs = self._runs()
        runs.check_peak(asked)
        return self.job.start(PEAK, lambda progress: runs.rehearse(asked, progress))

    def start_decisions(self, asked: AskedDecisions, changes: Mapping[str, str]) -> dict[str, Any]:
        """Begin to judge old verdicts anew. Raises as :meth:`start_simulation`."""
        runs, files = self._runs(), _files(changes)
        runs.check_decisions(asked, files)
        return self.job.start(DECISIONS, lambda _progress: runs.redecide(asked, files))


def _files(texts: Mapping[str, str]) -> Files:
    return {path: text.encode() for path, text in texts.items()}
