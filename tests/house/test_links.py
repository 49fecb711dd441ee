"""Links in documents lead somewhere."""

from tests.house.exemptions import hold
from tests.house.links import broken_links
from tests.house.sources import files, texts

_KNOWN = {"README.md", "docs/tour.md", "docs/decisions/0001-a.md", "fieldfare/ground/ids.py"}


def test_links_lead_somewhere() -> None:
    known = set(files())
    found = [finding for path, text in texts(".md") for finding in broken_links(path, text, known)]
    hold("broken_links", found)


def test_planted_broken_links_are_reported() -> None:
    text = "[a](tour.md) [b](../README.md#x) [c](decisions/) [d](https://example.org/x) [e](#here)\n```\n[f](no)\n```"
    assert broken_links("docs/index.md", text, _KNOWN) == []
    for bad in ("[a](nowhere.md)", "[a](../fieldfare/ground/id.py)", "![a](picture.png)", "[a](README.md)"):
        assert len(broken_links("docs/index.md", bad, _KNOWN)) == 1
