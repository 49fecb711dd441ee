"""What is doubtful in seasons: holidays that no table knows for years, breaks of which a calendar has none."""

from fieldfare.flow.workspace import load_workspace

WORKSPACE = b"""name: linden
time_zone: Europe/Berlin
currency: EUR
brand: {name: Linden}
sources:
  - {name: app, write_key: "${APP_KEY}"}
"""
ICS = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Sommerferien\r
DTSTART;VALUE=DATE:20260709\r\nDTEND;VALUE=DATE:20260823\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


def told(seasons: bytes, ics: bytes = ICS) -> list[str]:
    _, problems = load_workspace({"workspace.yaml": WORKSPACE, "seasons.yaml": seasons, "calendars/berlin.ics": ics})
    return [str(each) for each in problems if each.file in {"seasons.yaml", "calendars/berlin.ics"}]


def test_breaks_are_linked() -> None:
    text = b"seasons:\n  - season: school\n    peak: {school_breaks: berlin, named: sommer}\n"
    held = {"workspace.yaml": WORKSPACE, "seasons.yaml": text, "calendars/berlin.ics": ICS}
    workspace, problems = load_workspace(held)
    assert not [each for each in problems if each.is_error], problems
    assert workspace is not None
    assert workspace.seasons[0].breaks is not None
    assert workspace.seasons[0].breaks.spells == ((20643, 20687),)


def test_names_that_nothing_has() -> None:
    found = told(b"seasons:\n  - season: school\n    peak: {school_breaks: berlin, named: winter}\n")
    assert "No break of `berlin` is called `winter`" in found[0]
    found = told(b"seasons:\n  - season: school\n    peak: {school_breaks: hamburg}\n")
    assert found[0].startswith("seasons.yaml:3 seasons[0].peak.school_breaks: The school calendar `hamburg` is unknown")


def test_a_holiday_that_is_not_held_in_some_year() -> None:
    found = told(
        b"""holidays:
  country: DE
  corrections:
    - {holiday: Easter Monday, not_in: 2030}
seasons:
  - season: spring
    peak: {from: {holiday: Easter Monday}, to: {holiday: Easter Monday, shift: 10 days}}
"""
    )
    assert len(found) == 2
    assert "No table knows `Easter Monday` in 2030" in found[0]


def test_a_calendar_that_is_none() -> None:
    assert "no iCalendar" in told(b"seasons: []\n", b"hello")[0]
