"""Memberships over time: who was in an audience when, why, by which definition; relaxed ones; by a query."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from fieldfare.assembly.installation import open_answers, open_backfill, open_erasure
from fieldfare.cli.serve import require_applied
from fieldfare.collect.model import Mode
from fieldfare.flow.answers import Answers
from fieldfare.flow.generate.calls import identify
from fieldfare.flow.lake_memberships import TABLES_OF_AUDIENCES
from fieldfare.flow.work import decode_document, encode_document
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, to_iso
from fieldfare.know.audiences import store
from fieldfare.know.audiences.causes import LIVE, Cause
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import LAPSES_AT, NOON, joins, trains
from tests.scenarios.whole import Whole, opened

MIDNIGHT = NOON + 12 * HOUR
"""The local midnight after."""
QUERIED = """audience: queried
description: Came at all, by the events themselves.
refresh: hourly
sql: |
  SELECT DISTINCT profile_id FROM events WHERE name = 'check_in' -- a note
"""
MORE = {
    "nightly_comers": "audience: nightly_comers\nrefresh: nightly\nwhere: {did: check_in, within: 3 days}\n",
    "queried": QUERIED,
    "queried_active": """audience: queried_active
where: {all: [{in: queried}, {trait: membership_status, is: active}]}
""",
}

FEWER: tuple[str, ...] = (
    "atlantic_peak",
    "counter_spenders",
    "high_frequency_visitors",
    "missed_classes",
    "off_season_lurkers",
)
FEWER += ("at_risk", "new_signups_slow_start", "recent_signups", "payment_open", "weekend_only")


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    for name in FEWER:
        (folder / "audiences" / f"{name}.yaml").unlink()
    for name, said in MORE.items():
        (folder / "audiences" / f"{name}.yaml").write_text(said)
    with opened(tmp_path / "data", NOON, folder) as made:
        open_backfill(made.installation, made.lake).begin()
        yield made


def answers_of(whole: Whole) -> Answers:
    return open_answers(whole.installation, whole.lake, alone=True)


def changes(whole: Whole, audience: str) -> list[tuple[Instant, bool, str]]:
    rows = [row for row in whole.memberships() if row["audience"] == audience]
    return sorted((row["at"], row["joined"], row["cause"]) for row in rows)


def members(whole: Whole, audience: str, at: Instant | None = None) -> list[int]:
    found = answers_of(whole).audiences.members(audience, None if at is None else to_iso(at), 0, 100)
    assert found["size"] == len(found["members"])
    return [each["profile_id"] for each in found["members"]]


def test_who_was_in_it_when_and_by_which_definition(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), LAPSES_AT + DAY)
    back = LAPSES_AT + 2 * DAY
    whole.play([(back, trains("m-1", back))], back + HOUR)
    one = whole.profile_id("user_id:m-1")
    assert changes(whole, "lapsed") == [(LAPSES_AT, True, "time"), (back, False, "event")]
    moments = (LAPSES_AT - 1, LAPSES_AT, back - 1, back)
    assert [members(whole, "lapsed", at) for at in moments] == [[], [one], [one], []]
    assert members(whole, "lapsed") == []
    stays = [
        each for each in answers_of(whole).audiences.history("user_id:m-1")["stays"] if each["audience"] == "lapsed"
    ]
    digest = whole.workspace.audiences["lapsed"].digest
    assert [(each["joined_by"], each["left_by"], each["definition"]) for each in stays] == [("time", "event", digest)]
    with pytest.raises(CallerError) as caught:
        answers_of(whole).audiences.members("lapsed", "2030-01-01", 0, 10)
    assert caught.value.code == "at_invalid"


def test_a_merge_keeps_each_stay_and_counts_a_person_once(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    whole.play([(NOON + HOUR, trains("m-2", NOON + HOUR))], NOON + HOUR)
    active = {"membership_status": "active"}
    whole.play([(NOON + 2 * HOUR, identify("m-2", "i-2", NOON + 2 * HOUR, active))], LAPSES_AT + DAY)
    one, two = whole.profile_id("user_id:m-1"), whole.profile_id("user_id:m-2")
    assert members(whole, "lapsed") == sorted([one, two])
    merged = LAPSES_AT + DAY + HOUR
    answers_of(whole).identity.act(_merge("user_id:m-1", "user_id:m-2"))
    whole.clock.move_to(merged)
    whole.tick(merged)
    standing = whole.profile_id("user_id:m-2")
    assert members(whole, "lapsed") == [standing]
    assert members(whole, "lapsed", LAPSES_AT + DAY) == [standing], "merged later, and one person"
    rows = [row for row in whole.memberships() if row["cause"] == "merge" and row["audience"] == "lapsed"]
    assert {row["joined"] for row in rows} == {True, False}
    assert {row["definition"] for row in rows} == {whole.workspace.audiences["lapsed"].digest}
    growth = answers_of(whole).audiences.growth("lapsed", 5)["days"]
    assert [(each["joined"], each["left"], each["size"]) for each in growth if each["joined"] or each["left"]] == [
        (2, 0, 2),
        (0, 1, 1),
    ]


def _merge(one: str, other: str) -> Any:
    from fieldfare.flow.identity_answers import ActRequest

    return ActRequest(kind="merge", a=one, b=other, actor="kim", reason="the same")


def test_only_live_causes_start_a_journey_and_every_cause_has_a_name(whole: Whole) -> None:
    past = NOON - 40 * DAY
    calls = [call for _, call in joins("m-1", past)]
    whole.send(calls, NOON, mode=Mode.BACKFILL)
    whole.tick(NOON + HOUR)
    assert ("backfill", True) in {(cause, joined) for _, joined, cause in changes(whole, "lapsed")}
    assert whole.enrollments() == []
    back = NOON + 2 * HOUR
    whole.play([(back, trains("m-1", back))], back)
    whole.play(joins("m-2", back), LAPSES_AT + DAY)
    assert {each["journey"] for each in whole.enrollments() if each["entered_at"] >= LAPSES_AT} == {"win-back"}
    whole.rebuild()
    open_erasure(whole.installation, whole.lake).erase("user_id:m-2", "kim", "asked")
    causes = {row["cause"] for row in whole.memberships()}
    assert causes >= {"event", "time", "backfill", "erasure"}
    assert causes <= {each.value for each in Cause}
    live = {row["event_id"] for row in whole.memberships() if row["joined"] and row["cause"] in LIVE}
    assert all(row["event_id"] for row in whole.memberships() if row["cause"] != "erasure")
    assert live


def test_a_relaxed_audience_follows_at_local_midnight_and_the_comparison_knows(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    assert changes(whole, "nightly_comers") == []
    why = answers_of(whole).audiences.why("user_id:m-1", "nightly_comers")
    assert (why["is_member"], why["holds_now"], why["follows_at"]) == (False, True, to_iso(MIDNIGHT))
    assert answers_of(whole).audience_health.run()["differences"] == [], "it is only behind until midnight"
    whole.tick(NOON + 10 * DAY)
    assert changes(whole, "nightly_comers") == [(MIDNIGHT, True, "time"), (MIDNIGHT + 3 * DAY, False, "time")]
    assert answers_of(whole).audience_health.run()["differences"] == []


def test_a_query_is_run_on_schedule_and_starts_no_journey(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + MINUTE)
    queried = answers_of(whole).queried
    assert queried.run_due() == 1, "it never ran"
    assert queried.run_due() == 0
    now = whole.clock.now()
    assert changes(whole, "queried") == [(now, True, "refresh")]
    assert changes(whole, "queried_active") == [(now, True, "refresh")], "what asks for it follows, by the same cause"
    whole.play(joins("m-2", NOON + 10 * MINUTE), NOON + 20 * MINUTE)
    assert queried.run_due() == 0, "the hour is not over"
    whole.tick(NOON + HOUR)
    assert queried.run_due() == 1
    both = [whole.profile_id("user_id:m-1"), whole.profile_id("user_id:m-2")]
    assert members(whole, "queried") == sorted(both)
    assert [each["journey"] for each in whole.enrollments() if each["entered_at"] >= NOON + HOUR] == []
    whole.rebuild()
    assert members(whole, "queried") == sorted(both), "a rebuild leaves whom the query named"
    assert answers_of(whole).audience_health.run()["differences"] == []
    open_erasure(whole.installation, whole.lake).erase("user_id:m-1", "kim", "asked")
    assert members(whole, "queried") == both[1:]
    whole.tick(NOON + 2 * HOUR)
    assert queried.run("queried")["ok"]
    assert members(whole, "queried") == both[1:], "who is gone does not come back"


def test_a_query_that_fails_keeps_its_members_and_says_so(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + MINUTE)
    answers_of(whole).queried.run_due()
    before = members(whole, "queried")
    assert before
    path = whole.stores.folder.parent / "workspace" / "audiences" / "queried.yaml"
    path.write_text(QUERIED.replace("name = 'check_in'", "CAST(name AS INTEGER) = 3"))
    whole.use(path.parent.parent)
    with pytest.raises(ConfigError, match="fieldfare apply"):
        answers_of(whole).queried.run_due()
    with pytest.raises(ConfigError, match="fieldfare apply"):
        answers_of(whole).audience_health.run()
    open_backfill(whole.installation, whole.lake).begin()
    whole.use(path.parent.parent)
    queried = answers_of(whole).queried
    assert queried.run_due() == 1, "its definition is new"
    assert queried.run_due() == 0, "it is tried again at the next boundary"
    assert members(whole, "queried") == before
    shown = answers_of(whole).audiences.show("queried")["last_run"]
    assert (shown["ok"], shown["code"], shown["members"]) == (False, "sql_invalid", 1)
    assert answers_of(whole).status()["audiences"]["failed_queries"] == {"queried": "sql_invalid"}


class Killed(BaseException):
    pass


def test_a_crash_between_query_and_edges_leaves_pages_that_the_next_run_completes(whole: Whole) -> None:
    from fieldfare.flow import queried_audiences

    for number in range(3):
        whole.play(joins(f"m-{number}", NOON + number * MINUTE), NOON + (number + 1) * MINUTE)
    queried = answers_of(whole).queried

    class Dying(type(queried)):  # type: ignore[misc]
        pages = 0

        def _place(self, *arguments: Any, **named: Any) -> None:
            self.pages += 1
            if self.pages == 2:
                raise Killed
            super()._place(*arguments, **named)

    assert queried_audiences.PAGE > 3
    queried.__class__ = Dying
    queried.page = 1
    with pytest.raises(Killed):
        queried.run_due()
    assert len(changes(whole, "queried")) == 1
    again = answers_of(whole).queried
    assert again.run_due() == 1
    assert len(members(whole, "queried")) == 3
    assert len(changes(whole, "queried")) == 3, "nobody joins twice"


def test_planted_faults_are_found_by_the_comparison(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), LAPSES_AT + DAY)
    whole.play(joins("m-2", LAPSES_AT + DAY), LAPSES_AT + DAY + HOUR)
    health = answers_of(whole).audience_health
    assert health.run()["differences"] == []
    one, two = whole.profile_id("user_id:m-1"), whole.profile_id("user_id:m-2")
    _forget(whole, one, "lapsed")
    found = {(each["audience"], each["profile_id"]): each for each in health.run()["differences"]}
    assert found[("lapsed", one)] | {"audience": "", "profile_id": 0} == {
        "audience": "",
        "profile_id": 0,
        "kept": False,
        "recorded": True,
        "answered": True,
        "evaluated": True,
    }
    told = health.latest()
    flagged = [
        (each["audience"], each["value"])
        for each in told["findings"]
        if each["metric"] == "differences" and each["value"]
    ]
    assert flagged == [("lapsed", 1.0)]
    assert answers_of(whole).status()["audiences"]["differences"] == 1
    wanted = "SELECT audience, profile_id, kept, answered FROM membership_differences"
    rows = answers_of(whole).sql(wanted, 10)["rows"]
    assert ["lapsed", one, False, True] in rows
    # Recorded and kept agree, and the lake knows better: an edge that never came.
    with whole.stores.state.write() as connection:
        store.insert_changes(
            connection,
            [
                {"audience": "lapsed", "profile_id": two, "joined": True, "at": whole.clock.now(), "cause": "event"}
                | {"event_id": "planted", "definition": None}
            ],
        )
    _forget(whole, two, None, add="lapsed")
    assert ("lapsed", two) in {(each["audience"], each["profile_id"]) for each in health.run("lapsed")["differences"]}


def test_a_kept_number_of_members_that_is_wrong_is_set_right_at_night(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), LAPSES_AT + DAY)
    with whole.stores.state.write() as connection:
        store.add_sizes(connection, {"lapsed": 5, "vips": -1, "queried": 2})
    answers = answers_of(whole)
    sizes = {row["audience"]: row["size"] for row in answers.audiences.overview()}
    assert (sizes["lapsed"], answers.audiences.show("lapsed")["size"]) == (6, 6), "the fault is planted"
    answers.audience_health.run("vips")
    sizes = {row["audience"]: row["size"] for row in answers.audiences.overview()}
    assert (sizes["lapsed"], sizes["vips"], sizes["queried"]) == (1, 0, 0)


def _forget(whole: Whole, profile_id: int, audience: str | None, add: str | None = None) -> None:
    """Plant a fault: change a document behind everybody's back."""
    with whole.stores.state.write() as connection:
        ((_, body, _),) = profile_store.load(connection, [profile_id])
        document = decode_document(profile_id, body)
        if audience is not None:
            del document.memberships[audience]
        if add is not None:
            document.memberships[add] = whole.clock.now()
        profile_store.save(connection, [{"profile_id": profile_id, "body": encode_document(document)}])
        now = whole.clock.now()
        profile_store.note_changes(connection, [{"profile_id": profile_id, "minute": now // MINUTE, "stamp": now}])


def test_definitions_are_recorded_and_counted(whole: Whole) -> None:
    health = answers_of(whole).audience_health
    health.begin()
    health.begin()
    path = whole.stores.folder.parent / "workspace" / "audiences" / "nightly_comers.yaml"
    path.write_text(MORE["nightly_comers"].replace("3 days", "4 days"))
    whole.use(path.parent.parent)
    answers_of(whole).audience_health.begin()
    found = answers_of(whole).audiences.show("nightly_comers")["versions"]
    assert [(each["version"], each["meaning"]) for each in found] == [
        (1, "did check_in, within the last 3 days"),
        (2, "did check_in, within the last 4 days"),
    ]


def test_the_nightly_look_runs_once_a_day_at_its_hour(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    health = answers_of(whole).audience_health
    assert health.run_due(whole.clock.now()), "the hour of today has passed already"
    assert not health.run_due(whole.clock.now())
    whole.tick(MIDNIGHT + 3 * HOUR)
    assert not health.run_due(whole.clock.now())
    whole.tick(MIDNIGHT + 4 * HOUR)
    assert health.run_due(whole.clock.now())
    sizes = answers_of(whole).sql("SELECT count(*), count(DISTINCT day) FROM audience_health WHERE metric = 'size'", 1)
    assert sizes["rows"] == [[2 * len(whole.workspace.audiences), 2]]


def test_numbers_of_an_audience(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    whole.play(joins("m-2", NOON + HOUR, membership_tier="basic"), LAPSES_AT + DAY)
    answers = answers_of(whole).audiences
    found = answers.breakdown("lapsed", "membership_tier", 10)
    assert [(row["value"], row["members"], row["profiles"]) for row in found["values"]] == [
        ("basic", 1, 1),
        ("plus", 1, 1),
    ]
    assert answers.breakdown("lapsed", "location", 1)["others"] == 0
    both = answers.overlap(["lapsed", "7_day_inactive", "vips"])
    assert both["both"] == [[2, 2, 0], [2, 2, 0], [0, 0, 0]]
    growth = answers.growth("lapsed", 3)["days"]
    assert [(each["joined"], each["joined_live"], each["size"]) for each in growth][-2:] == [(2, 2, 2), (0, 0, 2)]
    with pytest.raises(CallerError) as caught:
        answers.breakdown("lapsed", "email", 10)
    assert caught.value.code == "breakdown_personal"
    with pytest.raises(CallerError) as caught:
        answers.show("lapst")
    assert caught.value.code == "audience_unknown"
    assert "`lapsed`" in caught.value.message
    overview = {row["audience"]: row for row in answers.overview()}
    assert overview["lapsed"]["used_by"] == ["journey win-back"]
    assert not overview["queried"]["is_exact"]
    assert overview["queried"]["used_by"] == ["audience queried_active"]


def test_a_server_needs_another_definition_applied_when_only_the_refresh_changes(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + HOUR)
    path = whole.stores.folder.parent / "workspace" / "audiences" / "nightly_comers.yaml"
    path.write_text(MORE["nightly_comers"].replace("refresh: nightly\n", ""))
    whole.use(path.parent.parent)
    with pytest.raises(ConfigError, match="fieldfare apply"):
        require_applied(whole.installation)
    backfill = open_backfill(whole.installation, whole.lake)
    backfill.begin()
    backfill.run()
    assert [joined for _, joined, _ in changes(whole, "nightly_comers")] == [True]


def test_the_lake_has_every_table_of_audiences(whole: Whole) -> None:
    found = {row[0] for row in answers_of(whole).sql("SELECT table_name FROM duckdb_tables()", 100)["rows"]}
    assert {table.name for table in TABLES_OF_AUDIENCES} <= found


def test_the_log_of_exports_is_append_only(whole: Whole) -> None:
    row = {"at": 1, "actor": "a", "reason": "r", "audience": "x", "definition": "d", "purpose": "p", "channel": None}
    row |= {"form": "csv", "fields": "[]", "rows": 1, "withheld": 0, "revealed": False}
    with whole.stores.state.write() as connection:
        store.insert_export(connection, row)
    for change in (update(store.audience_export).values(rows=0), text("DELETE FROM audience_export")):
        with pytest.raises(Exception, match="append-only"), whole.stores.state.write() as connection:
            connection.execute(change)
