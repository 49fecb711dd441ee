"""A Spark session of ours: quiet, on its own address, with the functions that our expressions call.

There is one driver per process, and Spark keeps it; who asks again gets a session of the same driver. The heap of the
driver is fixed when it starts. It reads and writes no table.
"""

import logging
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from fieldfare.ground.errors import ConfigError, TransientError
from fieldfare.ground.lake.spark_functions import FUNCTIONS

LOOPBACK = "127.0.0.1"
SETTINGS: Mapping[str, str] = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.parquet.aggregatePushdown": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.runSQLOnFiles": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.log.level": "ERROR",
}
"""What a session has that was told nothing else."""


def open_session(master: str, settings: Mapping[str, str]) -> Any:
    """Return a session on the cluster ``master``: ``spark://host:port`` or ``local[n]``.

    Raises ``ConfigError`` ``spark_missing``, ``TransientError`` ``spark_unreachable``.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        text = (
            "A lake on Spark needs PySpark, which is not installed. Install `fieldfare[spark]`, and Java 17 or newer."
        )
        raise ConfigError("spark_missing", text) from error
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # a query may hold what nobody should log
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    told = {**SETTINGS, **_home(settings), **settings}
    os.environ.setdefault("PYSPARK_SUBMIT_ARGS", f"--driver-memory {told['spark.driver.memory']} pyspark-shell")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas 3, which no result of ours goes through
        builder = SparkSession.builder.master(master).appName("fieldfare")
        for name, value in told.items():
            builder = builder.config(name, value)
        try:
            session = builder.getOrCreate().newSession()
        except Exception as error:
            text = (
                f"Spark at {master} did not answer: {type(error).__name__}. Start the cluster, or correct `lake` in "
                "workspace.yaml; Java 17 or newer must be installed here."
            )
            raise TransientError("spark_unreachable", text, retry_after_s=5) from error
    for name, value in told.items():
        if name.startswith("spark.sql.") and name not in {"spark.sql.catalogImplementation", *_STATIC}:
            session.conf.set(name, value)
    for each in FUNCTIONS:
        session.sql(f"CREATE OR REPLACE TEMPORARY FUNCTION {each}")
    return session


_STATIC = frozenset({"spark.sql.warehouse.dir", "spark.sql.extensions"})


def _home(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the driver's address: loopback, unless told otherwise or a cluster elsewhere must reach it."""
    host = settings.get("spark.driver.host", LOOPBACK)
    if host == LOOPBACK:
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        return {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    return {"spark.driver.host": host}
