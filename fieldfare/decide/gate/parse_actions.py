"""From ``actions.yaml`` to kinds of action, with every problem at once. Pure; other files check the names."""

from fieldfare.decide.gate.action_files import ActionEntry, ActionsFile
from fieldfare.decide.gate.policy import ActionKind
from fieldfare.ground.workspace.model import Duration, Path, Problem, parse_duration


def parse_actions(file: ActionsFile) -> tuple[dict[str, ActionKind] | None, list[Problem]]:
    """Return the kinds by name, or ``None`` and the problems: spans without a unit, choices that contradict."""
    problems: list[Problem] = []
    kinds = {name: _kind(name, entry, problems) for name, entry in sorted(file.actions.items())}
    return (None, problems) if problems else (kinds, [])


def _kind(name: str, entry: ActionEntry, problems: list[Problem]) -> ActionKind:
    path: Path = ("actions", name)
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
