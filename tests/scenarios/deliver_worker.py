"""A process that delivers a broadcast beside another one, on the environment's database: ``FOLDER WORKSPACE OUT NOW``.

Its provider is a list in a file of its own: a line for each message it took, so what two processes hand over can be
compared as the receivers would.
"""

import os
import sys
from pathlib import Path

from fieldfare.act.broadcasts.model import Standing
from fieldfare.act.delivery.run import Delivery
from fieldfare.assembly.delivering import open_feed
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import open_stores
from fieldfare.flow import broadcast_store
from fieldfare.ground.clock import SimulatedClock
from fieldfare.testing.channel import FakeChannel

LIMIT = 16
"""Proposals in one round: few, so that there are many rounds and both processes get their share."""


def main(folder: Path, workspace: Path, out: Path, now: int) -> None:
    """Deliver until the broadcast is done; print how many messages this process handed over."""
    stores = open_stores(folder)
    installation = Installation(open_workspace(workspace), stores, SimulatedClock(now), capture_all=True)
    made = installation.delivery
    with out.open("w") as lines:
        channel = FakeChannel(instant=True)
        channel.after_accept = lambda request: print(request.proposal_id, request.to, file=lines, flush=True)
        delivery = Delivery(
            made._settings,
            made.ports,
            {"email": channel},
            made.composer.unsubscribe,
            installation.clock,
            owner=f"worker-{os.getpid()}",
        )
        feed = open_feed(installation)
        print("ready", flush=True)
        sys.stdin.readline()
        while _is_running(installation):
            feed.run()
            delivery.run_due(now, LIMIT)
    print(len(channel.accepted), flush=True)
    stores.close()


def _is_running(installation: Installation) -> bool:
    with installation.stores.state.read() as connection:
        return bool(broadcast_store.all_runs(connection, Standing.RUNNING))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
