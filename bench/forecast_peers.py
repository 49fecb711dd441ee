"""Forecasts of other methods, in an environment of their own: seasonal-naive and AutoETS of statsforecast.

Run by ``bench.forecast`` with the Python of ``.venv-forecast``. Standard input is JSON ``{"tasks": [{"values": [...],
"horizon": 90, "season": 7}]}`` without gaps; standard output one list per task: per method its means, and of AutoETS
its 80 % interval.
"""

import json
import sys


def main() -> None:
    import numpy as np  # noqa: PLC0415 - this file is read by checks where its packages are not
    from statsforecast.models import AutoETS, SeasonalNaive  # type: ignore[import-not-found]  # noqa: PLC0415

    told = []
    for task in json.load(sys.stdin)["tasks"]:
        values, horizon = np.array(task["values"], dtype=float), task["horizon"]
        found = {}
        for days in (7, 364):
            if len(values) >= days:
                found[f"seasonal naive {days}"] = SeasonalNaive(days).forecast(values, horizon)["mean"].tolist()
        ets = AutoETS(season_length=task["season"]).forecast(values, horizon, level=[80])
        found["AutoETS"] = ets["mean"].tolist()
        found["AutoETS low"], found["AutoETS high"] = ets["lo-80"].tolist(), ets["hi-80"].tolist()
        told.append(found)
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
