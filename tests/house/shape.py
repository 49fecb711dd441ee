"""Laws of shape: how long files and functions are, what modules say of themselves, which names say nothing."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tests.house.sources import Finding, Source, nodes_of

FILE_LINES = 500
FUNCTION_LINES = 70
SHORT_LINES = 35
SHORT_SHARE = 0.95
_DOCSTRING_LETTERS = 40
_NAMES = {"util", "common", "core", "service", "model", "helper", "manager", "base"}
_PLURALS_ONLY = {"model"}
"""``model.py`` holds a room's nouns; ``models`` is the name that means nothing."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[_Function]:
    """Yield every function, methods and inner ones included."""
    return (node for node in nodes_of(tree) if isinstance(node, _Function))


def lines_of(function: _Function) -> int:
    """Return how many lines a function has, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def long_files(path: str, text: str) -> list[Finding]:
    """Report a file above the bound."""
    count = len(text.splitlines())
    return [Finding(path, f"has more than {FILE_LINES} lines; split it by idea")] if count > FILE_LINES else []


def long_functions(source: Source) -> list[Finding]:
    """Report functions above the bound."""
    return [
        Finding(source.path, f"`{function.name}` has more than {FUNCTION_LINES} lines; name its parts")
        for function in functions(source.tree)
        if lines_of(function) > FUNCTION_LINES
    ]


def short_share(sources: Iterable[Source]) -> float:
    """Return the share of functions under the aim."""
    lengths = [lines_of(function) for source in sources for function in functions(source.tree)]
    return sum(length < SHORT_LINES for length in lengths) / max(1, len(lengths))


def silent_modules(source: Source) -> list[Finding]:
    """Report a module that does not say what it is for."""
    text = ast.get_docstring(source.tree) or ""
    if len(text) < _DOCSTRING_LETTERS:
        return [Finding(source.path, "its docstring does not say what the module is for and what it does not do")]
    return []


def forbidden_names(path: str) -> list[Finding]:
    """Report a file or folder with a name that says nothing."""
    return [
        Finding(path, f"`{part}` says nothing; name it for what it holds")
        for part in PurePosixPath(path).with_suffix("").parts
        if part.rstrip("s") in _NAMES and part not in _PLURALS_ONLY
    ]


def empty_rooms(paths: Iterable[str]) -> list[Finding]:
    """Report packages with nothing in them."""
    packages: dict[str, int] = {}
    for path in map(PurePosixPath, paths):
        if path.suffix != ".py":
            continue
        for parent in path.parents:
            packages.setdefault(str(parent), 0)
            packages[str(parent)] += path.name != "__init__.py"
    return [Finding(name, "is an empty room; make it when something moves in") for name, n in packages.items() if not n]
