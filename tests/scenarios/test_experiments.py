"""A registered experiment from the first entry to its report: assigned by the pipeline, read of the lake, told.

The example network lives for some months; its registration, global holdout and groups are the workspace's own files.
"""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from fieldfare.assembly.answering import open_guardrails
from fieldfare.assembly.installation import open_answers, open_worker
from fieldfare.assembly.screens import open_screens
from fieldfare.assembly.served import folder_files
from fieldfare.flow.answers import Answers
from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.flow.generate import fitness
from fieldfare.flow.guardrails import Asked, Guardrails
from fieldfare.flow.screens.lift import FRESH_US, Lifts
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import DAY, local_day, parse_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.learn.experiments.registered.findings.model import Pause
from fieldfare.learn.experiments.store import assignment, exposure
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
    return every(whole).registered


def every(whole: Whole) -> Answers:
    return open_answers(whole.installation, whole.lake)


def test_the_report_waits_while_nobody_has_entered(tmp_path: Path) -> None:
    with opened(tmp_path / "data", START) as whole:
        told = answers(whole).report("win-back")
    assert (told["verdict"], told["pauses"]) == ("wait", [])
    assert told["course"] == [{"variant": "treated", "level": 0.95, "days": ()}]
    assert told["findings"]["sizes"] == {"holdout": 0, "treated": 0}


