"""Nothing of one machine, one registry or one moment is kept."""

import pytest

from tests.house.exemptions import hold
from tests.house.hygiene import unclean
from tests.house.sources import texts


def test_the_repository_is_clean() -> None:
    hold("unclean", [finding for path, text in texts() for finding in unclean(path, text)])


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        '"resolved": "https://registry.np' + 'mjs.org/a/-/a-1.tgz"',
        "open('/ro" + "ot/a')",
        "see /ho" + "me/anna/notes",
        "DATA = /wo" + "rk/shared",
        "# TO" + "DO: later",
        "-----BEGIN RSA PRIVATE" + " KEY-----",
    ],
)
def test_planted_dirt_is_reported(text: str) -> None:
    assert len(unclean("a.txt", text)) == 1


@pytest.mark.parametrize("text", ["the home page", "/v1/work/lists", "../work/a", "/usr/lib/postgresql", "to do"])
def test_ordinary_text_is_clean(text: str) -> None:
    assert unclean("a.txt", text) == []
