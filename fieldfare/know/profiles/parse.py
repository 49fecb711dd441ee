"""Reads ``traits.yaml`` as data into trait declarations. It opens no file."""

import re

from fieldfare.ground.workspace.model import Problem
from fieldfare.know.profiles.files import TraitsFile
from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitType
from fieldfare.know.profiles.personal import is_personal_name
from fieldfare.know.profiles.plan import HOME_TRAIT

_NAME = re.compile(r"^[A-Za-z0-9_$][A-Za-z0-9_$ .-]{0,99}$")


def parse_traits(file: TraitsFile) -> tuple[dict[str, TraitSpec] | None, list[Problem]]:
    """Return the declarations by name, or ``None`` and every problem. Paths start at the file's root."""
    problems = [problem for name, entry in file.traits.items() for problem in _problems(name, entry.type)]
    problems += [
        Problem(
            ("traits", name, "sensitivity"),
            f"the trait `{name}` is declared with sensitivity `none`",
            "this name is always treated as personal",
            "Write `sensitivity: contact` or `sensitivity: personal`",
        )
        for name, entry in file.traits.items()
        if entry.sensitivity is Sensitivity.NONE and is_personal_name(name)
    ]
    if problems:
        return None, problems
    return {
        name: TraitSpec(name, entry.type, entry.sensitivity, entry.description) for name, entry in file.traits.items()
    }, []


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
