"""Splink's Spark API over a table of people, a backend of :class:`SplinkMatcher`: for more people than a machine has.

Splink compares names by functions of a JAR that comes with it, which the driver must be started with. What is personal
goes to the executors, so a session for this encrypts what it spills; what it sends is as safe as the cluster's network
(see the how-to). Tables are kept in the executors' memory, none is written as a file. Decides nothing.
"""

import logging
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from fieldfare.ground.errors import ConfigError
from fieldfare.know.identity.match.to_splink import TABLE
from fieldfare.know.identity.match.with_splink import Backend


def spark_settings() -> Mapping[str, str]:
    """Return what a session for matching must be started with. Raises ``ConfigError`` ``splink_missing``."""
    try:
        from splink.backends.spark import similarity_jar_location  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        text = "Finding suggestions needs Splink, which is not installed. Install `fieldfare[match]`."
        raise ConfigError("splink_missing", text) from error
    return {"spark.jars": similarity_jar_location(), "spark.io.encryption.enabled": "true"}


def backend_on(session: Any) -> Backend:
    """Return what puts people into a session that was started with :func:`spark_settings`."""
    import splink  # noqa: PLC0415 - an extra, and heavy

    api_of: Any = splink.SparkAPI
    logging.getLogger("splink").setLevel(logging.ERROR)

    def opened(people: pa.Table) -> Any:
        own = session.newSession()  # the tables of one look are not those of another
        api = api_of(spark_session=own, break_lineage_method="persist")
        return api.register(own.createDataFrame(people).persist(), dataset_display_name=TABLE)

    return opened
