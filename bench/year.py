"""A year of 10,000 generated people of the fitness example: time, events a second, memory of the larger process.

``python -m bench.year [PEOPLE]``. The whole command is measured, its start too; people live in two processes.
"""

import json
import os
import resource
import subprocess
import sys
from time import perf_counter

LIMIT_S = 300
PEOPLE = 10_000


def main() -> None:
    """Simulate the year and print the figures as JSON."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    span = ("--from", "2025-01-01", "--to", "2025-12-31", "--people", str(people))
    folders = ("--workspace", "examples/fitness", "--data", "build/bench-year")
    command = [sys.executable, "-m", "fieldfare.cli.main", "simulate", *folders, *span, "--json"]
    environ = {**os.environ, "FIELDFARE_WRITE_KEY": "key-of-the-benchmark"}
    began = perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ)
    seconds = perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = json.loads(done.stdout)["report"]
    events = report["events"]["applied"]
    told = {
        "people": people,
        "events": events,
        "messages": report["messages"]["sent"],
        "seconds": round(seconds, 1),
        "limit_s": LIMIT_S,
        "events_per_s": round(events / seconds),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": used.ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
