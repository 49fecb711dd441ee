"""Shipped audiences are sound as they are; and audiences are equal to the SQL that people know, on the lake."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, parse_iso
from fieldfare.know.audiences.shipped import shipped_files
from tests.decide.flow.starter import load_changed
from tests.scenarios.example_engine import FITNESS, take_journeys_from
from tests.scenarios.whole import Whole, opened

NAMES = {
    "7_day_inactive",
    "at_risk",
    "coupon_responders",
    "frequent_callers",
    "high_frequency_visitors",
    "holiday_shoppers",
    "new_signups_few_visits",
    "off_season_lurkers",
    "recent_signups",
    "vips",
    "weekend_only",
}
COMPUTED = "computed:\n  spend_365d: {measure: sum, of: revenue, event: Order Completed, within: 365 days}\n"
SCORES = ("traits.yaml", "traits:\n", f"{COMPUTED}traits:\n  churn_score: {{type: number}}\n")


def test_every_shipped_audience_is_sound_in_a_new_workspace(tmp_path: Path) -> None:
    more = {f"audiences/{name}.yaml": text for name, text in shipped_files().items()}
    workspace, problems = load_changed(tmp_path, SCORES, more=more)
    assert [str(problem) for problem in problems if problem.is_error] == []
    assert not [str(problem) for problem in problems if problem.file.startswith("audiences/")]
    assert workspace is not None
    assert workspace.audiences.keys() >= NAMES
    assert shipped_files().keys() == NAMES
    for name in NAMES:
        audience = workspace.audiences[name]
        assert all([audience.description, audience.charter.action, audience.charter.success_metric])


def test_what_a_shipped_audience_lacks_is_named_with_its_line(tmp_path: Path) -> None:
    _, problems = load_changed(tmp_path, more={"audiences/at_risk.yaml": shipped_files()["at_risk"]})
    assert [each.key for each in problems if each.file == "audiences/at_risk.yaml"] == ["where.all[2].trait"]
    _, problems = load_changed(tmp_path / "other", more={"audiences/vips.yaml": shipped_files()["vips"]})
    assert [each.key for each in problems if each.file == "audiences/vips.yaml"] == ["where.by"]


TODAY = parse_iso("2026-03-01T00:00:00Z")
PARITY: dict[str, tuple[str, str, set[str]]] = {
    "idle": (
        "{trait: last_activity_at, older_than: 21 days}",
        """SELECT profile_id FROM profiles WHERE (traits->>'$.last_activity_at')::TIMESTAMP < DATE '2026-03-01' - 21""",
        {"act-02-07"},
    ),
    "failed": (
        "{did: payment_failed, within: 720 hours}",
        """SELECT DISTINCT profile_id FROM events WHERE name = 'payment_failed'
            AND occurred_at AT TIME ZONE 'UTC' > TIMESTAMP '2026-03-01 00:00:00' - INTERVAL 30 DAY""",
        {"pay-00:01", "pay-twice"},
    ),
    "slow_start": (
        """all: [{trait: signup_date, newer_than: 30 days}, {trait: visits_first_30_days, below: 2},
            {trait: consent_marketing, is: true}]""",
        """SELECT profile_id FROM profiles WHERE (traits->>'$.signup_date')::DATE >= DATE '2026-03-01' - 30
            AND (traits->>'$.visits_first_30_days')::INTEGER < 2 AND (traits->>'$.consent_marketing')::BOOLEAN""",
        {"new-01-30", "new-today"},
    ),
    "fading": (
        """all: [{trait: last_visit, newer_than: 90 days}, {trait: last_visit, older_than: 44 days},
            {trait: churn_score, above: 0.6}, {trait: sms_opt_in, is: true}]""",
        """SELECT profile_id FROM profiles WHERE (traits->>'$.last_visit')::DATE BETWEEN DATE '2026-03-01' - 90
            AND DATE '2026-03-01' - 45 AND (traits->>'$.churn_score')::DOUBLE > 0.6
            AND (traits->>'$.sms_opt_in')::BOOLEAN""",
        {"fade-12-01", "fade-01-15"},
    ),
}
PEOPLE: dict[str, Mapping[str, Any]] = {
    "act-02-07": {"last_activity_at": "2026-02-07T12:00:00Z"},
    "act-02-08": {"last_activity_at": "2026-02-08T00:00:00Z"},
    "act-02-09": {"last_activity_at": "2026-02-09T00:00:00Z"},
    "act-never": {},
    "new-01-30": {"signup_date": "2026-01-30", "visits_first_30_days": 1, "consent_marketing": True},
    "new-two": {"signup_date": "2026-01-30", "visits_first_30_days": 2, "consent_marketing": True},
    "new-no-consent": {"signup_date": "2026-01-30", "visits_first_30_days": 1, "consent_marketing": False},
    "new-01-29": {"signup_date": "2026-01-29", "visits_first_30_days": 1, "consent_marketing": True},
    "new-today": {"signup_date": "2026-03-01", "visits_first_30_days": 0, "consent_marketing": True},
    "fade-12-01": {"last_visit": "2025-12-01", "churn_score": 0.61, "sms_opt_in": True},
    "fade-01-15": {"last_visit": "2026-01-15", "churn_score": 0.61, "sms_opt_in": True},
    "fade-11-30": {"last_visit": "2025-11-30", "churn_score": 0.61, "sms_opt_in": True},
    "fade-01-16": {"last_visit": "2026-01-16", "churn_score": 0.61, "sms_opt_in": True},
    "fade-0.60": {"last_visit": "2025-12-20", "churn_score": 0.60, "sms_opt_in": True},
    "fade-no-sms": {"last_visit": "2025-12-20", "churn_score": 0.9, "sms_opt_in": False},
}
FAILURES = {
    "pay-00:00": [TODAY - 30 * DAY],
    "pay-00:01": [TODAY - 30 * DAY + MINUTE],
    "pay-twice": [TODAY - 3 * DAY, TODAY - 2 * DAY],
}
DECLARED = """traits:
  last_activity_at: {type: instant}
  signup_date: {type: date}
  visits_first_30_days: {type: number}
  consent_marketing: {type: boolean}
  last_visit: {type: date}
  churn_score: {type: number}
  sms_opt_in: {type: boolean}
