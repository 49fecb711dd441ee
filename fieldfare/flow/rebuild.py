"""Rebuild: fold every document again from the lake's events, under the definitions of now; nothing is sent by it.

Flow: load the lake to the end; then fold all profiles, page by page (:mod:`fieldfare.flow.refold`), and give the lake
their new traits. A crash leaves finished pages done and the rest as they were; running it again gives the same
documents. The worker must not run meanwhile: the lake's lock, which this holds, keeps it out.
"""

from collections.abc import Callable

from fieldfare.flow import store as flow_store
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.refold import PAGE, Refold
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.profiles import store as profile_store

APPLIED = "applied_definitions"
"""Fact: digest of the definitions that the documents were folded with."""


def applied_definitions(state: State) -> str | None:
    """Return the digest of the definitions that profiles were folded by, ``None`` in a new installation."""
    with state.read() as connection:
        return flow_store.fact(connection, APPLIED)


def take_definitions(state: State, digest: str) -> bool:
    """Return whether profiles were folded by these definitions; a new installation takes them as its own."""
    with state.write() as connection:
        applied = flow_store.fact(connection, APPLIED)
        if applied is None:
            flow_store.set_fact(connection, APPLIED, digest)
    return applied in {None, digest}


def note_definitions(state: State, digest: str) -> None:
    """Remember which definitions the documents are folded with."""
    with state.write() as connection:
        flow_store.set_fact(connection, APPLIED, digest)


class Rebuild:
    """Folds all documents anew."""

    def __init__(self, state: State, loader: LakeLoader, refold: Refold) -> None:
        """Fold with the definitions inside ``refold``."""
        self._state, self._loader, self._refold = state, loader, refold

    def run(self, now: Instant, cause: str, digest: str, progress: Callable[[int], None]) -> int:
        """Rebuild every profile as of ``now``; return how many. ``cause`` goes into the membership changes."""
        self._loader.sync()
        done, last = 0, 0
        while True:
            with self._state.read() as connection:
                page = profile_store.load_after(connection, last, PAGE)
            if not page:
                break
            self._refold.page(page, now, cause)
            self._loader.catch_up()
            done, last = done + len(page), page[-1]
            progress(done)
        note_definitions(self._state, digest)
        return done
