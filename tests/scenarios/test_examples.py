"""The example workspaces are whole, and the generators speak of the same clubs, seasons, events and templates."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from fieldfare.act.delivery.events import OWN_EVENTS
from fieldfare.flow.generate import season
from fieldfare.flow.generate.effects import TRUE_EFFECTS
from fieldfare.flow.generate.fitness import HOME_ZONE, generate
from fieldfare.flow.generate.members import CLUBS, FEES
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.instants import day_of, parse_iso
from tests.scenarios.example_engine import EXAMPLES_WITHIN, FITNESS, RETAIL
from tests.scenarios.retail_totals import AUTUMN_PEAK, BEYOND_INVOICES, DATES, audience_sizes

ANSWERS = {*OWN_EVENTS, "message_received"}
"""Events that nobody generates: they follow from messages."""


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def peaks(folder: Path) -> dict[str, tuple[str, str]]:
    return {
        each["season"]: (each["peak"]["from"], each["peak"]["to"]) for each in read(folder / "seasons.yaml")["seasons"]
    }


def month_day(pair: tuple[int, int]) -> str:
    return f"{pair[0]:02}-{pair[1]:02}"


@pytest.mark.parametrize("folder", EXAMPLES_WITHIN, ids=lambda folder: str(folder.name))
def test_an_example_validates(folder: Path) -> None:
    workspace, problems = load_workspace(folder)
    assert [str(problem) for problem in problems] == []
    assert workspace is not None


def test_planted_fault_an_example_with_a_wrong_word_is_reported(tmp_path: Path) -> None:
    for source in sorted(FITNESS.rglob("*.yaml")):
        target = tmp_path / source.relative_to(FITNESS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8").replace("joins: lapsed", "joins: lapst"), encoding="utf-8")
    _, problems = load_workspace(tmp_path)
    assert any("lapst" in str(problem) for problem in problems)


def test_the_clubs_are_those_of_the_workspace() -> None:
    told = {
        (each["location"], each["region"], each["time_zone"]) for each in read(FITNESS / "locations.yaml")["locations"]
    }
    assert told == {(club.location, club.region, club.zone) for club in CLUBS}
    assert len(told) == 12
    assert read(FITNESS / "workspace.yaml")["time_zone"] == HOME_ZONE


def agree(january: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    first, last = january
    return peaks(FITNESS)["january"] == (month_day(first), month_day(last))


def test_the_seasons_are_those_of_the_workspaces() -> None:
    assert agree(season.JANUARY)
    first, last = season.SEPTEMBER
    assert peaks(FITNESS)["september"] == (month_day(first), month_day(last))
    assert peaks(RETAIL)["autumn"] == (month_day(AUTUMN_PEAK[0]), month_day(AUTUMN_PEAK[1]))
    assert not agree(season.SEPTEMBER)


def templates(folder: Path) -> set[str]:
    return {read(path)["template"] for path in (folder / "templates").glob("*.yaml")}


def test_every_template_has_a_stated_effect() -> None:
    assert templates(FITNESS) == set(TRUE_EFFECTS)


def test_every_independent_audience_is_one_of_the_workspace() -> None:
    import pandas as pd

    empty = pd.DataFrame({"day": pd.to_datetime([]), "refund": pd.Series([], dtype=bool), "customer": [], "amount": []})
    told = {read(path)["audience"] for path in (RETAIL / "audiences").glob("*.yaml")}
    assert told == {*audience_sizes(empty, DATES[0]), *BEYOND_INVOICES}


Calls = Callable[[], set[str]]


def test_what_the_members_do_is_described_and_used() -> None:
    """Every event that audiences and journeys name is one that the generator makes, and its tiers have a price."""
    start = parse_iso("2025-01-01T00:00:00+01:00")
    calls = [call for _, call in generate(300, start, 365, 5)]
    made = {call["event"] for call in calls if call["type"] == "track"}
    asked = set().union(
        *(_events(read(path)) for path in [*FITNESS.glob("audiences/*.yaml"), *FITNESS.glob("journeys/*.yaml")])
    )
    assert asked - ANSWERS <= made
    tiers = {call["traits"]["membership_tier"] for call in calls if "membership_tier" in call.get("traits", {})}
    assert tiers == set(FEES)


def _events(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_events(each) for each in node))
    if not isinstance(node, dict):
        return set()
    named = {node[key] for key in ("did", "did_not", "event") if isinstance(node.get(key), str)}
    return named.union(*(_events(each) for each in node.values()))


def test_clubs_are_closed_on_the_stated_days() -> None:
    closed = [day for day in range(day_of(date(2025, 1, 1)), day_of(date(2026, 1, 1))) if season.training(day) == 0]
    assert closed == [day_of(date(2025, 1, 1)), day_of(date(2025, 12, 25))]
