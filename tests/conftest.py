"""What every test may ask for: a fresh PostgreSQL database, and how long the long runs are to be.

Tests run in parallel (`pytest -n 3 --dist loadgroup`): each worker has a server of its own, each test that asks has a
database of its own. What tests of one module share, such as a year that was lived, is made once: they are a group.
"""

import gc
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from fieldfare.ground.store import open_state
from fieldfare.ground.store.migrate import migrate
from tests.amounts import FULL, examples
from tests.postgres_server import PostgresServer, give_up, missing

gc.set_threshold(50_000, 20, 50)  # thousands of small tests leave few cycles, and the parsed sources are large

settings.register_profile(
    "house",
    max_examples=examples(100),
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
    return lambda count: count if FULL else max(1, count // 10)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that share what a module makes run in one process: of each parameter of it a group."""
    for item in items:
        group = _group_of(item)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def _group_of(item: pytest.Item) -> str | None:
    folder, _, _ = item.nodeid.partition("/test_")
    if folder == "tests/house":  # they parse every file, once
        return folder
    if not isinstance(item, pytest.Function):
        return None
    module = item.nodeid.partition("::")[0]
    made = [name for name in item.fixturenames if _is_of_module(item, name)]
    if not made:
        return None
    told = item.callspec.indices if hasattr(item, "callspec") else {}
    return ":".join([module, *(f"{name}={told[name]}" for name in sorted(made) if name in told)])


def _is_of_module(item: pytest.Function, name: str) -> bool:
    found = item._fixtureinfo.name2fixturedefs.get(name)
    return found is not None and len(found) > 0 and found[-1].scope in {"module", "package", "class"}
