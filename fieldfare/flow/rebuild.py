"""Rebuild: fold every document again from the lake's events, under the definitions of now; nothing is sent by it.

Flow: begin the edition of the definitions where it has not begun; load the lake to the end; then fold all profiles,
page by page (:mod:`fieldfare.flow.refold`), and give the lake their new traits. A crash leaves finished pages done and
the rest as they were; running it again gives the same documents, and until it ends no server applies events by an
edition that needs it. The worker must not run meanwhile: the lake's lock, which this holds, keeps it out.
"""

from collections.abc import Callable

from fieldfare.flow.editions import Standing, begin, finish
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.refold import PAGE, Refold
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, held
from fieldfare.know.profiles import store as profile_store


class Rebuild:
    """Folds all documents anew."""

    def __init__(self, state: State, loader: LakeLoader, refold: Refold, standing: Standing) -> None:
        """Fold with the definitions inside ``refold``, which ``standing`` tells of."""
        self._state, self._loader, self._refold, self._standing = state, loader, refold, standing

    def run(self, now: Instant, cause: str, progress: Callable[[int], None]) -> int:
        """Rebuild every profile as of ``now``; return how many. ``cause`` goes into the membership changes."""
        begin(self._state, self._standing, now)
        self._loader.sync()
        done, last = 0, 0
        while True:
            with held(self._state):
                self._loader.catch_up()
                with self._state.read() as connection:
                    page = profile_store.load_after(connection, last, PAGE)
                if not page:
                    break
                self._refold.page(page, now, cause)
            done, last = done + len(page), page[-1]
            progress(done)
        finish(self._state, now)
        return done
