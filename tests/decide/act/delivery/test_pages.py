"""The unsubscribe pages: plain, escaped, no script."""

import pytest

from fieldfare.act.delivery import pages

PAGES = [
    pages.ask_page("<b>Brand</b>", "marketing", "email"),
    pages.done_page("<b>Brand</b>"),
    pages.unknown_page(),
    pages.later_page(),
    pages.unclear_page(),
]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_runs_and_nothing_is_loaded(page: str) -> None:
    assert "<script" not in page
    assert "src=" not in page
    assert "http" not in page
    assert "<b>Brand" not in page
    assert page.startswith("<!doctype html>")


def test_only_the_first_page_has_a_button_that_posts() -> None:
    assert '<form method="post">' in PAGES[0]
    assert all("<form" not in page for page in PAGES[1:])
    assert "marketing messages by e-mail" in PAGES[0]
