"""What scenarios share: the real orders, read once for all processes that test."""

import fcntl
import os

import msgspec
import pytest

from fieldfare.assembly.files import open_workspace
from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.flow.simulate import Call
from tests.scenarios.example_engine import RETAIL
from tests.scenarios.retail_totals import data_file
from tests.scenarios.whole import ENVIRON


@pytest.fixture(scope="session")
def real_orders(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """Every order and refund of the real two years as a call, in time order, as the demo reads them.

    Whoever asks first reads the file; the other processes wait for it and take what it has found.
    """
    path = data_file()
    assert path is not None
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    with (shared / "real_orders.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shared / "real_orders.msgpack"
        if not kept.exists():
            found = read_calls(path, open_workspace(RETAIL, ENVIRON).mappings["online-retail"], LoadReport())
            calls = [(each.occurred_at, each.call) for each in found if each.occurred_at is not None]
            kept.write_bytes(msgspec.msgpack.encode(calls))
        return msgspec.msgpack.decode(kept.read_bytes(), type=list[Call])
