"""From ``actions.yaml`` to kinds of action, with every problem at once. Pure; other files check the names."""

from typing import Any

import msgspec

from fieldfare.decide.gate.action_files import ActionEntry, ActionInPhase, ActionsFile, PerPersonEntry
from fieldfare.decide.gate.policy import ActionKind
from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration
from fieldfare.network.calendars.by_phase import phase_problems


def parse_actions(file: ActionsFile) -> tuple[dict[str, ActionKind] | None, list[Problem]]:
    """Return the kinds by name, or ``None`` and the problems: spans without a unit, choices that contradict."""
    problems: list[Problem] = []
    kinds = {name: _varied(name, entry, problems) for name, entry in sorted(file.actions.items())}
    return (None, problems) if problems else (kinds, [])


def _varied(name: str, entry: ActionEntry, problems: list[Problem]) -> ActionKind:
    """Return the kind, and in it what it is in the phases of ``by_phase``."""
    path: Path = ("actions", name)
    before = len(problems)
    kind = _kind(name, entry, path, problems)
    problems += phase_problems(entry.by_phase, (*path, "by_phase"))
    if len(problems) > before:
        return kind
    variants = {}
    for phase, said in entry.by_phase.items():
        place: Path = (*path, "by_phase", phase)
        if said.per_person is not None and entry.per_person is None:
            what, why = "`per_person` stands in a phase alone", "its span is written beside `per_person`"
            problems.append(Problem((*place, "per_person"), what, why, "Write `per_person` of the action, too."))
        variant = _kind(name, _in_phase(entry, said), place, problems)
        variants[phase] = msgspec.structs.replace(variant, phase=phase)
    return msgspec.structs.replace(kind, by_phase=variants)


def _in_phase(entry: ActionEntry, said: ActionInPhase) -> ActionEntry:
    given: dict[str, Any] = {}
    if said.approve_above is not None:
        given["approve_above"] = said.approve_above
    if said.most_amount is not None:
        given["most_amount"] = said.most_amount
    if said.per_person is not None and entry.per_person is not None:
        given["per_person"] = PerPersonEntry(said.per_person.most, entry.per_person.per)
    return msgspec.structs.replace(entry, by_phase={}, **given)


def _kind(name: str, entry: ActionEntry, path: Path, problems: list[Problem]) -> ActionKind:
    if entry.approval is not None and entry.approve_above is not None:
        what, why = "`approval` and `approve_above` are both written", "one of them would not hold"
        problems.append(Problem((*path, "approval"), what, why, "Remove one."))
    per = _span(entry.per_person.per, (*path, "per_person", "per"), problems) if entry.per_person is not None else None
    unsaid = entry.approval is None and entry.approve_above is None
    return ActionKind(
        name=name,
        purpose=entry.purpose,
        description=entry.description,
        is_reversible=entry.reversible,
        minimum_match_confidence=entry.minimum_match_confidence,
        approve_above=entry.approve_above,
        always_approved=entry.approval == "always" or (unsaid and not entry.reversible),
        approvers=tuple(entry.approvers),
        most_amount=entry.most_amount,
        most=entry.per_person.most if entry.per_person is not None else None,
        per=per,
        tags=tuple(entry.tags),
        valid_us=_span(entry.valid_for, (*path, "valid_for"), problems).us,
    )


def _span(text: str, path: Path, problems: list[Problem]) -> Duration:
    span = parse_duration(text)
    if isinstance(span, str):
        problems.append(Problem(path, f"`{text}` is no duration", "it is counted over a span", span))
        return Duration(1, "day")
    if span.amount == 0:
        problems.append(Problem(path, f"`{text}` is empty", "nothing would fit into it", "Write `30 days`."))
    return span
