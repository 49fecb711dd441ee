"""Joins what looks for suggestions: the stores of a data folder, a matcher, the kept models. Runs no server."""

from pathlib import Path
from typing import Any

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.flow.suggest_identities import SuggestIdentities
from fieldfare.flow.suggestion_queue import SqlSuggestions
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.model import LakePlace
from fieldfare.know.identity.match.exact import ExactMatcher
from fieldfare.know.identity.match.kept_models import KeptModels, read_model
from fieldfare.know.identity.match.ports import Matcher
from fieldfare.know.identity.match.with_splink import SplinkMatcher


def open_suggest(stores: Stores) -> SuggestIdentities:
    """Return what looks for suggestions in these stores."""
    return SuggestIdentities(stores.state, stores.keys, KeptModels(stores.folder / "match"))


def suggested(
    workspace: Path, folder: Path, matcher: str, least: float, model: Path | None, memory_mb: int, *, asks: bool
) -> dict[str, Any]:
    """Return what there is to ask about the profiles of a data folder; ``asks``: put it into the review queue."""
    definitions = open_workspace(workspace)  # what is configured wrongly is told before anything is read
    if not folder.exists():
        text = f"There is no data in {folder}. Start with `fieldfare serve`, `load` or `demo`, or give --data."
        raise ConfigError("data_missing", text)
    chosen: Matcher = ExactMatcher() if matcher == "exact" else _splink(definitions.settings.lake, memory_mb)
    stores = open_stores(folder)
    try:
        given = read_model(model) if model is not None else None
        queue = SqlSuggestions(stores.state, definitions.identity.kinds) if asks else None
        return open_suggest(stores).run(chosen, queue, SystemClock().now(), model=given, least=least)
    finally:
        stores.close()


def _splink(place: LakePlace | None, memory_mb: int) -> Matcher:
    """Return Splink where the lake is: in this process, or on the cluster."""
    if place is None:
        return SplinkMatcher(memory_mb=memory_mb)
    from fieldfare.ground.lake.spark_session import open_session  # noqa: PLC0415 - whoever has no Spark needs nothing of it
    from fieldfare.know.identity.match.on_spark import backend_on, spark_settings  # noqa: PLC0415

    return SplinkMatcher(backend=backend_on(open_session(place.master, {**spark_settings(), **place.settings})))
