"""What cuts need to know of others: in which region a location lies. Pure."""

from typing import Protocol


class Regions(Protocol):
    """The tree of locations, as far as cuts ask."""

    def region_of(self, location: str) -> str | None:
        """Return the region in which the location lies, ``None`` when in none."""
        ...
