"""What a batch recorded of consent is found by whom and by what address it is about."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.recorded import Recorded
from tests.decide.trust.consent.records import record

ADDRESSES = [b"a", b"b", b"c"]


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, *ADDRESSES])), max_size=12),
    st.frozensets(st.integers(1, 4)),
    st.frozensets(st.sampled_from([*ADDRESSES, b"d"])),
)
def test_records_are_found_in_their_order_and_once(
    told: list[tuple[int, bytes | None]], people: frozenset[int], addresses: frozenset[bytes]
) -> None:
    made = [
        record("grant", place, profile_id=profile_id, address_hash=address)
        for place, (profile_id, address) in enumerate(told)
    ]
    recorded = Recorded()
    recorded.add(made[:5])
    recorded.add(made[5:])
    assert list(recorded) == made
    wanted = [each for each in made if each.profile_id in people or each.address_hash in addresses]
    assert recorded.about(people, addresses) == wanted
