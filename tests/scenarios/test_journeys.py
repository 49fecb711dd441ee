"""Journeys in the whole product: every way in, what walks let happen, who rests for whom, editing while people walk."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.installation import open_answers, open_backfill
from fieldfare.decide.journeys import store as journey_store
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, parse_iso, to_iso
from fieldfare.network.calendars.wall import iso_local
from tests.scenarios.example_engine import FITNESS, take_journeys_from
from tests.scenarios.whole import Whole, opened

START = parse_iso("2026-03-02T09:00:00Z")
TRAITS = {
    "renews_on": {"type": "date"},
    "party_day": {"type": "number"},
    "nudged": {"type": "boolean"},
    "tier": {"type": "text"},
    "ring": {"type": "text"},
}
SEND = {"send": {"channel": "email", "template": "payment_failed", "purpose": "transactional", "expires": "1 day"}}

Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Return what makes a workspace of the fitness example with these journeys in place of its own."""

    def make(*journeys: dict[str, Any], name: str = "workspace") -> Path:
        folder = tmp_path / name
        shutil.copytree(FITNESS, folder)
        take_journeys_from(folder)
        (folder / "journeys").mkdir()
        for journey in journeys:
            text = msgspec.yaml.encode({"purpose": "transactional", **journey})
            (folder / "journeys" / f"{journey['journey']}.yaml").write_bytes(text)
        traits = msgspec.yaml.decode((folder / "traits.yaml").read_bytes())
        traits["traits"] |= TRAITS
        (folder / "traits.yaml").write_bytes(msgspec.yaml.encode(traits))
        return folder

    return make


def identify(user: str, at: Instant, **traits: Any) -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": user,
        "messageId": f"i-{user}-{at}",
        "timestamp": to_iso(at),
        "traits": {"email": f"{user}@example.com", **traits},
    }


def track(name: str, user: str, at: Instant, **properties: Any) -> dict[str, Any]:
    own_id = f"t-{name}-{user}-{at}-{sorted(properties.items())}"
    return {
        "type": "track",
        "event": name,
        "userId": user,
        "messageId": own_id,
        "timestamp": to_iso(at),
        "properties": properties,
    }


def walks(whole: Whole, journey: str) -> list[dict[str, Any]]:
    found = [each for each in whole.enrollments() if each["journey"] == journey]
    return sorted(found, key=lambda each: (each["entered_at"], each["id"]))


def counted(whole: Whole) -> dict[str, dict[str, int]]:
    with whole.stores.state.read() as connection:
        return journey_store.tallies(connection, 0)


def test_dates_and_schedules_let_people_in_at_their_own_time(tmp_path: Path, made: Made) -> None:
    workspace = made(
        {
            "journey": "renewal-soon",
            "entry": {"date": {"trait": "renews_on", "before": "30 days", "at": "09:30"}},
            "steps": [SEND],
        },
        {
            "journey": "birthday",
            "entry": {"date": {"trait": "party_day", "before": "7 days", "at": "08:30", "yearly": True}},
            "steps": [SEND],
        },
        {
            "journey": "monday",
            "entry": {"schedule": {"of": "payment_open", "at": "08:30", "weekdays": ["mon"]}},
            "steps": [{"exit": "said"}],
        },
    )
    with opened(tmp_path / "data", START, workspace) as whole:
        whole.send(identify("ada", START, renews_on="2026-05-01", party_day=80, time_zone="America/New_York"), START)
        whole.tick(START + 60 * DAY)
        (soon,) = walks(whole, "renewal-soon")
        assert iso_local(soon["entered_at"], "America/New_York") == "2026-04-01 09:30"
        (birthday,) = walks(whole, "birthday")
        assert iso_local(birthday["entered_at"], "America/New_York") == "2026-03-13 08:30"
        assert walks(whole, "monday") == []
        whole.tick(START + 380 * DAY)
        assert [iso_local(each["entered_at"], "America/New_York") for each in walks(whole, "birthday")] == [
            "2026-03-13 08:30",
            "2027-03-13 08:30",
        ]


