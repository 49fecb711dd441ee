"""``init``, ``validate`` and ``schema`` as people run them, and how failures are told."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from fieldfare.cli.main import COMMANDS, Command, build_app, run
from fieldfare.flow.workspace import KINDS
from fieldfare.ground.errors import TransientError


def call(
    capsys: pytest.CaptureFixture[str], *words: str, commands: tuple[Command, ...] = COMMANDS
) -> tuple[int, str, str]:
    """Run the command line in this process; return exit code, output and errors."""
    code: object = 0
    try:
        run(words, commands)
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    assert isinstance(code, int | None)
    return code or 0, captured.out, captured.err


def test_what_init_writes_is_valid(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "brand"
    assert call(capsys, "init", str(folder))[0] == 0
    code, out, _ = call(capsys, "validate", str(folder))
    assert code == 0
    assert out.startswith("ok: 3 audiences, 1 journey, ")
    assert (folder / ".gitignore").exists()
    for schema, pattern in json.loads((folder / ".vscode/settings.json").read_text())["yaml.schemas"].items():
        jsonschema_rs.meta.validate(json.loads((folder / schema).read_text()))
        assert pattern in {kind.pattern for kind in KINDS.values()}


def test_init_refuses_a_folder_with_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    code, _, err = call(capsys, "init", str(tmp_path))
    assert code == 2
    assert "[folder_not_empty]" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_init_fills_an_empty_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert call(capsys, "init", str(tmp_path))[0] == 0
    assert (tmp_path / "workspace.yaml").exists()


def test_validate_reports_every_problem_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    call(capsys, "init", str(tmp_path))
    audience = tmp_path / "audiences/lapsed.yaml"
    audience.write_text(audience.read_text().replace("within: 30 days", "within: 30").replace("owner:", "onwer:"))
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text(workspace.read_text().replace("${FIELDFARE_WRITE_KEY}", "hunter2"))
    (tmp_path / "compose.yaml").write_text("a: 1\n")
    code, out, _ = call(capsys, "validate", str(tmp_path))
    assert code == 1
    lines = out.splitlines()
    assert [line.split(" ")[0] for line in lines[:-1]] == [
        "audiences/lapsed.yaml:4",
        "compose.yaml:1:",
        "workspace.yaml:13",
    ]
    assert lines[-1] == "2 errors, 1 warning"
    assert lines[1].endswith("(warning)")
    assert "hunter2" not in out
    audience.write_text(audience.read_text().replace("onwer:", "owner:"))
    _, out, _ = call(capsys, "validate", str(tmp_path))
    assert "audiences/lapsed.yaml:9 where.all[2].within: `within: 30` has no unit. " in out
    assert "`30 days`" in out


def test_validate_of_no_workspace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = call(capsys, "validate", str(tmp_path))
    assert code == 1
    assert "workspace.yaml:1: This file is missing." in out


@pytest.mark.parametrize("kind", KINDS)
def test_schema_prints_json(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema", kind)
    assert code == 0
    assert json.loads(out)["$schema"].endswith("2020-12/schema")


def test_schema_lists_and_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert call(capsys, "schema")[1].split()[:2] == ["workspace", "workspace.yaml"]
    assert call(capsys, "schema", "--out", str(tmp_path / "s"))[0] == 0
    assert {path.stem for path in (tmp_path / "s").iterdir()} == set(KINDS)


def test_init_begins_with_an_example(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    assert call(capsys, "init", str(folder), "--example", "wellness")[0] == 0
    assert (folder / "journeys" / "tests" / "appointment.yaml").exists()
    assert (folder / ".gitignore").exists()
    assert call(capsys, "validate", str(folder))[0] == 0


def test_a_wrong_example_is_told_with_all_there_are(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = call(capsys, "init", str(tmp_path / "new"), "--example", "welness")
    assert code == 2
    assert "Did you mean `wellness`?" in err
    assert "`clinic`, `communication-app`, `family-entertainment`, `fitness`, `retail` and `wellness`" in err
    assert not (tmp_path / "new").exists()


def test_an_unknown_kind_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "schema", "audence")
    assert code == 2
    assert "Did you mean `audience`?" in err
    assert "[unknown_kind]" in err


def test_version_and_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--version")[1].startswith("fieldfare ")
    assert call(capsys, "validate", "--nonsense")[0] == 2


def fails_transiently() -> None:
    """Fail as when something is away for a while."""
    raise TransientError("away", "The thing is away. It is tried again.")


def breaks() -> None:
    """Break as a defect does."""
    raise ValueError("a name that must not be printed")


def lacks_a_file() -> None:
    """Fail as the system does."""
    Path("/nowhere/at/all").read_text()


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        ("fails_transiently", 1, "fieldfare: The thing is away. It is tried again. [away]\n"),
        ("breaks", 1, "This is a defect: ValueError in tests.cli.test_workspace_commands:"),
        ("lacks_a_file", 1, "No such file or directory: /nowhere/at/all. [system]"),
    ],
)
def test_failures_are_one_line_and_never_a_traceback(
    function: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, _, err = call(capsys, "try-it", commands=(*COMMANDS, Command(("try-it",), __name__, function)))
    assert found == code
    assert said in err
    assert err.count("\n") == 1
    assert "must not be printed" not in err


def test_a_demo_where_no_examples_are_says_so_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["demo", "--examples", str(tmp_path / "none"), "--out", str(tmp_path / "out")]
    code, _, err = call(capsys, *asked)
    assert code == 2
    assert err.endswith("[demo_examples_missing]\n")
    assert list(tmp_path.iterdir()) == []


def test_the_program_runs_as_a_process_and_imports_late() -> None:
    code = "import sys; from fieldfare.cli.main import run; run(['--version']); print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "False"


def test_no_command_loads_the_statistics_before_it_computes_with_them() -> None:
    code = "import sys; from fieldfare.cli.main import build_app; build_app(); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout))
    assert "fieldfare.learn.experiments.intervals" in loaded
    assert loaded.isdisjoint({"scipy.stats", "scipy.optimize", "scipy.sparse"})


def test_every_command_is_there() -> None:
    names = {command.name for command in build_app().registered_commands}
    assert {"init", "validate", "schema", "serve", "demo", "load"} <= names
