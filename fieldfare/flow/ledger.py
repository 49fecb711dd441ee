"""What a batch asks of the consent that is recorded: a person's ids, where ids lead, the records. Decides nothing."""

from collections.abc import Collection
from typing import Protocol

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import ConsentRecord


class Ledger(Protocol):
    """What is recorded of consent."""

    def read_ahead(self, profile_ids: Collection[int], addresses: Collection[bytes]) -> None:
        """Read what will be asked of many people, all at once."""
        ...

    def note_new(self, profile_id: int) -> None:
        """Know that a profile id was given for the first time."""
        ...

    def family(self, profile_id: int) -> frozenset[int]:
        """Return all profile ids of a person."""
        ...

    def redirects(self, profile_ids: Collection[int]) -> dict[int, tuple[int, Instant]]:
        """Return where profile ids lead and since when."""
        ...

    def records(self, profile_ids: Collection[int], addresses: Collection[bytes]) -> list[ConsentRecord]:
        """Return the stored records of profiles, and the refusals made for addresses."""
        ...
