"""The release checks of journeys: what each must have before it may go live, and who answers for what it lacks. Pure.

Owner, one number to be judged by, a holdout, a story in which somebody opts out, words that need nothing known of the
person, a way out, and something to go back to.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.render import Manner, RenderFailure, render
from fieldfare.act.delivery.wording import Template
from fieldfare.decide.journeys.definition import Journey, Send
from fieldfare.decide.journeys.model import Proposal
from fieldfare.decide.journeys.stories import Stories
from fieldfare.flow.workspace import Workspace
from fieldfare.learn.experiments.model import Arm

_ANYWHERE = "https://example.com/unsubscribe"


class Check(msgspec.Struct, frozen=True):
    """One check of one journey."""

    check: str
    passes: bool
    what: str
    """What there is, or what is missing and what to do."""
    waived_by: str | None = None
    why: str | None = None

    @property
    def holds_up(self) -> bool:
        """Whether the journey must not go live because of it."""
        return not self.passes and self.waived_by is None


def checklist(workspace: Workspace, name: str, *, has_way_back: bool) -> tuple[Check, ...]:
    """Return every check of a journey, in a fixed order."""
    journey = workspace.journeys[name]
    waivers = {waiver.check: waiver for waiver in journey.waivers}
    found = []
    for check, passes, what in _all(journey, workspace, has_way_back=has_way_back):
        waiver = None if passes else waivers.get(check)
        by, why = (None, None) if waiver is None else (waiver.by, waiver.why)
        found.append(Check(check, passes, what, by, why))
    return tuple(found)


def unready(before: Workspace | None, after: Workspace, *, has_way_back: bool = True) -> dict[str, tuple[Check, ...]]:
    """Return what holds up the journeys that are new or changed, by name.

    ``has_way_back``: what is in force can be applied again, or nothing was yet.
    """
    found = {}
    for name, journey in after.journeys.items():
        if before is not None and before.journeys.get(name) == journey:
            continue
        lacking = tuple(each for each in checklist(after, name, has_way_back=has_way_back) if each.holds_up)
        if lacking:
            found[name] = lacking
    return found


def _all(journey: Journey, workspace: Workspace, *, has_way_back: bool) -> Iterator[tuple[str, bool, str]]:
    yield "owner", bool(journey.owner), journey.owner or "nobody answers for it; write `owner`"
    number = journey.kpi or (f"goal {journey.goal.trigger.event}" if journey.goal is not None else "")
    yield "kpi", bool(number), number or "no number says whether it works; write `goal`, or `kpi` in words"
    share = f"{100 * journey.holdout:g} %" if journey.holdout is not None else ""
    yield "holdout", bool(share), share or "what it changes cannot be told; write `holdout`"
    tests = opt_outs(workspace.stories, journey.name)
    lacking = f"no story withdraws consent and says what follows; write journeys/tests/{journey.name}.yaml"
    yield "opt_out_test", bool(tests), ", ".join(tests) or lacking
    blank = sorted(_blank(journey, workspace.templates, msgspec.to_builtins(workspace.brand)))
    what = "; ".join(blank) if blank else "every message can be made for somebody of whom nothing is known"
    yield "fallback", not blank, what
    yield (
        "exit",
        bool(journey.exits),
        f"{len(journey.exits)} rules" if journey.exits else "nothing stops it; write `exit`",
    )
    back = (
        f"`fieldfare journeys back {journey.name}` applies again what was in force before"
        if has_way_back
        else "what is in force cannot be read any more, so nobody could go back to it; mend it first"
    )
    yield "way_back", has_way_back, back


def opt_outs(stories: Mapping[str, Stories], journey: str) -> list[str]:
    """Return the titles of a journey's stories in which somebody opts out and something must follow."""
    own: Sequence[Stories] = [each for each in stories.values() if each.journey == journey]
    return [story.title for each in own for story in each.stories if story.opts_out]


def _blank(journey: Journey, templates: Mapping[str, Template], brand: dict[str, Any]) -> Iterator[str]:
    """Yield the messages that cannot be made when nothing is known of the person."""
    sends = [step for step in journey.steps.values() if isinstance(step, Send)]
    for step in (each for send in sends for each in _ways_of(send)):
        template = templates.get(step.template)
        if template is None:
            continue
        made = render(
            template,
            _nobodys(journey, step),
            to="",
            profile={},
            brand=brand,
            unsubscribe_url=_ANYWHERE,
            marketing=False,
            manner=Manner(pages=dict.fromkeys(("preferences_url", "confirm_url", "survey_url"), _ANYWHERE)),
        )
        if isinstance(made, RenderFailure):
            yield f"{template.name} needs {made.variable or made.part}; write a `fallback`, or a `default`"


def _ways_of(send: Send) -> list[Send]:
    """Return the step as it is, and as if each of its other channels were its own."""
    told = send.by_channel.items()
    return [msgspec.structs.replace(send, channel=channel, template=template) for channel, template in told]


def _nobodys(journey: Journey, send: Send) -> Proposal:
    return Proposal(
        id="",
        profile_id=0,
        journey=journey.name,
        version=journey.version,
        step="",
        enrollment_id="",
        experiment=None,
        arm=Arm.TREATED,
        channel=send.channel,
        template=send.template,
        purpose=send.purpose,
        priority=send.priority,
        proposed_at=0,
        due_at=0,
        expires_at=0,
        event_id="",
        variables=send.variables,
    )
