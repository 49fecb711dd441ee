"""Laws of imports that import-linter does not hold: stores are private, deciding modules are listed and mirrored.

Which modules decide is told in one place: the contract ``pure`` in ``pyproject.toml``. Import-linter keeps I/O, clock
and randomness out of them; the laws here see to it that none is forgotten and that each has its table of tests.
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import PurePosixPath

from tests.house.sources import ROOT, Finding, Source, modules_imported

DECIDING_ROOMS = ("network", "trust", "collect", "know", "learn", "decide", "act", "franchise")
SHELL_NAMES = {"__init__", "ports", "routes", "run", "store"}
_NOUN_NAMES = {"files", "model", "ports"}
"""They hold words, not decisions, and want no table of tests; ``files`` holds the shapes of workspace files."""
_WIRING = ("fieldfare.flow", "fieldfare.assembly", "tests", "bench", "fieldfare.ground.store")


def contracts() -> list[dict[str, object]]:
    """Return the import-linter contracts as written."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: list[dict[str, object]] = tomllib.load(file)["tool"]["importlinter"]["contracts"]
        return found


def pure_patterns() -> list[str]:
    """Return the modules of the contract ``pure``; ``*`` stands for one part of a name, ``**`` for one or more."""
    (contract,) = (each for each in contracts() if each["id"] == "pure")
    names = contract["source_modules"]
    assert isinstance(names, list)
    return names


def is_pure(module: str, patterns: Iterable[str]) -> bool:
    """Tell whether a module is covered by one of the patterns."""
    return any(_expression(pattern).fullmatch(module) for pattern in patterns)


def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"*": r"[^.]+", "**": r"[^.]+(\.[^.]+)*"}
    return re.compile(r"\.".join(parts.get(part, re.escape(part)) for part in pattern.split(".")))


def borrowed_stores(source: Source) -> list[Finding]:
    """Report who imports another room's ``store``."""
    package = source.module if source.path.endswith("__init__.py") else source.module.rpartition(".")[0]
    if f"{source.module}.".startswith(tuple(f"{name}." for name in _WIRING)):
        return []
    return [
        Finding(source.path, f"imports `{name}`, which belongs to its room; ask through a port")
        for name in sorted(modules_imported(source.tree))
        if name.startswith("fieldfare.") and name.endswith(".store") and name != "fieldfare.ground.store"
        if name.removesuffix(".store") != package
    ]


def unlisted(source: Source, patterns: Iterable[str]) -> list[Finding]:
    """Report a module of a deciding room that neither is listed as pure nor has the name of a shell or a store."""
    parts = source.module.split(".")
    if len(parts) < 2 or parts[1] not in DECIDING_ROOMS or source.path.endswith("__init__.py"):
        return []
    if parts[-1] in SHELL_NAMES or parts[-1].endswith("_store") or is_pure(source.module, patterns):
        return []
    return [Finding(source.module, "decides, but is not in the contract `pure` of pyproject.toml; list it there")]


def missing_patterns(modules: Iterable[str], patterns: Iterable[str]) -> list[Finding]:
    """Report patterns of the contract that name no module."""
    known = list(modules)
    return [
        Finding("pyproject.toml", f"`{pattern}` of the contract `pure` names no module; remove it")
        for pattern in patterns
        if not any(is_pure(module, [pattern]) for module in known)
    ]


def unmirrored(modules: Iterable[str], paths: Iterable[str], patterns: Iterable[str]) -> list[Finding]:
    """Report verbs without a ``tests/decide`` module, and such modules without a verb.

    ``fieldfare.know.profiles.fold`` wants ``tests/decide/know/profiles/test_fold.py``; beside it
    ``test_fold_<aspect>.py`` may stand.
    """
    listed = list(patterns)
    pure = {m: _test_path(m) for m in modules if is_pure(m, listed)}
    wanted = {path for module, path in pure.items() if module.rpartition(".")[2] not in _NOUN_NAMES}
    there = {path for path in paths if path.startswith("tests/decide/") and "/test_" in path and path.endswith(".py")}
    found = [
        Finding(path, "is missing; each deciding module has its table of tests")
        for path in sorted(wanted)
        if path not in there
    ]
    stems = tuple(path.removesuffix(".py") for path in pure.values())
    for path in sorted(there):
        stem = path.removesuffix(".py")
        if not any(stem == known or stem.startswith(f"{known}_") for known in stems):
            found.append(Finding(path, "tests no module of the contract `pure`; list the module or move the test"))
    return found


def _test_path(module: str) -> str:
    path = PurePosixPath("tests/decide", *module.split(".")[1:])
    return str(path.with_name(f"test_{path.name}.py"))
