"""``make bench``: every benchmark beside its limit or peer, one after the other; prints them and rewrites their page.

Each runs in a process of its own and ends with a line of JSON. Figures are of the machine they ran on, and say which.
``python -m bench NAME …`` runs some and rewrites their parts of the page only.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from fieldfare.ground.clock import SystemClock
from fieldfare.ground.instants import to_iso

PAGE = Path("docs/reference/benchmarks.md")
HEAD = """# Benchmarks

Made with `make bench`; each part names its day and machine. Stores are durable SQLite unless a part says otherwise."""
RUNS = {
    "accept": "durable HTTP accept, beside a bare server that decodes, appends and group-commits",
    "collect": "HTTP in to lake: contracts, dedupe, lake; no profiles assembled; all on the same cores",
    "files": "a million CSV rows to the lake, no profiles assembled; load and server on the same cores",
    "pipeline": "one worker, log to audiences, then log to lake (no HTTP)",
    "whole": "HTTP in to audiences and journeys, door, worker, lake loader and client on the same cores",
    "entry": "from an event's acceptance to the first message handed over, while others come in; all on the same cores",
    "journeys": "ten journeys over the durable state: steps, and timers that are all due in one second",
    "profiles": "one person among a million with fifty million events, and what sorting them costs",
    "people": "the pipeline over a million people, uniform and in sessions; a plan of identity over them; a split",
    "evaluate": "fold and evaluate alone, 15 measures and 20 audiences",
    "audiences": "previews over a million people and fifty million events, beside the best SQL written by hand",
    "screens": "every screen of the console over a million people: its slowest answer, without a network",
    "cuts": "a cut published among a million people, one per cent of whom stand between the old number and the new",
    "experiments": "units assigned in a second; a report of twenty metrics over a million people",
    "exact": "a day's passing, a phase that turns for a million people, 20 audiences beside the pipeline",
    "gate": "verdicts of the gate alone, 27 rules of which twelve and more have something to look at",
    "consent": "withdrawals from accepted to enforced at the gate, beside 3,000 other events a second",
    "delivery": "a broadcast to the capture channel, judged, rendered, handed over, durably; to all, and half refused",
    "smtp": "e-mail to a real local server, made and sent, beside a bare loop that sends finished mails",
    "match": "people with known truth: pairwise precision, recall, F1 by one model that is learnt from the data alone",
    "forecast": "real daily series 90 days ahead beside seasonal-naive and AutoETS; hotel bookings 28 days ahead",
    "year": "a year of generated people by the rules of the fitness example, on the simulated clock, in two processes",
    "retail": "two real years: 1,067,371 invoice lines read, 44,870 orders simulated",
}


NOTES = {
    "match": """One form of model and one threshold for all sets; nothing is set per set. The few constants were chosen
while looking at febrl3, fake_1000 and the made-up families; the other sets were only measured. Records of W2 have no
birthday, and one person has several.""",
    "forecast": """Every method is given the same past of each origin. Traffic has hours that are missing and doubled:
an hour counts once, and a day of which 18 hours are known is filled by what its weekday is like. How fast old errors
of pick-up stop counting was chosen by days before September 2016, and days from then on are told. The other constants
were chosen while looking at bike sharing, traffic and made-up series; the hotels' arrivals without what is on the books
were never looked at before. Processor seconds of this run are of a busy machine.""",
    "collect": """A stream at the target's rate is kept up with: the last event is in the lake a second or two after it
was sent. A burst drains a little slower than the target: one process applies and loads, about 20 and 22 microseconds
of processor time an event, of which parsing takes a third and sealing a tenth, and Python runs one thread at a time.
Loading the lake from a process of its own would be the next step.""",
    "people": """Nothing single limits: of the processor time of a uniform event, two fifths go into reading owners,
links and documents, a quarter into deciding, a sixth into writing. SQLite's WAL is copied beside, by a thread of its
own; message ids are sorted in by parts.""",
    "profiles": """Asked again, with the files in the memory of the machine. The first 300 looks after 50 million events
