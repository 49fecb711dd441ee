"""The lake's profiles are the state's within one load; its versions are what a refold up to the minute gives."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.installation import open_answers, open_erasure
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.lake_tables import VIEWS
from fieldfare.flow.look_back import LookBack
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_iso
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import identifier, identifier_change
from fieldfare.know.profiles.store import profile_change, search_token
from tests.scenarios.people import LAPSES_AT, NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, opened

COUNTED = "* REPLACE (epoch_us(first_seen_at) AS first_seen_at, epoch_us(last_seen_at) AS last_seen_at)"
"""All columns, with times as the state counts them."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """The same on each database."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        yield made


def check_lake_is_current(whole: Whole) -> None:
    """Profiles, identifiers and memberships in the lake are those of the state."""
    expected = {
        profile_id: (
            document["document"][6 + 1],
            {name: fact[0] for name, fact in document["document"][1].items()},
            document["document"][5],
        )
        for profile_id, document in whole.documents().items()
    }
    rows = whole.lake.arrow(f"SELECT {COUNTED} FROM profiles").to_pylist()
    found = {
        row["profile_id"]: (row["home_location"], msgspec.json.decode(row["traits"]), row["first_seen_at"])
        for row in rows
    }
    assert len(rows) == len(found)
    assert found == expected
    rows = whole.lake.arrow("SELECT hash, kind, profile_id FROM identity_rows").to_pylist()
    owned = {(row["hash"], row["kind"], row["profile_id"]) for row in rows}
    assert len(rows) == len(owned)
    assert owned == {(row["hash"], row["kind"], row["profile_id"]) for row in whole.rows(identifier)}
    assert (whole.rows(profile_change), whole.rows(identifier_change)) == ([], [])


def test_whoever_is_merged_away_goes_and_what_time_does_comes(either: Whole) -> None:
    whole = either
    loader = whole.installation.loader(whole.lake)
    whole.play(joins("ada", NOON), NOON + HOUR)
    whole.send(visits("browser", NOON + HOUR), NOON + HOUR)
    whole.tick(NOON + HOUR)
    loader.run()
    check_lake_is_current(whole)
    whole.send(signs_in("ada", "browser", NOON + 2 * HOUR, membership_tier="basic"), NOON + 2 * HOUR)
    whole.tick(NOON + 2 * HOUR)
    loader.run()
    loader.copy_small()
    check_lake_is_current(whole)
    assert whole.lake.query("SELECT count(*) FROM profiles", 1).rows == [(1,)]
    assert whole.rows(profile_change) == []
    whole.tick(LAPSES_AT + 2 * HOUR)
    assert whole.rows(profile_change) != [], "time alone changes a profile, and the lake is told"
    loader.run()
    newest = "SELECT memberships FROM profile_versions ORDER BY as_of DESC LIMIT 1"
    assert "lapsed" in msgspec.json.decode(whole.lake.query(newest, 1).rows[0][0])


def test_a_merge_undone_and_another_one_lead_the_lake_to_whom_they_lead_now(either: Whole) -> None:
    """As many redirects as before, to others: events of the past follow at the next copy."""
    whole = either
    loader = whole.installation.loader(whole.lake)
    whole.play([*joins("ada", NOON), *joins("bob", NOON + MINUTE), *joins("cem", NOON + 2 * MINUTE)], NOON + HOUR)
    acts = open_answers(whole.installation, whole.lake, alone=True).identity

    def does(kind: str, a: str, b: str | None, *identifiers: str) -> None:
        acts.act(ActRequest(kind=kind, a=a, b=b, identifiers=list(identifiers), actor="ann", reason="asked"))

    def people_of_the_past() -> set[int]:
        rows = whole.lake.query("SELECT DISTINCT profile_id FROM events WHERE profile_id IS NOT NULL", 9).rows
        return {row[0] for row in rows}

    does("merge", "user_id:ada", "user_id:bob")
    loader.sync()
    one = {whole.profile_id(f"user_id:{each}") for each in ("ada", "bob", "cem")}
    assert people_of_the_past() == one
    assert len(one) == 2
    does("split", "user_id:ada", None, "user_id:bob", "email:bob@example.com")
    does("merge", "user_id:ada", "user_id:cem")
    loader.sync()
    other = {whole.profile_id(f"user_id:{each}") for each in ("ada", "bob", "cem")}
    assert people_of_the_past() == other
    assert other != one


