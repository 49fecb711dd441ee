"""Pages that are made from the code are committed as the code would write them now."""

import pytest

from fieldfare.cli.reference import PAGES
from tests.house.sources import texts

AGAIN = "run `python -m fieldfare.cli.reference docs/reference`"


def stale(committed: str, rendered: str) -> list[str]:
    """Return the first lines that differ."""
    pairs = zip((*committed.splitlines(), "(end)"), (*rendered.splitlines(), "(end)"), strict=False)
    return [] if committed == rendered else [f"{old!r} should be {new!r}" for old, new in pairs if old != new][:5]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_equals_its_render(page: str) -> None:
    committed = dict(texts(".md", under="docs/reference/")).get(f"docs/reference/{page}", "")
    assert stale(committed, PAGES[page]()) == [], AGAIN


def test_planted_fault_an_edited_page_is_reported() -> None:
    rendered = PAGES["workspace.md"]()
    assert stale(rendered, rendered) == []
    assert stale(rendered.replace("`time_zone`", "`timezone`"), rendered)
    assert stale("", rendered)
