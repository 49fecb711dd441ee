"""The shape of surveys."""

from fieldfare.act.surveys.files import SurveyFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed

GOOD = {"survey": "month", "question": "How was it?", "locales": {"de": {"question": "Wie war es?"}}}


def test_every_key_is_described() -> None:
    assert undescribed(SurveyFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(SurveyFile, GOOD)
