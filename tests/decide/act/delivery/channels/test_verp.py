"""Return paths: each message's own, signed, and readable after mail servers changed their case."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.act.delivery.channels.verp import proposal_of, return_path
from fieldfare.ground.ids import derived_id

BOX = "bounces@mail.example.com"


def test_a_return_path_names_its_message_and_keeps_the_limits_of_smtp() -> None:
    proposal_id = derived_id("prp", "x")
    path = return_path("a" * 16 + "@mail.example.com", proposal_id, "secret")
    assert len(path.partition("@")[0]) <= 64
    assert proposal_of([f"<{path}>"], "secret") == proposal_id
    assert proposal_of(["someone@else.example", path.upper()], "secret") == proposal_id


def test_nobody_else_can_make_one() -> None:
    path = return_path(BOX, "prp_1", "secret")
    assert proposal_of([path], "another") is None
    assert proposal_of([path.replace("prp_1", "prp_2")], "secret") is None
    assert proposal_of([BOX, "", "+@"], "secret") is None


@given(st.text(max_size=120))
def test_any_text_is_an_answer(text: str) -> None:
    assert proposal_of([text], "secret") is None
