"""The stories of examples and starter, played; the release checks of their journeys; a wrong story is told."""

from pathlib import Path

import msgspec
import pytest

from fieldfare.assembly.stories import play_stories
from fieldfare.decide.journeys.stories import Follows
from fieldfare.flow.journey_checklist import checklist, unready
from fieldfare.flow.workspace import Workspace, read_workspace
from tests.scenarios.example_engine import EXAMPLES_WITHIN, FITNESS

STARTER = Path(__file__).resolve().parents[2] / "fieldfare" / "flow" / "starter"


@pytest.mark.parametrize("folder", [*EXAMPLES_WITHIN, STARTER], ids=lambda folder: str(folder.name))
def test_the_stories_are_as_they_say_and_every_journey_may_go_live(folder: Path) -> None:
    workspace = read_workspace(folder)
    assert unready(None, workspace) == {}
    played = list(play_stories(workspace, list(workspace.stories.values())))
    assert [(each.title, each.wrong) for each in played if not each.passes] == []
    assert {each.journey for each in played} == set(workspace.journeys)


@pytest.fixture(scope="module")
def fitness() -> Workspace:
    return read_workspace(FITNESS)


def test_planted_a_wrong_story_is_told_with_what_happened_instead(fitness: Workspace) -> None:
    tests = fitness.stories["renewal"]
    story = tests.stories[0]
    moments = tuple(
        msgspec.structs.replace(each, name="another") if each.follows is Follows.SENDS else each
        for each in story.moments
    )
    wrong = msgspec.structs.replace(tests, stories=(msgspec.structs.replace(story, moments=moments),))
    (played,) = play_stories(fitness, [wrong])
    assert not played.passes
    assert "another should be sent, but what happened is" in played.wrong[0]
    assert "renewal was sent by email, and the story does not tell of it" in played.wrong[1]


def test_a_journey_that_lacks_something_may_not_go_live(fitness: Workspace) -> None:
    journey = fitness.journeys["win-back"]
    bare = msgspec.structs.replace(journey, owner="", holdout=None, goal=None, exits=())
    workspace = msgspec.structs.replace(fitness, journeys={"win-back": bare}, stories={})
    lacking = {each.check for each in checklist(workspace, "win-back", has_way_back=False) if each.holds_up}
    assert lacking == {"owner", "kpi", "holdout", "opt_out_test", "exit", "way_back"}
    assert set(unready(fitness, workspace)) == {"win-back"}
    assert unready(workspace, workspace) == {}, "what did not change is not held up"


def test_a_waiver_is_a_name_and_a_reason(fitness: Workspace) -> None:
    found = {each.check: each for each in checklist(fitness, "renewal", has_way_back=True)}
    assert (found["holdout"].passes, found["holdout"].waived_by, found["holdout"].holds_up) == (
        False,
        "nobody yet (an example)",
        False,
    )
