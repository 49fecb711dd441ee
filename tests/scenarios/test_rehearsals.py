"""Simulations, rehearsals and replays of decisions over whole installations: small ones, with every part true."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.copied import GENERATED, PREFIX, Source, scratch, sweep
from fieldfare.assembly.installation import open_simulation
from fieldfare.assembly.rehearsing import Rehearsing
from fieldfare.assembly.served import folder_files
from fieldfare.assembly.stores import open_stores
from fieldfare.flow.editions import begin
from fieldfare.flow.generate import fitness
from fieldfare.flow.redecide.run import AskedDecisions
from fieldfare.flow.rehearsal.model import Asked, Fault
from fieldfare.flow.rehearsal.peak import AskedPeak
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, parse_iso, to_iso
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import ENVIRON, Whole, opened

START = parse_iso("2025-12-31T23:00:00Z")
SPAN: dict[str, Any] = {"first": "2026-01-01", "last": "2026-02-05", "people": 25}
STRICT = {
    "policies.yaml": (FITNESS / "policies.yaml").read_bytes().replace(b"most: 3, per: 7 days", b"most: 1, per: 30 days")
}


def _silent(_running: str, _share: float) -> None:
    """Show nothing."""


def _runs(folder: Path, source: Source | None = None, files: dict[str, bytes] | None = None) -> Rehearsing:
    return Rehearsing(files or folder_files(FITNESS), folder, SimulatedClock(START), source)


def _simulated(folder: Path, **changes: Any) -> dict[str, Any]:
    asked = Asked(**(SPAN | changes))
    found = _runs(folder).simulate(asked, None, _silent)
    found.pop("timings")
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _simulated(tmp_path_factory.mktemp("plain"))


def _bytes(found: dict[str, Any]) -> bytes:
    return msgspec.json.encode(found)


def test_the_same_seed_gives_the_same_bytes_and_leaves_nothing_behind(tmp_path: Path, plain: dict[str, Any]) -> None:
    assert _bytes(_simulated(tmp_path)) == _bytes(plain)
    assert list(tmp_path.iterdir()) == []
    assert plain["report"]["events"]["lost"] == 0
    assert plain["report"]["messages"]["sent"] > 10


def test_retried_duplicates_change_no_decision(tmp_path: Path, plain: dict[str, Any]) -> None:
    found = _simulated(tmp_path, faults=(Fault.DUPLICATES.value,))
    assert found["report"]["journeys"] == plain["report"]["journeys"]
    assert found["report"]["events"]["duplicates"] > plain["report"]["events"]["duplicates"]
    assert found["report"]["events"]["lost"] == found["report"]["events"]["counted_twice"] == 0


def test_everything_going_wrong_loses_nothing_and_sends_nothing_twice(tmp_path: Path) -> None:
    found = _simulated(tmp_path, faults=tuple(fault.value for fault in Fault), load=2)["report"]
    assert found["events"]["lost"] == found["events"]["counted_twice"] == found["promises"]["sent_twice"] == 0
    assert found["merged"] > 0
    assert any("consent_missing" in each["total"]["refused"] for each in found["journeys"])


def test_two_sets_of_rules_are_set_side_by_side(tmp_path: Path) -> None:
    found = _runs(tmp_path).simulate(Asked(**SPAN), STRICT, _silent)
    assert found["report"]["events"] == {**found["changed"]["events"]} | {
        name: found["report"]["events"][name] for name in ("peak_per_hour", "peak_at")
    }
    (onboarding,) = (each for each in found["differences"]["journeys"] if each["journey"] == "onboarding")
    changes = {each["what"]: each["change"] for each in onboarding["differs"]}
    assert changes["refused: cap_reached"] > 0 > changes["sent: email"]


def test_a_generated_population_lives_in_the_starter_too(tmp_path: Path) -> None:
    starter = folder_files(Path("fieldfare/flow/starter"))
    asked = Asked(first="2026-01-01", last="2026-02-20", people=12)
    found = _runs(tmp_path, files=starter).simulate(asked, None, _silent)["report"]
    assert found["events"]["lost"] == 0
    assert found["events"]["dead_letters"] < found["events"]["applied"] / 20
    assert found["events"]["applied"] > 100


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An installation whose thirty people lived for two months."""
    stores = open_stores(tmp_path_factory.mktemp("lived") / "data", {}, durable=False)
    whole = Whole(stores, START, FITNESS, ENVIRON)
    simulation = open_simulation(whole.installation, whole.clock, whole.lake)
    simulation.run(fitness.generate(30, START, 60, 7), "app", START + 60 * DAY, None, lambda _: None)
    yield Source(stores, whole.lake, whole.clock.now, whole.installation.loader(whole.lake).sync)
    whole.close()


def _digest(source: Source) -> str:
    with source.stores.state.read() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        dumped = "\n".join(raw.iterdump())
    return hashlib.sha256(dumped.encode()).hexdigest()


def test_real_people_are_copied_and_left_alone(tmp_path: Path, lived: Source) -> None:
    before = _digest(lived)
    asked = Asked(population="real", first=to_iso(lived.as_of()), last="2026-03-20")
    found = _runs(tmp_path, lived).simulate(asked, None, _silent)
    again = _runs(tmp_path, lived).simulate(asked, None, _silent)
    assert _digest(lived) == before
    assert list(tmp_path.iterdir()) == []
    assert _bytes(found["report"]) == _bytes(again["report"])
    assert found["report"]["events"]["lost"] == 0
    assert found["report"]["events"]["applied"] > 100
    assert found["report"]["messages"]["sent"] > 0
    assert "@example.com" not in json.dumps(found)


