"""Every shipped language has the words of English, with the same places to fill in."""

import re

import pytest

from fieldfare.trust.consent.page_words import LANGUAGES, WORDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_whole(language: str) -> None:
    def places(words: dict[str, str]) -> dict[str, set[str]]:
        return {key: set(re.findall(r"\{\w+\}", text)) for key, text in words.items()}

    assert places(WORDS[language]) == places(WORDS["en"])
