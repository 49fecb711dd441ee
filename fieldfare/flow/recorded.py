"""What a batch records of consent, found by whom and by what address it is about. In memory; pure."""

from collections.abc import Iterable, Iterator

from fieldfare.trust.consent.model import ConsentRecord


class Recorded:
    """Records in the order in which they were made."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._records: list[ConsentRecord] = []
        self._about: dict[int | bytes, list[int]] = {}
        """Profile, or hash of an address -> places of the records that are about it."""

    def __iter__(self) -> Iterator[ConsentRecord]:
        """Yield the records in their order."""
        return iter(self._records)

    def add(self, records: Iterable[ConsentRecord]) -> None:
        """Add records."""
        for record in records:
            for each in (record.profile_id, record.address_hash):
                if each is not None:
                    self._about.setdefault(each, []).append(len(self._records))
            self._records.append(record)

    def about(self, profile_ids: Iterable[int], addresses: Iterable[bytes]) -> list[ConsentRecord]:
        """Return the records about any of the profiles or addresses, in their order."""
        named: set[int | bytes] = {*profile_ids, *addresses}
        found = {place for each in named if each in self._about for place in self._about[each]}
        return [self._records[place] for place in sorted(found)]
