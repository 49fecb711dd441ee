"""Which journeys a change touches, and by what: their own definition, audiences, templates they send. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.flow.versions.meanings import audiences_of
from fieldfare.flow.versions.model import How
from fieldfare.flow.versions.risks import sends_of
from fieldfare.flow.workspace import Workspace


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A journey that a change touches."""

    journey: str
    how: How | None
    """How its own definition differs; ``None``: it does not."""
    audiences: tuple[str, ...]
    """Audiences it names that mean something else."""
    templates: tuple[str, ...]
    """Templates it sends that say something else."""
    walks: int
    """People who walk it now."""


def touched_journeys(
    before: Workspace | None, after: Workspace, audiences: Iterable[str], walks: Mapping[str, int]
) -> tuple[Touched, ...]:
    """Return the journeys that see the change, by name."""
    changed, found = set(audiences), []
    old = before.journeys if before is not None else {}
    for name in sorted(old.keys() | after.journeys.keys()):
        named: set[str] = set()
        sent: set[str] = set()
        for side in (before, after):
            if side is not None and name in side.journeys:
                named |= audiences_of(side, name)
                sent |= {each for send in sends_of(side.journeys[name]) for each in send.by_channel.values()}
        one = Touched(
            journey=name,
            how=_how(before, after, name),
            audiences=tuple(sorted(named & changed)),
            templates=tuple(sorted(template for template in sent if _says_else(before, after, template))),
            walks=walks.get(name, 0),
        )
        if one.how is not None or one.audiences or one.templates:
            found.append(one)
    return tuple(found)


def _how(before: Workspace | None, after: Workspace, name: str) -> How | None:
    if before is None or name not in before.journeys:
        return How.ADDED
    if name not in after.journeys:
        return How.REMOVED
    return How.CHANGED if before.journeys[name] != after.journeys[name] else None


def _says_else(before: Workspace | None, after: Workspace, template: str) -> bool:
    if before is None:
        return False
    one, other = before.templates.get(template), after.templates.get(template)
    return one is None or other is None or one.sources != other.sources
