"""The shape of consent.yaml."""

import msgspec
import pytest

from fieldfare.trust.consent.files import ConsentFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed


def test_every_key_is_described() -> None:
    assert undescribed(ConsentFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(ConsentFile, {"purposes": {"marketing": {"channels": ["email"], "notice_version": "3"}}})


def test_consent_is_one_of_two_words() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"purposes": {"marketing": {"consent": "maybe"}}}, ConsentFile)