SPENDERS = """audience: quiet_spenders
owner: clubs
where:
  all:
    - {did: check_in, where: {spend: {above: 5}}}
    - {not: {did: check_in, where: {spend: {above: 5}}, within: 10 days}}
"""
ASK = "journey: ask\nentry: {joins: quiet_spenders}\npurpose: transactional\nsteps: [{exit: seen}]\n"


def _small(whole: Whole) -> Source:
    return Source(whole.stores, whole.lake, whole.clock.now, whole.installation.loader(whole.lake).sync)


def test_both_runs_of_a_job_live_on_the_people_of_one_moment(tmp_path: Path) -> None:
    files = folder_files(FITNESS)
    with opened(tmp_path / "data", NOON) as whole:
        whole.play([call for day in range(15) for call in joins(f"m-{day}", NOON + day * DAY)], NOON + 15 * DAY)
        seen: list[str] = []

        def goes_on(running: str, _share: float) -> None:
            if running not in seen:  # while the first run, and then the second, lives, the installation goes on
                seen.append(running)
                at = whole.clock.now() + DAY
                whole.play([*joins(f"late-{len(seen)}", at), (at, trains("m-1", at))], at + HOUR)

        runs = Rehearsing(files, tmp_path, SimulatedClock(NOON), _small(whole))
        asked = Asked(population="real", last=to_iso(NOON + 40 * DAY)[:10])
        found = runs.simulate(asked, {"policies.yaml": files["policies.yaml"]}, goes_on)
    assert seen == ["today's rules", "the changed rules"]
    assert found["report"] == found["changed"]
    assert found["report"]["events"]["applied"] > 0


@pytest.mark.parametrize("retention", ["", "120 days"])
def test_measures_and_traits_of_changed_rules_are_filled_from_the_past(tmp_path: Path, retention: str) -> None:
    files = folder_files(FITNESS)
    changes = {"audiences/quiet_spenders.yaml": SPENDERS.encode(), "journeys/ask.yaml": ASK.encode()}
    if retention:
        traits = msgspec.yaml.decode(files["traits.yaml"])
        traits["traits"]["membership_tier"]["retention"] = retention
        changes["traits.yaml"] = msgspec.yaml.encode(traits)
    with opened(tmp_path / "data", NOON) as whole:
        begin(whole.stores.state, whole.installation.standing, NOON)
        calls = [(NOON + HOUR, trains(user, NOON + HOUR, spend)) for user, spend in (("ada", 9.0), ("bob", 0.0))]
        whole.play([*joins("ada", NOON), *joins("bob", NOON), *calls], NOON + DAY)
        asked = Asked(population="real", last=to_iso(NOON + 30 * DAY)[:10])
        found = Rehearsing(files, tmp_path, SimulatedClock(NOON), _small(whole)).simulate(asked, changes, _silent)
    entered = {each["journey"]: each["total"]["entered"] for each in found["changed"]["journeys"]}
    assert entered["ask"] == 1
    assert any(("folded anew" if retention else "measures filled") in note for note in found["notes"])


def test_what_killed_rehearsals_left_is_swept_and_those_that_run_stay(tmp_path: Path) -> None:
    generated = tmp_path / GENERATED
    with scratch(tmp_path) as one, scratch(generated) as other:
        for beside in (tmp_path, generated):
            (beside / f"{PREFIX}left" / "data").mkdir(parents=True)
        assert sweep(tmp_path) == 2
        assert one.is_dir()
        assert other.is_dir()
        assert len(list(tmp_path.rglob(f"{PREFIX}*"))) == 2
    assert sweep(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_real_people_cannot_live_in_the_past_and_need_to_be_there(tmp_path: Path, lived: Source) -> None:
    for source, first, code in ((lived, "2026-01-01", "span_past"), (None, None, "people_missing")):
        with pytest.raises(CallerError) as raised:
            _runs(tmp_path, source).simulate(Asked(population="real", first=first), None, _silent)
        assert raised.value.code == code


def test_todays_rules_say_of_every_proposal_what_the_log_says(tmp_path: Path, lived: Source) -> None:
    asked = AskedDecisions(first="2026-01-01", last="2026-03-31")
    same = _runs(tmp_path, lived).redecide(asked, {"policies.yaml": (FITNESS / "policies.yaml").read_bytes()})
    assert (same["differ"], same["not_replayed"], same["not_looked_at"]) == (0, [], [])
    assert same["proposals"] > 15
    strict = _runs(tmp_path, lived).redecide(asked, STRICT)
    assert {each["reason"]: each["change"] for each in strict["reasons"]}["cap_reached"] > 0
    assert strict["changes"][0]["examples"]


def test_a_peak_is_rehearsed_at_every_load(tmp_path: Path) -> None:
    asked = AskedPeak(season="september", people=8, loads=(1, 2))
    found = _runs(tmp_path).rehearse(asked, _silent)
    assert [each["load"] for each in found["runs"]] == [1, 2]
    assert (found["from"], found["to"]) == ("2026-09-01", "2026-10-05")
    safety = {each["check"]: each["verdict"] for run in found["runs"] for each in run["checks"]}
    assert safety["events"] == safety["messages_once"] == "ok"
    assert found["runs"][1]["report"]["faults"]


def test_wrong_rules_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(CallerError) as raised:
        _runs(tmp_path).simulate(Asked(**SPAN), {}, _silent)
    assert raised.value.code == "changes_empty"
    shutil.rmtree(tmp_path)
