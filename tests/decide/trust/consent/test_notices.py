"""Notices by version and language, named by the hash of their text."""

import hashlib

from fieldfare.trust.consent.model import Notice, Purpose
from fieldfare.trust.consent.notices import notice_hash, notice_of

EN, DE, OLD = Notice("2", "en", "Yes."), Notice("2", "de", "Ja."), Notice("1", "en", "Yes?")
PURPOSE = Purpose("news", notice_version="2", notices=(OLD, EN, DE))


def test_anybody_computes_the_hash_from_the_text() -> None:
    assert notice_hash("Yes.") == hashlib.sha256(b"Yes.").hexdigest()


def test_which_notice() -> None:
    assert notice_of(PURPOSE, None, "de") == DE
    assert notice_of(PURPOSE, None, "de-CH") == DE
    assert notice_of(PURPOSE, None, "fr") == EN
    assert notice_of(PURPOSE, "1", None) == OLD
    assert notice_of(PURPOSE, "9", "en") is None
