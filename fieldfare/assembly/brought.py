"""Brings copied people to the definitions that they are to live by, as `fieldfare apply` would.

Measures that came anew are filled, and where traits are kept otherwise everybody is folded anew, from the past in the
lake that the people were copied beside. That lake is read alone; nobody enters a journey by it.
"""

from fieldfare.assembly.copied import Source
from fieldfare.assembly.installation import Installation
from fieldfare.flow.backfill import Backfill
from fieldfare.flow.lake_events import LakeEvents
from fieldfare.flow.rebuild import Rebuild
from fieldfare.flow.refold import Refold
from fieldfare.ground.lake.ports import Lake


def bring(installation: Installation, lake: Lake, source: Source) -> list[str]:
    """Bring everybody to the edition that has begun in the copy; return what is to be known about it.

    ``lake`` is the copy's own.
    """
    stores, standing, clock = installation.stores, installation.standing, installation.clock
    events, loader = LakeEvents(source.lake, stores.keys, source.through), installation.loader(lake)
    people = installation.people
    if standing.is_finished:
        return []
    if standing.is_refold:
        refold = Refold(stores.state, events, stores.keys, people)
        count = Rebuild(stores.state, loader, refold, standing).run(clock.now(), "definition", lambda _: None)
        return [f"{count:,} people were folded anew by the rules first, from their past"]
    parts = stores.keys, people, installation.pipeline, standing, clock
    count = Backfill(stores.state, events, loader, *parts).run()
    filled = f", {standing.lacking:,} measures filled from their past" if standing.lacking else ""
    return [f"{count:,} people were brought to the rules first{filled}"] if count else []
