"""To which version a journey goes back."""

import pytest

from fieldfare.flow.versions.way_back import file_of, last_other

CONTENTS = {
    "journeys/renewal.yaml": "# renewals\njourney: renewal\nowner: ann\n",
    "journeys/other.yaml": 'journey: "win-back" # quoted\n',
    "journeys/tests/renewal.yaml": "name: renewal\njourney: renewal\n",
    "audiences/renewal.yaml": "journey: renewal\n",
}


@pytest.mark.parametrize(
    ("journey", "path"),
    [
        ("renewal", "journeys/renewal.yaml"),
        ("win-back", "journeys/other.yaml"),
        ("renew", None),
        ("win.back", None),
    ],
)
def test_the_file_of_a_journey(journey: str, path: str | None) -> None:
    assert file_of(CONTENTS, journey) == path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([{"p": "a"}], None),
        ([{"p": "a"}, {"p": "a"}], None),
        ([{"p": "b"}, {"p": "b"}, {"p": "a"}, {"p": "c"}], 2),
        ([{"p": "b"}, {}], 3),
        ([{"p": "b", "q": "1"}, {"p": "b", "q": "2"}, {"p": "a"}], 2),
    ],
)
def test_the_version_before(files: list[dict[str, str]], expected: int | None) -> None:
    assert last_other([(4 - place, each) for place, each in enumerate(files)], "p") == expected
