"""The lake that a workspace names: DuckDB's in the data folder, or one on Spark. Decides nothing else."""

from fieldfare.assembly.stores import Stores
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.ground.clock import Clock
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.workspace.model import LakePlace

BESIDE_MB = 512
"""Memory of DuckDB beside Spark: a sort there moves more at a time than one of DuckDB's own file."""


def open_lake_at(place: LakePlace | None, stores: Stores, clock: Clock) -> Lake:
    """Open the lake for writing. Raises ``ConflictError`` ``lake_busy`` when another process has it."""
    if place is None:
        return stores.open_lake()
    from fieldfare.ground.lake.spark import SparkLake  # noqa: PLC0415 - whoever has no Spark needs nothing of it

    lake = SparkLake(place.master, place.folder, clock, settings=place.settings, memory_mb=BESIDE_MB)
    try:
        lake.ensure(TABLES, VIEWS)
    except BaseException:
        lake.close()
        raise
    stores.names["lake"] = "spark"
    return lake