def test_a_schedule_beats_for_members_alone_once_a_day_through_both_changes_of_clocks(
    tmp_path: Path, made: Made
) -> None:
    daily = {
        "journey": "daily",
        "entry": {"schedule": {"of": "everybody", "at": "08:30"}},
        "steps": [{"exit": "said"}],
    }
    workspace = made(daily)
    everybody = {"audience": "everybody", "owner": "clubs", "where": {"trait": "tier", "is": "gold"}}
    (workspace / "audiences" / "everybody.yaml").write_bytes(msgspec.yaml.encode(everybody))
    for zone in ("Europe/Lisbon", "America/New_York"):
        with opened(tmp_path / zone.replace("/", "-"), START, workspace) as whole:
            whole.send(identify("ada", START, tier="gold", time_zone=zone), START)
            whole.send(identify("bob", START, tier="tin", time_zone=zone), START)
            whole.tick(START + 40 * DAY)
            local = [iso_local(each["entered_at"], zone) for each in walks(whole, "daily")]
            assert {text[11:] for text in local} == {"08:30"}
            assert len({text[:10] for text in local}) == len(local) == 40


def test_the_api_asks_and_the_rules_decide(tmp_path: Path, made: Made) -> None:
    asked = {"journey": "asked", "entry": {"api": True, "if": {"trait": "tier", "is": "gold"}}, "steps": [SEND]}
    closed = {"journey": "closed", "entry": {"event": "check_in"}, "steps": [SEND]}
    with opened(tmp_path / "data", START, made(asked, closed)) as whole:
        whole.send([identify("ada", START, tier="gold"), identify("bob", START, tier="tin")], START)
        whole.tick(START + HOUR)
        journeys = open_answers(whole.installation, whole.lake).journeys
        for user in ("ada", "bob", "ada"):
            journeys.enroll("asked", f"user_id:{user}", None, {}, "once")
        whole.tick(START + 2 * HOUR)
        assert [each["profile_id"] for each in walks(whole, "asked")] == [whole.profile_id("user_id:ada")]
        assert counted(whole)["asked"] == {"entered": 1, "ended:end": 1, "refused:condition": 1}
        for name, code in (("closed", "journey_not_by_call"), ("nothing", "journey_unknown")):
            with pytest.raises(CallerError) as refused:
                journeys.enroll(name, "user_id:ada", None, {}, None)
            assert refused.value.code == code
        assert [each["journey"] for each in journeys.of("user_id:ada")["walks"]] == ["asked"]
        assert journeys.show("asked")["refused"][0]["reason"] == "condition"
        assert {each["journey"]: each["entered"] for each in journeys.all()} == {"asked": 1, "closed": 0}


def test_walks_by_key_live_beside_each_other_and_a_storm_is_bounded(tmp_path: Path, made: Made) -> None:
    booking = {
        "journey": "booking",
        "entry": {"event": "session_booked", "key": "class_id", "reentry": "always"},
        "exit": [{"event": "class_cancelled"}],
        "steps": [{"wait": "2 days"}, SEND],
    }
    with opened(tmp_path / "data", START, made(booking)) as whole:
        whole.send(identify("ada", START), START)
        for number in range(30):
            at = START + number * MINUTE
            whole.send(track("session_booked", "ada", at, class_id=f"c{number}"), at)
        whole.tick(START + HOUR)
        assert len(walks(whole, "booking")) == 20
        assert counted(whole)["booking"]["refused:storm"] == 10
        whole.send(track("class_cancelled", "ada", START + 2 * HOUR, class_id="c3"), START + 2 * HOUR)
        whole.tick(START + 3 * HOUR)
        assert [each["key"] for each in walks(whole, "booking") if each["end_reason"] == "event"] == ["c3"]


def test_what_walks_let_happen_comes_back_through_the_log(tmp_path: Path, made: Made) -> None:
    first = {
        "journey": "first",
        "entry": {"event": "check_in"},
        "writes": ["nudged"],
        "steps": [{"set": {"nudged": True}}, {"journey": "second"}],
    }
    second = {
        "journey": "second",
        "entry": {"event": "never_happens", "if": {"trait": "nudged", "is": True}},
        "steps": [SEND],
    }
    with opened(tmp_path / "data", START, made(first, second)) as whole:
        whole.send([identify("ada", START), track("check_in", "ada", START)], START)
        whole.tick(START + MINUTE)
        assert whole.installation.look.profile("user_id:ada", START)["traits"]["nudged"]["value"] is True
        assert [each["hops"] for each in walks(whole, "second")] == [1]
        assert len(whole.sent("payment_failed")) == 1


