"""The shape of ``measures.yaml``: keys as they are written, and strangers are refused."""

import msgspec
import pytest

from fieldfare.know.audiences.measure_files import MeasuresFile


def test_keys_are_those_that_are_written() -> None:
    file = msgspec.convert({"measures": {"spend": {"event": "order", "sum": "total"}}}, MeasuresFile)
    assert msgspec.to_builtins(file) == {"measures": {"spend": {"event": "order", "sum": "total"}}}


def test_strangers_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `sums`"):
        msgspec.convert({"measures": {"spend": {"event": "order", "sums": "total"}}}, MeasuresFile)
