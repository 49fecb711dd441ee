"""Reads ``top``, ``bottom`` and ``percentile``: conditions on where a profile stands among others. Opens no file."""

import re
from collections.abc import Mapping
from typing import Any

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import AllOf, Condition, InAudience, Ranked
from fieldfare.know.cuts.model import MILLION, Cut, Rank

END_KEYS = frozenset({"by", "per", "among"})
PERCENTILE_KEYS = frozenset({"per", "among"})
MOST_COUNT = 10_000_000
_PERCENT = re.compile(r"^\s*(\d{1,2}(?:\.\d{1,4})?)\s*%\s*$")
_AUDIENCE = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_PER_CENT = MILLION // 100


def parse_end(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Read ``{top: 5 %, by: spend_365d}`` and ``{bottom: 50, by: spend_365d}``."""
    key = "top" if "top" in node else "bottom"
    before = len(problems)
    rank = _rank(node[key], key, path, problems)
    by = _name(node.get("by"), (*path, "by"), f"`{key}` does not say by which number", "by: spend_365d", problems)
    per, among = _group(node, path, problems)
    if rank is None or len(problems) > before:
        return None
    return _among(Ranked(Cut(by, (rank,), per, among), (True,)))


def parse_percentile(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Read ``{percentile: {of: spend_365d, between: [60, 80]}}``: above the first, up to the second."""
    asked, before = node["percentile"], len(problems)
    at: Path = (*path, "percentile")
    if not isinstance(asked, Mapping) or set(asked) != {"of", "between"}:
        what = "`percentile` does not hold `of` and `between`"
        fix = "Write `percentile: {of: spend_365d, between: [60, 80]}`"
        problems.append(Problem(at, what, "It takes the name of a trait and two percentiles", fix))
        return None
    of = _name(asked["of"], (*at, "of"), "`of` does not name a trait", "of: spend_365d", problems)
    ends = asked["between"]
    low, high = (_percentile(end) for end in ends) if isinstance(ends, list) and len(ends) == 2 else (None, None)  # noqa: PLR2004 - two ends
    if low is None or high is None or low >= high or (low, high) == (0, MILLION):
        what = f"`between: {_shown(ends)}` is not a band of percentiles"
        why = "It takes two numbers from 0 to 100, the lower first; all of 0 to 100 would tell nobody apart"
        problems.append(Problem((*at, "between"), what, why, "Write `between: [60, 80]`"))
        return None
    per, among = _group(node, path, problems)
    if len(problems) > before:
        return None
    asked_ends = [(low, False), (high, True)]
    kept = [(share, wanted) for share, wanted in asked_ends if 0 < share < MILLION]
    ranks = tuple(Rank(is_top=False, share=share) for share, _ in kept)
    return _among(Ranked(Cut(of, ranks, per, among), tuple(wanted for _, wanted in kept)))


def _among(node: Ranked) -> Condition:
    """Return the condition together with the audience whose members are ranked: nobody else can be in."""
    return node if node.cut.among is None else AllOf((InAudience(node.cut.among), node))


def _rank(value: object, key: str, path: Path, problems: list[Problem]) -> Rank | None:
    is_top = key == "top"
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_COUNT:
        return Rank(is_top=is_top, count=value)
    match = _PERCENT.match(value) if isinstance(value, str) else None
    share = round(float(match[1]) * _PER_CENT) if match is not None else 0
    if share > 0:
        return Rank(is_top=is_top, share=share)
    bare = isinstance(value, float) and 0 < value < 1
    fix = f"Write `{key}: {value * 100:g} %`" if bare else f"Write `{key}: 5 %`, or `{key}: 200` for so many profiles"  # type: ignore[operator]
    why = f"it takes a share above 0 % and below 100 %, or a whole number from 1 to {MOST_COUNT:,}"
    problems.append(Problem((*path, key), f"`{key}: {_shown(value)}` is neither a share nor a number", why, fix))
    return None


def _percentile(value: object) -> int | None:
    """Return a percentile in millionths."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:  # noqa: PLR2004 - percent
        return None
    return round(value * _PER_CENT)


def _name(value: object, path: Path, what: str, example: str, problems: list[Problem]) -> str:
    if not isinstance(value, str) or not value:
        why = "people are ranked by a trait that holds a number, computed or not"
        problems.append(Problem(path, what, why, f"Write `{example}`"))
    return str(value)


def _group(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> tuple[str | None, str | None]:
    per, among = node.get("per"), node.get("among")
    if per not in {None, "location", "region"}:
        what = f"`per: {_shown(per)}` is neither `location` nor `region`"
        why = "people are ranked within their home location, or within its region"
        problems.append(Problem((*path, "per"), what, why, "Write `per: location`"))
    if among is not None and not (isinstance(among, str) and _AUDIENCE.match(among)):
        what = "`among` does not hold the name of an audience"
        problems.append(Problem((*path, "among"), what, "only its members are ranked", "Write `among: members`"))
    return per, among


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
