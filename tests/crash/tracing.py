"""Reading a system-call trace: was the log synced, whole, before each answer left? Pure but for running strace.

The trace is of a door (and of the database behind it) that serves one request after the other, so everything written
to the log before an answer belongs to that answer or to an earlier one.
"""

import re
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.crash.running import until

WRITES, SYNCS, SENDS = ("pwrite64", "write", "writev"), ("fdatasync", "fsync"), ("write", "writev", "sendto", "sendmsg")
TRACED = sorted({*WRITES, *SYNCS, *SENDS})
ANSWER = "HTTP/1.1 200"
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_ATTACH_S = 20


class Call(msgspec.Struct, frozen=True):
    """A system call at the moment it began or ended: its name, its arguments, and its result once it has one."""

    thread: str
    name: str
    arguments: str
    result: str | None


def calls_of(lines: Iterable[str]) -> Iterator[Call]:
    """Yield each call when it begins and when it ends; one that was not interrupted does both on one line."""
    begun: dict[str, str] = {}
    for line in lines:
        if (found := _RESUMED.match(line)) is not None:
            thread, name, rest = found.groups()
            yield Call(thread, name, begun.pop(thread, ""), rest.rpartition("=")[2].strip())
        elif (found := _LINE.match(line)) is not None:
            thread, name, rest = found.groups()
            yield Call(thread, name, rest, None)
            if rest.endswith("<unfinished ...>"):
                begun[thread] = rest
            else:
                yield Call(thread, name, rest, rest.rpartition("=")[2].strip())


def answers_after_sync(lines: Iterable[str], log: str) -> list[bool]:
    """Return for each answer 200 whether the log was written for it and wholly synced when it began to leave.

    ``log`` is a piece of the path of the file that the log's durability rests on.
    """
    answers: list[bool] = []
    written, unsynced = False, False
    for call in calls_of(lines):
        is_log = log in call.arguments.partition(",")[0]
        if call.name in SENDS and ANSWER in call.arguments and call.result is None:
            answers.append(written and not unsynced)
            written = False
        elif call.name in WRITES and is_log and call.result is None:
            written = unsynced = True
        elif call.name in SYNCS and is_log and call.result == "0":
            unsynced = False
    return answers


@contextmanager
def traced(pids: Iterable[int], trace: Path) -> Iterator[None]:
    """Trace running processes, with their threads and children, into a file while the block runs."""
    command = ["strace", "-f", "-y", "-s", "32", "-e", f"trace={','.join(TRACED)}", "-o", str(trace)]
    wanted, said = list(pids), trace.with_suffix(".said")
    with said.open("w") as output:
        tracer = subprocess.Popen([*command, *(f"-p{pid}" for pid in wanted)], stderr=output)
    until(lambda: said.read_text(encoding="utf-8").count(" attached") >= len(wanted), _ATTACH_S, "strace attached")
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(_ATTACH_S)
