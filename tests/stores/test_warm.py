"""Documents that a batch wrote are lent to the next: only as the bytes that are stored, and never after a rollback."""

import msgspec

from fieldfare.decide.journeys.model import Enrollment, Status
from fieldfare.flow.warm import MOST_BYTES, Warm
from fieldfare.flow.work import decode_document, encode_document
from fieldfare.know.profiles.model import Document
from fieldfare.learn.experiments.model import Arm


def document_of(profile_id: int, home: str = "a") -> Document:
    return Document(profile_id=profile_id, home_location=home)


def written(warm: Warm, document: Document) -> bytes:
    body = encode_document(document)
    warm.begin()
    warm.keep([(body, document)], [])
    return body


def test_what_was_written_is_lent_once_and_comes_back_when_it_is_written() -> None:
    warm, document = Warm(), document_of(1)
    body = written(warm, document)
    lent = warm.document(1, body, decode_document)
    assert lent is document
    assert warm.document(1, body, decode_document) is not document
    lent.home_location = "b"
    changed = written(warm, lent)
    assert warm.document(1, changed, decode_document) is document


def test_other_bytes_are_decoded() -> None:
    warm = Warm()
    written(warm, document_of(1))
    found = warm.document(1, encode_document(document_of(1, "c")), decode_document)
    assert found.home_location == "c"


def test_after_a_rollback_what_was_changed_does_not_come_back() -> None:
    warm, document = Warm(), document_of(1)
    body = written(warm, document)
    warm.document(1, body, decode_document).home_location = "b"
    warm.begin()  # the next batch: the one before was given up
    warm.keep([], [document])
    assert warm.document(1, body, decode_document).home_location == "a"


def test_what_is_not_changed_comes_back_as_it_was_lent() -> None:
    warm, body = Warm(), encode_document(document_of(1))
    warm.begin()
    lent = warm.document(1, body, decode_document)
    warm.keep([], [lent])
    assert warm.document(1, body, decode_document) is lent
    warm.keep([], [document_of(1, "made anew")])
    assert warm.document(1, body, decode_document).home_location == "a"


def test_who_is_erased_is_forgotten() -> None:
    warm, document = Warm(), document_of(1)
    body = written(warm, document)
    warm.forget()
    assert warm.document(1, body, decode_document) is not document


def test_it_holds_no_more_than_it_may() -> None:
    warm, first = Warm(), document_of(1)
    body = written(warm, first)
    large = b"x" * (MOST_BYTES // 4)
    warm.keep(((large, document_of(each)) for each in range(2, 5)), [])
    warm.keep([(body, first)], [])
    assert warm.document(1, body, decode_document) is first
    warm.keep([(body, first)], [])
    warm.keep(((large, document_of(each)) for each in range(5, 9)), [])
    assert warm.document(1, body, decode_document) is not first


def test_a_walk_is_the_same_object_for_the_same_bytes() -> None:
    walk = Enrollment(
        id="w",
        journey="j",
        version="1",
        profile_id=1,
        status=Status.WAITING,
        step="0",
        arm=Arm.TREATED,
        entered_at=1,
        entry_key="k",
    )
    warm, body = Warm(), msgspec.msgpack.encode(walk)
    assert warm.walk(body) == walk
    assert warm.walk(body) is warm.walk(bytes(body))
