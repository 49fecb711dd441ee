"""Notices: what people were told when they were asked, found by version and language, named by the hash of the text.

Pure. A record refers to a notice by its hash, so it proves which words were shown; they are kept beside the ledger.
"""

import hashlib

from fieldfare.trust.consent.model import Notice, Purpose


def notice_hash(text: str) -> str:
    """Return the SHA-256 of a notice's text, in hex; what anybody can compute from the text alone."""
    return hashlib.sha256(text.encode()).hexdigest()


def notice_of(purpose: Purpose, version: str | None, language: str | None) -> Notice | None:
    """Return the notice of a version in a language, else in the first one that the version has.

    ``version`` ``None`` is the version that is shown now.
    """
    wanted = version if version is not None else purpose.notice_version
    known = [notice for notice in purpose.notices if notice.version == wanted]
    short = (language or "").replace("_", "-").partition("-")[0].lower()
    return next((notice for notice in known if notice.language == short), known[0] if known else None)
