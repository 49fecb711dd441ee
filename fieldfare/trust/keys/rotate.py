"""Rotation of the wrapping key: a new version wraps all data keys anew, then the old one is destroyed. Runs beside all.

Flow. The next version is made in the key store and becomes the ring's current one; from that commit on no process can
put a key under the old one. Then, page by page, data keys are wrapped anew. What a data key seals stays as it is. When
no key is left under an old version, that version is destroyed, and with it every older copy of the ring says nothing.
Killed anywhere, it is continued by the next call: an old version that is still in the key store is what tells.
"""

from collections.abc import Callable

import msgspec

from fieldfare.trust.keys.seal import VERSION, Keys, wrap_name

PAGE = 1_000
_WRAP = wrap_name(0).removesuffix("0")


class KeyStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rotation is, and what there is."""

    version: int
    """The current version of the wrapping key; new data keys are wrapped by it."""
    data_keys: dict[int, int]
    """Version -> data keys that it wraps."""
    versions: list[int]
    """Versions in the key store."""
    day_keys: int
    """Keys of raw records, one per day and time of keeping."""

    @property
    def older(self) -> list[int]:
        """Versions that are to be destroyed: a rotation is not finished while there is one."""
        return [version for version in self.versions if version < self.version]


def key_status(keys: Keys) -> KeyStatus:
    """Return what there is now."""
    store, ring = keys.store, keys.ring
    names = store.names()
    versions = sorted(int(name.removeprefix(_WRAP)) for name in names if name.startswith(_WRAP))
    return KeyStatus(
        version=int(ring.fact(VERSION) or 0),
        data_keys=ring.counts(),
        versions=versions,
        day_keys=sum(name.startswith("raw-") for name in names),
    )


def rotate(keys: Keys, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
    """Begin a rotation, or continue one that was not finished, and finish it; return the version that wraps now.

    ``progress`` is told how many data keys were looked at, and how many there were at the beginning.
    """
    begun = key_status(keys)
    version = begun.version
    if not begun.older:
        version += 1
        keys.check(wrap_name(version), create=True)
        keys.ring.set_fact(VERSION, str(version))
    total = sum(begun.data_keys.values())
    while set(keys.ring.counts()) - {version}:
        _rewrap(keys, version, lambda done: progress(done, total))
    for older in key_status(keys).older:
        keys.store.destroy(wrap_name(older))
    return version


def _rewrap(keys: Keys, version: int, progress: Callable[[int], None]) -> None:
    after, done = b"", 0
    while page := keys.ring.page(after, PAGE):
        old = [row for row in page if row.version != version]
        keys.ring.replace({row.wrapped: keys.wrap(row.owner, keys.unwrap(row), version) for row in old})
        after, done = page[-1].owner, done + len(page)
        progress(done)
