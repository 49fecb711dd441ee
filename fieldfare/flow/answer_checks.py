"""Check what answers set and what surveys need: no personal trait by an event of our own, a link in the message. Pure.

Events of our own stand in the lake in clear, so nothing personal may be in them. An answer counts once because its id
is remembered, so a survey takes answers no longer than ids are.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.flow.workspace_references import sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import Duration, LocatedProblem, Path, Problem, parse_duration

_LINK = "survey_url"
_REMEMBER = "remember_message_ids"
REMEMBERED, EXPIRES = "30 days", "14 days"
"""What counts where a file says nothing."""


def answer_problems(loaded: Sequence[Loaded], traits: dict[str, Any] | None) -> Iterator[LocatedProblem]:
    """Tell personal traits that answers set, and messages of surveys without their link, or links without a survey."""
    personal = {name for name, entry in (traits or {}).items() if _is_personal(entry)}
    asking = {one.value.get("template") for one in loaded if one.kind.name == "template" and _LINK in str(one.value)}
    remembered = next((one.value.get(_REMEMBER) for one in loaded if one.kind.name == "collect" and _is_map(one)), None)
    for one in loaded:
        if not isinstance(one.value, dict):
            continue
        if one.kind.name == "survey":
            yield from _lasting(one, remembered)
        if one.kind.name not in {"journey", "broadcast"}:
            continue
        for path, send in sends(one.value):
            for place, name in enumerate(_texts(send.get("answers"))):
                if name in personal:
                    yield one.problem(_set((*path, "answers", place), name))
            is_survey = path[-1:] == ("survey",)
            if is_survey and send.get("template") not in asking:
                what, why = f"the template `{send.get('template')}` has no `{_LINK}`", "nobody could answer"
                fix = f"Write `{{{{ {_LINK} }}}}` into the template."
                yield one.problem(Problem((*path, "template"), what, why, fix))
            elif not is_survey and send.get("template") in asking:
                what, why = f"the template `{send.get('template')}` has `{_LINK}`", "no survey is asked by this step"
                yield one.problem(
                    Problem((*path, "template"), what, why, "Write a step `survey`, or another template.")
                )


def _is_map(one: Loaded) -> bool:
    return isinstance(one.value, dict)


def _lasting(survey: Loaded, told: Any) -> Iterator[LocatedProblem]:
    """Tell a survey whose answers are taken for longer than a second one is recognised."""
    remembered = parse_duration(told if told is not None else REMEMBERED)
    lasts = parse_duration(survey.value.get("expires", EXPIRES))
    if isinstance(remembered, Duration) and isinstance(lasts, Duration) and lasts.us > remembered.us:
        what = f"answers are taken for {lasts.amount} {lasts.unit}s"
        why = (
            f"a second answer is recognised for {remembered.amount} {remembered.unit}s (`{_REMEMBER}` in collect.yaml)"
        )
        fix = "Let it expire sooner, or remember message ids for longer."
        yield survey.problem(Problem(("expires",), what, why, fix))


def _is_personal(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("sensitivity", "none") != "none"


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _set(path: Path, name: str) -> Problem:
    why = "an answer is an event of our own, in which nothing personal may stand"
    return Problem(
        path, f"the trait `{name}` is personal", why, "Set another trait, and let the sender identify people."
    )
