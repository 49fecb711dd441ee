"""What access needs of others: sealing a short secret, so that the state database alone does not hold it in clear."""

from typing import Protocol


class SealsShort(Protocol):
    """Seals a short value under a key of the installation."""

    def seal_token(self, clear: bytes) -> bytes:
        """Return it sealed."""
        ...

    def open_token(self, sealed: bytes) -> bytes:
        """Open what :meth:`seal_token` made."""
        ...
