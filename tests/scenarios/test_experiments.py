"""A registered experiment from the first entry to its report: assigned by the pipeline, read of the lake, told.

The example network lives for some months; its registration, global holdout and groups are the workspace's own files.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.answering import open_guardrails
from fieldfare.assembly.installation import open_answers
from fieldfare.assembly.served import folder_files
from fieldfare.flow.generate import fitness
from fieldfare.flow.guardrails import Guardrails
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, parse_iso
from fieldfare.learn.experiments.registered.findings.model import Pause
from fieldfare.learn.experiments.store import assignment
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.whole import Whole, opened

START = parse_iso("2024-12-31T23:00:00+00:00")
DAYS, MEMBERS = 120, 40
PROGRAMME = "global_holdout:\n  - {since: 2025-01-01, share: 10 %}\ngroups:\n  offers: {renewal: 50 %}\n"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Path]]:
    folder = tmp_path_factory.mktemp("experiments")
    workspace = Path(shutil.copytree(FITNESS, folder / "workspace"))
    (workspace / "programme.yaml").write_text(PROGRAMME)
    with opened(folder / "data", START, workspace) as whole:
        whole.simulate(fitness.generate(MEMBERS, START, DAYS, 3), START + DAYS * DAY)
        take_first(whole.stores.state, folder_files(workspace), "ann", START)
        yield whole, workspace


def answers(whole: Whole) -> Any:
    return open_answers(whole.installation, whole.lake).registered


def test_the_report_of_a_registered_experiment(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    told = answers(whole).report("win-back")
    text = "\n".join(told["report"])
    assert "Registered: version 1, 2024-12-31, by ann" in text
    assert "returned (primary)" in text
    assert "Guardrails" in text
    assert told["page"].count("<svg") >= 2
    assigned = [row for row in whole.rows(assignment) if row["experiment"] == "journey.win-back"]
    assert sum(told["findings"]["sizes"].values()) == len({row["profile_id"] for row in assigned}) > 5
    assert told["pauses"] == []


def test_the_lake_says_what_the_events_say(lived: tuple[Whole, Path]) -> None:
    """The sums of the primary metric, counted once more by plain SQL."""
    whole, _ = lived
    found = answers(whole).report("win-back")["findings"]
    primary = next(each for each in found["metrics"] if each["role"] == "primary")
    query = """SELECT a.arm, count(DISTINCT f.profile_id) AS hits, count(DISTINCT a.profile_id) AS size
        FROM assignments a LEFT JOIN facts f ON f.profile_id = a.profile_id AND f.name = 'check_in'
            AND f.occurred_at > a."at" AND f.occurred_at <= a."at" + 30 * 86400000000::BIGINT
        WHERE a.experiment = 'journey.win-back' AND a."at" + 30 * 86400000000::BIGINT <= ? GROUP BY a.arm"""
    counted = whole.lake.arrow(query, [whole.clock.now()]).to_pylist()
    rows = {row["arm"]: (row["hits"], row["size"]) for row in counted}
    if "reason" in primary["effect"]:  # the holdout of so few members is too small to compare
        assert rows["holdout"][1] < 30
    else:
        assert primary["effect"]["treated"] == pytest.approx(rows["treated"][0] / rows["treated"][1])


def test_the_global_holdout_keeps_some_out_of_every_journey(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    rows = whole.rows(assignment)
    everywhere = [row for row in rows if row["experiment"] == "holdout.global"]
    kept = {row["profile_id"] for row in everywhere if row["arm"] == "holdout"}
    assert kept
    inside = {row["profile_id"] for row in rows if row["experiment"] != "holdout.global"}
    assert not kept & inside
    walks = [row for row in whole.enrollments() if row["profile_id"] in kept]
    assert walks
    assert {row["arm"] for row in walks} == {"holdout"}


def test_the_design_speaks_of_this_workspace(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    told = answers(whole).design("win-back", None, None, None)
    assert told["units_in_history"] > 0
    assert told["report"]
    other = answers(whole).design("win-back", 0.5, 1_000.0, 90)
    assert "With a holdout of 50% it can find 8.00 points in its time." in other["report"] or "not_computable" in other


def test_what_is_not_registered_is_told(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    with pytest.raises(CallerError, match=r"No experiment `nothing` is registered. Registered: win-back"):
        answers(whole).report("nothing")
    assert [(row["experiment"], row["looks"]) for row in answers(whole).every()] == [
        ("win-back", "always"),
        ("rebook", None),
        ("win-back-60", None),
        ("win-back-90", None),
    ]


def test_a_crossed_guardrail_pauses_its_journey_once(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    orders, now = open_answers(whole.installation, whole.lake).orders, whole.clock.now()
    assert open_guardrails(whole.installation, whole.lake).run(now) == 0
    wanted = msgspec.to_builtins(Pause("win-back", "win-back", "cancelled", "60 of 100 = 60.00%; more than 3.00%"))

    def asked(name: str) -> list[dict[str, Any]]:
        if name == "broken":
            raise CallerError("metric_sql_failed", "The SQL of `spend` does not run.")
        return [wanted]

    crossed = Guardrails(whole.stores.state, ["broken", "win-back"], asked)
    assert (crossed.run(now), crossed.run(now)) == (1, 0)
    (standing,) = orders.pauses()
    assert (standing["scope"], standing["name"], standing["actor"]) == ("journey", "win-back", "guardrail")
    assert standing["reason"] == "win-back, cancelled: 60 of 100 = 60.00%; more than 3.00%"
    orders.resume("journey", "win-back", "ann", "we know, and go on")
    assert crossed.run(now + DAY) == 0
    assert orders.pauses() == []
