"""What other rules of identity would do to the people there are: who would merge, who would come apart. Pure.

Most components are plain: one person's few identifiers, no limit in reach, nothing set aside. They are recognised all
at once with arrays (connected components by SciPy); their people are the components themselves. Only the others are
partitioned one by one. Both ways agree with :func:`fieldfare.know.identity.partition.partition` (property test).
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import scipy

from fieldfare.know.identity.model import IdentifierKind, IdentifierState, Joins, Link, Node
from fieldfare.know.identity.partition import is_exclusive, partition
from fieldfare.know.identity.resolve import NO_PROFILE, Owner, regroup

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_JOINING = frozenset({Joins.ALWAYS, Joins.VERIFIED})
MOST_EXAMPLES = 10


class Graph(msgspec.Struct, frozen=True):
    """All identifiers and live links, as arrays of the same order."""

    kind: Ints
    """Of each identifier the place of its kind in ``kinds``."""
    kinds: Sequence[IdentifierKind]
    owner: Ints
    state: Ints
    a: Ints
    """Of each *same* link the place of one identifier, in ``b`` of the other."""
    b: Ints
    hard: Flags
    """Of each identifier whether a person's act or a *never* link speaks of it."""


class Change(msgspec.Struct, frozen=True):
    """A component whose people would be others."""

    profiles: tuple[int, ...]
    """Profiles as they are."""
    becomes: int
    """How many people they would be."""
    members: tuple[int, ...]
    """Places of the identifiers."""


class Plan(msgspec.Struct, kw_only=True):
    """What would change."""

    identifiers: int
    components: int
    profiles: int
    profiles_after: int
    merged: int = 0
    """Profiles that would become part of another."""
    split: int = 0
    """Profiles that would come apart."""
    largest: list[tuple[int, int]] = []
    """Identifiers of the largest people there would be, each with one profile of now."""
    questions: dict[str, int] = {}
    """Links that would join nobody, by reason."""
    set_aside: int = 0
    """Identifiers that would be shared from now on."""
    changes: list[Change] = []
    """Every component that changes."""


class Components(msgspec.Struct, frozen=True):
    """Components of a graph, and which of them need a closer look."""

    label: Ints
    """Of each identifier the number of its component."""
    count: int
    plain: Flags


def components_of(graph: Graph, most: int) -> Components:
    """Return the components, and which of them are one person each without a closer look."""
    size = len(graph.kind)
    count, label = _connected(size, graph.a, graph.b)
    joins = np.array([kind.joins in _JOINING for kind in graph.kinds], dtype=np.bool_)[graph.kind]
    both = joins[graph.a] & joins[graph.b]
    _, inner = _connected(size, graph.a[both], graph.b[both])
    plain = np.ones(count, dtype=np.bool_)
    plain[label[graph.hard | (graph.state != int(IdentifierState.LIVE))]] = False
    plain[np.bincount(label, minlength=count) > most] = False
    # More than one group of joining identifiers: what attaches between them decides.
    least, greatest = np.full(count, size), np.full(count, -1)
    np.minimum.at(least, label[joins], inner[joins])
    np.maximum.at(greatest, label[joins], inner[joins])
    plain[(greatest >= 0) & (least != greatest)] = False
    beside = np.zeros(size, dtype=np.bool_)
    beside[graph.a[joins[graph.b]]] = True
    beside[graph.b[joins[graph.a]]] = True
    alone = np.bincount(label, minlength=count)[label] == 1
    plain[label[~joins & ~beside & ~alone]] = False
    for number, kind in enumerate(graph.kinds):
        held = np.bincount(label[graph.kind == number], minlength=count)
        if kind.most_per_profile is not None:
            plain[held > kind.most_per_profile] = False
        if is_exclusive(kind):
            plain[held > 1] = False
        if kind.shared_after == 0:
            plain[held > 0] = False
    sensitive = np.array([kind.sensitivity is not None for kind in graph.kinds], dtype=np.bool_)[graph.kind]
    plain[np.bincount(label[sensitive], minlength=count) > 1] = False
    return Components(label, count, plain)


def _connected(size: int, a: Ints, b: Ints) -> tuple[int, Ints]:
    edges = scipy.sparse.coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    count, label = scipy.sparse.csgraph.connected_components(edges, directed=False)
    return int(count), label.astype(np.int64)


def begin(graph: Graph, found: Components) -> Plan:
    """Return the plan of the plain components; the others are to be added by :func:`add`."""
    owned = graph.owner != NO_PROFILE
    plan = Plan(
        identifiers=len(graph.kind),
        components=found.count,
        profiles=len(np.unique(graph.owner[owned])),
        profiles_after=int(found.plain.sum()),
    )
    inside = owned & found.plain[found.label]
    pairs = np.unique(np.stack([found.label[inside], graph.owner[inside]]), axis=1)
    profiles = np.bincount(pairs[0], minlength=found.count) if pairs.size else np.zeros(found.count, dtype=np.int64)
    many = np.flatnonzero(profiles > 1)
    plan.merged += int((profiles[many] - 1).sum())
    sizes = np.bincount(found.label, minlength=found.count)
    sizes[~found.plain] = 0
    order = np.argsort(found.label, kind="stable")
    starts = np.searchsorted(found.label[order], np.arange(found.count + 1))
    for component in many:
        members = order[starts[component] : starts[component + 1]]
        people = np.unique(graph.owner[members])
        held = tuple(int(each) for each in people if each != NO_PROFILE)
        plan.changes.append(Change(held, 1, tuple(int(each) for each in members)))
    for component in np.argsort(sizes)[::-1][:MOST_EXAMPLES]:
        members = order[starts[component] : starts[component + 1]]
        plan.largest.append((int(sizes[component]), int(graph.owner[members].max(initial=NO_PROFILE))))
    return plan


def add(
    plan: Plan,
    places: Mapping[bytes, int],
    nodes: Mapping[bytes, Node],
    owner: Mapping[bytes, Owner],
    links: Iterable[Link],
    most: int,
) -> None:
    """Add one component that needs a closer look. ``places`` gives the place of each identifier."""
    found = partition(nodes, links, most)
    answer = regroup(found, nodes, owner)
    before = {each.profile_id for each in owner.values()}
    people = [
        group
        for group in answer.groups
        if group.came_from or any(nodes[node].kind.joins in _JOINING for node in group.members)
    ]
    plan.profiles_after += len(people)
    moved = [group for group in people if group.came_from != {group.profile_id}]
    plan.split += len(answer.torn)
    whole = [group for group in people if not group.came_from & answer.torn]
    plan.merged += sum(len(group.came_from) - 1 for group in whole if group.came_from)
    plan.set_aside += sum(nodes[node].state is IdentifierState.LIVE for node in answer.shared)
    for refused in answer.refused:
        if refused.reason is not None:
            plan.questions[refused.reason.value] = plan.questions.get(refused.reason.value, 0) + 1
    for group in people:
        plan.largest.append((len(group.members), max(group.came_from, default=NO_PROFILE)))
    plan.largest = sorted(plan.largest, reverse=True)[:MOST_EXAMPLES]
    if moved or answer.torn:
        plan.changes.append(Change(tuple(sorted(before)), len(people), tuple(sorted(places[node] for node in nodes))))
