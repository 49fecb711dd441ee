"""Make the plain text of an HTML message: what a reader without HTML needs, in the same order. Pure.

Headings and paragraphs stand apart, links show where they lead, pictures what they say, lists their items. What is
hidden, and what is no text (styles, scripts, the head), is left out.
"""

import re
from html.parser import HTMLParser

_SILENT = frozenset({"head", "style", "script", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "table", "tr", "ul", "ol", "blockquote", "h1", "h2", "h3",
     "h4", "h5", "h6", "hr", "address", "main", "body"}
)  # fmt: skip
VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "source"})
"""HTML elements that never have an end tag."""
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def text_of(html: str) -> str:
    """Return the text of the HTML; empty when nothing in it can be read."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        told = dict(attrs)
        if self._silent:
            if tag not in VOID:
                self._silent.append(tag)
            return
        if tag not in VOID and (tag in _SILENT or _HIDDEN.search(told.get("style") or "")):
            self._silent.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag == "img" and (told.get("alt") or "").strip():
            self.parts.append(f" {(told['alt'] or '').strip()} ")
        elif tag == "a":
            self._links.append((told.get("href") or "", len(self.parts)))
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n" if tag != "tr" else "\n")

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    pass
            return
        if tag == "a" and self._links:
            target, start = self._links.pop()
            shown = "".join(self.parts[start:]).strip()
            if target.startswith(("http:", "https:", "mailto:", "tel:")):
                bare = target.removeprefix("mailto:").removeprefix("tel:")
                if bare != shown:
                    self.parts.append(f" ({bare})" if shown else bare)
        elif tag in _BLOCKS and tag != "tr":
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Take text; its own line ends mean nothing in HTML."""
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))
