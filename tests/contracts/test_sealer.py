"""The cipher, attacked as test vectors for AES-GCM attack it; planted faults show that the suite can fail.

The classes are those of Wycheproof's AES-GCM cases as far as they apply: values of known answer, empty and long ones,
a tag modified in every bit, cut or missing, another nonce, other associated data.
"""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.errors import PermanentError
from fieldfare.trust.keys.cipher import NONCE_BYTES, Sealer
from fieldfare.trust.keys.model import profile_owner, sealed_as

TAG_BYTES = 16
LENGTHS = (0, 1, 15, 16, 17, 31, 32, 33, 255, 65_536, 1_000_003)
# NIST's GCM specification, test cases 13, 14 and 16 (256-bit keys): key, nonce, associated data, clear, cipher + tag.
_K = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
KNOWN = (
    ("00" * 32, "00" * 12, "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    ("00" * 32, "00" * 12, "", "00" * 16, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"),
    (
        _K,
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        (
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ),
        (
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ),
)


@pytest.mark.parametrize(("key", "nonce", "what", "clear", "sealed"), KNOWN)
def test_it_opens_what_the_standard_seals(key: str, nonce: str, what: str, clear: str, sealed: str) -> None:
    opened = Sealer(bytes.fromhex(key)).open(bytes.fromhex(nonce + sealed), bytes.fromhex(what))
    assert opened.hex() == clear


def check_it_opens_only_in_its_place_and_with_its_key(mine: Sealer, other: Sealer, clear: bytes, what: bytes) -> None:
    sealed = mine.seal(clear, what)
    assert len(sealed) == NONCE_BYTES + len(clear) + TAG_BYTES
    assert len(clear) < 4 or clear not in sealed
    assert mine.seal(clear, what)[:NONCE_BYTES] != sealed[:NONCE_BYTES], "no nonce is used twice"
    assert mine.open(sealed, what) == clear
    for opener, place, value in (
        (mine, what + b"x", sealed),
        (mine, what[:-1] if what else b"y", sealed),
        (other, what, sealed),
        (mine, what, bytes([sealed[0] ^ 1]) + sealed[1:]),
        (mine, what, sealed + b"\0"),
        (mine, what, sealed[:NONCE_BYTES] + sealed[NONCE_BYTES + 1 :]),
    ):
        refused(opener, value, place)


def refused(opener: Sealer, value: bytes, place: bytes) -> None:
    with pytest.raises(PermanentError) as error:
        opener.open(value, place)
    assert error.value.code == "seal_broken"


@pytest.mark.parametrize("length", LENGTHS)
def test_a_value_of_any_length_opens_only_in_its_place_and_with_its_key(length: int) -> None:
    check_it_opens_only_in_its_place_and_with_its_key(
        Sealer(b"1" * 32), Sealer(b"2" * 32), (b"abcdefgh" * (length // 8 + 1))[:length], b"email"
    )


@given(st.binary(max_size=64), st.binary(max_size=12))
def test_any_value_opens_only_in_its_place_and_with_its_key(clear: bytes, what: bytes) -> None:
    check_it_opens_only_in_its_place_and_with_its_key(Sealer(b"1" * 32), Sealer(b"2" * 32), clear, what)


def test_no_bit_of_the_tag_can_be_changed_and_no_byte_of_it_left_out() -> None:
    sealer = Sealer(b"1" * 32)
    for clear in (b"", b"ada@example.com"):
        sealed = sealer.seal(clear, b"email")
        for bit in range(8 * TAG_BYTES):
            place = len(sealed) - TAG_BYTES + bit // 8
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit % 8
            refused(sealer, bytes(changed), b"email")
        for kept in range(TAG_BYTES):
            refused(sealer, sealed[: len(sealed) - TAG_BYTES + kept], b"email")
        for tag in (bytes(TAG_BYTES), b"\xff" * TAG_BYTES):
            refused(sealer, sealed[:-TAG_BYTES] + tag, b"email")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28)])
def test_bytes_that_nobody_sealed_do_not_open(sealed: bytes) -> None:
    refused(Sealer(b"1" * 32), sealed, b"email")


def test_what_a_value_is_sealed_as_tells_owner_field_and_layout_apart() -> None:
    a, b = b"a" * 16, b"b" * 16
    told = {
        sealed_as(owner, what, schema)
        for owner in (a, b, profile_owner(1), profile_owner(2))
        for what in ("event", "document", "email")
        for schema in (1, 2, 11)
    }
    assert len(told) == 4 * 3 * 3


class _Placeless(Sealer):
    """The planted fault: what a value is does not enter its seal."""

    def seal(self, clear: bytes, what: bytes) -> bytes:
        return super().seal(clear, b"")

    def open(self, sealed: bytes, what: bytes) -> bytes:
        return super().open(sealed, b"")


class _Repeating(Sealer):
    """The planted fault: one nonce for all, so equal values are seen to be equal."""

    def seal(self, clear: bytes, what: bytes) -> bytes:
        return bytes(12) + AESGCM(b"1" * 32).encrypt(bytes(12), clear, what)


def test_planted_faults_are_caught() -> None:
    for broken in (_Placeless(b"1" * 32), _Repeating(b"1" * 32)):
        with pytest.raises((AssertionError, pytest.fail.Exception)):
            check_it_opens_only_in_its_place_and_with_its_key(broken, Sealer(b"2" * 32), b"value", b"email")
