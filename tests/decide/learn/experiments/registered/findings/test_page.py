"""The page needs nothing else, and shows hostile text as text."""

from html.parser import HTMLParser

from fieldfare.learn.experiments.registered.findings.page import page
from fieldfare.learn.experiments.registered.findings.plots import funnel


class Seen(HTMLParser):
    """Which tags and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_the_page_stands_alone() -> None:
    svg = funnel([("assigned", {"treated": 5, "holdout": 5})], "holdout")
    told = page("Experiment x", "WAIT: <b>", ["a < b", "</pre><script>alert(1)</script>"], [("Caption & more", svg)])
    seen = Seen()
    seen.feed(told)
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    assert not {"src", "href", "onload"} & seen.attributes
    assert "b" not in seen.tags
    assert "a &lt; b" in told
    assert told.startswith("<!doctype html>")
