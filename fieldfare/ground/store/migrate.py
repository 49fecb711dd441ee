"""Bringing the state database to the schema of this version, in one transaction: all revisions or none.

All revisions together take a quarter of a second, so what they make of an empty SQLite database is worked out once a
process, and any other empty one is made by the same statements.

Two processes that start at once are serialised by the database's write lock (SQLite) or an advisory lock (PostgreSQL).
"""

import sqlite3
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from fieldfare.ground.errors import ConfigError
from fieldfare.ground.store.state import State

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_160_211


def migrate(state: State) -> None:
    """Upgrade to the newest revision. Raises ``ConfigError`` when a newer version made the database."""
    newest = _newest()
    with state.write() as connection:
        if not state.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        current = MigrationContext.configure(connection).get_current_revision()
        if current == newest:
            return
        if state.is_sqlite and current is None:
            for statement in _made_by_all():
                connection.exec_driver_sql(statement)
            return
        _check_known(_config(), current)
        upgrade(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the revisions that the database lacks, up to one of them, in the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@cache
def _newest() -> str | None:
    """Return the newest revision; to find it, every revision is loaded, once a process."""
    return ScriptDirectory.from_config(_config()).get_current_head()


@cache
def _made_by_all() -> tuple[str, ...]:
    """Return the statements that make of an empty SQLite database what all revisions make of it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection)
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        made = [each for each in driver.iterdump() if each not in {"BEGIN TRANSACTION;", "COMMIT;"}]
    engine.dispose()
    return tuple(made)


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the database, ``None`` when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def _check_known(config: Config, current: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        message = (
            f"The state database has revision {current}, which this version does not know. "
            "Run the version that made it, or newer."
        )
        raise ConfigError("state_newer", message)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
