"""Reads ``traits.yaml`` as data into trait declarations. It opens no file."""

import re

from fieldfare.collect.personal import is_personal_name
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.know.profiles.derive import derived_specs
from fieldfare.know.profiles.files import TraitEntry, TraitsFile
from fieldfare.know.profiles.model import Sensitivity, Traits, TraitSpec, TraitType
from fieldfare.know.profiles.parse_derive import derive_problems
from fieldfare.know.profiles.plan import HOME_TRAIT

_NAME = re.compile(r"^[A-Za-z0-9_$][A-Za-z0-9_$ .-]{0,99}$")
MOST_DAYS = 36_500
"""Longest retention of a trait."""
MOST_STAY_DAYS = 60
"""Longest stay that may be asked for before a zone moves; a document keeps twice as many days."""


def parse_traits(file: TraitsFile) -> tuple[Traits | None, list[Problem]]:
    """Return the registry, or ``None`` and every problem. Paths start at the file's root."""
    problems = [problem for name, entry in file.traits.items() for problem in _problems(name, entry.type)]
    problems += [problem for name, entry in file.traits.items() for problem in _entry_problems(name, entry)]
    problems += derive_problems(file.traits)
    moves_after, wrong = _days(file.moves_after, ("moves_after",), MOST_STAY_DAYS)
    problems += wrong
    if problems or moves_after is None:
        return None, problems
    specs = {name: _spec(name, entry) for name, entry in file.traits.items()}
    return Traits(specs | derived_specs(specs), file.undeclared, moves_after), []


def _spec(name: str, entry: TraitEntry) -> TraitSpec:
    return TraitSpec(
        name=name,
        type=entry.type,
        sensitivity=entry.sensitivity,
        description=entry.description,
        purposes=tuple(entry.purposes),
        retention_days=None if entry.retention is None else _days(entry.retention, (), MOST_DAYS)[0],
        owner=entry.owner,
        sources=tuple(entry.sources),
        required=entry.required,
        status=entry.status,
        derive=tuple(entry.derive.items()),
    )


def _entry_problems(name: str, entry: TraitEntry) -> list[Problem]:
    found = []
    if entry.sensitivity is Sensitivity.NONE and is_personal_name(name):
        found.append(
            Problem(
                ("traits", name, "sensitivity"),
                f"the trait `{name}` is declared with sensitivity `none`",
                "this name is always treated as personal",
                "Write `sensitivity: contact` or `sensitivity: personal`",
            )
        )
    if entry.retention is not None:
        found += _days(entry.retention, ("traits", name, "retention"), MOST_DAYS)[1]
    order = [*([entry.owner] if entry.owner is not None else []), *entry.sources]
    for index, source in enumerate(entry.sources):
        if source in order[: len(order) - len(entry.sources) + index]:
            path: Path = ("traits", name, "sources", index)
            found.append(Problem(path, f"`{source}` stands twice", "a source has one place in the order", "Remove one"))
    return found


def _days(text: str, path: Path, most: int) -> tuple[int | None, list[Problem]]:
    duration = parse_duration(text)
    days = None if isinstance(duration, str) else duration.days
    if days is not None and 1 <= days <= most:
        return days, []
    what = f"`{text}` is not a number of days from 1 to {most}"
    return None, [Problem(path, what, "it is counted in days or weeks", "Write, for example, `30 days`")]


def _problems(name: str, kind: TraitType) -> list[Problem]:
    found = []
    if not _NAME.match(name):
        found.append(
            Problem(
                ("traits", name),
                f"`{name}` cannot name a trait",
                "a name has 1 to 100 letters, digits, `_`, `$`, `-`, `.` or spaces",
                "Write the name as the identify call sends it, for example `membership_status`",
            )
        )
    if name == HOME_TRAIT and kind is not TraitType.TEXT:
        found.append(
            Problem(
                ("traits", name, "type"),
                f"the trait `{name}` is a {kind}",
                "it holds the name of the profile's home location",
                "Write `type: text`",
            )
        )
    return found
