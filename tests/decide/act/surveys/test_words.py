"""Every language says all that English does."""

from fieldfare.act.surveys.words import WORDS


def test_every_language_is_whole() -> None:
    for language, words in WORDS.items():
        assert words.keys() == WORDS["en"].keys(), language
        assert all(words.values()), language
