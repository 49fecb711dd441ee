"""What only the PostgreSQL log must show: durable whatever the server's default, and clear when it is out of reach."""

import pytest
from sqlalchemy import create_engine, event, text

from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.ports import NORMAL, Entry
from fieldfare.ground.log.postgres import PostgresLog


def test_commits_are_synchronous_whatever_the_default(postgres_database: str) -> None:
    engine = create_engine(postgres_database)
    with engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit TO off"))
    engine.dispose()
    log = PostgresLog(postgres_database)
    with log._engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"
    log.close()


def test_a_server_out_of_reach_is_transient_and_quotes_no_body() -> None:
    with pytest.raises(TransientError) as caught:
        PostgresLog("postgresql+pg8000://postgres@127.0.0.1:1/none")
    assert caught.value.code == "log_unavailable"


def test_a_lost_connection_is_transient_and_the_next_append_works(postgres_database: str) -> None:
    log = PostgresLog(postgres_database)
    assert log.append(NORMAL, [Entry(1, b"secret-one")]) == [1]
    other = create_engine(postgres_database, isolation_level="AUTOCOMMIT")

    def cut(*_: object) -> None:
        with other.connect() as killer:
            killer.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    event.listen(log._engine, "begin", cut, once=True)
    with pytest.raises(TransientError) as caught:
        log.append(NORMAL, [Entry(1, b"secret-two")])
    assert caught.value.code == "log_unavailable"
    assert "secret" not in caught.value.message
    assert log.append(NORMAL, [Entry(1, b"three")]) == [2]
    assert [record.body for record in log.read(NORMAL, 0, 5)] == [b"secret-one", b"three"]
    other.dispose()
    log.close()


def test_a_pipe_that_breaks_while_it_connects_is_transient() -> None:
    def broken() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(TransientError) as caught:
        PostgresLog(create_engine("postgresql+pg8000://", creator=broken))
    assert (caught.value.code, "BrokenPipeError" in caught.value.message) == ("log_unavailable", True)