were written and the cache was cold took 98.9 ms at the 95th percentile for a timeline, 96.6 for one word: the disk's.
Sorting and adding were measured while other programs ran.""",
    "screens": """Asked again and again while somebody joins or leaves; there are 4.6 million joined and left, a million
verdicts, a million records of consent and half a million messages. `cpu` is the median processor time, of both cores
together. `now reports` are lift and readiness on the first screen, which are worked out once in ten minutes and then
told with their instant: the first look at readiness takes a second.""",
    "entry": """Applying a live event takes about 0.15 ms of processor time, so at 5,000 a second one core is busy with
it. While events wait the lake gets little: it catches up when they do not.""",
    "delivery": """One process does it all and is busy throughout. What is left is spread out: two fifths are SQLite's,
the rest reading facts, judging, rendering and decisions written in full. A refusal takes two thirds of the time of a
permit: it is rendered, judged and written down alike. A broadcast to 1,000,000, half refused, took 355 s on 2026-11-27
(2,819 judged a second beside other work, 3,963 for each second of processor time) and 534 MB at most.""",
    "year": """People live apart there, so batches hold thousands of calls. A profile late in the year,
before the last changes, gave a quarter of the time to deciding, a seventh to delivery (hardly two messages are due at
one instant, so a round delivers one or two), a tenth to encoding documents, a twelfth to making people and their calls,
a sixteenth to the lake.""",
    "experiments": """The first report reads the lake from the disk, the one after it finds the files in the memory of
the machine.""",
    "exact": """Memberships are exact at every moment. What others publish: Mautic rebuilt a filtered segment of 260,000
contacts in 40 minutes, Dittofeed computes all audiences every 120 seconds, Segment finds windowed audiences in
batches.""",
    "files": """The load is a third process while it runs; with it the whole takes more than 700 MB. In the environment
of the benchmarks pandas is installed, which PyArrow then imports (about 70 MB in the worker).""",
}
"""What limits a figure that is near or beyond its limit."""


def main() -> None:
    """Run what is asked for (all by default), each written to the page as soon as it ran."""
    for name in sys.argv[1:] or list(RUNS):
        record(name, _run(name))


def record(name: str, figures: dict[str, Any]) -> None:
    """Write the figures of one benchmark into the page; the others stay as they are."""
    PAGE.write_text(with_part(PAGE.read_text(), name, part(name, figures)))


def with_part(text: str, name: str, told: str) -> str:
    """Return the page with the part of one benchmark replaced or added, parts in the order of ``RUNS``."""
    parts = {each.partition("\n")[0]: f"## {each}".rstrip() for each in text.split("\n## ")[1:]}
    parts[name] = told.rstrip()
    return "\n\n".join([HEAD, *(parts[each] for each in RUNS if each in parts)]) + "\n"


def _run(name: str) -> dict[str, Any]:
    sys.stdout.write(f"== {name}: {RUNS[name]}\n")
    sys.stdout.flush()
    done = subprocess.run([sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True, check=True)
    sys.stdout.write(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def part(name: str, figures: dict[str, Any]) -> str:
    """Return the part of the page that tells one benchmark's figures."""
    lines = [f"## {name}", "", f"{RUNS[name][0].upper()}{RUNS[name][1:]}.", f"Measured {_today()} on {_machine()}.", ""]
    lines += ["| figure | value |", "|---|---|"]
    lines += [f"| {label.replace('_', ' ')} | {_text(value)} |" for label, value in figures.items()]
    return "\n".join([*lines, "", NOTES[name]] if name in NOTES else lines)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return f"{os.cpu_count()} cores, {memory} GiB, {platform.system()}, Python {platform.python_version()}"


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _today() -> str:
    return to_iso(SystemClock().now())[:10]


if __name__ == "__main__":
    main()