def test_two_journeys_that_start_each_other_come_to_an_end(tmp_path: Path, made: Made) -> None:
    ring = [
        {
            "journey": name,
            "entry": {"event": "check_in" if name == "one" else "unused", "reentry": "always"},
            "steps": [{"journey": other}],
        }
        for name, other in (("one", "two"), ("two", "one"))
    ]
    with opened(tmp_path / "data", START, made(*ring)) as whole:
        whole.send([identify("ada", START), track("check_in", "ada", START)], START)
        whole.tick(START + DAY)
        assert [each["end_reason"] for each in walks(whole, "one") + walks(whole, "two")].count("loop") == 1
        assert len(whole.enrollments()) == 9


def an_audience(workspace: Path, name: str, where: dict[str, Any], **more: Any) -> None:
    told = {"audience": name, "owner": "clubs", "where": where, **more}
    (workspace / "audiences" / f"{name}.yaml").write_bytes(msgspec.yaml.encode(told))


@pytest.mark.parametrize("refresh", ["live", "hourly", "nightly"])
def test_a_ring_that_turns_at_boundaries_comes_to_an_end_too(tmp_path: Path, made: Made, refresh: str) -> None:
    ring = [
        {
            "journey": name,
            "entry": {"joins": name, "reentry": "always"},
            "writes": ["ring"],
            "steps": [{"wait": "5 minutes"}, {"set": {"ring": other}}],
        }
        for name, other in (("odd", "even"), ("even", "odd"))
    ]
    workspace = made(*ring)
    for name in ("odd", "even"):
        an_audience(workspace, name, {"trait": "ring", "is": name}, refresh=refresh)
    with opened(tmp_path / "data", START, workspace) as whole:
        whole.send(identify("ada", START, ring="odd"), START)
        whole.tick(START)
        whole.tick(START + 15 * DAY)
        assert [each["hops"] for each in whole.enrollments()] == [*range(9)]
        assert [each["end_reason"] for each in whole.enrollments()][-1] == "loop"


@pytest.mark.parametrize("is_touched_before", [False, True])
def test_a_ring_through_an_audience_that_lets_nobody_in_comes_to_an_end_too(
    tmp_path: Path, made: Made, is_touched_before: bool
) -> None:
    ring = [
        {
            "journey": name,
            "entry": {"joins": f"in_{name}", "reentry": "always"},
            "writes": ["ring"],
            "steps": [{"wait": "5 minutes"}, {"set": {"ring": other}}],
        }
        for name, other in (("odd", "even"), ("even", "odd"))
    ]
    workspace = made(*ring)
    for name in ("odd", "even"):
        an_audience(
            workspace, name, {"any": [{"trait": "ring", "is": name}, {"trait": "tier", "is": "none"}]}, refresh="hourly"
        )
        an_audience(workspace, f"in_{name}", {"in": name})
    with opened(tmp_path / "data", START, workspace) as whole:
        whole.send(identify("ada", START, ring="odd"), START)
        for hour in range(16):
            whole.tick(at := START + hour * HOUR + MINUTE)
            if is_touched_before:  # sets the boundary before the walk's own event comes
                whole.send(identify("ada", at, tier=f"{hour}"), at)
        whole.tick(START + DAY)
        assert [each["hops"] for each in whole.enrollments()] == [*range(9)]
        assert [each["end_reason"] for each in whole.enrollments()][-1] == "loop"


