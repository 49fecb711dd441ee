"""Publishing a cut among a million profiles when one in a hundred stands between the old number and the new one.

Documents and the lake's rows of profiles are made in bulk. The version in force lets in the top six per cent; the next
one, found by the product over all profiles, the top five: so one per cent have to leave, and nobody else is looked at.
Told are the time to find and write the version, the time to bring to it whom it concerns, and how many those are.
``FIELDFARE_BENCH_PEOPLE`` makes it smaller.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_backfill, open_cuts
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.flow.work import encode_document
from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.know.audiences.store import membership_change
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.cuts.model import EVERYWHERE, CutVersion, Mark, PlaceMarks
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document, TraitValue

PEOPLE = int(os.environ.get("FIELDFARE_BENCH_PEOPLE", "1000000"))
PAGE = 20_000
START = parse_iso("2026-01-01T00:00:00+00:00")
CUT = "ltv.top-5pct"
_ROWS = f"""INSERT INTO profile_rows BY NAME SELECT i AS profile_id, '{{"ltv": ' || i || '}}' AS traits,
    {START} AS first_seen_at, {START} AS last_seen_at, 100 AS match_confidence, '{{}}' AS provenance
    FROM range(1, {PEOPLE} + 1) t(i)"""  # noqa: S608 - numbers


def main() -> None:
    """Run and print the figures as JSON."""
    os.environ.setdefault("FIELDFARE_WRITE_KEY", "bench")
    with tempfile.TemporaryDirectory() as folder:
        workspace = shutil.copytree("examples/fitness", Path(folder) / "workspace")
        (workspace / "audiences" / "vip.yaml").write_text("audience: vip\nwhere: {top: 5 %, by: ltv}\n")
        stores = open_stores(Path(folder) / "data", {})
        lake = stores.open_lake()
        installation = Installation(open_workspace(workspace), stores)
        open_backfill(installation, lake).begin()
        _people(stores, lake, installation.standing.editions.number)
        figures = _publish(Installation(open_workspace(workspace), stores), lake)
        lake.close()
        stores.close()
    sys.stdout.write(json.dumps(figures) + "\n")


def _people(stores: Stores, lake: DuckLake, edition: int) -> None:
    inside = PEOPLE - PEOPLE * 6 // 100
    for first in range(1, PEOPLE + 1, PAGE):
        rows = []
        for each in range(first, min(first + PAGE, PEOPLE + 1)):
            document = Document(first_seen_at=START, last_seen_at=START, edition=edition, profile_id=each)
            document.traits["ltv"] = TraitValue(each, "app", START, START)
            if each > inside:
                document.memberships["vip"] = START
            rows.append({"profile_id": each, "body": encode_document(document)})
        with stores.state.write() as connection:
            profile_store.save(connection, rows)
    with stores.state.write() as connection:
        told = PlaceMarks((Mark(float(inside + 1)),), PEOPLE)
        cut_store.insert_version(connection, "ltv", CutVersion(CUT, 1, START + DAY, {EVERYWHERE: told}), PEOPLE)
    lake._connection.execute(_ROWS)  # noqa: SLF001 - a load of Arrow rows would measure Arrow


def _publish(installation: Installation, lake: DuckLake) -> dict[str, float]:
    job, state = open_cuts(installation, lake), installation.stores.state
    lake.ibis().table("profiles").count().to_pyarrow()  # the library is there
    began, cpu = perf_counter(), process_time()
    job.step()
    written = perf_counter()
    with state.read() as connection:
        concerned = cut_store.count_waiting(connection)
    while job.step():
        continue
    reached = perf_counter()
    with state.read() as connection:
        left = len(connection.execute(membership_change.select()).all())
    return {
        "people": PEOPLE,
        "concerned": concerned,
        "left": left,
        "find_and_write_s": round(written - began, 2),
        "reach_s": round(reached - written, 2),
        "reached_per_s": round(concerned / (reached - written)),
        "cpu_s": round(process_time() - cpu, 2),
        "limit_s": 30,
    }


if __name__ == "__main__":
    main()
