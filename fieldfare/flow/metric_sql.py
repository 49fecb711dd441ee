"""The SQL of an experiment's metrics as tables of the lake; one that cannot be run is set aside, and the others go on.

What is set aside selects nothing from then on and stands in :attr:`Selected.unread` with the reason, which is told in
the place of its numbers. Nothing is decided here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.lake.ports import Lake
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import NotComputable, Why

SELECTS = "It selects `profile_id`, `occurred_at` (microseconds since 1970) and `value`."
_SCHEMA = {"profile_id": "int64", "occurred_at": "int64", "value": "float64"}
_COLUMNS = (
    "CAST(selected.profile_id AS BIGINT) AS profile_id, CAST(selected.occurred_at AS BIGINT) AS occurred_at, "
    "CAST(selected.value AS DOUBLE) AS value"
)
_NOTHING = "SELECT 0 AS profile_id, 0 AS occurred_at, 0 AS value WHERE 1 = 0"


def rows_of_metric(sql: str) -> str:
    """Return the query of what a metric's SQL selects: one statement, with the three columns and no other."""
    return f"SELECT {_COLUMNS} FROM ({sql}\n) AS selected"  # noqa: S608 - the workspace's own SQL


class Selected:
    """What the SQL of metrics selects, by metric."""

    def __init__(self, lake: Lake, backend: Any, metrics: Sequence[Metric]) -> None:
        """Open the SQL of every metric that has some; it is read only."""
        self._backend = backend
        self.unread: dict[str, NotComputable] = {}
        self.tables: dict[str, Any] = {}
        for metric in metrics:
            if metric.sql is not None:
                try:
                    lake.query(f"{rows_of_metric(metric.sql)} LIMIT 0", 1)
                except CallerError as error:
                    self._set_aside(metric, error.message)
                else:
                    self.tables[metric.name] = self._table(metric.sql)

    def find_failing(self, metrics: Sequence[Metric], run: Callable[[Metric], object]) -> bool:
        """Run each of the metrics by itself, after all together could not be; return whether some were set aside."""
        before = len(self.unread)
        for metric in metrics:
            if metric.sql is not None and metric.name not in self.unread:
                try:
                    run(metric)
                except TransientError:
                    raise
                except Exception as error:  # noqa: BLE001 - whatever an engine says of somebody's SQL
                    self._set_aside(metric, _first_line(error))
        return len(self.unread) > before

    def _table(self, sql: str) -> Any:
        return self._backend.sql(rows_of_metric(sql), schema=_SCHEMA)

    def _set_aside(self, metric: Metric, what: str) -> None:
        text = f"The SQL of the metric `{metric.name}` cannot be run. {what} {SELECTS}"
        self.unread[metric.name] = NotComputable(Why.FAILED, text)
        self.tables[metric.name] = self._table(_NOTHING)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
