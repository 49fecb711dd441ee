"""Experiments against journeys and metrics: what must exist, told at its line."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

JOURNEY = """journey: come-back
entry: {joins: lapsed}
holdout: 15 %
goal: {event: Order Completed, within: 30 days}
steps:
  - exit: done
"""
METRICS = """metrics:
  - {metric: bought, kind: conversion, event: Order Completed}
  - {metric: spent, kind: revenue, event: Order Completed, property: revenue}
  - {metric: cost, kind: cost_to_retain, of: bought}
"""
PLAN = "experiment: come-back\njourney: come-back\nmetric: bought\nsmallest_effect: 2 %\n"
STOP = "stop: 2026-06-01\n"
LAPSED = "audience: lapsed\nwhere: {did_not: Order Completed, within: 30 days}\n"
WHOLE = {
    "audiences/lapsed.yaml": LAPSED,
    "journeys/come-back.yaml": JOURNEY,
    "metrics.yaml": METRICS,
    "experiments/come-back.yaml": PLAN,
}


@pytest.mark.parametrize(
    "plan",
    [
        PLAN,
        PLAN.replace("2 %", "10 % of control") + "guardrails: [{metric: spent, worse_by: 5 % of control}]\n",
        PLAN.replace("bought", "spent").replace("2 %", "2.50") + "guardrails: [{metric: bought, worse_by: 1 %}]\n",
        PLAN + "guardrails: [{metric: spent, worse_by: 2}]\n",
    ],
)
def test_a_whole_experiment_is_in_order(tmp_path: Path, plan: str) -> None:
    workspace, problems = load_changed(tmp_path, more=WHOLE | {"experiments/come-back.yaml": plan + STOP})
    assert [problem for problem in problems if "experiment" in problem.file or "metric" in problem.file] == []
    assert workspace is not None
    assert list(workspace.registrations) == ["come-back"]
    assert list(workspace.metrics) == ["bought", "cost", "spent"]


@pytest.mark.parametrize(
    ("files", "place", "part"),
    [
        (
            {"experiments/come-back.yaml": PLAN.replace("journey: come-back", "journey: come-bak")},
            "experiments/come-back.yaml:2 journey",
            "there is no journey",
        ),
        (
            {"journeys/come-back.yaml": JOURNEY.replace("holdout: 15 %\n", "")},
            "experiments/come-back.yaml:2 journey",
            "keeps no holdout",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "unit: location\nblocks: [[bremen, kiel]]\n"},
            "experiments/come-back.yaml:6 blocks[0]",
            "of the 2 places of `bremen, kiel` none would be `holdout`",
        ),
        (
            {
                "metrics.yaml": METRICS + "  - {metric: lost, kind: delivery}\n",
                "experiments/come-back.yaml": PLAN + "guardrails: [{metric: lost, worse_by: 1 %}]\n",
            },
            "experiments/come-back.yaml:5 guardrails[0].worse_by",
            "a holdout that gets no message",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "guardrails: [{metric: bought, at_most: 1 %}]\n"},
            "experiments/come-back.yaml:5 guardrails[0].at_most",
            "of which more is better",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "guardrails: [{metric: spent, worse_by: 1 %}]\n"},
            "experiments/come-back.yaml:5 guardrails[0].worse_by",
            "is written in percent, and `spent` is an amount of money",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "guardrails: [{metric: bought, worse_by: 0.01}]\n"},
            "experiments/come-back.yaml:5 guardrails[0].worse_by",
            "`worse_by` of `bought` has no unit",
        ),
        (
            {"experiments/come-back.yaml": PLAN.replace("metric: bought", "metric: spent")},
            "experiments/come-back.yaml:4 smallest_effect",
            "is written in percent, and `spent` is an amount of money",
        ),
        (
            {"experiments/come-back.yaml": PLAN.replace("2 %", "2")},
            "experiments/come-back.yaml:4 smallest_effect",
            "`smallest_effect` of `bought` has no unit",
        ),
        (
            {
                "metrics.yaml": METRICS + "  - {metric: came, kind: visits, event: Order Completed}\n",
                "experiments/come-back.yaml": PLAN.replace("metric: bought", "metric: came"),
            },
            "experiments/come-back.yaml:4 smallest_effect",
            "`came` is a number of its own and no share",
        ),
        (
            {
                "experiments/come-back.yaml": PLAN
                + "unit: location\nblocks: [[bremen, kiel]]\nguardrails: [{metric: spent, worse_by: 5 % of control}]\n"
            },
            "experiments/come-back.yaml:7 guardrails[0].worse_by",
            "`of control` stands with `blocks`",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "strata: [email]\n"},
            "experiments/come-back.yaml:5 strata[0]",
            "the trait `email` is personal",
        ),
        (
            {"experiments/come-back.yaml": PLAN.replace("bought", "boght")},
            "experiments/come-back.yaml:3 metric",
            "there is no metric",
        ),
        (
            {"experiments/come-back.yaml": PLAN.replace("bought", "cost")},
            "experiments/come-back.yaml:3 metric",
            "follows from another metric",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "supporting: [spnt]\n"},
            "experiments/come-back.yaml:5 supporting[0]",
            "there is no metric",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "supporting: [spent, cost, other]\n"},
            "experiments/come-back.yaml:5 supporting",
            "3 supporting metrics",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "guardrails: [{metric: spent, at_most: 1 %}]\n"},
            "experiments/come-back.yaml:5 guardrails[0].at_most",
            "which is no share",
        ),
        (
            {"experiments/again.yaml": PLAN.replace("experiment: come-back", "experiment: again")},
            "experiments/come-back.yaml:2 journey",
            "is measured by `again` already",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "looks: fixed\n"},
            "experiments/come-back.yaml:5 looks",
            "nothing says when the one look is",
        ),
        (
            {"experiments/come-back.yaml": PLAN + "segments: [tiar]\n"},
            "experiments/come-back.yaml:5 segments[0]",
            "tiar",
        ),
        (
            {"programme.yaml": "groups: {offers: {come-bak: 50 %}}\n"},
            "programme.yaml:1 groups.offers.come-bak",
            "there is no journey",
        ),
        (
            {"metrics.yaml": METRICS + "  - {metric: own, kind: sql, sql: SELECT profile_id FROM events}\n"},
            "metrics.yaml:5 metrics[3].sql",
            'the SQL cannot be run. The query did not run: Binder Error: Values list "selected" does not have a column',
        ),
        (
            {"metrics.yaml": METRICS.replace("event: Order Completed}", "event: Order Compleeted}")},
            "metrics.yaml:2 metrics[0].event",
            "Order Compleeted",
        ),
    ],
)
def test_what_is_missing_is_told_at_its_line(tmp_path: Path, files: dict[str, str], place: str, part: str) -> None:
    _, problems = load_changed(tmp_path, more=WHOLE | files)
    assert any(str(problem).startswith(place) and part.lower() in str(problem).lower() for problem in problems), (
        "\n".join(map(str, problems))
    )


STEP = """journey: two-ways
entry: {joins: lapsed}
steps:
  - experiment:
      name: subject
      variants: [{variant: plain}, {variant: warm, steps: [{exit: warm}]}]
