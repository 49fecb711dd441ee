"""The page of errors is complete and no more: every code once, with the classes under which the code raises it."""

import ast
import re
from collections.abc import Iterable

from tests.house import documented
from tests.house.sources import Source, dotted, source, sources, texts

PAGE = "docs/reference/errors.md"
_ROW = re.compile(r"^\| `([a-z][a-z0-9_]*)` \| ([a-z, ]*) \|", re.MULTILINE)


def rows(page: str) -> list[tuple[str, set[str]]]:
    """Return (code, classes) of every row of the page."""
    return [
        (code, {name for name in classes.replace(" ", "").split(",") if name}) for code, classes in _ROW.findall(page)
    ]


def raised(modules: Iterable[Source]) -> dict[str, set[str]]:
    """Return every code that is raised, with the classes (``caller``, ``config`` …) under which it is."""
    found: dict[str, set[str]] = {}
    for module in modules:
        for node in module.nodes:
            name = (dotted(node.func) or "").split(".")[-1] if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name.endswith("Error") and node.args:
                code = node.args[0]
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.setdefault(code.value, set()).add(name.removesuffix("Error").lower())
    return found


def wrong(page: str, modules: list[Source]) -> list[str]:
    """Return what the page says too little, too much or falsely."""
    told = rows(page)
    codes = {code for module in modules for code in documented.error_codes(module)}
    by_class = raised(modules)
    written = {node.value for module in modules for node in module.nodes if isinstance(node, ast.Constant)}
    found = [f"{code} has no row" for code in sorted(codes - {code for code, _ in told})]
    found += [
        f"{code} has two rows" for code in sorted({code for code, _ in told if [c for c, _ in told].count(code) > 1})
    ]
    for code, classes in told:
        if code in codes and classes != by_class[code]:
            found.append(f"{code} is raised as {sorted(by_class[code])}, not {sorted(classes)}")
        elif code not in codes and (code not in written or classes):
            found.append(f"{code} is raised nowhere")
    return found


def _product() -> list[Source]:
    return [each for each in sources("fieldfare") if not each.path.startswith("fieldfare/testing/")]


def test_the_page_of_errors_is_complete() -> None:
    assert wrong(dict(texts(".md", under="docs/reference/"))[PAGE], _product()) == []


def test_planted_faults_are_reported() -> None:
    module = source(
        "a.py", "raise ConfigError('bad_key', '')\nraise errors.CallerError('no_page', '')\nx = 'door_failed'"
    )
    page = "| `bad_key` | config | … |\n| `no_page` | caller | … |\n| `door_failed` |  | … |\n"
    assert wrong(page, [module]) == []
    assert wrong(page.replace("| `no_page` | caller | … |\n", ""), [module]) == ["no_page has no row"]
    assert wrong(page.replace("caller", "config"), [module]) == ["no_page is raised as ['caller'], not ['config']"]
    assert wrong(page + "| `gone` |  | … |\n", [module]) == ["gone is raised nowhere"]
    assert wrong(page + "| `bad_key` | config | … |\n", [module]) == ["bad_key has two rows"]
