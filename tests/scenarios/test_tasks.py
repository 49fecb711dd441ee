"""People's tasks over the true task channel: made by a journey, taken, given back, done; and what never is."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from fieldfare.act.delivery.model import Inbound, Keyword
from fieldfare.act.delivery.receipt_routes import Sender
from fieldfare.assembly.answering import open_message_answers
from fieldfare.flow.inbound import REVIEW_LIST, Inbox
from fieldfare.flow.tasks import TaskFilter, Tasks
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.people import CLUB, NOON, cancels
from tests.scenarios.whole import Whole, opened

MEMBERS = 12
"""So many that the holdout of the journey leaves some of them, whatever the keys are."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON, capture_all=False) as each:
        each.play([call for number in range(MEMBERS) for call in cancels(f"m-{number}", NOON)], NOON + HOUR)
        yield each


@pytest.fixture
def tasks(whole: Whole) -> Tasks:
    return open_message_answers(whole.installation, whole.lake).tasks


def ids(tasks: Tasks, **asked: Any) -> list[str]:
    return [each["id"] for each in tasks.all(TaskFilter(**asked))["tasks"]]


def test_a_journey_puts_them_on_the_list_with_the_place_and_until_when(tasks: Tasks, whole: Whole) -> None:
    found = tasks.all(TaskFilter())
    assert found["open"] == {"desk": len(found["tasks"])}
    first = found["tasks"][0]
    assert (first["title"], first["location"], first["assignee"]) == ("Look at a rebooking", CLUB, None)
    assert not first["is_overdue"]
    whole.tick(NOON + 2 * DAY)
    assert all(each["is_overdue"] for each in tasks.all(TaskFilter())["tasks"])


def test_whoever_takes_one_stands_on_it_and_can_give_it_back(tasks: Tasks) -> None:
    which = ids(tasks)[0]
    assert tasks.take(which, "ada")["assignee"] == "ada"
    assert tasks.take(which, "ada")["assignee"] == "ada", "twice is once"
    assert ids(tasks, assignee="ada") == [which]
    assert tasks.give_back(which, "ada")["assignee"] is None
    assert tasks.take(which, "bob")["assignee"] == "bob"


def test_nobody_takes_it_from_somebody_they_did_not_see_on_it(tasks: Tasks) -> None:
    which = ids(tasks)[0]
    tasks.take(which, "ada")
    for over in (None, "eve"):
        with pytest.raises(ConflictError, match="`ada` has the task") as refused:
            tasks.take(which, "bob", over)
        assert refused.value.code == "task_taken"
    assert tasks.take(which, "bob", "ada")["assignee"] == "bob"


def test_of_two_who_take_it_at_once_one_has_it(tasks: Tasks) -> None:
    for which in ids(tasks):
        begin = Barrier(2)
        refused: list[str] = []

        def takes(actor: str, which: str = which, begin: Barrier = begin, refused: list[str] = refused) -> None:
            begin.wait()
            try:
                tasks.take(which, actor)
            except ConflictError as error:
                refused.append(f"{actor} {error.code}")

        both = [Thread(target=takes, args=(actor,)) for actor in ("ada", "bob")]
        for each in both:
            each.start()
        for each in both:
            each.join()
        has = next(each["assignee"] for each in tasks.all(TaskFilter())["tasks"] if each["id"] == which)
        assert refused == [f"{'bob' if has == 'ada' else 'ada'} task_taken"]


def test_only_who_has_it_gives_it_back(tasks: Tasks) -> None:
    which = ids(tasks)[0]
    with pytest.raises(ConflictError, match="Nobody has the task"):
        tasks.give_back(which, "ada")
    tasks.take(which, "ada")
    with pytest.raises(ConflictError, match="`ada` has the task") as refused:
        tasks.give_back(which, "bob")
    assert refused.value.code == "task_not_yours"


def test_what_is_done_is_neither_taken_nor_given_back_nor_done_again(tasks: Tasks, whole: Whole) -> None:
    first, second = ids(tasks)[:2]
    for which in (first, second):
        tasks.take(which, "ada")
        done = tasks.done(which, "bob")
        assert (done["status"], done["done_by"], done["assignee"]) == ("done", "bob", "ada")
        whole.clock.move_to(whole.clock.now() + HOUR)
    for act in (tasks.take, tasks.give_back, tasks.done):
        with pytest.raises(ConflictError, match="was done by bob") as refused:
            act(first, "ada")
        assert refused.value.code == "task_done"
    assert ids(tasks, status="done") == [second, first], "the last done first"


def test_an_answer_that_may_be_an_opt_out_is_decided_and_never_done(tasks: Tasks, whole: Whole) -> None:
    inbox = Inbox(whole.stores.state, whole.stores.keys, whole.workspace.regions, whole.clock)
    written = Inbound(id="SM1", sender="+491701234567", text="Please no more", keyword=Keyword.REVIEW)
    inbox.review(written, Sender(b"number", whole.profile_id("user_id:m-1")))
    [which] = ids(tasks, list=REVIEW_LIST)
    for act in (tasks.take, tasks.give_back, tasks.done):
        with pytest.raises(ConflictError, match="decided, not done") as refused:
            act(which, "ada")
        assert refused.value.code == "task_needs_decision"
    assert ids(tasks, list=REVIEW_LIST) == [which]


def test_who_does_it_must_be_said_and_what_is_not_there_is_told(tasks: Tasks) -> None:
    which = ids(tasks)[0]
    for act in (tasks.take, tasks.give_back, tasks.done):
        with pytest.raises(CallerError) as unsigned:
            act(which, " ")
        with pytest.raises(CallerError) as unknown:
            act("prp_none", "ada")
        assert (unsigned.value.code, unknown.value.code) == ("act_unsigned", "task_unknown")
