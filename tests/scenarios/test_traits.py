"""Traits in the whole product: whose word counts, retention to the instant, the zone of a person, the lake."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.answering import open_trait_answers
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.trait_answers import reveal_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, to_iso
from fieldfare.know.profiles.store import reveal
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import ENVIRON, Whole, a_rebuild_changes_nothing, opened

SOURCES = """
  - {name: till, write_key: "${TILL}", system: counter}
  - {name: scores, write_key: "${SCORES}", infers: true, confidence: 60}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(FITNESS, folder)
    (folder / "workspace.yaml").write_text((folder / "workspace.yaml").read_text() + SOURCES)
    return folder


@pytest.fixture
def whole(tmp_path: Path, workspace: Path) -> Iterator[Whole]:
    environ = {**ENVIRON, "TILL": "t", "SCORES": "s"}
    with opened(tmp_path / "data", NOON, workspace, environ=environ) as made:
        yield made


def trait(whole: Whole, name: str) -> dict[str, Any]:
    found: dict[str, Any] = whole.installation.look.profile("user_id:m-1", whole.clock.now())["traits"][name]
    return found


def says(whole: Whole, source: str, **traits: Any) -> None:
    now = whole.clock.now()
    whole.send(identify("m-1", f"{source}-{now}-{sorted(traits)}", now, traits), now, source)
    whole.tick(now)


def test_whose_word_counts(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    says(whole, "till", membership_tier="basic", hobby="rowing")
    assert trait(whole, "membership_tier") == {
        "value": "plus",
        "sealed": False,
        "field_source": "club-management",
        "source_origin": "app",
        "basis": "declared",
        "confidence": 100,
        "occurred_at": to_iso(NOON),
        "last_synced_at": to_iso(NOON),
    }
    whole.tick(NOON + 2 * HOUR)
    says(whole, "scores", hobby="chess", mood="fine")
    assert trait(whole, "hobby")["value"] == "rowing"
    assert (trait(whole, "mood")["basis"], trait(whole, "mood")["confidence"]) == ("inferred", 60)
    assert (trait(whole, "email")["value"], trait(whole, "email")["basis"]) == (None, "verified")
    says(whole, "app", favourite_class="spin")
    assert "favourite_class" not in whole.installation.look.profile("user_id:m-1", NOON)["traits"]
    a_rebuild_changes_nothing(whole)


def test_the_lake_shows_where_traits_come_from(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.arrow("SELECT * FROM traits ORDER BY trait").to_pylist()
    told = {row["trait"]: row for row in rows}
    assert "email" not in told
    assert told["membership_tier"]["value"] == '"plus"'
    assert (told["membership_tier"]["field_source"], told["membership_tier"]["source_origin"]) == (
        "club-management",
        "app",
    )


def test_a_value_is_dropped_when_its_time_is_over(whole: Whole) -> None:
    whole.play(joins("m-1", NOON, marketing_hold=True), NOON + HOUR)
    ends_at = NOON + 365 * DAY
    whole.tick(ends_at - 1)
    assert trait(whole, "marketing_hold")["value"] is True
    assert whole.next_at() == ends_at
    whole.tick(ends_at)
    assert trait(whole, "marketing_hold")["value"] is None
    a_rebuild_changes_nothing(whole)
    whole.send(identify("m-1", "old-news", NOON - DAY, {"marketing_hold": True}), ends_at)
    whole.tick(ends_at + HOUR)
    assert trait(whole, "marketing_hold")["value"] is None, "it was over before it came"


def test_the_zone_of_a_person_follows_a_long_stay(whole: Whole) -> None:
    def zone() -> dict[str, str]:
        found: dict[str, str] = whole.installation.look.profile("user_id:m-1", whole.clock.now())["time_zone"]
        return found

    says(whole, "app", email="m-1@example.com")
    assert zone() == {"zone": "Europe/Berlin", "source": "workspace"}
    says(whole, "app", phone="+12125550123")
    assert zone() == {"zone": "America/New_York", "source": "phone"}
    whole.play([(NOON + HOUR, trains("m-1", NOON + HOUR))], NOON + HOUR)
    assert zone() == {"zone": "Europe/Berlin", "source": "location"}
    for day in range(20):
        at = NOON + (day + 1) * DAY
        call = track("app_opened", "m-1", f"open-{day}", at, {})
        call["context"] = {**call["context"], "timezone": "Europe/Lisbon" if day < 10 else "Asia/Tokyo"}
        whole.send(call, at)
        whole.tick(at)
        assert zone() == {"zone": "Europe/Lisbon" if day < 16 else "Asia/Tokyo", "source": "device"}
    says(whole, "app", time_zone="Europe/Paris")
    assert zone() == {"zone": "Europe/Paris", "source": "trait"}
    a_rebuild_changes_nothing(whole)


def test_every_value_is_explained_and_agrees_with_the_profile(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    says(whole, "till", membership_tier="basic")
    says(whole, "scores", membership_tier="premium")
    answers = open_trait_answers(whole.installation, whole.lake)
    found = answers.explain("user_id:m-1", "membership_tier")
    assert [(each["value"], each["reason"]) for each in found["values"]] == [
        ("plus", None),
        ("basic", "lower_source"),
        ("premium", "inferred"),
    ]
    survivor = found["values"][0]
    shown = trait(whole, "membership_tier")
    assert {name: survivor[name] for name in shown} == shown
    assert found["declared"]["owner"] == "club-management"


def test_sealed_values_are_shown_to_those_alone_who_sign(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    says(whole, "till", email="other@example.com")
    answers = open_trait_answers(whole.installation, whole.lake)
    masked = answers.explain("user_id:m-1", "email")
    assert [(each["value"], each["sealed"], each["reason"]) for each in masked["values"]] == [
        (None, True, None),
        (None, True, "lower_source"),
    ]
    assert whole.rows(reveal) == []
    opened_ = answers.explain("user_id:m-1", "email", reveal_of("kim", "a complaint"))
    assert [each["value"] for each in opened_["values"]] == ["m-1@example.com", "other@example.com"]
    (row,) = whole.rows(reveal, "seq", "at")
    assert row == {"actor": "kim", "reason": "a complaint", "what": "trait email", "profile_id": masked["profile_id"]}
    for actor, reason in ((None, "why"), ("kim", " "), ("", "why")):
        with pytest.raises(CallerError, match="name and a reason"):
            reveal_of(actor, reason)
