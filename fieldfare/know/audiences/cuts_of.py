"""Which published cuts conditions compare with, and which of them must be published before which. Pure."""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.know.audiences.model import Audience, Condition, InAudience, Ranked, TraitAge, TraitDate, TraitTest, walk
from fieldfare.know.audiences.ports import ComputedTraits
from fieldfare.know.cuts.model import Cut


class Wanted(msgspec.Struct, frozen=True):
    """A cut that definitions compare with."""

    cut: Cut
    needs: frozenset[str]
    """Names of cuts that its numbers, or who is among it, follow from."""
    moves: bool
    """Whether time alone changes the number."""


def cuts_of(condition: Condition, computed: ComputedTraits) -> list[Cut]:
    """Return the cuts that a condition compares with, itself and by the traits that it asks for; not by ``in:``."""
    found: list[Cut] = []
    for node in walk(condition):
        match node:
            case Ranked(cut=cut):
                found += [cut, *_cuts_by(cut.by, computed)]
            case TraitTest(trait=trait) | TraitAge(trait=trait) | TraitDate(trait=trait):
                found += _cuts_by(trait, computed)
            case _:
                pass
    return found


def wanted_cuts(
    conditions: Iterable[Condition], audiences: Mapping[str, Audience], computed: ComputedTraits
) -> dict[str, Wanted]:
    """Return every cut by name that the conditions, the audiences or any computed trait compare with."""
    asked = [cut for condition in conditions for cut in cuts_of(condition, computed)]
    asked += [cut for audience in audiences.values() for cut in cuts_of(audience.condition, computed)]
    asked += [cut for trait in sorted(computed.names()) for cut in computed.cuts(trait)]
    found: dict[str, Wanted] = {}
    for cut in asked:
        if cut.name not in found:
            needs = {each.name for each in _cuts_by(cut.by, computed)}
            if cut.among is not None and cut.among in audiences:
                needs |= _needs_of(cut.among, audiences, computed)
            moves = cut.by in computed.names() and computed.moves(cut.by)
            found[cut.name] = Wanted(cut, frozenset(needs), moves)
    return dict(sorted(found.items()))


def _cuts_by(trait: str, computed: ComputedTraits) -> tuple[Cut, ...]:
    return computed.cuts(trait) if trait in computed.names() else ()


def _needs_of(audience: str, audiences: Mapping[str, Audience], computed: ComputedTraits) -> set[str]:
    found, seen, waiting = set[str](), set[str](), [audience]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in audiences:
            continue
        seen.add(name)
        condition = audiences[name].condition
        found |= {cut.name for cut in cuts_of(condition, computed)}
        waiting += [node.audience for node in walk(condition) if isinstance(node, InAudience)]
    return found
