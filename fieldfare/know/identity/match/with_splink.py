"""``Matcher`` on Splink: chooses pairs, counts how they agree, scores them. Decides nothing about anybody.

Records are held in an in-memory DuckDB that may not spill to disk, with bounds on threads and memory, and are gone with
it: what is personal is never written. Pairs are looked at in chunks, so that memory does not grow with their number.
Another backend of Splink takes the same settings: give its API as ``backend``.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa

from fieldfare.ground.errors import ConfigError, TransientError
from fieldfare.know.identity.match.choose import blocking, comparisons, statistics, telling
from fieldfare.know.identity.match.model import Model, Pair, Record
from fieldfare.know.identity.match.score import Scored, pairs_of
from fieldfare.know.identity.match.to_splink import ID, TABLE, settings
from fieldfare.know.identity.match.train import Floats, Integers, said, train

RANDOM_PAIRS = 1_000_000
LEAST_BITS = -7.0
"""Pairs whose odds are below this power of two are let go of."""
RECORDS_PER_CHUNK = 50_000
"""Records of one side that are compared at a time."""
_SEED = 1
Backend = Callable[[pa.Table], Any]


class SplinkMatcher:
    """``Matcher`` whose pairs are chosen, compared and scored by Splink."""

    def __init__(
        self,
        *,
        threads: int = 2,
        memory_mb: int = 1024,
        random_pairs: int = RANDOM_PAIRS,
        backend: Backend | None = None,
    ) -> None:
        """Work within these bounds. ``backend``: makes Splink's API over a table of people, and holds it."""
        self._threads, self._memory_mb, self._backend = threads, memory_mb, backend
        self._random_pairs = random_pairs

    def train(self, records: Sequence[Record]) -> Model:
        """Return a model learnt from the records alone."""
        stats = statistics(records)
        has = telling(stats)
        count = len(records)
        untrained = Model(
            fields=tuple(sorted(has)),
            unused=tuple(sorted(stats.keys() - has)),
            blocking=blocking(records, has),
            comparisons=comparisons(has),
            same=1 / max(count, 2),
            relations=(),
            records=count,
            pairs=0,
        )
        all_pairs = count * (count - 1) // 2
        with self._linker(records, untrained) as linker:
            random = _random_counts(linker, min(all_pairs, self._random_pairs))
            patterns, counts = _patterns(linker, untrained, _chunks(count))
        trained = train(untrained.comparisons, patterns, counts, random, all_pairs)
        told = {
            "comparisons": trained.comparisons,
            "same": trained.same,
            "relations": trained.relations,
            "pairs": int(counts.sum()),
        }
        return msgspec.structs.replace(untrained, **told)

    def score(self, records: Sequence[Record], model: Model) -> list[Pair]:
        """Return the pairs of records that may be one person, by the model."""
        found: list[Pair] = []
        rare = [each.name for each in model.comparisons if any(level.rare for level in each.levels)]
        columns = ["match_weight", *(f"mw_tf_adj_{name}" for name in rare)]
        with self._linker(records, model) as linker:
            for table in _predicted(linker, _chunks(len(records)), LEAST_BITS):
                query = f"SELECT {ID}_l, {ID}_r, {', '.join(columns + _gammas(model))} FROM {table.physical_name}"  # noqa: S608 - our own names
                rows = _fetch(linker, query)
                rarity = {name: _floats(rows, f"mw_tf_adj_{name}") for name in rare}
                left, right = _floats(rows, f"{ID}_l"), _floats(rows, f"{ID}_r")
                scored = Scored(left, right, _floats(rows, "match_weight"), rarity, _levels(rows, model))
                found += pairs_of(model, scored)
        return found

    @contextmanager
    def _linker(self, records: Sequence[Record], model: Model) -> Iterator[Any]:
        try:
            from splink import DuckDBAPI, Linker  # noqa: PLC0415 - an extra, and heavy
        except ImportError as error:
            text = "Finding suggestions needs Splink, which is not installed. Install `fieldfare[match]`."
            raise ConfigError("splink_missing", text) from error
        logging.getLogger("splink").setLevel(logging.ERROR)
        people = _table(records, model)
        if self._backend is not None:
            yield Linker(self._backend(people), settings(model), log_level=None, validate_settings=False)
            return
        limits: dict[str, Any] = {
            "threads": self._threads,
            "memory_limit": f"{self._memory_mb}MB",
            "temp_directory": "",
        }
        connection = duckdb.connect(":memory:", config=limits)
        try:
            connection.register("given", people)
            connection.execute(f"CREATE TABLE {TABLE} AS SELECT * FROM given")  # noqa: S608 - our own name
            connection.unregister("given")
            frame = DuckDBAPI(connection).register(TABLE, dataset_display_name=TABLE)
            yield Linker(frame, settings(model), log_level=None, validate_settings=False)
        except duckdb.OutOfMemoryException as error:
            text = (
                f"{len(records):,} records do not fit into {self._memory_mb} MB, and personal data may not spill to "
                "disk. Give more with --memory-mb."
            )
            raise TransientError("match_memory", text) from error
        finally:
            connection.close()


