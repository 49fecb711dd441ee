"""Does one part of some work here and the others in processes of their own, and ends those when nobody waits for them.

It ends no process but those it began: another run of this program may have its own. No rules.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from fieldfare.ground.errors import PermanentError

R = TypeVar("R")
S = TypeVar("S")


def side_by_side(here: Callable[[], R], task: Callable[..., S], apart: Sequence[tuple[Any, ...]]) -> tuple[R, list[S]]:
    """Return what ``here`` gives, and what ``task`` gives for each of the arguments ``apart``, one process each.

    Raises what either raises, ``PermanentError`` ``rehearsal_killed`` when a process is gone.
    """
    # Each process has one task and ends with it: one that waited for another would wait for ever where we are killed.
    with ProcessPoolExecutor(len(apart), mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        try:
            others = [pool.submit(task, *each) for each in apart]
            return here(), [each.result() for each in others]
        except BaseException as error:  # nobody waits for the others, and they leave nothing behind either
            for process in list(pool._processes.values()):  # noqa: SLF001 - the pool itself ends them from 3.14 on
                process.terminate()
            if isinstance(error, BrokenProcessPool):
                text = (
                    "A process of the rehearsal was ended from outside, most often because memory ran out. Rehearse "
                    "fewer people, or when less runs on this machine."
                )
                raise PermanentError("rehearsal_killed", text) from error
            raise
