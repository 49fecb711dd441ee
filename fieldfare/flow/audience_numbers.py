"""SQL for reading audiences: sizes, growth, overlap, breakdown, members, history. The lake counts, never a loop."""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.ground.instants import Day, Instant, date_of, day_start
from fieldfare.ground.lake.ports import Lake

_SIZES = "SELECT audience, count(*) AS size FROM memberships GROUP BY audience"
_MEMBERS = """SELECT profile_id, epoch_us(joined_at) AS joined_at FROM {source}
    WHERE audience = ? AND profile_id > ? ORDER BY profile_id LIMIT ?"""
_IDS = "SELECT profile_id FROM {source} WHERE audience = ? ORDER BY profile_id"
_COUNT = "SELECT count(*) AS size FROM {source} WHERE audience = ?"
IDS_AT_A_TIME = 5_000
_NOW = "memberships"
_THEN = "memberships_as_of(make_timestamptz(?))"
_HISTORY = """SELECT audience, epoch_us(joined_at) AS joined_at, epoch_us(left_at) AS left_at, joined_by, left_by,
    event_id, definition FROM membership_history WHERE profile_id = ? ORDER BY joined_at, audience"""
# Of each profile as it was made under, joined and left alternate but where a merge says `joined` once more.
_GROWTH = """WITH turns AS (
        SELECT "at", joined, cause FROM (
            SELECT *, lag(joined) OVER (PARTITION BY profile_id ORDER BY seq) AS was FROM membership_changes
            WHERE audience = ?)
        WHERE joined IS DISTINCT FROM coalesce(was, false)),
    days AS (SELECT unnest(?::BIGINT[]) AS start, unnest(?::INTEGER[]) AS day)
    SELECT coalesce(d.day, -1) AS day, count(*) FILTER (WHERE joined) AS joined, count(*) FILTER (WHERE NOT joined) AS
        left_, count(*) FILTER (WHERE joined AND cause IN ('event', 'time')) AS joined_live
    FROM turns t ASOF LEFT JOIN days d ON t."at" >= d.start GROUP BY 1 ORDER BY 1"""
_OVERLAP = """WITH here AS MATERIALIZED (SELECT audience, profile_id FROM memberships WHERE audience IN (
        SELECT unnest(?::VARCHAR[])))
    SELECT a.audience AS one, b.audience AS other, count(*) AS both
    FROM here a JOIN here b ON a.profile_id = b.profile_id AND a.audience <= b.audience GROUP BY ALL ORDER BY ALL"""
_BREAKDOWN = """WITH here AS (SELECT {value} AS value, m.profile_id IS NOT NULL AS inside
        FROM profiles p LEFT JOIN (SELECT profile_id FROM memberships WHERE audience = ?) m USING (profile_id)),
    counted AS (SELECT value, count(*) FILTER (WHERE inside) AS members, count(*) AS profiles FROM here GROUP BY value)
    SELECT * FROM counted WHERE members > 0 ORDER BY members DESC, value LIMIT ?"""


def sizes(lake: Lake) -> dict[str, int]:
    """Return how many members each audience has that has any."""
    return {row["audience"]: row["size"] for row in lake.arrow(_SIZES).to_pylist()}


def size_at(lake: Lake, audience: str, at: Instant | None) -> int:
    """Return how many members an audience has, or had at an instant."""
    source, told = (_NOW, []) if at is None else (_THEN, [at])
    found: int = lake.arrow(_COUNT.format(source=source), [*told, audience]).to_pylist()[0]["size"]
    return found


def members(lake: Lake, audience: str, at: Instant | None, after: int, most: int) -> list[dict[str, Any]]:
    """Return members in the order of their ids, those after ``after``: now, or as of an instant."""
    source, told = (_NOW, []) if at is None else (_THEN, [at])
    rows: list[dict[str, Any]] = lake.arrow(_MEMBERS.format(source=source), [*told, audience, after, most]).to_pylist()
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


def history(lake: Lake, profile_id: int) -> list[dict[str, Any]]:
    """Return every stay of a person in an audience, the earliest first."""
    rows: list[dict[str, Any]] = lake.arrow(_HISTORY, [profile_id]).to_pylist()
    return rows


def growth(lake: Lake, audience: str, first: Day, last: Day, zone: str) -> list[dict[str, Any]]:
    """Return, for each local day, who joined and left, and the size at its end."""
    days = list(range(first, last + 1))
    starts = [day_start(day, zone) for day in days]
    rows = {row["day"]: row for row in lake.arrow(_GROWTH, [audience, starts, days]).to_pylist()}
    before = rows.get(-1)
    size = before["joined"] - before["left_"] if before else 0
    found = []
    for day in days:
        row = rows.get(day, {"joined": 0, "left_": 0, "joined_live": 0})
        size += row["joined"] - row["left_"]
        told = {"joined": row["joined"], "joined_live": row["joined_live"], "left": row["left_"], "size": size}
        found.append({"day": date_of(day).isoformat(), **told})
    return found


def overlap(lake: Lake, audiences: Sequence[str]) -> list[dict[str, Any]]:
    """Return, for each two audiences and each by itself, how many people are in both."""
    rows: list[dict[str, Any]] = lake.arrow(_OVERLAP, [list(audiences)]).to_pylist()
    return rows


def breakdown(lake: Lake, audience: str, by: str, trait: str, most: int) -> list[dict[str, Any]]:
    """Return the members by a value, the most first: ``by`` is location, stage or trait, and then ``trait`` names it.

    ``profiles`` is how many have the value at all, members or not.
    """
    told: list[Any] = [audience, most]
    value = {"location": "p.home_location", "stage": "p.stage"}.get(by)
    if value is None:
        value, told = "json_extract_string(p.traits, ?)", [f'$."{trait}"', *told]
    rows: list[dict[str, Any]] = lake.arrow(_BREAKDOWN.format(value=value), told).to_pylist()
    return rows
