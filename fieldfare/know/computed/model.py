"""Nouns of computed traits: what each is made of. No behaviour beyond plain look-ups.

Leaves are aggregates of events, traits and numbers; everything else names other traits, computed ones among them.
"""

import msgspec

from fieldfare.know.audiences.model import Did
from fieldfare.know.cuts.model import MILLION, Cut, Rank
from fieldfare.know.profiles.model import TraitType


class Measured(msgspec.Struct, frozen=True, tag="measure"):
    """What events come to: count, sum, least, greatest, first, last, different or most frequent."""

    did: Did


class DaysSinceEvent(msgspec.Struct, frozen=True, tag="days_since_event"):
    """Calendar days since the local day of the first or last such event."""

    did: Did


class DaysSinceTrait(msgspec.Struct, frozen=True, tag="days_since_trait"):
    """Calendar days since the date that a trait holds; negative while it lies ahead."""

    trait: str


class MomentOf(msgspec.Struct, frozen=True, tag="moment_of"):
    """When the first or last such event occurred, as the text of an instant."""

    did: Did


class Bands(msgspec.Struct, frozen=True, tag="bands"):
    """The label of the highest step that the number reaches; no value below all steps."""

    of: str
    steps: tuple[tuple[float, str], ...]
    """Least number and label, ascending."""


class Arithmetic(msgspec.Struct, frozen=True, tag="arithmetic"):
    """Ratio or difference of two numbers, each a trait's or a constant; no value without both, or by zero."""

    operator: str
    """ratio or difference."""
    left: str | float
    right: str | float


class Coalesce(msgspec.Struct, frozen=True, tag="coalesce"):
    """The value of the first of these traits that has one."""

    names: tuple[str, ...]


class Quintile(msgspec.Struct, frozen=True, tag="quintile"):
    """In which fifth of all profiles the number lies, by published cuts: 1 to 5, 5 the best."""

    of: str
    is_low_best: bool = False


class Joined(msgspec.Struct, frozen=True, tag="joined"):
    """The values of these traits as one text; whole numbers without a point. No value when one has none."""

    names: tuple[str, ...]


Node = Measured | DaysSinceEvent | DaysSinceTrait | MomentOf | Bands | Arithmetic | Coalesce | Quintile | Joined


class Computed(msgspec.Struct, frozen=True):
    """One computed trait."""

    name: str
    node: Node
    kind: TraitType | None
    """What it holds; ``None`` when that depends on values."""
    description: str = ""


def fifths_of(trait: str) -> Cut:
    """Return the cut of a quintile: where a fifth, two, three and four fifths of all that have the trait end."""
    return Cut(trait, tuple(Rank(is_top=False, share=MILLION * part // 5) for part in range(1, 5)))


def names_in(node: Node) -> tuple[str, ...]:
    """Return the traits that a node names, computed or not."""
    match node:
        case DaysSinceTrait(trait=name) | Bands(of=name) | Quintile(of=name):
            return (name,)
        case Coalesce(names=names) | Joined(names=names):
            return names
        case Arithmetic(left=left, right=right):
            return tuple(each for each in (left, right) if isinstance(each, str))
        case _:
            return ()


def did_in(node: Node) -> Did | None:
    """Return the aggregate of events that a node is made of."""
    return node.did if isinstance(node, Measured | DaysSinceEvent | MomentOf) else None
