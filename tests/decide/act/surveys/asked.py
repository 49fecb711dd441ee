"""Surveys and links made short for tests."""

from typing import Any

import msgspec

from fieldfare.act.surveys.files import SurveyFile
from fieldfare.act.surveys.model import Survey, SurveyClaim
from fieldfare.act.surveys.parse import parse_survey
from fieldfare.testing.delivery import START

CLAIM = SurveyClaim("month", 7, b"a" * 16, "prp_1", "email", "de", START)


def survey(**change: Any) -> Survey:
    """Return a survey without problems."""
    raw = {"survey": "month", "question": "How was your first month?"} | change
    found, problems = parse_survey(msgspec.convert(raw, SurveyFile))
    assert problems == []
    assert found is not None
    return found
