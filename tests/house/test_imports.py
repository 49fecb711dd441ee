"""Stores are private, deciding modules are listed and mirrored, and import-linter's contracts can fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import imports
from tests.house.exemptions import hold
from tests.house.sources import ROOT, files, source, sources

_PATTERNS = ["fieldfare.know.fold", "fieldfare.**.model"]


def _modules() -> list[str]:
    return [each.module for each in sources("fieldfare")]


def test_stores_belong_to_their_room() -> None:
    found = [finding for each in sources("fieldfare") for finding in imports.borrowed_stores(each)]
    hold("borrowed_stores", found)


def test_deciding_modules_are_listed() -> None:
    patterns = imports.pure_patterns()
    found = [finding for each in sources("fieldfare") for finding in imports.unlisted(each, patterns)]
    hold("unlisted", [*found, *imports.missing_patterns(_modules(), patterns)])


def test_deciding_modules_and_their_tests_mirror_each_other() -> None:
    found = imports.unmirrored(_modules(), files(), imports.pure_patterns())
    hold("unmirrored", found)


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        ("fieldfare/decide/run.py", "from fieldfare.know.identity.store import Rows", 1),
        ("fieldfare/decide/run.py", "from fieldfare.know.identity import store", 1),
        ("fieldfare/know/identity/run.py", "from fieldfare.know.identity import store", 0),
        ("fieldfare/flow/pipeline.py", "import fieldfare.know.identity.store", 0),
        ("fieldfare/know/run.py", "from fieldfare.ground.store import state", 0),
    ],
)
def test_planted_borrowed_stores_are_reported(path: str, text: str, count: int) -> None:
    assert len(imports.borrowed_stores(source(path, text))) == count


def test_planted_unlisted_modules_are_reported() -> None:
    assert len(imports.unlisted(source("fieldfare/know/guess.py", ""), _PATTERNS)) == 1
    shells = ("fieldfare/know/run.py", "fieldfare/know/a_store.py", "fieldfare/web/a.py")
    for path in ("fieldfare/know/fold.py", "fieldfare/know/a/model.py", *shells):
        assert imports.unlisted(source(path, ""), _PATTERNS) == []
    assert len(imports.missing_patterns(["fieldfare.know.model"], _PATTERNS)) == 1


def test_planted_missing_mirrors_are_reported() -> None:
    modules = ["fieldfare.know.fold", "fieldfare.know.model"]
    mirror = "tests/decide/know/test_fold.py"
    assert imports.unmirrored(modules, [mirror, "tests/decide/know/test_fold_order.py"], _PATTERNS) == []
    assert [finding.place for finding in imports.unmirrored(modules, [], _PATTERNS)] == [mirror]
    stray = "tests/decide/know/test_other.py"
    assert [finding.place for finding in imports.unmirrored(modules, [mirror, stray], _PATTERNS)] == [stray]


def _world(folder: Path, plant: dict[str, str]) -> tuple[int, str]:
    """Write a hollow project of the true one's modules with the true contracts, plant imports, run import-linter.

    Return its code and what it says.
    """
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (folder / "pyproject.toml").write_text(text, "utf-8")
    for path in files():
        if path.startswith("fieldfare/") and path.endswith(".py"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(plant.get(path, ""), "utf-8")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


PLANTED = {
    "fieldfare/ground/instants.py": "import time",
    "fieldfare/know/profiles/model.py": "from fieldfare.ground.clock import Clock",
    "fieldfare/decide/gate/model.py": "import fieldfare.network",
    "fieldfare/network/__init__.py": "import sqlalchemy",
    "fieldfare/ground/ids.py": "import fieldfare.know",
    "fieldfare/know/__init__.py": "import fieldfare.decide",
    "fieldfare/flow/__init__.py": "import fieldfare.testing",
}


def test_without_a_plant_the_hollow_project_keeps_the_contracts(tmp_path: Path) -> None:
    assert _world(tmp_path, {})[0] == 0


def test_planted_imports_break_the_contracts(tmp_path: Path) -> None:
    code, told = _world(tmp_path, PLANTED)
    assert code == 1
    said = " ".join(told.split())
    for wrong in (
        "fieldfare.ground.instants -> time",
        "fieldfare.know.profiles.model -> fieldfare.ground.clock",
        "fieldfare.decide.gate.model -> fieldfare.network",
        "fieldfare.network -> sqlalchemy",
        "fieldfare.ground.ids -> fieldfare.know",
        "fieldfare.know -> fieldfare.decide",
        "fieldfare.flow -> fieldfare.testing",
    ):
        assert wrong in said, wrong
