"""A million rows of a CSV file, from the file to the lake: read, typed, appended, checked, told apart, loaded.

Runs ``fieldfare serve`` on a workspace that assembles no profiles, and ``fieldfare load`` beside it; the clock stops
when the last row is in the lake. Both share the two cores. ``python -m bench.files``.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bench.collect import collecting, in_lake
from bench.serving import serving

ROWS = 1_000_000
LIMIT_S = 60
WHOLE_MB = 700
_MAPPING = """mapping: till
source: app
event: order_completed
user_id: customer
occurred_at: {column: at}
message_id: [receipt]
fields:
  order_id: {column: receipt}
  revenue: {column: total, type: number}
  currency: {column: currency}
  location_id: {column: shop}
  items: {column: items, type: integer}
  channel: {column: channel}
"""


def write_rows(path: Path) -> None:
    """Write a file of receipts of 90 days."""
    with path.open("w", encoding="utf-8") as file:
        file.write("receipt,customer,at,total,currency,shop,items,channel\n")
        for number in range(ROWS):
            day, minute = number * 90 // ROWS, number % 1_440
            at = f"2026-{8 + day // 30:02d}-{1 + day % 30:02d}T{minute // 60:02d}:{minute % 60:02d}:00Z"
            customer, cents = number * 7_919 % 200_003, number * 37 % 20_000
            file.write(f"r-{number},c-{customer},{at},{cents / 100},EUR,shop-{number % 40},{number % 9},till\n")


def main() -> None:
    """Run and print the figures as JSON."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rows, mapping = folder / "rows.csv", folder / "till.yaml"
        write_rows(rows)
        mapping.write_text(_MAPPING)
        workspace = collecting(folder / "workspace")
        with serving(workspace, folder / "data") as server:
            command = [sys.executable, "-m", "fieldfare.cli.main", "load", str(rows), "--map", str(mapping)]
            command += ["--workspace", str(workspace), "--data", str(folder / "data")]
            began = perf_counter()
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "FIELDFARE_WRITE_KEY": "x"}
            )
            appended = perf_counter() - began
            server.wait(lambda status: in_lake(status, 1))
            loaded = perf_counter() - began
            memory = server.memory()
            # The load is the only child that has ended; the server still runs.
            load_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    figures = {
        "rows": ROWS,
        "appended_s": round(appended, 1),
        "in_lake_s": round(loaded, 1),
        "limit_s": LIMIT_S,
        "rows_per_s": round(ROWS / loaded),
        **memory,
        "load_peak_mb": load_mb,
        "limit_whole_mb": WHOLE_MB,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
