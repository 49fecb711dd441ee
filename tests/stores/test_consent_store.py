"""The consent ledger on both databases: append-only by the database itself, refusals follow addresses."""

from collections.abc import Iterator

import pytest
from sqlalchemy import DDL, delete, select, text, update
from sqlalchemy.exc import DatabaseError

from fieldfare.ground.store import State, metadata, open_state
from fieldfare.trust.consent import store, suppression_store
from fieldfare.trust.consent.in_force import in_force
from fieldfare.trust.consent.model import ConsentRecord, Suppression
from tests.decide.trust.consent.records import POLICY, record

TABLES = [store.consent_record, store.consent_notice, suppression_store.suppression, suppression_store.suppression_act]


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url)
    with opened.write() as connection:
        metadata.create_all(connection, tables=TABLES)
    yield opened
    opened.close()


def keep(state: State, *records: ConsentRecord) -> None:
    with state.write() as connection:
        store.insert_records(connection, records)


def test_records_come_back_as_they_were(state: State) -> None:
    records = [record("grant", 1, address_hash=b"\x00\xff"), record("withdraw", 2, evidence=None, channel="*")]
    keep(state, *records)
    with state.read() as connection:
        assert store.load_records(connection, [1]) == records
        assert store.all_records(connection) == records
        assert store.load_records(connection, []) == []


def test_what_was_read_last_is_made_again_only_when_its_row_is_another(state: State) -> None:
    keep(state, record("grant", 1, name="cns_1", evidence="Ada"), record("withdraw", 2, name="cns_2", evidence=None))
    last = store.LastRead()
    with state.write() as connection:
        before = store.load_records(connection, [1], last=last)
        again = store.load_records(connection, [1], last=last)
        assert [one is other for one, other in zip(before, again, strict=True)] == [True, True]
        assert store.veil_evidence(connection, [1], lambda told: told.encode()) == 1
        veiled, same = store.load_records(connection, [1], last=last)
    assert (veiled.evidence, same) == (f"{store.VEILED}{b'Ada'.hex()}", before[1])
    with state.read() as connection:
        (row, _) = connection.execute(select(store.consent_record)).all()
    many = [(f"cns_{number}", *row[1:]) for number in range(3 * store.MOST_KEPT)]
    assert [last.of(each).id for each in many] == [each[0] for each in many]
    assert len(last) <= store.MOST_KEPT


def test_a_second_delivery_changes_nothing(state: State) -> None:
    first = record("grant", 1, name="cns_1")
    keep(state, first)
    keep(state, record("withdraw", 9, name="cns_1"), record("deny", 2, name="cns_2"))
    with state.read() as connection:
        assert [each.action.value for each in store.load_records(connection, [1])] == ["grant", "deny"]


def is_append_only(state: State) -> None:
    """Assert that the database itself refuses to change, delete or empty the ledger."""
    keep(state, record("withdraw", 1))
    attempts = [update(store.consent_record).values(action="grant"), delete(store.consent_record)]
    if not state.is_sqlite:
        attempts.append(text("TRUNCATE consent_record"))  # type: ignore[arg-type]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), state.write() as connection:
            connection.execute(attempt)
    with state.read() as connection:
        assert [each.action.value for each in store.all_records(connection)] == ["withdraw"]


def test_the_ledger_is_append_only(state: State) -> None:
    is_append_only(state)


def test_the_check_finds_a_ledger_without_its_triggers(state: State) -> None:
    names = ["consent_record_no_update", "consent_record_no_delete"]
    tail = ""
    if not state.is_sqlite:
        names, tail = ["consent_record_no_change", "consent_record_no_truncate"], " ON consent_record"
    with state.write() as connection:
        for name in names:
            connection.execute(DDL(f"DROP TRIGGER {name}{tail}"))  # type: ignore[no-untyped-call]
    with pytest.raises(pytest.fail.Exception):
        is_append_only(state)


def test_refusals_follow_the_address_and_grants_do_not(state: State) -> None:
    keep(
        state,
        record("grant", 1, profile_id=2, address_hash=b"shared"),
        record("withdraw", 5, profile_id=1, address_hash=b"shared"),
        record("grant", 9, profile_id=1, address_hash=b"shared"),
        record("withdraw", 9, profile_id=3, address_hash=b"other"),
    )
    with state.read() as connection:
        spoken = store.load_records(connection, [2], [b"shared"])
        assert [(each.profile_id, each.action.value) for each in spoken] == [(2, "grant"), (1, "withdraw")]
        assert in_force(spoken, "marketing", "email", 20, POLICY) == "withdrawn"
        assert in_force(store.load_records(connection, [1], [b"shared"]), "marketing", "email", 20, POLICY) == "granted"


def test_records_are_counted_by_action_and_the_latest_refusals_are_told(state: State) -> None:
    with state.read() as connection:
        assert store.count_records(connection) == {}
    keep(state, *(record("grant", at, name=f"cns_g{at}") for at in range(3)), record("withdraw", 5, name="cns_w"))
    keep(state, record("deny", 7, name="cns_d", channel="sms"), record("expire", 8, name="cns_e"))
    with state.read() as connection:
        assert store.count_records(connection) == {"deny": 1, "expire": 1, "grant": 3, "withdraw": 1}
        found = store.refused_since(connection, 6, 10)
        assert [(each.recorded_at, each.channel) for each in found if each.channel == "sms"] == [(7, "sms")]
        assert [each.recorded_at for each in store.refused_since(connection, 0, 10)][-1] == 5
        assert len(store.refused_since(connection, 0, 1)) == 1


def test_many_profiles_at_once(state: State) -> None:
    keep(state, *(record("grant", at, profile_id=at, name=f"cns_{at}") for at in range(1_000)))
    with state.read() as connection:
        assert len(store.load_records(connection, range(1_000), [b"x"])) == 1_000


def test_the_first_suppression_stands(state: State) -> None:
    first = Suppression(address_hash=b"a", reason="bounce", since_at=5, source="smtp")
    with state.write() as connection:
        suppression_store.insert_suppressions(connection, [first])
        later = Suppression(address_hash=b"a", reason="complaint", since_at=9, source="x")
        suppression_store.insert_suppressions(
            connection, [later, Suppression(address_hash=b"b", reason="order", since_at=1, source="y")]
        )
    with state.read() as connection:
        assert suppression_store.load_suppressions(connection, [b"a", b"c"]) == {b"a": first}
        assert [each.address_hash for each in suppression_store.all_suppressions(connection)] == [b"b", b"a", b"a"]
