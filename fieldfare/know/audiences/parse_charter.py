"""Reads what stands beside the condition of an audience: by what it is decided, what it is for. It opens no file."""

import re
from collections.abc import Callable

from msgspec import UNSET

from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.know.audiences.files import AudienceFile, ConditionNode
from fieldfare.know.audiences.model import Charter, Condition, Listed, Sync

MOST_SQL = 20_000
"""Longest query."""
MOST_TTL = 3_650

_Where = Callable[[ConditionNode], tuple[Condition | None, list[Problem]]]
_END = re.compile(r"[\s;]+$")


def parse_who(file: AudienceFile, where: _Where) -> tuple[Condition | None, list[Problem]]:
    """Return the condition of ``where`` or of ``sql``, or ``None`` and every problem."""
    if file.where is not UNSET and file.sql is None:
        return where(file.where)
    if file.sql is None:
        what, why = "the audience says neither `where` nor `sql`", "one of them tells who is in it"
        return None, [Problem(("audience",), what, why, "Write, for example, `where: {did: Order Completed}`")]
    problems = _sql_problems(file, file.sql)
    return (None if problems else Listed(file.audience, _END.sub("", file.sql).strip())), problems


def _sql_problems(file: AudienceFile, sql: str) -> list[Problem]:
    problems = []
    if file.where is not UNSET:
        what, why = "the audience says `where` and `sql` at once", "one of them decides who is in it"
        problems.append(Problem(("sql",), what, why, "Remove one of them; another audience can join both with `in:`"))
    if not _END.sub("", sql).strip():
        problems.append(Problem(("sql",), "`sql` is empty", "it takes one SELECT that returns `profile_id`", ""))
    if len(sql) > MOST_SQL:
        what = f"`sql` has {len(sql):,} characters"
        problems.append(Problem(("sql",), what, f"it may have {MOST_SQL:,}", "Write a shorter query"))
    if file.refresh == "live":
        what, why = "an audience by `sql` has no `refresh`", "a query is run on a schedule and is never exact"
        problems.append(Problem(("sql",), what, why, "Add `refresh: hourly`, `nightly` or `weekly`"))
    for phase, said in file.by_phase.items():
        if said.refresh == "live":
            what, why = "an audience by `sql` is `live` in a phase", "a query is run on a schedule and is never exact"
            path: Path = ("by_phase", phase, "refresh")
            problems.append(Problem(path, what, why, "Write `hourly`, `nightly` or `weekly`"))
    return problems


def parse_charter(file: AudienceFile) -> tuple[Charter, list[Problem]]:
    """Return what the audience is for, and every problem in it."""
    problems = []
    size = file.expected_size
    fewest, most = (None, None) if size is None else (size.at_least, size.at_most)
    path: Path = ("expected_size",)
    if size is not None and fewest is None and most is None:
        fix = "Write, for example, `{at_least: 200, at_most: 5000}`"
        problems.append(Problem(path, "`expected_size` says nothing", "it takes one end or both", fix))
    if fewest is not None and most is not None and fewest > most:
        what, why = f"`expected_size` is from {fewest} to {most}", "no size lies between them"
        problems.append(Problem(path, what, why, "Exchange the two numbers"))
    ttl_days = None
    if file.ttl is not None:
        told = parse_duration(file.ttl)
        ttl_days = None if isinstance(told, str) else told.days
        if ttl_days is None or not 1 <= ttl_days <= MOST_TTL:
            what = f"`ttl: {file.ttl}` is not a number of days from 1 to {MOST_TTL}"
            problems.append(Problem(("ttl",), what, "it is counted in days or weeks", "Write, for example, `180 days`"))
    sync = None if file.sync is None else Sync(file.sync)
    return Charter(file.action, file.outcome, file.success_metric, fewest, most, ttl_days, sync), problems
