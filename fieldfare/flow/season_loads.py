"""What the installation usually does of each kind of work, and the most it was seen to do. Reads the lake and tasks."""

from typing import Any

from sqlalchemy import func, select

from fieldfare.act.delivery.store import task
from fieldfare.ground.instants import DAY, HOUR, Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.learn.forecast.need import Load

_USUAL_DAYS = 28
_MOST_DAYS = 400
_EVENTS = """WITH hours AS (SELECT received_at // ? AS hour, count(*) AS many FROM event_rows
        WHERE received_at >= ? GROUP BY hour)
    SELECT coalesce(sum(many) FILTER (WHERE hour >= ?), 0) AS recent, coalesce(max(many) FILTER (WHERE hour >= ?), 0)
        AS busiest FROM hours"""
_BUSIEST_MINUTE = """SELECT coalesce(max(many), 0) AS most FROM (SELECT count(*) AS many FROM event_rows
    WHERE received_at >= ? GROUP BY received_at // ?)"""
_MESSAGES = """WITH hours AS (SELECT granted_at // ? AS hour, count(*) AS many FROM message_rows
        WHERE granted_at >= ? GROUP BY hour)
    SELECT coalesce(sum(many) FILTER (WHERE hour >= ?), 0) AS recent, coalesce(max(many) FILTER (WHERE hour >= ?), 0)
        AS busiest, coalesce(max(many), 0) AS most FROM hours"""
_MINUTE = HOUR // 60
_SECONDS = 60


def loads_of(lake: Lake, state: State, now: Instant) -> dict[str, Load]:
    """Return the load of ``events`` (a second), ``messages`` (an hour) and ``tasks`` (a day)."""
    since, ever = now - _USUAL_DAYS * DAY, now - _MOST_DAYS * DAY
    asked: list[Any] = [HOUR, ever, since // HOUR, since // HOUR]
    events = lake.arrow(_EVENTS, asked).to_pylist()[0]
    minute = lake.arrow(_BUSIEST_MINUTE, [ever, _MINUTE]).to_pylist()[0]["most"]
    messages = lake.arrow(_MESSAGES, asked).to_pylist()[0]
    with state.read() as connection:
        by_day = connection.execute(
            select(day := (task.c.at // DAY).label("day"), func.count()).where(task.c.at >= ever).group_by(day)
        ).all()
    recent = sum(many for day, many in by_day if int(day) >= since // DAY)
    return {
        "events": _load(events, minute / _SECONDS),
        "messages": _load(messages, float(messages["most"])),
        "tasks": Load(recent / _USUAL_DAYS, 1.0, float(max((many for _, many in by_day), default=0))),
    }


def _load(row: dict[str, Any], most: float) -> Load:
    a_day = float(row["recent"]) / _USUAL_DAYS
    return Load(a_day, min(float(row["busiest"]) / a_day, 1.0) if a_day else 0.0, most)
