"""The revisions make exactly the schema that the rooms declare, on both databases; the ledger only grows in both."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

import fieldfare.assembly.installation
import fieldfare.flow.screens.queries
import fieldfare.trust.access.store  # noqa: F401 - together they declare every room's tables
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.store import State, metadata, migrations, open_state
from fieldfare.ground.store.migrate import migrate, upgrade
from fieldfare.know.audiences import store as audience_store
from fieldfare.trust.consent import store as consent_store


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> State:
    if request.param == "sqlite":
        return open_state(f"sqlite:///{tmp_path / 'state.sqlite'}")
    return open_state(request.getfixturevalue("empty_postgres_database"))


def differences(connection: Connection) -> list[object]:
    def is_made_here(item: Any, _name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:
        """Return whether it is one of this database; Alembic knows nothing of `ddl_if`."""
        asked = getattr(item, "_ddl_if", None)
        return asked is None or asked.dialect == connection.dialect.name

    opts = {"compare_type": True, "include_object": is_made_here}
    found: list[object] = compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)
    return found


def test_the_revisions_make_the_declared_schema(state: State) -> None:
    migrate(state)
    migrate(state)
    with state.read() as connection:
        assert differences(connection) == []
    with state.write() as connection:
        if state.is_sqlite:
            connection.execute(text("DROP INDEX ix_document_profile_id"))
            assert len(differences(connection)) == 1
        connection.execute(text("DROP INDEX ix_wake_due_at"))
        assert differences(connection) != []


def test_an_empty_database_is_made_as_the_revisions_make_it(tmp_path: Path) -> None:
    def made(name: str, *, revisions: bool) -> list[str]:
        state = open_state(f"sqlite:///{tmp_path / name}")
        if revisions:
            with state.write() as connection:
                upgrade(connection)
        else:
            migrate(state)
        state.close()
        with closing(sqlite3.connect(tmp_path / name)) as database:
            return [*database.iterdump()]

    assert sorted(made("a.sqlite", revisions=True)) == sorted(made("b.sqlite", revisions=False))


def test_members_of_before_are_counted_once(state: State) -> None:
    changes = [("lapsed", 1, 1), ("lapsed", 2, 1), ("vips", 1, 1), ("lapsed", 1, 0), ("lapsed", 2, 1), ("gone", 3, 0)]
    with state.write() as connection:
        upgrade(connection, "0037")
        for audience, profile_id, joined in changes:
            values = {"audience": audience, "profile_id": profile_id, "joined": bool(joined)}
            connection.execute(audience_store.membership_change.insert().values(at=1, cause="event", **values))
        upgrade(connection)
        assert audience_store.sizes(connection) == {"lapsed": 1, "vips": 1}


def test_the_ledger_is_append_only(state: State) -> None:
    migrate(state)
    columns = "id, profile_id, purpose, channel, action, source, occurred_at, received_at, recorded_at"
    with state.write() as connection:
        connection.execute(
            text(
                f"INSERT INTO consent_record ({columns}) VALUES ('c', 1, 'marketing', 'email', 'grant', 'app', 1, 1, 1)"
            )
        )
    for change in ("UPDATE consent_record SET action = 'deny'", "DELETE FROM consent_record"):
        with pytest.raises(DBAPIError, match="append-only"), state.write() as connection:
            connection.execute(text(change))


def test_the_ledger_lets_evidence_become_a_hash_once_and_nothing_else(state: State) -> None:
    migrate(state)
    columns = "id, profile_id, purpose, channel, action, evidence, source, occurred_at, received_at, recorded_at"
    values = "'c', 1, 'marketing', 'email', 'grant', 'a form', 'app', 1, 1, 1"
    with state.write() as connection:
        connection.execute(text(f"INSERT INTO consent_record ({columns}) VALUES ({values})"))
    refused = (
        "evidence = 'another form'",
        "evidence = NULL",
        "evidence = 'hmac:00', action = 'deny'",
        "evidence = 'hmac:00', profile_id = 2",
    )
    for change in refused:
        with pytest.raises(DBAPIError, match="append-only"), state.write() as connection:
            connection.execute(text(f"UPDATE consent_record SET {change}"))
    with state.write() as connection:
        assert consent_store.veil_evidence(connection, [1, 2], lambda _: b"\1") == 1
        assert consent_store.veil_evidence(connection, [1, 2], lambda _: b"\2") == 0
    with pytest.raises(DBAPIError, match="append-only"), state.write() as connection:
        connection.execute(text("UPDATE consent_record SET evidence = 'hmac:02'"))
    with state.read() as connection:
        assert [each.evidence for each in consent_store.all_records(connection)] == ["hmac:01"]


def test_a_database_of_a_newer_version_is_left_alone(state: State) -> None:
    migrate(state)
    with state.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999"):
        migrate(state)


def test_no_two_revisions_have_one_number() -> None:
    """Alembic takes one of two and says nothing that stops anybody."""
    files = sorted((Path(migrations.__path__[0]) / "versions").glob("r*.py"))
    lines = [line for each in files for line in each.read_text().splitlines()]
    numbers = [line for line in lines if line.startswith("revision = ")]
    assert len(numbers) == len(set(numbers)) == len(files)
