"""To which version a journey goes back: the last applied one in which its file was another, or was not there. Pure."""

import re
from collections.abc import Mapping, Sequence


def file_of(contents: Mapping[str, str], journey: str) -> str | None:
    """Return the file in which a journey stands, ``None`` when none says so."""
    named = re.compile(rf"^journey:\s*[\"']?{re.escape(journey)}[\"']?\s*(#.*)?$", re.MULTILINE)
    held = (path for path, text in sorted(contents.items()) if path.count("/") == 1 and named.search(text))
    return next((path for path in held if path.startswith("journeys/")), None)


def last_other(applied: Sequence[tuple[int, Mapping[str, str]]], path: str) -> int | None:
    """Return the newest version whose file differs from that of the first given; ``None``: it was always as it is.

    ``applied``: numbers and digests by path, the version in force first, then the older ones.
    """
    now = applied[0][1].get(path)
    return next((number for number, files in applied[1:] if files.get(path) != now), None)
