"""SQL for reading audiences: sizes, growth, overlap, breakdown, members. The lake counts, never a loop.

What is asked about now, or by day, reads the changes themselves and not the view ``memberships``: a profile that was
merged away has left everything, so nobody must be followed anywhere, and one audience's changes are all that is read.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.flow.audience_days import days_of, grain_of
from fieldfare.flow.estimates import one_in
from fieldfare.ground.instants import Day, Instant, day_start
from fieldfare.ground.lake.ports import Lake

_SIZES = "SELECT audience, count(*) AS size FROM memberships GROUP BY audience"
_IS_IN = "max(seq * 2 + joined::BIGINT) % 2 = 1"
"""One number holds the place of a change and what it says; the last of each profile decides."""
_MEMBERS = f"""SELECT profile_id, arg_max("at", seq) AS joined_at FROM membership_changes
    WHERE audience = ? AND profile_id > ? AND profile_id <= ? GROUP BY profile_id HAVING {_IS_IN}
    ORDER BY profile_id LIMIT ?"""  # noqa: S608 - constants only
_MEMBERS_THEN = """SELECT profile_id, epoch_us(joined_at) AS joined_at FROM memberships_as_of(make_timestamptz(?))
    WHERE audience = ? AND profile_id > ? ORDER BY profile_id LIMIT ?"""
_IDS = "SELECT profile_id FROM {source} WHERE audience = ? ORDER BY profile_id"
_COUNT = "SELECT count(*) AS size FROM memberships_as_of(make_timestamptz(?)) WHERE audience = ?"
IDS_AT_A_TIME = 5_000
FIRST_STRETCH, WIDER, BEYOND = 64, 64, 2**62
"""A page of members is looked for in so many profile ids for each that is wanted, then in a stretch wider by so much.

