"""What every test may ask for: a fresh PostgreSQL database, and how long the long runs are to be.

Tests run in parallel (`pytest -n`): each worker has a server of its own, each test that asks has a database of its own.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from fieldfare.ground.store import open_state
from fieldfare.ground.store.migrate import migrate
from tests.postgres_server import PostgresServer, give_up, missing

settings.register_profile(
    "house",
    deadline=None,  # the machine is shared; how long an example takes says nothing
    database=None,  # workers run side by side
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per worker. Without PostgreSQL the test is skipped, on CI it fails."""
    reason = missing()
    if reason is not None:
        give_up(reason, ci=os.environ.get("CI", ""))
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """URL of the server's own database, for tests that need no clean one."""
    return postgres_server.url()


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: PostgresServer) -> str:
    """Name of a database with all tables and no rows, from which others are copied."""
    name = postgres_server.create_database()
    state = open_state(postgres_server.url(name))
    migrate(state)
    state.close()
    return name


@pytest.fixture
def postgres_database(postgres_server: PostgresServer, postgres_tables: str) -> Iterator[str]:
    """URL of a database with all tables and no rows that is dropped after the test."""
    name = postgres_server.create_database(like=postgres_tables)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def empty_postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """URL of a database without tables that is dropped after the test."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def rounds() -> Callable[[int], int]:
    """Return a function from the full number of rounds of a long run to the number to do now.

    ``FIELDFARE_ROUNDS=full`` (`make crash`) does all of them, otherwise a tenth, at least one.
    """
    full = os.environ.get("FIELDFARE_ROUNDS") == "full"
    return lambda count: count if full else max(1, count // 10)
