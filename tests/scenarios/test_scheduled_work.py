"""Work by season phase in the whole product: done in its phase, kept in the journal, left alone at the peak."""

import errno
import os
import shutil
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.copied import PREFIX
from fieldfare.assembly.installation import open_answers
from fieldfare.assembly.rehearsing import open_rehearsals
from fieldfare.assembly.scheduling import jobs_of, open_scheduled
from fieldfare.assembly.served import folder_files
from fieldfare.flow.schedule.due import BETWEEN_TRIES
from fieldfare.flow.schedule.model import Duty, Later, Work
from fieldfare.flow.schedule.run import Found, Job, Scheduled
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.errors import ConflictError, TransientError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, day_start, local_day, parse_iso
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import fails_to_pay, joins, trains
from tests.scenarios.whole import Whole, opened
from tests.web.test_api import api_of

OFF = parse_iso("2025-05-05T10:00:00Z")
PREPARE, PEAK = parse_iso("2025-08-20T10:00:00Z"), parse_iso("2025-09-10T10:00:00Z")
SCHEDULE = """at: "03:00"
work:
  - {work: cleanse, phases: [prepare]}
  - {work: validate, phases: [prepare], every: 7 days}
  - {work: enrich, phases: [prepare]}
  - {work: integrations, phases: [prepare, peak]}
  - {work: readiness, phases: [september.prepare]}
  - {work: compact, phases: ["off"], every: 4 weeks, inactive: 30 days}
"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    workspace = Path(shutil.copytree(FITNESS, tmp_path / "workspace"))
    (workspace / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
    with opened(tmp_path / "data", OFF - 100 * DAY, workspace) as made:
        yield made


def scheduled(whole: Whole) -> Scheduled:
    return open_scheduled(whole.installation, whole.lake, lambda: False)


def done_at(whole: Whole, at: Instant) -> list[tuple[str, str, str]]:
    """Let the time come and everything that is due be done; return what the journal has of it."""
    whole.tick(at)
    work = scheduled(whole)
    work.begin()
    count = 0
    while work.step():
        count += 1
    return [(each["work"], each["phase"], each["outcome"]) for each in shown(whole)["journal"][:count]][::-1]


def shown(whole: Whole) -> dict[str, Any]:
    return open_answers(whole.installation, whole.lake).schedule.show(50)


def bytes_of(whole: Whole) -> int:
    with whole.stores.state.read() as connection:
        return sum(len(row[1]) for row in profile_store.load(connection, profile_store.load_after(connection, 0, 100)))


def test_each_is_done_in_its_phase_and_the_peak_is_left_to_what_matters(whole: Whole) -> None:
    start = OFF - 100 * DAY
    whole.play([*joins("ada", start), (start + HOUR, fails_to_pay("ada", start + HOUR))], start + DAY)
    assert done_at(whole, OFF) == [("compact", "off", "ok")]
    assert done_at(whole, OFF + HOUR) == []
    prepared = done_at(whole, PREPARE)
    assert [each[:2] for each in prepared] == [
        ("cleanse", "prepare"),
        ("validate", "prepare"),
        ("enrich", "prepare"),
        ("integrations", "prepare"),
        ("readiness", "september.prepare"),
    ]
    assert [each[0] for each in done_at(whole, PREPARE + DAY)] == ["cleanse", "enrich", "integrations", "readiness"]
    assert [each[0] for each in done_at(whole, PEAK)] == ["integrations"]
    told = {each["work"]: each for each in shown(whole)["work"]}
    assert (told["validate"]["due_on"], told["validate"]["holds_now"]) == ("2025-08-27", False)
    api = api_of(whole, whole.stores.folder)
    assert api.get("/api/v1/seasons/work?most=1").json() == shown(whole) | {"journal": shown(whole)["journal"][:1]}
    assert api.get("/api/v1/seasons/work?most=0").status_code == 422
    assert api.get("/api/v1/status").json()["schedule"]["scheduled"] == 6
    wanting = open_answers(whole.installation, whole.lake).status()["schedule"]["wanting"]
    assert wanting["readiness"] == {"outcome": "findings", "day": "2025-08-21"}


def test_compacting_saves_bytes_and_changes_no_answer(whole: Whole) -> None:
    start = OFF - 700 * DAY
    for day in range(80):
        whole.send(trains("ada", start + day * DAY, 5), start + day * DAY)
    whole.tick(OFF)
    before, size = whole.documents(), bytes_of(whole)
    assert done_at(whole, OFF) == [("compact", "off", "ok")]
    found = next(each for each in shown(whole)["journal"] if each["work"] == "compact")["found"]
    assert found["smaller"] == 1
    assert found["bytes_after"] < found["bytes_before"]
    assert bytes_of(whole) < size
    assert whole.documents() == before, "but for old days, which the comparison folds away too"


def doing(whole: Whole, job: Job) -> Scheduled:
    calendar = whole.installation.definitions.calendar
    return Scheduled(whole.stores.state, whole.workspace.schedule, calendar, whole.clock, dict.fromkeys(Work, job))


def raising(whole: Whole, error: BaseException) -> Scheduled:
    def job(_duty: Duty) -> Any:
        raise error

    return doing(whole, job)


def journal(whole: Whole) -> list[tuple[str, str]]:
    """Return work and outcome, the oldest first."""
    return [(each["work"], each["outcome"]) for each in shown(whole)["journal"]][::-1]


def test_what_was_cut_off_is_done_again_after_a_while(whole: Whole) -> None:
    whole.tick(PREPARE)
    assert raising(whole, TransientError("rehearsal_stopped", "The server stops.")).step() == 1
    with pytest.raises(KeyboardInterrupt):  # killed in the middle
        raising(whole, KeyboardInterrupt()).step()
    assert journal(whole) == [("cleanse", "cut_off"), ("validate", "running")]
    assert [each[0] for each in done_at(whole, PREPARE + MINUTE)] == ["enrich", "integrations", "readiness"]
    again = PREPARE + BETWEEN_TRIES
    assert done_at(whole, again) == [("cleanse", "prepare", "ok")], "validate was noted as cut off a minute later"
    assert [each[0] for each in done_at(whole, again + MINUTE)] == ["validate"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConflictError("lake_busy", "Somebody else has it."), "lake_busy"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/path"), "system"),
        (MemoryError(), "system"),
        (BrokenProcessPool("A process in the process pool was terminated abruptly"), "defect"),
    ],
)
def test_what_failed_is_told_and_ends_nothing(whole: Whole, error: Exception, code: str) -> None:
    whole.tick(PREPARE)
    assert raising(whole, error).step() == 1
    newest = shown(whole)["journal"][0]
    assert (newest["work"], newest["outcome"], newest["found"]["code"]) == ("cleanse", "failed", code)
    assert "/a/path" not in newest["found"]["message"]
    assert done_at(whole, PREPARE + HOUR)[0][0] == "validate", "it is done again when it is next due"


def test_what_waits_behind_a_long_run_is_done_past_midnight(whole: Whole) -> None:
    evening, nights = parse_iso("2025-08-20T20:00:00Z"), []

    def long(duty: Duty) -> Found:
        nights.append(duty.work)
        if duty.work is Work.CLEANSE:
            whole.clock.move_to(evening + 4 * HOUR)
        return {}, False

    whole.tick(evening)
    work = doing(whole, long)
    while work.step():
        pass
    assert [each.value for each in nights] == ["cleanse", "validate", "enrich", "integrations", "readiness"]
    assert {each["day"] for each in shown(whole)["journal"]} == {"2025-08-20"}


def test_nothing_of_yesterday_is_done_in_a_phase_that_does_not_ask_for_it(whole: Whole) -> None:
    first = day_start(local_day(parse_iso("2025-09-01T12:00:00Z"), "Europe/Berlin"), "Europe/Berlin")
    phases = whole.installation.definitions.calendar.anywhere
    at = next(at for at in range(first, first + 3 * HOUR, MINUTE) if "prepare" not in phases(at))
    assert "prepare" in phases(first - 1)
    whole.tick(first - 1)
    work = doing(whole, lambda _duty: ({}, False))
    assert work.step() == 1
    whole.clock.move_to(at)
    assert work.step() == 0
    assert journal(whole) == [("cleanse", "ok")]


def test_a_rehearsal_waits_for_somebody_elses_and_they_for_it(whole: Whole) -> None:
    whole.tick(OFF)
    duty, others = Duty(work=Work.REHEARSE, phases=("prepare",), people=1), whole.installation.rehearsals
    job = jobs_of(whole.installation, whole.lake, lambda: False)[Work.REHEARSE]
    with others.alone():
        found = job(duty)
        assert isinstance(found, Later)
        with pytest.raises(ConflictError, match="asked for or scheduled"):
            open_rehearsals(whole.installation, whole.lake).job.start("peak", lambda _progress: {}, "ann", OFF)
    assert found.code == "rehearsal_running"
    with pytest.raises(ConflictError), others.alone():
        raise ConflictError("lake_busy", "Somebody else has it.")
    others.start("peak", lambda _progress: {}, "ann", OFF)
    work = doing(whole, lambda _duty: found)
    whole.tick(PREPARE)
    assert work.step() == 1
    assert journal(whole) == [("cleanse", "later")]
    told = open_answers(whole.installation, whole.lake)
    assert told.status()["schedule"]["wanting"] == {}
    assert told.schedule.show(1)["work"][0]["due_on"] is None


@pytest.mark.parametrize("is_stopping", [False, True])
def test_a_rehearsal_is_kept_with_what_breaks_and_ends_with_the_server(whole: Whole, is_stopping: bool) -> None:
    job = jobs_of(whole.installation, whole.lake, lambda: is_stopping)[Work.REHEARSE]
    whole.tick(OFF)
    take_first(whole.stores.state, folder_files(FITNESS), "tests", OFF)
    duty = Duty(work=Work.REHEARSE, phases=("prepare",), people=1)
    if is_stopping:
        with pytest.raises(TransientError, match="because the server stops"):
            job(duty)
    else:
        found = job(duty)
        assert not isinstance(found, Later)
        told, _ = found
        assert (told["season"], told["from"]) == ("september", "2025-09-01")
    assert list(whole.stores.folder.glob(f"{PREFIX}*")) == []


def test_what_waits_behind_days_of_work_is_told_and_done_next(whole: Whole) -> None:
    whole.tick(PREPARE)
    told: list[dict[str, Any]] = []

    def job(duty: Duty) -> Any:
        if duty.work is Work.CLEANSE and not told:
            whole.clock.move_to(PREPARE + 2 * DAY)
            told.append(open_answers(whole.installation, whole.lake).status()["schedule"])
        return {}, False

    work = doing(whole, job)
    while work.step():
        pass
    behind = ["validate", "enrich", "integrations", "readiness"]
    assert told[0]["running"] == ["cleanse"]
    assert told[0]["late"] == dict.fromkeys(behind, "2025-08-20")
    assert [each for each, _ in journal(whole)] == ["cleanse", *behind, "cleanse"]
    assert open_answers(whole.installation, whole.lake).status()["schedule"]["late"] == {}