The ids of profiles are numbers, and none is ``BEYOND``.
"""
_NOW = "memberships"
_THEN = "memberships_as_of(make_timestamptz(?))"
# Of each profile joined and left alternate, but where a merge says `joined` once more: only those few are looked at in
# the order in which they were said.
_GROWTH = """WITH turns AS (
        SELECT joined, "at", cause FROM membership_changes WHERE audience = $1 AND NOT (joined AND cause = 'merge')
        UNION ALL
        SELECT joined, "at", cause FROM (
            SELECT *, lag(joined) OVER (PARTITION BY profile_id ORDER BY seq) AS was FROM membership_changes
            WHERE audience = $1 AND profile_id IN (
                SELECT profile_id FROM membership_changes WHERE audience = $1 AND joined AND cause = 'merge'))
        WHERE joined AND cause = 'merge' AND NOT coalesce(was, false))
    SELECT ("at" - $2) // $3 AS part, count(*) FILTER (joined) AS joined, count(*) FILTER (NOT joined) AS left_,
        count(*) FILTER (joined AND cause IN ('event', 'time')) AS joined_live
    FROM turns WHERE "at" >= $2 GROUP BY 1
    UNION ALL SELECT -1, count(*) FILTER (joined), count(*) FILTER (NOT joined), 0 FROM turns WHERE "at" < $2"""
_OVERLAP = f"""WITH here AS MATERIALIZED (SELECT audience, profile_id FROM membership_changes
        WHERE audience IN (SELECT unnest(?::VARCHAR[])) AND {{among}}
        GROUP BY audience, profile_id HAVING {_IS_IN})
    SELECT a.audience AS one, b.audience AS other, count(*) AS both
    FROM here a JOIN here b ON a.profile_id = b.profile_id AND a.audience <= b.audience GROUP BY ALL ORDER BY ALL"""  # noqa: S608
_BREAKDOWN = f"""WITH inside AS (SELECT profile_id FROM membership_changes WHERE audience = $1
        AND {{among}} GROUP BY profile_id HAVING {_IS_IN}),
    looked AS (SELECT profile_id, {{value}} AS value FROM profile_rows WHERE {{among}}),
    counted AS (SELECT value, count(i.profile_id) AS members, count(*) AS profiles
        FROM looked LEFT JOIN inside i USING (profile_id) GROUP BY value)
    SELECT value, members, profiles, sum(members) OVER ()::BIGINT AS size FROM counted WHERE members > 0
    ORDER BY members DESC, value LIMIT $2"""  # noqa: S608 - constants only
_ROWS = "SELECT count(*) AS rows FROM {table}"
MOST_PROFILES, MOST_CHANGES = 250_000, 500_000
"""Profiles, and joined and left, that one question looks at; beyond, it looks at a part and tells estimates."""


def sizes(lake: Lake) -> dict[str, int]:
    """Return how many members each audience has that has any."""
    return {row["audience"]: row["size"] for row in lake.arrow(_SIZES).to_pylist()}


def size_then(lake: Lake, audience: str, at: Instant) -> int:
    """Return how many members an audience had at an instant."""
    found: int = lake.arrow(_COUNT, [at, audience]).to_pylist()[0]["size"]
    return found


def members(lake: Lake, audience: str, after: int, most: int) -> list[dict[str, Any]]:
    """Return members of now in the order of their ids, those after ``after``.

    They are looked for in a stretch of ids, and in wider ones as long as there are too few in it: what is read grows
    with the page, not with the audience.
    """
    stretch = FIRST_STRETCH * most
    while True:
        until = after + stretch if stretch < FIRST_STRETCH * WIDER**3 * most else BEYOND
        rows: list[dict[str, Any]] = lake.arrow(_MEMBERS, [audience, after, until, most]).to_pylist()
        if len(rows) == most or until == BEYOND:
            return rows
        stretch *= WIDER


def members_then(lake: Lake, audience: str, at: Instant, after: int, most: int) -> list[dict[str, Any]]:
    """Return members as of an instant in the order of their ids, those after ``after``."""
    rows: list[dict[str, Any]] = lake.arrow(_MEMBERS_THEN, [at, audience, after, most]).to_pylist()
    return rows


def member_ids(lake: Lake, audience: str, at: Instant | None = None) -> list[int]:
    """Return the ids of all members, in their order: now, or as of an instant."""
    return [each for page in member_pages(lake, audience, at) for each in page]


def member_pages(lake: Lake, audience: str, at: Instant | None = None) -> Iterator[list[int]]:
    """Yield the ids of all members, in their order and a few at a time: eight bytes each until then."""
    source, told = (_NOW, []) if at is None else (_THEN, [at])
    ids = lake.arrow(_IDS.format(source=source), [*told, audience]).column(0)
    for start in range(0, len(ids), IDS_AT_A_TIME):
        yield ids.slice(start, IDS_AT_A_TIME).to_pylist()


def growth(lake: Lake, audience: str, first: Day, last: Day, zone: str) -> list[dict[str, Any]]:
    """Return, for each local day, who joined and left, and the size at its end."""
    starts = [day_start(day, zone) for day in range(first, last + 1)]
    grain = grain_of(starts)
    return days_of(lake.arrow(_GROWTH, [audience, starts[0], grain]).to_pylist(), first, starts, grain)


def overlap(lake: Lake, audiences: Sequence[str], most_changes: int = MOST_CHANGES) -> tuple[list[dict[str, Any]], int]:
    """Return, for each two audiences and each by itself, how many people are in both, and of how many one was asked."""
    of = one_in(_rows(lake, "membership_changes"), most_changes)
    rows: list[dict[str, Any]] = lake.arrow(_OVERLAP.format(among=_among(of)), [list(audiences)]).to_pylist()
    return [{**row, "both": row["both"] * of} for row in rows], of


def breakdown(
    lake: Lake, audience: str, by: str, trait: str, most: int, most_profiles: int = MOST_PROFILES
) -> tuple[list[dict[str, Any]], int]:
    """Return the members by a value, the most first: ``by`` is location, stage or trait, and then ``trait`` names it.

    ``profiles`` is how many have the value at all, members or not; ``size`` is how many members there are. Of so many
    people as the second says one was looked at; beyond 1 the numbers are estimates.
    """
    of = one_in(_rows(lake, "profile_rows"), most_profiles)
    told: list[Any] = [audience, most]
    value = {"location": "home_location", "stage": "stage"}.get(by)
    if value is None:
        value, told = "json_extract_string(traits, $3)", [*told, f'$."{trait}"']
    rows = lake.arrow(_BREAKDOWN.format(value=value, among=_among(of)), told).to_pylist()
    counts = ("members", "profiles", "size")
    return [{"value": row["value"], **{name: row[name] * of for name in counts}} for row in rows], of


def _among(of: int) -> str:
    """Return which people are looked at, one of so many (a power of two): by hash, since ids follow each other."""
    return f"hash(profile_id) & {of - 1}::UBIGINT = 0" if of > 1 else "TRUE"


def _rows(lake: Lake, table: str) -> int:
    found: int = lake.arrow(_ROWS.format(table=table)).to_pylist()[0]["rows"]
    return found
