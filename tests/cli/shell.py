"""A command line in this process, on one workspace and one data folder, with the examples' environment."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.cli.main import run
from tests.scenarios.whole import ENVIRON


def example_environment() -> Iterator[None]:
    """Set what the examples read from the environment; for a fixture."""
    before = dict(os.environ)
    os.environ.update(ENVIRON)
    os.environ.pop("FIELDFARE_STATE_URL", None)
    yield
    os.environ.clear()
    os.environ.update(before)


class Shell:
    """Runs commands on ``workspace`` and ``data`` of a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder / "workspace", capsys
        self._where = ("--workspace", str(self.folder), "--data", str(folder / "data"))

    def __call__(self, *words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            run([*words, *self._where])
        told = self._capsys.readouterr()
        assert ended.value.code == code, (words, ended.value.code, told.out, told.err)
        return told.out + told.err

    def json(self, *words: str, code: int = 0) -> Any:
        """Return what a command says as JSON."""
        return json.loads(self(*words, "--json", code=code))