def test_what_time_brings_back_every_day_is_a_rhythm_and_goes_on(tmp_path: Path, made: Made) -> None:
    daily = {
        "journey": "tip",
        "entry": {"joins": "without_tip", "reentry": "always"},
        "steps": [{"emit": {"event": "class_attended"}}],
    }
    workspace = made(daily)
    an_audience(workspace, "without_tip", {"not": {"did": "class_attended", "within": "1 days"}})
    with opened(tmp_path / "data", START, workspace) as whole:
        whole.send(identify("ada", START), START)
        whole.tick(START)
        whole.tick(START + 15 * DAY)
        assert [each["hops"] for each in walks(whole, "tip")] == [0] * 8


def test_a_rhythm_goes_on_beside_what_its_events_turn_at_the_same_instant(tmp_path: Path, made: Made) -> None:
    daily = {
        "journey": "tip",
        "entry": {"joins": "without_tip", "reentry": "always"},
        "steps": [{"emit": {"event": "class_attended"}}],
    }
    workspace = made(daily)
    an_audience(workspace, "without_tip", {"not": {"did": "class_attended", "within": "1 days"}})
    an_audience(workspace, "attends", {"did": "class_attended"}, refresh="weekly")
    start = START + DAY  # a Tuesday: the third tip after it comes at the instant at which the week begins
    with opened(tmp_path / "data", start, workspace) as whole:
        whole.send(identify("ada", start), start)
        whole.tick(start)
        whole.tick(start + 15 * DAY)
        assert [each["hops"] for each in walks(whole, "tip")] == [0] * 8
        joined = {
            name: {each["at"] for each in whole.memberships() if each["audience"] == name and each["joined"]}
            for name in ("attends", "without_tip")
        }
        assert joined["attends"]
        assert joined["attends"] <= joined["without_tip"]


def test_a_journey_rests_while_another_runs_and_goes_on_when_it_is_over(tmp_path: Path, made: Made) -> None:
    promo = {"journey": "promo", "entry": {"event": "check_in"}, "steps": [{"wait": "2 days"}, SEND]}
    welcome = {
        "journey": "welcome",
        "entry": {"event": "membership_activated"},
        "suppresses": {"journeys": ["promo"]},
        "exit": [{"event": "membership_cancelled"}],
        "steps": [{"wait": "9 days"}],
    }
    with opened(tmp_path / "data", START, made(promo, welcome)) as whole:
        whole.send([identify("ada", START), track("check_in", "ada", START)], START)
        whole.send(track("membership_activated", "ada", START + DAY, plan="monthly"), START + DAY)
        whole.tick(START + 3 * DAY)
        (resting,) = walks(whole, "promo")
        assert (resting["status"], resting["halted_by"]) == ("suppressed", "welcome")
        assert whole.sent("payment_failed") == []
        whole.send(track("membership_cancelled", "ada", START + 4 * DAY, reason="contract_ended"), START + 4 * DAY)
        whole.tick(START + 4 * DAY)
        assert whole.sent("payment_failed") == [START + 4 * DAY]


def test_the_last_place_is_had_by_one(tmp_path: Path, made: Made) -> None:
    waitlist = {
        "journey": "waitlist",
        "entry": {"event": "check_in"},
        "steps": [
            {"hold": {"what": "spot", "for": "30 minutes", "else": [{"exit": "full"}]}},
            {"wait": {"event": "session_booked", "timeout": "30 minutes"}},
            {"release": "spot"},
        ],
    }
    with opened(tmp_path / "data", START, made(waitlist)) as whole:
        for number, user in enumerate(("ada", "bob", "eve")):
            at = START + number * 20 * MINUTE
            whole.send([identify(user, at), track("check_in", user, at)], at)
            whole.tick(at)
        whole.tick(START + HOUR)
        ends = {each["profile_id"]: each["end_reason"] for each in walks(whole, "waitlist")}
        assert [ends[whole.profile_id(f"user_id:{user}")] for user in ("ada", "bob", "eve")] == ["end", "full", None]