def test_every_trait_tells_its_source_and_times(whole: Whole) -> None:
    whole.play(joins("ada", NOON), NOON + HOUR)
    whole.installation.loader(whole.lake).run()
    rows = whole.lake.query("SELECT trait, value, field_source, source_origin, last_synced_at FROM traits", 99).rows
    told = {row[0]: row[1:] for row in rows}
    assert told["membership_tier"][:3] == ('"plus"', "club-management", "app")
    assert to_iso(NOON) in told["membership_tier"][3].isoformat().replace("+00:00", "Z")
    assert "email" not in told
    assert "first_name" not in told


def test_a_change_while_it_is_loaded_is_loaded_again(whole: Whole) -> None:
    """The profile changes once more between the lake's read and its forgetting."""
    loader = whole.installation.loader(whole.lake)
    whole.play(joins("ada", NOON), NOON + HOUR)
    load, done = whole.lake.load, list[bool]()

    class Meanwhile:
        def load(self, stream: str, through: int, writes: Any) -> None:
            load(stream, through, writes)
            if stream == "profile_rows" and not done:
                done.append(True)
                at = NOON + HOUR + 5 * MINUTE
                whole.send(trains("ada", at), at)
                whole.clock.move_to(at)
                drain_urgent(whole.installation.pipeline)
                assert whole.installation.pipeline.apply(NORMAL)

        def __getattr__(self, name: str) -> Any:
            return getattr(whole.lake, name)

    loader._lake = Meanwhile()
    loader.run()
    assert whole.rows(profile_change) != []
    loader.run()
    check_lake_is_current(whole)


def a_few_people(whole: Whole, seed: int, load_every: int) -> list[Instant]:
    """Play people who train, tell traits, browse and sign in, seconds to days apart; return the instants."""
    draw = random.Random(seed)
    at, instants = NOON, []
    loader = whole.installation.loader(whole.lake)
    for number in range(60):
        at += draw.choice([SECOND, 20 * SECOND, 3 * MINUTE, DAY])
        act = draw.choice(["train", "visit", "sign in", "tell", "tell"])
        who = draw.choice("ab" if act in {"visit", "sign in"} else "abcde")
        match act:
            case "train":
                call = trains(who, at)
            case "visit":
                call = visits(f"browser-{who}", at)
            case "sign in":
                call = signs_in(who, f"browser-{who}", at)
            case _:
                call = signs_in(who, f"phone-{who}", at, membership_tier=draw.choice(["basic", "plus"]), visit=number)
        whole.send(call, at)
        if draw.random() < 0.6:
            whole.tick(at)
        if number % load_every == 0:
            loader.run()
        instants.append(at)
    whole.tick(at + HOUR)
    loader.sync()
    return instants


def versions_at(whole: Whole, at: Instant) -> dict[int, Any]:
    rows = whole.lake.query(f"SELECT {COUNTED} FROM profiles_as_of(TIMESTAMPTZ '{to_iso(at)}')", 1_000)
    named = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    return {
        row["profile_id"]: {
            "traits": msgspec.json.decode(row["traits"]),
            "home_location": row["home_location"],
            "audiences": set(msgspec.json.decode(row["memberships"])),
            "seen": (row["first_seen_at"], row["last_seen_at"]),
        }
        for row in named
    }


def refolded_at(back: LookBack, profile_id: int, at: Instant) -> Any:
    document = back.document(frozenset({profile_id}), at)
    return {
        "traits": {name: fact.value for name, fact in document.traits.items()},
        "home_location": document.home_location,
        "audiences": set(document.memberships),
        "seen": (document.first_seen_at, document.last_seen_at),
    }


def check_versions_are_refolds(whole: Whole, minutes: list[Instant]) -> int:
    back = LookBack(whole.lake, whole.stores.keys, whole.installation.people)
    compared = 0
    merged = {row[0] for row in whole.lake.query("SELECT profile_id FROM redirects", 1_000).rows}
    merged |= {row[0] for row in whole.lake.query("SELECT into_id FROM redirects", 1_000).rows}
    for at in minutes:
        for profile_id, version in versions_at(whole, at).items():
            if profile_id not in merged:  # whose events were whose before a merge, versions know and a refold does not
                assert version == refolded_at(back, profile_id, at), (profile_id, to_iso(at))
                compared += 1
    return compared


