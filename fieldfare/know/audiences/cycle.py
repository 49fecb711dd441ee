"""The order in which audiences must be evaluated, and the cycle when there is none. Pure."""

from collections.abc import Callable, Iterable

from fieldfare.know.audiences.model import Audience, InAudience, InStage, walk


def needs(audience: Audience) -> tuple[str, ...]:
    """Return the names of the audiences that this one asks for, each once, sorted."""
    return tuple(sorted({node.audience for node in walk(audience.condition) if isinstance(node, InAudience)}))


def find_cycle(audiences: Iterable[Audience]) -> list[str] | None:
    """Return the names along a cycle of ``in:`` (the first again at the end), or ``None``. Unknown names are passed."""
    graph = {audience.name: needs(audience) for audience in audiences}
    done: set[str] = set()
    for start in sorted(graph):
        trail = [start]
        waiting = [iter(graph[start])]
        while waiting and start not in done:
            following = next(waiting[-1], None)
            if following is None:
                done.add(trail.pop())
                waiting.pop()
            elif following in trail:
                return [*trail[trail.index(following) :], following]
            elif following in graph and following not in done:
                trail.append(following)
                waiting.append(iter(graph[following]))
    return None


def in_order(audiences: Iterable[Audience], asked: Callable[[Audience], tuple[str, ...]] = needs) -> list[Audience]:
    """Return the audiences so that each comes after all it asks for; by name where that leaves a choice.

    ``asked`` tells what each asks for. There must be no cycle and no unknown name: both are checked when a workspace is
    loaded.
    """
    waiting = {audience.name: audience for audience in audiences}
    order: list[Audience] = []
    placed: set[str] = set()
    while waiting:
        ready = [name for name, audience in sorted(waiting.items()) if placed.issuperset(asked(audience))]
        assert ready, f"audiences in a cycle or with an unknown `in:`: {sorted(waiting)}"
        order.extend(waiting.pop(name) for name in ready)
        placed.update(ready)
    return order


def by_stage(ordered: Iterable[Audience]) -> set[str]:
    """Return the names of those that ask for a stage, themselves or through others; each comes after what it needs."""
    found: set[str] = set()
    for audience in ordered:
        asks = any(isinstance(node, InStage) for node in walk(audience.condition))
        if asks or not found.isdisjoint(needs(audience)):
            found.add(audience.name)
    return found