"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    take_journeys_from(folder)
    shutil.rmtree(folder / "audiences")
    for name in ("lifecycle.yaml", "outcomes.yaml", "traits.yaml"):
        (folder / name).unlink()
    (folder / "traits.yaml").write_text(DECLARED)
    settings = folder / "workspace.yaml"
    settings.write_text(settings.read_text().replace("Europe/Berlin", "UTC"))
    (folder / "audiences").mkdir()
    for name, (where, _, _) in PARITY.items():
        said = where if where.startswith("{") else f"{{{where}}}"
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nwhere: {said}\n")
    assert load_workspace(folder)[0] is not None, load_workspace(folder)[1]
    with opened(tmp_path / "data", TODAY - 40 * DAY, folder) as made:
        yield made


def test_audiences_are_equal_to_the_sql_that_people_know(whole: Whole) -> None:
    calls: list[tuple[Instant, dict[str, Any]]] = [
        (TODAY - HOUR, identify(name, f"{name}-1", TODAY - HOUR, dict(traits))) for name, traits in PEOPLE.items()
    ]
    for name, instants in FAILURES.items():
        calls += [(at, track("payment_failed", name, f"{name}-{at}", at, {"amount": 9.9})) for at in instants]
    whole.play(sorted(calls, key=lambda each: each[0]), TODAY)
    named = {whole.profile_id(f"user_id:{name}"): name for name in (*PEOPLE, *FAILURES)}
    answers = open_answers(whole.installation, whole.lake)
    for name, (_, sql, expected) in PARITY.items():
        kept = {named[each["profile_id"]] for each in answers.audiences.members(name, None, 0, 100)["members"]}
        asked = {named[row[0]] for row in answers.sql(sql, 100)["rows"]}
        assert (name, kept) == (name, expected)
        assert (name, asked) == (name, expected)
    assert answers.audience_health.run()["differences"] == []
