"""Documents and walks that a batch wrote a moment ago, so that the next batch need not decode them again.

Bounded, in memory, one for each pipeline. What is taken is lent to the batch that takes it, and comes back when the
batch is written: as the bytes that were written, or as it was. After a rollback nothing comes back. Whatever is here
counts only for the very bytes that are stored, so another process or whoever else changes a document makes it
worthless, never wrong. Nothing personal is here in clear.
"""

from collections.abc import Callable, Iterable

from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.model import Enrollment
from fieldfare.know.profiles.model import Document

MOST_BYTES = 32 << 20
"""Of stored documents; decoded they take some times as much."""
MOST_WALKS = 32_768


class Warm:
    """What was written last, by the bytes that were written."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._documents: dict[int, tuple[bytes, Document]] = {}
        self._size = 0
        """Bytes of the documents."""
        self._lent: dict[int, tuple[bytes, Document]] = {}
        self._walks: dict[bytes, Enrollment] = {}

    def document(self, profile_id: int, body: bytes, decode: Callable[[int, bytes], Document]) -> Document:
        """Return the document of a stored body, for the caller to change."""
        held = self._drop(profile_id)
        if held is None or held[0] != body:
            held = body, decode(profile_id, body)
        self._lent[profile_id] = held
        return held[1]

    def walk(self, body: bytes) -> Enrollment:
        """Return the walk of a stored body, shared: who changes a walk changes a copy."""
        found = self._walks.get(body)
        if found is None:
            if len(self._walks) >= MOST_WALKS:
                self._walks.clear()
            found = self._walks[body] = journey_store.decode_enrollment(body)
        return found

    def begin(self) -> None:
        """Begin a batch: what the one before did not give back is lost."""
        self._lent.clear()

    def keep(self, written: Iterable[tuple[bytes, Document]], untouched: Iterable[Document]) -> None:
        """Take back documents that were written as these bytes, and those that are as they were lent."""
        for document in untouched:
            lent = self._lent.get(document.profile_id)
            if lent is not None and lent[1] is document:
                self._hold(lent)
        self._lent.clear()
        for held in written:
            self._hold(held)
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._documents)))

    def _hold(self, held: tuple[bytes, Document]) -> None:
        self._drop(held[1].profile_id)
        self._documents[held[1].profile_id] = held
        self._size += len(held[0])

    def _drop(self, profile_id: int) -> tuple[bytes, Document] | None:
        held = self._documents.pop(profile_id, None)
        self._size -= len(held[0]) if held is not None else 0
        return held

    def forget(self) -> None:
        """Hold nothing any more: somebody was erased."""
        self._documents.clear()
        self._size = 0
        self._lent.clear()
        self._walks.clear()
