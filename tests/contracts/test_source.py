"""Every webhook source: it takes what its sender signed, and nothing else."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.model import Posted
from fieldfare.collect.sources import DRIVERS
from fieldfare.collect.sources.mappings import shipped_webhooks
from fieldfare.collect.sources.model import Unverified
from fieldfare.ground.instants import SECOND
from tests.contracts.sources import AT, BODY, NOW, PLACES, SourcePlace, need_signers

TOLERANCE = 300


@pytest.fixture(params=PLACES, ids=[place.__name__ for place in PLACES])
def place(request: pytest.FixtureRequest) -> SourcePlace:
    made: SourcePlace = request.param()
    if made.is_official:
        need_signers()
    return made


def reason(place: SourcePlace, posted: Posted, *secrets: str) -> Unverified | None:
    failure = place.open(*secrets).verify(posted)
    if failure is None:
        return None
    told = failure.detail
    assert told.endswith(".")
    assert not any(secret in told for secret in (*secrets, place.new, place.old))
    return failure.reason


def test_every_driver_is_tried() -> None:
    assert {place.driver for place in PLACES} == {driver.driver for driver in DRIVERS}


def test_what_its_sender_signed_is_taken(place: SourcePlace) -> None:
    assert reason(place, place.post(BODY, place.sign(BODY))) is None


def test_an_empty_body_is_signed_like_any(place: SourcePlace) -> None:
    assert reason(place, place.post(b"", place.sign(b""))) is None


def test_bytes_that_are_no_text_are_signed_like_any(place: SourcePlace) -> None:
    if not place.is_official:  # their libraries sign text
        assert reason(place, place.post(b"\xff\x00\xfe", place.sign(b"\xff\x00\xfe"))) is None


def test_a_changed_body_is_not(place: SourcePlace) -> None:
    if place.signs_body:
        for changed in (BODY + b" ", BODY[:-1], BODY.replace(b"1", b"2"), b""):
            assert reason(place, place.post(changed, place.sign(BODY))) is Unverified.SIGNATURE_DIFFERS


def test_a_wrong_secret_is_not(place: SourcePlace) -> None:
    assert reason(place, place.post(BODY, place.sign(BODY, secret=place.old))) is Unverified.SIGNATURE_DIFFERS


def test_a_missing_header_is_told(place: SourcePlace) -> None:
    signed = place.sign(BODY)
    assert reason(place, place.post(BODY, {})) is Unverified.HEADER_MISSING
    for name in signed:
        left = {key: value for key, value in signed.items() if key != name}
        assert reason(place, place.post(BODY, left)) is Unverified.HEADER_MISSING
        assert reason(place, place.post(BODY, {**signed, name: "  "})) is Unverified.HEADER_MISSING


def test_a_truncated_signature_is_not_taken(place: SourcePlace) -> None:
    signed = place.sign(BODY)
    whole = signed[place.signature_header]
    for length in (len(whole) - 1, len(whole) - 4, len(whole) // 2, 3, 1):
        posted = place.post(BODY, {**signed, place.signature_header: whole[:length]})
        assert reason(place, posted) in {Unverified.SIGNATURE_DIFFERS, Unverified.HEADER_MALFORMED}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, None),
        (TOLERANCE, None),
        (-TOLERANCE, None),
        (TOLERANCE + 1, Unverified.TOO_OLD),
        (-TOLERANCE - 1, Unverified.TOO_NEW),
        (86_400 * 365, Unverified.TOO_OLD),
    ],
)
def test_the_age_counts_where_it_is_signed(place: SourcePlace, seconds: int, expected: Unverified | None) -> None:
    posted = place.post(BODY, place.sign(BODY), NOW + seconds * SECOND)
    assert reason(place, posted) is (expected if place.signs_time else None)


def test_a_time_that_was_not_signed_does_not_help(place: SourcePlace) -> None:
    """An old signature with a fresh time is no fresh signature."""
    if place.signs_time:
        old, fresh = place.sign(BODY, at=AT - 10_000), place.sign(BODY)
        signature = old[place.signature_header].replace(f"t={AT - 10_000}", f"t={AT}")
        mixed = {**fresh, place.signature_header: signature}
        assert reason(place, place.post(BODY, mixed)) is Unverified.SIGNATURE_DIFFERS


def test_either_secret_is_taken_while_one_replaces_the_other(place: SourcePlace) -> None:
    for secret in (place.new, place.old):
        posted = place.post(BODY, place.sign(BODY, secret=secret))
        assert reason(place, posted, place.new, place.old) is None
        assert reason(place, posted, place.old, place.new) is None


def test_one_of_several_signatures_is_enough(place: SourcePlace) -> None:
    if place.many_in_header:
        for order in ((place.old, place.new), (place.new, place.old)):
            assert reason(place, place.post(BODY, place.combined(BODY, order))) is None


def test_many_signatures_do_not_take_long(place: SourcePlace) -> None:
    """A header of signatures without end is looked at to a bound; the true one behind it does not count."""
    signed = place.sign(BODY)
    flood = {**signed, place.signature_header: ",".join(["v1=00", "v1,00 "] * 5_000)}
    assert reason(place, place.post(BODY, flood)) is not None


@pytest.mark.parametrize(
    "nonsense",
    [
        "=",
        ",",
        "t=,v1=",
        "t=1,t=2",
        "v1",
        "v1,",
        "v1a,%%%",
        "sha256=",
        "Basic %%%",
        "Bearer",
        "Bearer  ",
        "\xff\xfe",
        "é",
    ],
)
def test_nonsense_is_refused_and_never_raises(place: SourcePlace, nonsense: str) -> None:
    signed = place.sign(BODY)
    for name in signed:
        assert reason(place, place.post(BODY, {**signed, name: nonsense})) is not None


@settings(max_examples=30, deadline=None)
@given(header=st.text(st.characters(max_codepoint=255), max_size=60), query=st.text(max_size=60), body=st.binary())
def test_no_request_raises_and_none_is_taken_by_chance(header: str, query: str, body: bytes) -> None:
    for made in PLACES:
        place = made()
        headers = dict.fromkeys(
            ["webhook-id", "webhook-timestamp", "x-id", "x-time", place.signature_header], header.replace("\n", "")
        )
        assert place.open().verify(place.post(body, headers, query=query)) is not None


@pytest.mark.parametrize(
    "payload",
    [None, 1, "x", [], {}, [1], {"data": {"object": []}}, {"type": {}, "id": []}, {"data": 1, "eventData": "x"}],
)
def test_no_payload_raises(place: SourcePlace, payload: Any) -> None:
    for mapping in shipped_webhooks().values():
        translated = place.open().to_events(place.post(BODY, {}), payload, mapping)
        assert translated.ignored + len(translated.items) >= 1


class _Careless:
    """A planted fault: a source that compares only the beginning of what is shown."""

    def __init__(self, place: SourcePlace) -> None:
        self._place = place
        self._signed = place.sign(BODY)[place.signature_header]

    def verify(self, posted: Posted) -> str | None:
        shown = posted.headers.get(self._place.signature_header.encode(), b"").decode("latin-1")
        return None if shown and self._signed.startswith(shown) else "differs"


def test_the_suite_sees_a_careless_source(place: SourcePlace) -> None:
    careless = _Careless(place)
    assert careless.verify(place.post(BODY, place.sign(BODY))) is None
    cut = place.sign(BODY)[place.signature_header][:10]
    assert careless.verify(place.post(BODY, {place.signature_header: cut})) is None
    assert reason(place, place.post(BODY, {**place.sign(BODY), place.signature_header: cut})) is not None
