"""A cluster for all tests of a run, and lakes on it."""

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fieldfare.ground.clock import SystemClock
from fieldfare.ground.lake.spark import SparkLake
from fieldfare.ground.lake.spark_session import open_session
from fieldfare.know.identity.match.on_spark import spark_settings
from tests.postgres_server import give_up
from tests.scale.cluster import Cluster, missing

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
}
"""Few and small: two workers of one core."""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a cluster. Without PySpark or Java the test is skipped, on CI it fails."""
    reason = missing()
    if reason is not None:
        give_up(reason, ci=os.environ.get("CI", ""))
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield running.url
    finally:
        running.stop()


@pytest.fixture(scope="session")
def session(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A session of ours on the cluster."""
    matching = spark_settings() if find_spec("splink") else {}
    return open_session(
        cluster, {**SETTINGS, **matching, "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse"))}
    )


@pytest.fixture
def spark_lakes(cluster: str, session: Any) -> Iterator[Callable[[Path], SparkLake]]:
    """A function that opens a lake on the cluster in a folder."""
    assert session is not None, "the driver is started with all that any test needs"
    opened: list[SparkLake] = []

    def made(folder: Path) -> SparkLake:
        opened.append(SparkLake(cluster, str(folder), SystemClock(), settings=SETTINGS, threads=1))
        return opened[-1]

    yield made
    for lake in opened:
        lake.close()
