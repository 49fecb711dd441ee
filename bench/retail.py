"""The two real years: invoice lines read and mapped, the orders simulated through the true pipeline; time and memory.

``python -m bench.retail [FOLDER]``; the folder of the data set defaults to ``../shared/data/online_retail_II``.
"""

import json
import resource
import subprocess
import sys
from time import perf_counter

LIMIT_S = 240
MEMORY_MB = 600


def main() -> None:
    """Run the demo on the real data and print the figures as JSON."""
    folder = sys.argv[1] if len(sys.argv) > 1 else "../shared/data/online_retail_II"
    command = [
        sys.executable,
        "-m",
        "fieldfare.cli.main",
        "demo",
        "--data",
        folder,
        "--no-serve",
        "--out",
        "build/bench-retail",
    ]
    began = perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    seconds = perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    told = {"seconds": round(seconds, 1), "limit_s": LIMIT_S, "peak_mb": peak, "limit_mb": MEMORY_MB}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
