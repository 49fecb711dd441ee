"""The unsubscribe link: what goes in comes out; what we did not make is nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.unsubscribe import Claim, Unsubscribe
from fieldfare.ground.ids import random_bytes
from fieldfare.testing.keys import memory_keys
from tests.decide.act.delivery.builders import LINKS, seal, unseal

PREFIX = "https://engage.example.com/u/"
URL = LINKS.url(7, b"a" * 16, "marketing", "email", "prp_1")


@given(st.integers(0, 2**62), st.binary(min_size=16, max_size=16), st.text(max_size=20), st.text(max_size=20))
def test_round_trip(profile_id: int, address_hash: bytes, purpose: str, proposal_id: str) -> None:
    url = LINKS.url(profile_id, address_hash, purpose, "email", proposal_id)
    assert url.startswith(PREFIX)
    token = url.removeprefix(PREFIX)
    assert token.replace("-", "").replace("_", "").isalnum(), "it survives any mail program"
    assert LINKS.read(token) == Claim(1, profile_id, address_hash, purpose, "email", proposal_id)


@given(st.text(max_size=300))
def test_whatever_somebody_types_is_nothing(token: str) -> None:
    assert LINKS.read(token) is None or PREFIX + token == URL


@pytest.mark.parametrize("token", ["", "=", "a", "AAAA", "../../etc", "é", "A" * 5_000, URL.removeprefix(PREFIX)[:-1]])
def test_cut_or_made_up_links_are_nothing(token: str) -> None:
    assert LINKS.read(token) is None


def test_a_link_of_another_version_is_nothing() -> None:
    import base64

    import msgspec

    claim = Claim(2, 7, b"a" * 16, "marketing", "email", "prp_1")
    token = base64.urlsafe_b64encode(seal(msgspec.msgpack.encode(claim))).decode().rstrip("=")
    assert LINKS.read(token) is None


def test_with_the_real_keys_no_changed_byte_opens() -> None:
    keys = memory_keys()
    links = Unsubscribe("https://engage.example.com/", keys.seal_token, keys.open_token)
    token = links.url(7, random_bytes(16), "marketing", "email", "prp_1").removeprefix(PREFIX)
    assert links.read(token) is not None
    for place in range(0, len(token) - 1, 3):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert links.read(changed) is None
    assert len(token) < 200, "short enough for a header line"


def test_planted_fault_a_seal_that_does_not_check_is_caught() -> None:
    links = Unsubscribe("https://engage.example.com", lambda clear: clear, lambda sealed: sealed)
    token = links.url(7, b"a" * 16, "marketing", "email", "prp_1").removeprefix(PREFIX)
    opened = [links.read(token[:place] + "B" + token[place + 1 :]) for place in range(len(token) - 1)]
    assert any(opened), "the test above can see a link that opens after a change"
    assert unseal(seal(b"x")) == b"x"