@pytest.mark.parametrize(("seed", "load_every"), [(1, 1), (2, 7), (3, 100)])
def test_the_version_at_a_minute_is_the_refold_at_it(whole: Whole, seed: int, load_every: int) -> None:
    instants = a_few_people(whole, seed, load_every)
    minutes = sorted({(at // MINUTE + later) * MINUTE for at in instants for later in (0, 1)})
    assert check_versions_are_refolds(whole, minutes) > 50
    assert versions_at(whole, NOON) == {}


def test_planted_a_version_that_knows_its_future_is_seen(whole: Whole) -> None:
    instants = a_few_people(whole, 1, 1)
    minutes = sorted({(at // MINUTE + 1) * MINUTE for at in instants})
    whole.lake._connection.execute(f"UPDATE profile_versions SET as_of = as_of - {10 * MINUTE}")
    with pytest.raises(AssertionError):
        check_versions_are_refolds(whole, minutes)


def test_of_somebody_who_was_erased_nothing_is_found_and_no_version_is_left(whole: Whole) -> None:
    whole.play([*joins("ada", NOON, last_name="Byron"), *joins("bob", NOON + MINUTE)], NOON + HOUR)
    whole.send(trains("ada", NOON + DAY), NOON + DAY)
    whole.tick(NOON + DAY)
    whole.installation.loader(whole.lake).sync()
    ada = whole.profile_id("user_id:ada")
    open_erasure(whole.installation, whole.lake).erase("user_id:ada", "privacy officer", "a request")
    check_lake_is_current(whole)
    assert {row["profile_id"] for row in whole.rows(search_token)} == {whole.profile_id("user_id:bob")}
    asked = (
        f"SELECT count(*) FILTER (traits IS NOT NULL), bool_and(gone) FROM profile_versions WHERE profile_id = {ada}"
    )
    assert whole.lake.query(asked, 1).rows == [(0, True)]
    assert set(versions_at(whole, whole.clock.now() + HOUR)) == {whole.profile_id("user_id:bob")}


def test_who_is_taken_apart_again_is_in_the_lake_as_before(either: Whole) -> None:
    whole, at = either, NOON + DAY
    whole.play(joins("ada", NOON), NOON + HOUR)
    whole.send(visits("browser", NOON + HOUR), NOON + HOUR)
    whole.tick(NOON + HOUR)
    loader = whole.installation.loader(whole.lake)
    loader.sync()
    before = versions_at(whole, NOON + 2 * HOUR)
    whole.send(signs_in("ada", "browser", at), at)
    whole.tick(at)
    loader.sync()
    assert len(versions_at(whole, at + HOUR)) == 1
    answers = open_answers(whole.installation, whole.lake, alone=True).identity
    asked = ActRequest(kind="split", a="user_id:ada", identifiers=["anonymous_id:browser"], actor="me", reason="a test")
    answers.act(asked)
    whole.tick(at + HOUR)
    loader.sync()
    check_lake_is_current(whole)
    after = versions_at(whole, at + DAY)
    assert after.keys() == before.keys()
    assert after[whole.profile_id("anonymous_id:browser")] == before[whole.profile_id("anonymous_id:browser")]


def test_views_tell_every_time_as_an_instant(whole: Whole) -> None:
    """Raw tables count microseconds, views say TIMESTAMPTZ; `facts` is as conditions count."""
    whole.installation.loader(whole.lake).sync()
    for view in VIEWS:
        if view.name == "facts":
            continue
        asked = f"{view.name}(TIMESTAMPTZ '2025-03-01 00:00:00+00')" if view.parameters else view.name
        rows = whole.lake.query(f"DESCRIBE SELECT * FROM {asked}", 100).rows
        numbers = [name for name, kind, *_ in rows if kind == "BIGINT" and name.endswith(("_at", "_since", "as_of"))]
        assert numbers == [], view.name
