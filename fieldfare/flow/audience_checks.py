"""Check audiences against what the workspace demands of them, and journeys against audiences that start none. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.flow.reference_parts import To
from fieldfare.flow.workspace_references import references
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import AudienceRules, LocatedProblem, Problem, Settings, Severity
from fieldfare.know.audiences.model import Audience

_EXAMPLES = {
    "owner": "owner: lifecycle",
    "action": "action: win-back journey",
    "outcome": "outcome: They train again",
    "success_metric": "success_metric: check-ins within 30 days",
    "expected_size": "expected_size: {at_least: 200, at_most: 5000}",
    "ttl": "ttl: 180 days",
    "sync": "sync: none",
}


def audience_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell audiences that leave out what is required, too many of them, and entries that would never start."""
    rules = next((one.noun.audiences for one in loaded if isinstance(one.noun, Settings)), AudienceRules())
    files = [one for one in loaded if one.kind.name == "audience" and isinstance(one.value, dict)]
    for one in files:
        yield from _missing(one, rules)
    yield from _too_many(loaded, len(files), rules)
    queried = {one.noun.name for one in files if isinstance(one.noun, Audience) and not one.noun.is_exact}
    for one in loaded:
        if one.kind.name == "journey":
            yield from _entries(one, queried)


def _missing(one: Loaded, rules: AudienceRules) -> Iterator[LocatedProblem]:
    for key in sorted(rules.required):
        if _is_said(one.value.get(key)):
            continue
        what = f"the audience `{one.value.get('audience')}` says no `{key}`"
        why = f"`workspace.yaml` requires it of every audience (`require_{key}`)"
        yield one.problem(Problem(("audience",), what, why, f"Add, for example, `{_EXAMPLES[key]}`"))


def _is_said(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _too_many(loaded: Sequence[Loaded], count: int, rules: AudienceRules) -> Iterator[LocatedProblem]:
    if count <= rules.most:
        return
    for one in loaded:
        if one.kind.name == "workspace":
            what = f"there are {count} audiences, and more than {rules.most} are warned of"
            why = "Nobody can tell so many apart; many teams do well with 6 to 10"
            fix = "Archive those that no journey and no number needs, or raise `most`"
            yield one.problem(Problem(("audiences", "most"), what, why, fix), Severity.WARNING)


def _entries(one: Loaded, queried: set[str]) -> Iterator[LocatedProblem]:
    for reference in references("journey", one.value):
        if reference.path == ("entry", "joins") and reference.to is To.AUDIENCE and reference.name in queried:
            what = f"the journey would start when somebody joins `{reference.name}`, an audience by `sql`"
            why = "A query finds people on a schedule, which starts no journey, so nobody would ever enter"
            fix = "Start by an event or by an audience with `where`, and ask `in:` for this one in `if`"
            yield one.problem(Problem(reference.path, what, why, fix))