"""
LETTER = "broadcast: letter\naudience: lapsed\nchannel: email\ntemplate: letter\npurpose: marketing\nedition: may\n"
OF_STEP = "experiment: subject\njourney: two-ways\nstep: subject\nmetric: bought\nsmallest_effect: 2 %\nunits: 900\n"
OF_LETTER = "experiment: letter\nbroadcast: letter\nedition: may\nmetric: bought\nsmallest_effect: 2 %\n" + STOP
BOTH = {
    **WHOLE,
    "journeys/two-ways.yaml": STEP,
    "broadcasts/letter.yaml": LETTER + "holdout: 10 %\n",
    "experiments/come-back.yaml": PLAN + STOP,
    "experiments/subject.yaml": OF_STEP,
    "experiments/letter.yaml": OF_LETTER,
}


def told(folder: Path, more: dict[str, str]) -> list[str]:
    _, problems = load_changed(folder, more={**BOTH, **more})
    return [f"{each.file}: {each.what}" for each in problems if each.file.startswith("experiments/")]


def test_the_variants_of_a_step_and_of_a_broadcast_are_in_order(tmp_path: Path) -> None:
    assert told(tmp_path, {}) == []


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("subject", OF_STEP.replace("step: subject", "step: subjekt"), "has no experiment step `subjekt`"),
        ("subject", OF_STEP.replace("journey: two-ways\n", ""), "none of `journey`, `broadcast` and `places` stands"),
        ("letter", OF_LETTER.replace("broadcast: letter", "broadcast: leter"), "there is no broadcast `leter`"),
        ("letter", OF_LETTER.replace("edition: may", "edition: june"), "has the edition `may`"),
        ("letter", OF_LETTER + "journey: two-ways\n", "`journey` and `broadcast` stand"),
        ("letter", OF_LETTER + "unit: household\n", "`unit: household` stands with `broadcast`"),
    ],
)
def test_what_cannot_be_measured_is_told(tmp_path: Path, file: str, text: str, problem: str) -> None:
    assert any(problem in each for each in told(tmp_path, {f"experiments/{file}.yaml": text}))


PLACES = """experiment: kiosk
places: {starts: {north: 2026-03-01}, since: 2025-10-01}
metric: bought
smallest_effect: 5.0
"""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PLACES, None),
        (PLACES.replace("north", "nort"), "there is no place `nort`"),
        (PLACES.replace("2025-10-01", "2026-02-20"), "`north` starts less than two periods after `since`"),
        (PLACES.replace("since:", "period: 36 hours, since:"), "`period: 36 hours` is no period"),
        (PLACES.replace("bought", "cost"), "`cost` counts no events"),
    ],
)
def test_places_are_those_of_the_network(tmp_path: Path, text: str, problem: str | None) -> None:
    network = {"locations.yaml": "locations:\n  - {location: north}\n  - {location: south}\n"}
    found = told(tmp_path, {"experiments/kiosk.yaml": text, **network})
    assert found == [] if problem is None else any(problem in each for each in found)


def test_a_broadcast_without_arms_compares_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, {"broadcasts/letter.yaml": LETTER}) == [
        "experiments/letter.yaml: the broadcast `letter` compares nothing"
    ]
