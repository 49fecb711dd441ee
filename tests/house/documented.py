"""The law of documents: whatever a person can meet by name occurs in ``docs/``.

Collected from the code, never from a list: error codes and routes by reading the sources, options from the command line
itself, keys from the structs of the workspace, reasons from their enums. To have something else checked, write one more
collector and add it to ``test_documented.py``.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import msgspec

from tests.house.sources import Finding, Source, dotted

_ERRORS = {"FieldfareError", "CallerError", "ConfigError", "TransientError", "PermanentError", "ConflictError"}
_BEFORE, _AFTER = re.compile(r"[\w/-]"), re.compile(r"[\w-]|/\w")
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_ROUTE_MAKERS = {"Route", "Mount", "WebSocketRoute", "api_route", "add_route", "add_api_route"}
_ROUTE_VERBS = {"get", "post", "put", "patch", "delete"}
_ROUTERS = {"router", "app", "api", "routes"}


def undocumented(kind: str, names: Iterable[str], documents: str) -> list[Finding]:
    """Report names that no document holds as a whole word."""
    return [
        Finding("docs", f"{kind} `{name}` is written nowhere")
        for name in sorted(set(names))
        if not _stands(name, documents)
    ]


def _stands(name: str, documents: str) -> bool:
    """Return whether a name stands somewhere as a whole word: looked up plainly, its ends judged where it is found."""
    place = documents.find(name)
    while place >= 0:
        before, after = documents[max(place - 1, 0) : place], documents[place + len(name) : place + len(name) + 2]
        if not _BEFORE.match(before) and not _AFTER.match(after):
            return True
        place = documents.find(name, place + 1)
    return False


def error_codes(source: Source) -> set[str]:
    """Return the codes of the failures raised in a module."""
    return {code for code, _ in _codes(source) if code is not None}


def unclear_codes(source: Source) -> list[Finding]:
    """Report failures whose code is not one lowercase literal, which nobody could look up."""
    return [
        Finding(source.path, f"the code of `{ast.unparse(node)[:60]}` is not a lowercase literal")
        for code, node in _codes(source)
        if code is None or not _CODE.fullmatch(code)
    ]


def _codes(source: Source) -> Iterator[tuple[str | None, ast.Call]]:
    for node in source.nodes:
        if not isinstance(node, ast.Call) or (dotted(node.func) or "").split(".")[-1] not in _ERRORS:
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        code = node.args[0] if node.args else keywords.get("code")
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            yield code.value, node
        elif not (isinstance(code, ast.Attribute) and code.attr == "code"):
            # Passing on the code of another failure is fine: it is a literal where that one was made.
            yield None, node


def routes(source: Source) -> set[str]:
    """Return the HTTP paths that a module serves; ``{name:str}`` is written ``{name}`` in documents."""
    return {re.sub(r":\w+}", "}", path) for path, _ in _routes(source) if path is not None}


def unclear_routes(source: Source) -> list[Finding]:
    """Report routes whose path is not a literal."""
    return [
        Finding(source.path, f"the path of `{ast.unparse(node)[:60]}` is not a literal, so nobody can look it up")
        for path, node in _routes(source)
        if path is None
    ]


def _routes(source: Source) -> Iterator[tuple[str | None, ast.Call]]:
    for node in source.nodes:
        if not isinstance(node, ast.Call) or not node.args:
            continue
        owner, _, maker = (dotted(node.func) or "").rpartition(".")
        if maker not in _ROUTE_MAKERS and not (maker in _ROUTE_VERBS and owner.split(".")[-1] in _ROUTERS):
            continue
        path = node.args[0]
        literal = isinstance(path, ast.Constant) and isinstance(path.value, str)
        yield (path.value if literal and isinstance(path, ast.Constant) else None), node  # type: ignore[misc]


def options(command: Any, name: str = "fieldfare") -> set[str]:
    """Return the command lines of a click command and of all below it, and their long options.

    Typer's own options for shell completion are left out.
    """
    found = {name} if not hasattr(command, "commands") else set()
    for parameter in command.params:
        names = [*getattr(parameter, "opts", ()), *getattr(parameter, "secondary_opts", ())]
        found |= {each for each in names if each.startswith("--") and "completion" not in each}
    for child, below in getattr(command, "commands", {}).items():
        found |= options(below, f"{name} {child}")
    return found


def struct_keys(kind: type[msgspec.Struct]) -> set[str]:
    """Return the keys of a struct and of all structs inside it, as written in a file."""
    found: set[str] = set()
    _walk(msgspec.inspect.type_info(kind), found, set())
    return found


def _walk(info: Any, keys: set[str], seen: set[type]) -> None:
    if isinstance(info, msgspec.inspect.StructType | msgspec.inspect.TypedDictType | msgspec.inspect.DataclassType):
        if info.cls in seen:
            return
        seen.add(info.cls)
        for field in info.fields:
            keys.add(field.encode_name)
            _walk(field.type, keys, seen)
        return
    for name in ("type", "types", "item_type", "item_types", "key_type", "value_type"):
        inner = getattr(info, name, None)
        for each in inner if isinstance(inner, tuple) else (inner,):
            if isinstance(each, msgspec.inspect.Type):
                _walk(each, keys, seen)


def enum_values(kind: type[Enum]) -> set[str]:
    """Return the values of an enum as text."""
    return {str(member.value) for member in kind}
