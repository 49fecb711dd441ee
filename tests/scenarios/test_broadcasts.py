"""Broadcasts over the whole product: planned, started, paused, gone on with; nobody twice, nobody lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.act.broadcasts.model import Act
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.delivering import open_feed
from fieldfare.flow.broadcast_answers import BroadcastAnswers
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, withdrawn
from tests.scenarios.whole import Whole, opened

AUDIENCE = "audience: everybody\nowner: clubs\nwhere: {trait: membership_status, is: active}\n"
TEMPLATE = (
    "template: spring\nchannel: email\npurpose: marketing\nsubject: Spring\ntext: Hello {{ profile.first_name }}\n"
)
BROADCAST = """broadcast: spring
audience: everybody
channel: email
template: spring
purpose: marketing
expires: 2 days
"""
PEOPLE = 12


def workspace_in(folder: Path, broadcast: str = BROADCAST) -> Path:
    shutil.copytree(FITNESS, folder)
    (folder / "audiences" / "everybody.yaml").write_text(AUDIENCE)
    (folder / "templates" / "spring.yaml").write_text(TEMPLATE)
    (folder / "broadcasts").mkdir()
    (folder / "broadcasts" / "spring.yaml").write_text(broadcast)
    return folder


@pytest.fixture
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    broadcast = BROADCAST + getattr(request, "param", "")
    with opened(tmp_path / "data", NOON, workspace_in(tmp_path / "workspace", broadcast)) as made:
        calls = [call for number in range(PEOPLE) for call in joins(f"m-{number}", NOON + number * MINUTE)]
        made.play([*calls, (NOON + HOUR, withdrawn("m-3", NOON + HOUR))], NOON + 2 * HOUR)
        made.tick(NOON + 3 * DAY)  # what the journeys sent no longer matters to caps
        yield made


def answers(whole: Whole) -> BroadcastAnswers:
    return open_message_answers(whole.installation, whole.lake).broadcasts


def go(whole: Whole, rounds: int = 50) -> None:
    """Feed and deliver, a second for each round."""
    feed = open_feed(whole.installation)
    for _ in range(rounds):
        fed = feed.run()
        whole.until_quiet(whole.clock.now() + SECOND)
        if not fed and not feed.run():
            break


def got(whole: Whole) -> int:
    return len(whole.sent("spring"))


def test_one_that_was_never_started_is_told_with_what_it_sends(whole: Whole) -> None:
    (told,) = answers(whole).all()
    assert told == {
        "broadcast": "spring",
        "edition": "",
        "standing": "not_started",
        "audience": "everybody",
        "channel": "email",
        "template": "spring",
    }


def test_a_plan_says_who_and_why_not_and_sends_nothing(whole: Whole) -> None:
    before = whole.decisions()
    plan = answers(whole).plan("spring")
    assert (plan["recipients"], plan["would_get_it"], plan["would_not"]) == (PEOPLE, PEOPLE - 1, 1)
    assert plan["reasons"]["consent_withdrawn"] == 1
    assert (got(whole), whole.decisions()) == (0, before)


def test_what_was_planned_is_what_goes_out(whole: Whole) -> None:
    plan = answers(whole).plan("spring")
    answers(whole).start("spring", "ada", "spring is here")
    go(whole)
    assert got(whole) == plan["would_get_it"] == PEOPLE - 1
    shown = answers(whole).show("spring")
    assert (shown["standing"], shown["states"]) == ("done", {"refused": 1, "sent": PEOPLE - 1})
    assert shown["acts"][0]["actor"] == "ada"
    assert whole.replayed().breaches == ()


def test_a_second_start_is_refused_and_changes_nothing(whole: Whole) -> None:
    answers(whole).start("spring", "ada", "spring is here")
    with pytest.raises(ConflictError, match="goes out once"):
        answers(whole).start("spring", "bo", "again")
    go(whole)
    with pytest.raises(ConflictError, match="another `edition`"):
        answers(whole).start("spring", "bo", "again")
    assert got(whole) == PEOPLE - 1


@pytest.mark.parametrize("whole", ["per_minute: 6\n"], indirect=True)
def test_paused_at_once_and_gone_on_with_those_who_are_left(whole: Whole) -> None:
    answers(whole).start("spring", "ada", "spring is here")
    go(whole, rounds=12)
    went = got(whole)
    assert 0 < went < PEOPLE - 1
    answers(whole).act("spring", Act.PAUSE, "bo", "a wrong link")
    for _ in range(3):
        whole.until_quiet(whole.clock.now() + MINUTE)
        assert open_feed(whole.installation).run() == 0
    assert got(whole) == went
    answers(whole).act("spring", Act.RESUME, "bo", "mended")
    for _ in range(40):
        go(whole, rounds=1)
        whole.until_quiet(whole.clock.now() + 10 * SECOND)
    times = sorted(whole.sent("spring"))
    assert len(times) == PEOPLE - 1
    assert all(sum(at <= other < at + MINUTE for other in times) <= 6 for at in times), "never more than six a minute"
    assert len({row["proposal_id"] for row in whole.messages()}) == len(whole.messages())


def test_a_cancelled_one_never_goes_on(whole: Whole) -> None:
    answers(whole).start("spring", "ada", "spring is here")
    open_feed(whole.installation).run()
    answers(whole).act("spring", Act.CANCEL, "bo", "not this year")
    go(whole)
    assert got(whole) == 0
    assert answers(whole).show("spring")["states"] == {"cancelled": PEOPLE}
    with pytest.raises(ConflictError, match="Nothing can be done"):
        answers(whole).act("spring", Act.RESUME, "bo", "after all")


def test_who_left_the_audience_meanwhile_gets_nothing(whole: Whole) -> None:
    answers(whole).start("spring", "ada", "spring is here")
    now = whole.clock.now()
    call: Any = joins("m-5", now, membership_status="cancelled")[0][1]
    whole.send(call, now)
    whole.until_quiet(now + SECOND)
    go(whole)
    assert got(whole) == PEOPLE - 2


@pytest.mark.parametrize("whole", ["approve_above: 5\n"], indirect=True)
def test_a_large_one_waits_for_somebody_else(whole: Whole) -> None:
    shown = answers(whole).start("spring", "ada", "spring is here")
    assert shown["standing"] == "waiting"
    go(whole)
    assert got(whole) == 0
    with pytest.raises(CallerError, match="somebody else must approve"):
        answers(whole).act("spring", Act.APPROVE, "ada", "fine")
    answers(whole).act("spring", Act.APPROVE, "bo", "read it")
    go(whole)
    assert got(whole) == PEOPLE - 1


def test_a_list_that_was_interrupted_is_finished_by_the_next_start(whole: Whole) -> None:
    class Gone:
        def arrow(self, *_: object) -> None:
            raise KeyboardInterrupt

    made = msgspec.structs.replace(answers(whole), lake=Gone())
    with pytest.raises(KeyboardInterrupt):
        made.start("spring", "ada", "spring is here")
    go(whole)
    assert got(whole) == 0, "nobody gets anything before the list is whole"
    answers(whole).start("spring", "ada", "once more")
    go(whole)
    assert got(whole) == PEOPLE - 1


def test_nonsense_gets_a_clear_answer(whole: Whole) -> None:
    made = answers(whole)
    with pytest.raises(CallerError, match="There is no broadcast `sprung`"):
        made.plan("sprung")
    with pytest.raises(CallerError, match="was not started"):
        made.show("spring")
    with pytest.raises(CallerError, match="Say who does it and why"):
        made.start("spring", "ada", " ")