def test_the_report_of_a_registered_experiment(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    told = answers(whole).report("win-back")
    text = "\n".join(told["report"])
    assert "Registered: version 1, 2024-12-31, by ann" in text
    assert "returned (primary)" in text
    assert "Guardrails" in text
    assert told["page"].count("<svg") >= 2
    assert [each["variant"] for each in told["course"]] == ["treated"]
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


def test_whom_the_global_holdout_keeps_out_is_in_no_arm_of_a_readout(lived: tuple[Whole, Path]) -> None:
    """The gate refuses them as a holdout does, under the journey's name; the journey's own coin never chose them."""
    whole, _ = lived
    kept = {
        row["profile_id"]
        for row in whole.rows(assignment)
        if row["arm"] == "holdout" and "holdout." in row["experiment"]
    }
    met = {row["experiment"] for row in whole.rows(exposure) if row["profile_id"] in kept}
    assert met >= {"journey.rebook"}
    told = every(whole).readout("rebook", "exposed")["readout"]["totals"]
    members = told["immature"] + told["treated"]["members"] + told["holdout"]["members"]
    rows = [row for row in whole.rows(exposure) if row["experiment"] == "journey.rebook"]
    assert members == len({row["profile_id"] for row in rows} - kept) < len(rows)


def test_the_design_speaks_of_this_workspace(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    told = answers(whole).design("win-back", None, None, None)
    assert told["units_in_history"] > 0
    assert (told["is_share"], told["is_money"]) == (True, False), "its primary metric"
    assert told["report"]
    other = answers(whole).design("win-back", 0.5, 1_000.0, 90)
    assert "With a holdout of 50% it can find 8.00 points in its time." in other["report"] or "not_computable" in other


def test_the_lift_in_short_is_worked_out_one_experiment_a_look(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    parts = whole.installation
    lake = parts.loader(whole.lake)
    lifts = Lifts(parts.workspace, parts.definitions.experiments, whole.lake, lake.sync, whole.clock)
    looks = [lifts.look() for _ in range(4)]
    assert [len(each["experiments"]) for each in looks] == [1, 2, 3, 4]
    assert [each["is_whole"] for each in looks] == [False, False, False, True]
    found = {each["experiment"]: each for each in looks[-1]["experiments"]}
    assert found.keys() == {each["experiment"] for each in answers(whole).every()}
    report = answers(whole).report("win-back")["findings"]
    primary = next(each for each in report["metrics"] if each["role"] == "primary")
    assert found["win-back"]["units"] == report["sizes"]
    (variant,) = found["win-back"]["variants"]
    assert (found["win-back"]["metric"], variant["why"]) == (primary["metric"], primary["effect"]["detail"])
    readout = open_answers(whole.installation, whole.lake).readout("rebook")["readout"]["totals"]
    assert found["rebook"]["units"] == {arm: readout[arm]["members"] for arm in ("treated", "holdout")}
    reads: list[str] = []
    whole.clock.move_to(whole.clock.now() + FRESH_US)
    lifts = Lifts(parts.workspace, parts.definitions.experiments, whole.lake, lambda: reads.append("read"), whole.clock)
    for _ in range(6):
        lifts.look()
    assert len(reads) == 4, "from memory"
    whole.clock.move_to(whole.clock.now() + FRESH_US)
    again = [lifts.look() for _ in range(4)]
    assert [each["is_whole"] for each in again] == [False, False, False, True], "what is older is to be worked out anew"
    assert (len(reads), {len(each["experiments"]) for each in again}) == (8, {4}), "and is shown until it is"


def test_an_experiment_runs_from_its_first_day_to_its_last(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    parts, today = whole.installation, local_day(whole.clock.now(), whole.workspace.time_zone)

    def running(**changes: Any) -> bool:
        plan = msgspec.structs.replace(parts.workspace.registrations["win-back"], **changes)
        workspace = msgspec.structs.replace(parts.workspace, registrations={"win-back": plan})
        lifts = Lifts(workspace, {}, whole.lake, lambda: None, whole.clock)
        return bool(lifts.look()["experiments"])

    assert running(start=today, stop=None)
    assert running(start=None, stop=today + 1)
    assert not running(start=today + 1, stop=None)
    assert not running(start=None, stop=today)


def test_an_experiment_that_cannot_be_read_says_why(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    parts = whole.installation

    def broken() -> None:
        raise TransientError("lake_busy", "The lake is busy.")

    (found, *_) = Lifts(parts.workspace, {}, whole.lake, broken, whole.clock).look()["experiments"]
    assert (found["why"], found["variants"]) == ("The lake is busy.", [])


def test_one_that_fails_blocks_no_other(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    parts, calls = whole.installation, count()

    def broken_first() -> None:
        if next(calls) == 0:
            raise KeyError("spend")

    lifts = Lifts(parts.workspace, parts.definitions.experiments, whole.lake, broken_first, whole.clock)
    looks = [lifts.look() for _ in range(4)]
    assert looks[-1]["is_whole"] is True
    first, *others = looks[-1]["experiments"]
    assert (first["why"], first["variants"]) == ("This is a defect: KeyError. The server's log has more.", [])
    assert all(each["metric"] for each in others)


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


def test_an_experiment_that_cannot_be_read_stops_no_other_and_is_told(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    failures: dict[str, Exception] = {
        "a": CallerError("metric_sql_failed", "The SQL of `spend` does not run."),
        "b": KeyError("spend"),
        "c": TransientError("lake_busy", "The lake is busy."),
    }

    def asked(name: str) -> Asked:
        if name in failures:
            raise failures[name]
        return Asked([], {"spend": "No `spend`.", "fee": "No `fee`."} if name == "d" else {})

    guardrails = Guardrails(whole.stores.state, ["a", "b", "c", "d", "e"], asked)
    assert guardrails.run(whole.clock.now()) == 0
    assert guardrails.unread == {
        "a": "The SQL of `spend` does not run.",
        "b": "This is a defect: KeyError. The server's log has more.",
        "c": "The lake is busy.",
        "d": "No `fee`. No `spend`.",
    }
    now = open_screens(whole.installation, whole.lake, open_worker(whole.installation, whole.lake), every(whole)).now
    flows = {each["flow"]: each for each in now.flows(whole.clock.now())}
    assert (flows["guardrails"]["ok"], flows["guardrails"]["detail"]) == (True, "every experiment is read")
    told = msgspec.structs.replace(now, unread=lambda: {"c": "The lake is busy.", "b": "A defect."})
    flows = {each["flow"]: each for each in told.flows(whole.clock.now())}
    assert (flows["guardrails"]["ok"], flows["guardrails"]["detail"]) == (False, "b: A defect.; c: The lake is busy.")
    failures.clear()
    guardrails.run(whole.clock.now())
    assert guardrails.unread.keys() == {"d"}, "who is read again is no more told"


class BrokenLake:
    """A lake with a defect."""

    def ibis(self) -> Any:
        raise KeyError("spend")


def test_a_defect_is_the_answer_of_the_report_that_meets_it(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    parts, loader = whole.installation, whole.installation.loader(whole.lake)
    broken = ExperimentAnswers(parts.workspace, whole.stores.state, cast("Lake", BrokenLake()), loader, whole.clock)
    told = broken.report("win-back")
    assert (told["verdict"], told["pauses"], told["course"]) == ("not_computable", [], [])
    assert told["report"][1] == "Not computable (defect). This is a defect: KeyError. The server's log has more."
    assert "NOT COMPUTABLE" in told["page"]
    assert told["findings"]["not_computable"]["reason"] == "defect"
    assert broken.pauses() == []
    with pytest.raises(KeyError):
        broken.guard("win-back")


def test_a_crossed_guardrail_pauses_its_journey_once(lived: tuple[Whole, Path]) -> None:
    whole, _ = lived
    orders, now = open_answers(whole.installation, whole.lake).orders, whole.clock.now()
    assert open_guardrails(whole.installation, whole.lake).run(now) == 0
    wanted = msgspec.to_builtins(Pause("win-back", "win-back", "cancelled", "60 of 100 = 60.00%; more than 3.00%"))

    crossed = Guardrails(whole.stores.state, ["win-back"], lambda _: Asked([wanted]))
    assert (crossed.run(now), crossed.run(now)) == (1, 0)
    (standing,) = orders.pauses()
    assert (standing["scope"], standing["name"], standing["actor"]) == ("journey", "win-back", "guardrail")
    assert standing["reason"] == "win-back, cancelled: 60 of 100 = 60.00%; more than 3.00%"
    orders.resume("journey", "win-back", "ann", "we know, and go on")
    assert crossed.run(now + DAY) == 0
    assert orders.pauses() == []