def _table(records: Sequence[Record], model: Model) -> pa.Table:
    names = sorted({*model.fields, *(name for record in records for name in record.values)})
    columns = {name: pa.array([record.values.get(name) for record in records], pa.string()) for name in names}
    return pa.table({ID: pa.array(range(len(records)), pa.int64()), **columns})


def _chunks(count: int) -> int:
    return max(1, -(-count // RECORDS_PER_CHUNK))


def _random_counts(linker: Any, pairs: int) -> list[Floats]:
    """Return, per comparison, how many of so many pairs picked at random fall on each level."""
    linker.training.estimate_u_using_random_sampling(
        max_pairs=pairs, seed=_SEED, min_count_per_level=None, num_chunks=1
    )
    told = linker.misc.save_model_to_json(None)
    found = []
    for comparison in told["comparisons"]:
        shares = [
            each.get("u_probability") for each in comparison["comparison_levels"] if not each.get("is_null_level")
        ]
        # A level that was never met has a word instead of a number.
        found.append(np.array([share * pairs if isinstance(share, float) else 0.0 for share in shares]))
    return found


def _predicted(linker: Any, chunks: int, least_bits: float | None) -> Iterator[Any]:
    """Yield tables of compared pairs, one chunk after the other, and let go of each."""
    for left in range(1, chunks + 1):
        for right in range(1, chunks + 1):
            table = linker.inference.predict_chunk(
                left_chunk=(left, chunks), right_chunk=(right, chunks), threshold_match_weight=least_bits
            )
            yield table
            table.drop_table_from_database_and_remove_from_cache()


def _patterns(linker: Any, model: Model, chunks: int) -> tuple[Integers, Floats]:
    names = ", ".join(_gammas(model))
    parts, counts = [], []
    for table in _predicted(linker, chunks, None):
        rows = _fetch(linker, f"SELECT {names}, count(*) AS pairs FROM {table.physical_name} GROUP BY {names}")  # noqa: S608 - our own names
        parts.append(_levels(rows, model))
        counts.append(_floats(rows, "pairs"))
    return np.concatenate(parts), np.concatenate(counts)


def _fetch(linker: Any, query: str) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = linker.misc.query_sql(query).as_dict()
    return told


def _gammas(model: Model) -> list[str]:
    return [f"gamma_{each.name}" for each in model.comparisons]


def _floats(rows: dict[str, list[Any]], name: str) -> Floats:
    return np.array(rows[name], dtype=np.float64)


def _levels(rows: dict[str, list[Any]], model: Model) -> Integers:
    """Return the index of the level per comparison; Splink numbers them from the last, 0, and a missing one -1."""
    columns = []
    for name, comparison in zip(_gammas(model), model.comparisons, strict=True):
        gamma = np.array(rows[name], dtype=np.int64)
        columns.append(np.where(gamma < 0, -1, len(said(comparison)) - 1 - gamma))
    return np.stack(columns, axis=1)
