"""What was registered, and what was changed after the start: amendments. Pure, over the versions that were applied.

The registration is the experiment's file as the last version applied before its ``start`` has it (the first version
that has it, where no start is written). Every later version that changes the file, or the definition of a metric that
it names, is an amendment, and every readout shows it.
"""

import difflib
from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.ground.instants import Instant


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """One applied version, as far as it concerns an experiment: the texts of its files, ``None`` where absent."""

    number: int
    by: str
    reason: str
    at: Instant
    texts: Mapping[str, str | None]


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """One change after the registration."""

    version: int
    by: str
    reason: str
    at: Instant
    differences: tuple[str, ...]
    """Lines of the files that went and came."""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """When an experiment was registered, and what was changed since."""

    version: int
    by: str
    at: Instant
    amendments: tuple[Amendment, ...]


def registered(applied: Sequence[Applied], file: str, start: Instant | None) -> Registered | None:
    """Return the registration of an experiment, ``None`` when no applied version has its file.

    ``applied`` is in the order of applying; ``start`` is the first instant of the experiment.
    """
    known = [each for each in applied if each.texts.get(file) is not None]
    if not known:
        return None
    before = [each for each in known if start is not None and each.at <= start]
    first = before[-1] if before else known[0]
    amendments, last = [], first
    for each in applied[list(applied).index(first) + 1 :]:
        differences = _differences(last.texts, each.texts)
        if differences:
            told = Amendment(version=each.number, by=each.by, reason=each.reason, at=each.at, differences=differences)
            amendments.append(told)
            last = each
    return Registered(version=first.number, by=first.by, at=first.at, amendments=tuple(amendments))


def _differences(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> tuple[str, ...]:
    found = []
    for file in sorted(before.keys() | after.keys()):
        old, new = (side.get(file) or "" for side in (before, after))
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0)
        found += [f"{file}: {line}" for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    return tuple(found)
