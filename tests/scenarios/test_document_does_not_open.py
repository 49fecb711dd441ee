"""A document that cannot be read or opened: the error names the profile, and nothing is overwritten."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import update

from fieldfare.flow.store import watermark_of
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.work import decode_document, encode_document
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import HOUR
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.profiles.store import document
from fieldfare.trust.keys.cipher import KEY_BYTES
from fieldfare.trust.keys.model import profile_owner
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        made.play(joins("ada", NOON), NOON + HOUR)
        yield made


def body_of(whole: Whole, profile_id: int) -> bytes:
    (found,) = [row["body"] for row in whole.rows(document) if row["profile_id"] == profile_id]
    return bytes(found)


def store(whole: Whole, profile_id: int, body: bytes) -> None:
    with whole.stores.state.write() as connection:
        connection.execute(update(document).where(document.c.profile_id == profile_id).values(body=body))


def lose_the_key(whole: Whole, profile_id: int) -> None:
    whole.stores.keys.destroy([profile_owner(profile_id)])


def take_another_key(whole: Whole, profile_id: int) -> None:
    owner = profile_owner(profile_id)
    keys = whole.stores.keys
    keys.destroy([owner])
    assert keys.ring.put([keys.wrap(owner, bytes(KEY_BYTES), 1)]) == {}


def cut_the_seal(whole: Whole, profile_id: int) -> None:
    found = decode_document(profile_id, body_of(whole, profile_id))
    found.sealed = found.sealed[:-1]
    store(whole, profile_id, encode_document(found))


def take_the_seal_of_another(whole: Whole, profile_id: int) -> None:
    whole.play(joins("bo", NOON + HOUR), NOON + 2 * HOUR)
    other = whole.profile_id("user_id:bo")
    found = decode_document(profile_id, body_of(whole, profile_id))
    found.sealed = decode_document(other, body_of(whole, other)).sealed
    store(whole, profile_id, encode_document(found))


def come_from_the_future(whole: Whole, profile_id: int) -> None:
    fields = msgspec.msgpack.decode(body_of(whole, profile_id))
    store(whole, profile_id, msgspec.msgpack.encode([fields[0] + 1, "all is otherwise", *fields[2:]]))


def cut(whole: Whole, profile_id: int) -> None:
    store(whole, profile_id, body_of(whole, profile_id)[:-7])


def apply_all(whole: Whole) -> None:
    pipeline = whole.installation.pipeline
    while drain_urgent(pipeline) + pipeline.apply(NORMAL):
        pass


HARMS: dict[str, tuple[Callable[[Whole, int], None], str]] = {
    "key lost": (lose_the_key, "document_locked"),
    "another key": (take_another_key, "document_broken"),
    "seal cut": (cut_the_seal, "document_broken"),
    "seal of another": (take_the_seal_of_another, "document_broken"),
    "future schema": (come_from_the_future, "document_newer"),
    "body cut": (cut, "document_broken"),
}


@pytest.mark.parametrize("harm", sorted(HARMS))
def test_the_error_names_the_profile_and_nothing_is_overwritten(whole: Whole, harm: str) -> None:
    spoil, code = HARMS[harm]
    profile_id = whole.profile_id("user_id:ada")
    spoil(whole, profile_id)
    before = whole.rows(document)
    at = whole.clock.now() + HOUR
    for _, call in joins("ada", at, first_name="Ada"):
        whole.send(call, at)
    with pytest.raises(PermanentError) as error:
        apply_all(whole)
    assert (error.value.code, f"profile {profile_id} " in error.value.message) == (code, True), error.value.message
    assert whole.rows(document) == before
    with whole.stores.state.read() as connection:
        assert watermark_of(connection, NORMAL) < whole.stores.log.head(NORMAL)
    with pytest.raises(PermanentError) as error:
        whole.installation.look.profile(str(profile_id), at)
    assert error.value.code == code
