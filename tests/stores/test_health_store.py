"""Findings are kept by day; a second run of a day replaces the first, and its rows are new ones to who follows them."""

from sqlalchemy import create_engine, func, select

from fieldfare.know.profiles.health import Finding
from fieldfare.know.profiles.health_store import keep, last_day, of_day, profile_health

_FIRST = [Finding("match_rate", "app", 0.5, 0.8, ok=False), Finding("merge_failures", "all", 3, None, ok=True)]


def test_a_day_is_kept_once() -> None:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        profile_health.create(connection)
        assert last_day(connection) is None
        keep(connection, 7, _FIRST)
        assert of_day(connection, 7) == _FIRST
        before = connection.execute(select(func.max(profile_health.c.seq))).scalar_one()
        keep(connection, 7, _FIRST[:1])
        keep(connection, 8, [])
        assert (last_day(connection), of_day(connection, 7)) == (7, _FIRST[:1])
        assert connection.execute(select(func.max(profile_health.c.seq))).scalar_one() > before
