"""Reads the stretches of seasons that a condition looks at: ``during: last january.peak``. Pure.

Whether the season exists is checked where all files are known.
"""

import re
from collections.abc import Mapping
from typing import Any

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import During
from fieldfare.network.calendars.model import Phase

MOST_BACK = 10
PHASE = re.compile(rf"^([a-z0-9][a-z0-9_-]*\.)?({'|'.join(Phase)})$")
_TEXT = re.compile(r"^\s*(last|current)\s+(\S+)\s*$")
_HOW = "Write `during: last january.peak`, `during: current peak` or `during: {phase: peak, before_last: 1}`"


def parse_during(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> During | None:
    """Return the stretch that ``during`` writes, ``None`` where it is not written or not right."""
    if "during" not in node:
        return None
    here = (*path, "during")
    others = [key for key in ("within", "over", "between") if key in node]
    if others:
        what = f"the condition says `during` and `{others[0]}` at once"
        problems.append(Problem(path, what, "a stretch of a season is a window", "Keep one of them"))
        return None
    value = node["during"]
    match = _TEXT.match(value) if isinstance(value, str) else None
    if match is not None:
        return _checked(match[2], 1 if match[1] == "last" else 0, here, problems)
    if isinstance(value, Mapping) and set(value) == {"phase", "before_last"}:
        before = value["before_last"]
        if isinstance(before, int) and not isinstance(before, bool) and 0 <= before < MOST_BACK:
            return _checked(value["phase"], before + 1, here, problems)
        why = f"it is a whole number: 0 is the last stretch that is over, up to {MOST_BACK - 1} before it"
        what = f"`before_last: {before}` does not say which stretch"
        problems.append(Problem((*here, "before_last"), what, why, "Write `before_last: 1`"))
        return None
    said = f"during: {value}" if isinstance(value, str) else "during"
    what = f"`{said}` does not name a stretch"
    problems.append(Problem(here, what, "it says which stretch of which phase", _HOW))
    return None


def phase_in(value: object) -> str | None:
    """Return the phase that a ``during`` names, right or wrong; ``None`` where it names none."""
    match = _TEXT.match(value) if isinstance(value, str) else None
    if match is not None:
        return match[2]
    phase = value.get("phase") if isinstance(value, Mapping) else None
    return phase if isinstance(phase, str) else None


def _checked(phase: object, back: int, path: Path, problems: list[Problem]) -> During | None:
    if isinstance(phase, str) and PHASE.match(phase):
        return During(phase, back)
    why = "the phases are " + ", ".join(f"`{name}`" for name in Phase) + ", each also after a season and a dot"
    problems.append(Problem(path, f"`{phase}` is not a phase", why, _HOW))
    return None
