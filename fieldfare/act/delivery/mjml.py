"""Make HTML of MJML, with the Liquid in it untouched. Pure; reads no file and no address.

MJML is XML and Liquid is not, so each piece of Liquid is put aside under a plain word first and put back into the HTML.
Pieces between elements, where MJML keeps no text, go through ``mj-raw``. A piece that the HTML has lost is a problem,
never a silent change; so is an element that MJML does not know, which the library would leave out without a word.
``mj-include`` reads other files, so it does not exist here.
"""

import re
from html import entities, escape
from xml.parsers import expat

import mrml
import msgspec

from fieldfare.act.delivery.plain_text import VOID

_LIQUID = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_TEXTS = frozenset(
    {"mj-text", "mj-button", "mj-raw", "mj-table", "mj-title", "mj-preview", "mj-style", "mj-navbar-link",
     "mj-social-element", "mj-accordion-title", "mj-accordion-text"}
)  # fmt: skip
"""Elements that hold text or HTML."""
_ELEMENTS = _TEXTS | frozenset(
    {"mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font", "mj-section",
     "mj-column", "mj-group", "mj-wrapper", "mj-hero", "mj-image", "mj-divider", "mj-spacer", "mj-social", "mj-navbar",
     "mj-accordion", "mj-accordion-element", "mj-carousel", "mj-carousel-image"}
)  # fmt: skip


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong, and on which line of the source, from 1."""

    line: int
    what: str
    fix: str


def html_of(source: str, language: str | None = None) -> str | Wrong:
    """Return the HTML of a MJML source, its Liquid in place, or what is wrong. ``language``: of its words."""
    word = "zq"
    while word in source:
        word += "q"
    pieces: list[str] = []

    def aside(match: re.Match[str]) -> str:
        pieces.append(match[0])
        return f"{word}{len(pieces) - 1}x" + "\n" * match[0].count("\n")

    plain = _ENTITY.sub(_letter, _LIQUID.sub(aside, source))
    rewriter = _Rewriter(word, language)
    found = rewriter.run(plain)
    if isinstance(found, Wrong):
        return found
    try:
        html: str = mrml.to_html(found).content
    except OSError as error:
        return _refused(found, str(error))
    for number in range(len(pieces)):
        if not re.search(rf"{word}{number}x", html):
            line = plain[: plain.index(f"{word}{number}x")].count("\n") + 1
            what = f"MJML drops `{pieces[number][:40]}`, which stands where it keeps no text"
            return Wrong(line, what, "Put it into `mj-text`, `mj-raw` or an attribute")
    return re.sub(rf"{word}(\d+)x\n*", lambda match: pieces[int(match[1])], html)


def _refused(sent: str, said: str) -> Wrong:
    """Return what the library did not take, with the line of the place that it names."""
    place = re.search(r"at position (\d+):", said)
    line = sent[: int(place[1])].count("\n") + 1 if place else 1
    what = f"MJML does not take it: {said.split(' in root template', maxsplit=1)[0]}"
    return Wrong(line, what, "Compare what may stand in what with the documents of MJML")


def _letter(match: re.Match[str]) -> str:
    """Return the character of an HTML entity, which XML does not know."""
    return match[0] if match[1] in _OF_XML else entities.html5.get(match[1], match[0])


class _Rewriter:
    """Reads the XML and writes it again: checked, comments kept, words for Liquid where MJML lets them through."""

    def __init__(self, word: str, language: str | None) -> None:
        """``word`` begins each word that stands for a piece of Liquid."""
        self._word, self._language = word, language
        self._out: list[str] = []
        self._open: list[str] = []
        self._wrong: Wrong | None = None
        self._parser = expat.ParserCreate()

    def run(self, source: str) -> str | Wrong:
        """Return the XML as MJML is to get it."""
        parser = self._parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        try:
            parser.Parse(source.strip().encode(), True)  # noqa: FBT003 - the library's form
        except expat.ExpatError as error:
            what = f"it is not XML here: {expat.ErrorString(error.code)}"
            fix = "Close every element (`<br/>`), quote every attribute, write `&amp;` for `&` and `&lt;` for `<`"
            return Wrong(error.lineno, what, fix)
        return self._wrong or "".join(self._out)

    def _is_in_text(self) -> bool:
        return any(name in _TEXTS for name in self._open)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != "mjml":
            self._say(f"it begins with `<{name}>`", "Put all of it into `<mjml><mj-body>…</mj-body></mjml>`")
        elif name not in _ELEMENTS and not self._is_in_text():
            self._say(f"`<{name}>` is no element of MJML here", "Put HTML into `mj-text` or `mj-raw`; check the name")
        if name == "mjml" and self._language is not None:
            attributes.setdefault("lang", self._language)
        told = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
        self._out.append(f"<{name}{told}/>" if name in VOID else f"<{name}{told}>")
        self._open.append(name)

    def _end(self, name: str) -> None:
        self._open.pop()
        if name not in VOID:
            self._out.append(f"</{name}>")

    def _text(self, text: str) -> None:
        if self._is_in_text():
            self._out.append(escape(text, quote=False))
        elif self._word in text:
            raw = re.sub(r"\S+", lambda match: f"<mj-raw>{escape(match[0], quote=False)}</mj-raw>", text)
            self._out.append(raw)
        elif text.strip():
            self._say(f"the text `{text.strip()[:40]}` stands between elements", "Put it into `mj-text`")
        else:
            self._out.append(text)

    def _comment(self, text: str) -> None:
        if self._is_in_text():
            self._out.append(f"<!--{text}-->")

    def _say(self, what: str, fix: str) -> None:
        if self._wrong is None:
            self._wrong = Wrong(self._parser.CurrentLineNumber, what, fix)
