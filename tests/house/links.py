"""The law of links: a relative link in a document leads to a file that is there."""

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from tests.house.sources import Finding

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def broken_links(path: str, text: str, known: Collection[str]) -> list[Finding]:
    """Report links from the document at ``path`` to files or folders that are not among the known paths."""
    found = []
    for match in _LINK.finditer(_FENCE.sub("", text)):
        target = (match[1] or match[2]).split("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            there = _resolve(PurePosixPath(path).parent, target)
            if there not in known and not any(each.startswith(f"{there}/") for each in known):
                found.append(Finding(path, f"links to `{target}`, which is not there"))
    return found


def _resolve(folder: PurePosixPath, target: str) -> str:
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
