"""How many took each edge of a journey: counted once for each step, whatever is delivered or folded again."""

from pathlib import Path

from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.generate.calls import track
from fieldfare.flow.retain import Retention
from fieldfare.ground.instants import DAY, HOUR, SECOND
from tests.scenarios.people import NOON
from tests.scenarios.planned import MORE, audience, start, write
from tests.scenarios.whole import Whole, opened

THROUGH = {("start", "0"): 2, ("0", "end"): 2}


def edges(whole: Whole, back_days: int = 0) -> dict[tuple[str, str], int]:
    version = whole.installation.definitions.versions.current["hello"].version
    with whole.stores.state.read() as connection:
        return journey_store.edges(connection, "hello", version, whole.clock.now() // DAY - back_days)


def test_edges_are_counted_once(tmp_path: Path) -> None:
    folder = write(tmp_path / "workspace", audience("a", "{did: check_in}") | MORE)
    with opened(tmp_path / "data", NOON, folder) as whole:
        start(whole, folder)
        calls = [track("check_in", user, f"{user}-1", NOON + SECOND, {}) for user in ("m-1", "m-2")]
        whole.send(calls, NOON + SECOND)
        whole.tick(NOON + HOUR)
        assert {walk["status"] for walk in whole.enrollments()} == {"completed"}
        assert edges(whole) == THROUGH
        whole.send(calls, NOON + 2 * HOUR)
        whole.tick(NOON + 3 * HOUR)
        whole.rebuild()
        assert edges(whole) == THROUGH
        whole.tick(NOON + 2 * DAY)
        assert (edges(whole), edges(whole, 2)) == ({}, THROUGH)
        stores = whole.stores
        retention = Retention(stores.state, stores.log, whole.lake, stores.keys, {})
        retention.run(NOON + journey_store.EDGE_DAYS * DAY)
        assert edges(whole, 2) == THROUGH
        retention.run(NOON + (journey_store.EDGE_DAYS + 1) * DAY)
        assert edges(whole, 2) == {}
