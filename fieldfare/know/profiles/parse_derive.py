"""Reads ``derive`` of declared traits: what is wrong with it. It derives nothing."""

import re
from collections import Counter
from collections.abc import Mapping

from fieldfare.collect.personal import is_personal_name
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.profiles.files import TraitEntry
from fieldfare.know.profiles.model import Derivation, Sensitivity, TraitType

_NAME = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$ .-]{0,99}")
_TAKES = {
    Derivation.DAY_OF_YEAR: frozenset({TraitType.DATE}),
    Derivation.BIRTH_YEAR_BAND: frozenset({TraitType.DATE}),
    Derivation.DOMAIN: frozenset({TraitType.TEXT}),
    Derivation.REGION: frozenset({TraitType.OBJECT}),
    Derivation.COUNTRY: frozenset({TraitType.TEXT, TraitType.OBJECT}),
}


def derive_problems(entries: Mapping[str, TraitEntry]) -> list[Problem]:
    """Return every problem of every ``derive``. Paths start at the file's root."""
    targets = Counter(target for entry in entries.values() for target in entry.derive)
    found: list[Problem] = []
    for name, entry in entries.items():
        is_sealed = entry.sensitivity is not Sensitivity.NONE or is_personal_name(name)
        if entry.derive and not is_sealed:
            why, fix = "conditions can ask for it as it is", "Remove `derive`, or declare its sensitivity"
            found.append(Problem(("traits", name, "derive"), f"the trait `{name}` is not sealed", why, fix))
        for target, how in entry.derive.items():
            path: Path = ("traits", name, "derive", target)
            if entry.type not in _TAKES[how]:
                types = " or ".join(sorted(_TAKES[how]))
                why, fix = f"`{how}` is derived from {types}", f"Declare `{name}` so, or derive something else"
                found.append(Problem(path, f"the trait `{name}` is of type {entry.type}", why, fix))
            what = _name_problem(target, entries, targets)
            if what is not None:
                why, fix = "a derived trait is a trait of its own, in clear", "Write another name"
                found.append(Problem(path, what, why, fix))
    return found


def _name_problem(target: str, entries: Mapping[str, TraitEntry], targets: Mapping[str, int]) -> str | None:
    if _NAME.fullmatch(target) is None:
        return f"`{target}` cannot name a trait"
    if is_personal_name(target):
        return f"the name `{target}` is always treated as personal"
    if target in entries:
        return f"the trait `{target}` is declared as well"
    if targets[target] > 1:
        return f"the trait `{target}` is derived twice"
    return None
