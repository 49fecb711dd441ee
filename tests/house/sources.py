"""What the laws look at: the project's files, parsed once, and findings as plain lines."""

import ast
import gc
import subprocess
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
_SKIPPED = {
    ".git",
    ".venv",
    ".venv-peers",
    ".venv-people",
    ".venv-forecast",
    "node_modules",
    "__pycache__",
    "build",
    "dist",
    "data",
}


class Finding(msgspec.Struct, frozen=True, order=True):
    """One breach: in which file or module, what (without line numbers, so that an exception can name it)."""

    place: str
    what: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.place}: {self.what}"


class Source(msgspec.Struct, frozen=True):
    """A Python file: its path inside the project, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree."""
        return nodes_of(self.tree)

    @property
    def module(self) -> str:
        """Dotted name, a package's ``__init__`` left out."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def source(path: str, text: str) -> Source:
    """Parse a text as if it stood at ``path``."""
    return Source(path, text, ast.parse(text))


@lru_cache(maxsize=1)
def files() -> tuple[str, ...]:
    """Return the paths of all files that are, or are about to be, in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        listed: Iterable[str] = done.stdout.decode().split("\0")
        return tuple(sorted(path for path in listed if path and (ROOT / path).is_file()))
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(sorted(str(path) for path in found if not _SKIPPED & set(path.parts)))


@lru_cache(maxsize=4_096)
def nodes_of(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return every node of a tree, in the order of ``ast.walk``; walked once for all laws."""
    return tuple(ast.walk(tree))


@lru_cache(maxsize=1)
def _sources() -> tuple[Source, ...]:
    found = tuple(source(path, (ROOT / path).read_text("utf-8")) for path in files() if path.endswith(".py"))
    gc.collect()
    gc.freeze()  # millions of nodes that stay: nobody need look through them again for what is garbage
    return found


def sources(*tops: str) -> Iterator[Source]:
    """Yield the Python files below the given top folders."""
    return (each for each in _sources() if each.path.split("/")[0] in tops)


def texts(*suffixes: str, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of the files with one of the suffixes (all text files when none is given)."""
    for path in files():
        if not path.startswith(under) or (suffixes and not path.endswith(suffixes)):
            continue
        try:
            yield path, (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for a chain of names, else ``None``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return None if left is None else f"{left}.{node.attr}"
    return None


def imported(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for, as a dotted path: ``{"dt": "datetime.datetime"}``."""
    names: dict[str, str] = {}
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def modules_imported(tree: ast.Module) -> set[str]:
    """Return every dotted path that an import statement names, ``from a import b`` as both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found