def test_a_query_that_puts_somebody_out_gives_their_place_back(tmp_path: Path, made: Made) -> None:
    waitlist = {
        "journey": "waitlist",
        "entry": {"event": "check_in"},
        "exit": [{"leaves": "asked_for"}],
        "steps": [{"hold": {"what": "spot", "for": "5 days", "else": [{"exit": "full"}]}}, {"wait": "4 days"}],
    }
    workspace = made(waitlist)
    told = {"audience": "asked_for", "owner": "clubs", "refresh": "hourly"}
    sql = "SELECT profile_id FROM profiles WHERE traits LIKE '%gold%'"
    (workspace / "audiences" / "asked_for.yaml").write_bytes(msgspec.yaml.encode(told | {"sql": sql}))
    with opened(tmp_path / "data", START, workspace) as whole:
        queried = open_answers(whole.installation, whole.lake, alone=True).queried
        for user, tier, at in (
            ("ada", "gold", START),
            ("ada", "none", START + HOUR),
            ("bob", "gold", START + 2 * HOUR),
        ):
            whole.send(identify(user, at, tier=tier), at)
            whole.tick(at)
            assert queried.run("asked_for")["ok"]
            if at != START + HOUR:
                whole.send(track("check_in", user, at), at)
                whole.tick(at)
        ends = {each["profile_id"]: each["end_reason"] for each in walks(whole, "waitlist")}
        assert ends[whole.profile_id("user_id:ada")] is not None, "she left by the query"
        assert ends[whole.profile_id("user_id:bob")] is None, "her place is his"


def test_a_definition_that_puts_somebody_out_gives_their_place_back(tmp_path: Path, made: Made) -> None:
    waitlist = {
        "journey": "waitlist",
        "entry": {"event": "check_in"},
        "exit": [{"leaves": "asked_for"}],
        "steps": [{"hold": {"what": "spot", "for": "5 days", "else": [{"exit": "full"}]}}, {"wait": "4 days"}],
    }
    workspace, later = made(waitlist), made(waitlist, name="later")
    an_audience(workspace, "asked_for", {"any": [{"trait": "tier", "is": each} for each in ("gold", "none")]})
    an_audience(later, "asked_for", {"trait": "tier", "is": "gold"})
    with opened(tmp_path / "data", START, workspace) as whole:
        open_backfill(whole.installation, whole.lake).begin()
        for user, tier, at in (("ada", "none", START), ("bob", "gold", START + HOUR)):
            whole.send([identify(user, at, tier=tier), track("check_in", user, at)], at)
            whole.tick(at)
            if user == "ada":
                whole.use(later)
                backfill = open_backfill(whole.installation, whole.lake)
                backfill.begin()
                whole.use(later)
                open_backfill(whole.installation, whole.lake).run()
        ends = {each["profile_id"]: each["end_reason"] for each in walks(whole, "waitlist")}
        assert ends[whole.profile_id("user_id:ada")] == "left"
        assert ends[whole.profile_id("user_id:bob")] is None, "her place is his"


def test_who_is_inside_keeps_the_version_they_entered_through_a_restart(tmp_path: Path, made: Made) -> None:
    old = {"journey": "edited", "entry": {"event": "check_in"}, "steps": [{"wait": "2 days"}, SEND]}
    new = old | {"steps": [{"wait": "1 day"}, {"exit": "shorter"}]}
    leaving = new | {"running": "exit"}
    with opened(tmp_path / "data", START, made(old)) as whole:
        whole.send([identify("ada", START), track("check_in", "ada", START)], START)
        whole.tick(START + HOUR)
        whole.use(made(new, name="new"))
        whole.send([identify("bob", START + HOUR), track("check_in", "bob", START + HOUR)], START + HOUR)
        whole.tick(START + 3 * DAY)
        ends = {each["profile_id"]: each["end_reason"] for each in walks(whole, "edited")}
        assert ends[whole.profile_id("user_id:ada")] == "end"
        assert ends[whole.profile_id("user_id:bob")] == "shorter"
        assert len(whole.sent("payment_failed")) == 1
    with opened(tmp_path / "other", START, made(old, name="again")) as whole:
        whole.send([identify("ada", START), track("check_in", "ada", START)], START)
        whole.tick(START + HOUR)
        whole.use(made(leaving, name="leaving"))
        whole.tick(START + 3 * DAY)
        assert [each["end_reason"] for each in walks(whole, "edited")] == ["superseded"]
        assert whole.sent("payment_failed") == []
