"""Seasons that data suggest: a question, an entry that our own parser takes, nothing that is declared already."""

import msgspec

from fieldfare.learn.forecast.model import NotComputable
from fieldfare.learn.forecast.profile import Profile, season_profile
from fieldfare.learn.forecast.propose import propose
from fieldfare.network.calendars.files import SeasonsFile
from fieldfare.network.calendars.model import Season
from fieldfare.network.calendars.parse import parse_seasons
from tests.decide.learn.forecast.series import series, shaped


def profile() -> Profile:
    found = season_profile(series(shaped(365 * 3)))
    assert not isinstance(found, NotComputable)
    return found


def test_a_question_and_an_entry() -> None:
    (found,) = propose("visited", "north", profile(), 0.12, [], 2023)
    assert found.season == "january"
    said = found.sentence()
    assert said.startswith("visited in north peaks from ")
    assert "of quiet days, seen in 3 of 3 years. Volume is +12% on the year before. Prepare from " in said
    seasons, problems = parse_seasons(msgspec.convert({"seasons": [found.entry()]}, SeasonsFile))
    assert not problems
    assert seasons is not None
    assert seasons[0].locations == ("north",)


def test_what_is_declared_and_fits_is_not_proposed() -> None:
    assert propose("visited", None, profile(), None, [Season("new_year", "01-03", "02-10", 28, 7)], 2023) == []


def test_what_is_declared_elsewhere_is_proposed_as_a_change() -> None:
    (found,) = propose("visited", None, profile(), None, [Season("new_year", "01-20", "03-10", 28, 7)], 2023)
    assert (found.season, found.replaces) == ("new_year", "new_year")
    assert "The season new_year has other days." in found.sentence()


def test_names_do_not_clash() -> None:
    (found,) = propose("visited", None, profile(), None, [Season("january", "06-01", "06-30", 0, 0)], 2023)
    assert (found.season, found.replaces) == ("january-2", None)
