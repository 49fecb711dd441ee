"""``fieldfare load`` and ``fieldfare mappings``: what a person sees; and a load that Ctrl-C ended goes on."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from fieldfare.assembly.files import open_raw_keys, open_workspace
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.load import _Interruption
from fieldfare.cli.main import build_app
from fieldfare.collect.model import Mode
from fieldfare.collect.split import split
from fieldfare.flow.intake import open_record
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.ground.log.sqlite import SqliteLog
from tests.scenarios.example_engine import RETAIL

MAPPING = """\
mapping: orders
source: till
event: order_completed
user_id: who
occurred_at: {column: when, time_zone: workspace}
message_id: [id]
fields: {revenue: {column: amount, type: number}}
"""
ENVIRON: dict[str, str | None] = {"FIELDFARE_WRITE_KEY": "key", "FIELDFARE_STATE_URL": None}
ROWS = "id,who,when,amount,spare\n1,u1,2026-01-01 10:00,5,x\n2,u2,soon,6,x\n3,u1,2026-07-03 10:00,-,x\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(RETAIL, folder)
    (folder / "mappings" / "orders.yaml").write_text(MAPPING, encoding="utf-8")
    return folder


def run(workspace: Path, *words: str) -> Result:
    return CliRunner(env=ENVIRON).invoke(build_app(words[0]), [*words, "--workspace", str(workspace)])


def load(workspace: Path, file: Path, *words: str, how: str = "orders") -> str:
    result = run(workspace, "load", str(file), "--map", how, *words)
    assert result.exception is None, result.exception
    return " ".join(result.output.split())


def calls_in(data: Path) -> list[tuple[Mode, dict[str, Any]]]:
    log, keys = SqliteLog(data / "log.sqlite"), open_raw_keys(data)
    found: list[tuple[Mode, dict[str, Any]]] = []
    for partition in (URGENT, NORMAL):
        for record in log.read(partition, 0, 100_000):
            envelope = open_record(keys, record)
            parts = split(envelope.kind, envelope.body)
            assert not isinstance(parts, str)
            found += [(envelope.mode, msgspec.json.decode(item)) for item in parts.items]
    log.close()
    return found


def test_a_file_is_loaded_once_and_told(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(ROWS, encoding="utf-8")
    told = load(workspace, file)
    assert "rows read 3 events appended 1 bad rows, now dead letters 2" in told
    assert "row 2, line 3: `when` is not a date-time" in told
    (mode, call), *_ = calls_in(workspace / ".fieldfare")
    assert (mode, call["event"], call["timestamp"]) == (Mode.BACKFILL, "Order Completed", "2026-01-01T10:00:00Z")
    assert "was loaded whole on" in load(workspace, file)
    assert len(calls_in(workspace / ".fieldfare")) == 3
    assert "events appended 1" in load(workspace, file, "--again")
    assert len(calls_in(workspace / ".fieldfare")) == 6


def test_a_mapping_by_path_gives_the_same_events_as_by_name(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(ROWS, encoding="utf-8")
    load(workspace, file)
    told = load(workspace, file, how=str(workspace / "mappings" / "orders.yaml"))
    assert "was loaded whole on" in told, "the same load: event names are canonical either way"


def test_a_dry_run_shows_and_stores_nothing(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text(ROWS + "4,,2026-01-01,7,x\n", encoding="utf-8")
    told = load(workspace, file, "--dry-run", "--rows", "1")
    assert '"event": "Order Completed"' in told
    assert told.count('"type"') == 1
    assert "events to append 2" in told
    assert "2 would be dead letters: bad_row. The first: Row 2: `when` is not a date-time" in told
    assert "1 would be dead letters: no_identifier" in told
    assert "columns not mapped: spare" in told
    assert "looks" not in told
    assert not (workspace / ".fieldfare").exists()


def test_a_dry_run_shows_no_personal_value_unless_asked(workspace: Path, tmp_path: Path) -> None:
    fields = "fields: {revenue: {column: amount, type: number}, email: {column: mail}, buyer.first_name: {column: n}}"
    text = MAPPING.replace("fields: {revenue: {column: amount, type: number}}", fields)
    (workspace / "mappings" / "orders.yaml").write_text(text, encoding="utf-8")
    file = tmp_path / "f.csv"
    rows = "1,who-7,2026-01-01,5,ada@example.com,Ada\n2,who-8,soon,6,bob@example.com,Bob\n"
    file.write_text("id,who,when,amount,mail,n\n" + rows, encoding="utf-8")
    values = ("who-7", "who-8", "ada@", "bob@", "Ada", "Bob")
    told = load(workspace, file, "--dry-run")
    assert not [value for value in values if value in told]
    shown = ('"revenue": 5', '"event": "Order Completed"', '"userId": "<text>"', '"email": "<text>"', '"problem"')
    assert [each for each in shown if each in told] == list(shown)
    told = load(workspace, file, "--dry-run", "--reveal")
    assert [value for value in values if value in told] == list(values)


def test_a_dry_run_tells_undeclared_fields_that_look_sensitive(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    rows = "".join(f"{at},u{at},2026-01-01,Ann{at}@example.com\n" for at in range(30))
    file.write_text("id,who,when,amount\n" + rows, encoding="utf-8")
    path = workspace / "mappings" / "orders.yaml"
    path.write_text(MAPPING.replace("revenue: {column: amount, type: number}", "sent_to: {column: amount}"))
    told = load(workspace, file, "--dry-run", "--rows", "0")
    assert "Order Completed: `sent_to` looks contact and is not declared" in told
    assert "@example.com" not in told


def test_a_file_is_compared_with_what_was_kept_of_the_same_events(workspace: Path, tmp_path: Path) -> None:
    text = MAPPING.replace("message_id: [id]", "message_id: {column: id, as_sent: true}\nconstants: {currency: GBP}")
    text = text.replace("fields: {", "fields: {order_id: {column: id}, ")
    (workspace / "mappings" / "orders.yaml").write_text(text, encoding="utf-8")
    first, nightly = tmp_path / "first.csv", tmp_path / "nightly.csv"
    head = "id,who,when,amount\n"
    first.write_text(head + "it's 1,u1,2026-01-01,5\nm2,u2,2026-01-02,6\nm3,u3,2026-01-03,7\n", encoding="utf-8")
    load(workspace, first)
    stores = open_stores(workspace / ".fieldfare", {})
    environ = {name: value for name, value in ENVIRON.items() if value is not None}
    installation = Installation(open_workspace(workspace, environ), stores)
    while installation.pipeline.apply(NORMAL):
        pass
    stores.close()
    nightly.write_text(
        head + "it's 1,u1,2026-01-01,5\nm2,u2,2026-01-02,6.5\nm3,u3,2026-01-04,7\nm9,u9,2026-01-04,1\nm4,u4,x,1\n"
    )
    told = load(workspace, nightly, "--compare")
    assert "kept as the file has them 1 events that differ 2 events that are not kept 1 rows that would" in told
    assert "rows that would be dead letters 1" in told
    assert "differs: occurred_at 1" in told
    assert "differs: revenue 1" in told


def test_live_has_a_maximum_age(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("id,who,when,amount\n1,u1,2026-01-01 10:00,5\n2,u1,2999-01-01,5\n", encoding="utf-8")
    told = load(workspace, file, "--live", "--dry-run")
    assert "events that count as live 1" in told
    told = load(workspace, file, "--live", "--max-age", "100000 days", "--dry-run")
    assert "events that count as live 2" in told
    assert "live" not in load(workspace, file, "--dry-run").replace("dead letters", "")
    path = workspace / "mappings" / "orders.yaml"
    path.write_text(MAPPING + "live: {max_age: 100000 days}\n", encoding="utf-8")
    assert "events that count as live 2" in load(workspace, file, "--dry-run")
    assert "count as live" not in load(workspace, file, "--dry-run", "--backfill")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--max-age", "2 days"), "max_age_invalid"),
        (("--live", "--max-age", "2"), "max_age_invalid"),
        (("--source", "nobody"), "source_unknown"),
        (("--map", "nobody"), "mapping_unknown"),
        (("--map", "absent.yaml"), "mapping_invalid"),
        (("--map", "square-items"), "source_unknown"),
        (("--map", "square-items", "--source", "till"), "column_missing"),
    ],
)
def test_a_wrong_call_is_a_clear_refusal(workspace: Path, tmp_path: Path, words: tuple[str, ...], code: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text(ROWS, encoding="utf-8")
    result = run(workspace, "load", str(file), "--map", "orders", *words)
    assert isinstance(result.exception, CallerError | ConfigError)
    assert result.exception.code == code
    assert result.exception.message[-1] == "."


def test_mappings_are_listed_and_shown(workspace: Path) -> None:
    listed = run(workspace, "mappings", "list").output
    assert "online-retail" in listed
    assert "square-items" in listed
    assert "ga4-events" in CliRunner().invoke(build_app("mappings"), ["mappings", "list"]).output
    shown = CliRunner().invoke(build_app("mappings"), ["mappings", "show", "ga4-events"])
    assert "pairs: event_params" in shown.output
    unknown = CliRunner().invoke(build_app("mappings"), ["mappings", "show", "x"])
    assert isinstance(unknown.exception, CallerError)


def test_the_first_interruption_asks_and_the_second_ends() -> None:
    outside = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with _Interruption() as interruption:
            earlier = interruption.asked
            signal.raise_signal(signal.SIGINT)
            assert (earlier, interruption.asked) == (False, True)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, outside)


def test_an_interrupted_load_says_so_and_goes_on(workspace: Path, tmp_path: Path) -> None:
    file, count = tmp_path / "f.csv", 60_000
    rows = "".join(f"{at},u{at % 99},2026-01-01 10:00,5\n" for at in range(count))
    file.write_text("id,who,when,amount\n" + rows, encoding="utf-8")
    command = [sys.executable, "-m", "fieldfare.cli.main", "load", str(file), "--map", "orders"]
    command += ["--workspace", str(workspace)]
    data = workspace / ".fieldfare"
    environ = {**os.environ, **{name: value for name, value in ENVIRON.items() if value is not None}}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        while process.poll() is None and not _appended(data):
            try:
                process.wait(timeout=0.02)
            except subprocess.TimeoutExpired:
                continue
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Stopped. What was appended stays" in output
    so_far = len(calls_in(data))
    assert 0 < so_far < count
    again = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    assert f"{so_far:,}" in again.stdout
    ids = [call["messageId"] for _, call in calls_in(data)]
    assert len(ids) == len(set(ids)) == count


def _appended(data: Path) -> bool:
    if not (data / "log.sqlite").exists():
        return False
    log = SqliteLog(data / "log.sqlite")
    try:
        return log.head(NORMAL) > 0
    finally:
        log.close()
