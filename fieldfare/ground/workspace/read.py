"""Turn the bytes of one YAML file into plain values with the line of every key. Pure; never raises for any bytes.

A deliberately small YAML: mappings, lists, text, numbers, true/false, null. Keys are always text as written, and so are
dates and times. Anchors, aliases, tags and several documents in one file are problems, so nothing can expand or be
constructed behind the reader's back. ruamel.yaml does the scanning; the values are built here, without recursion.
No message quotes a value: this module cannot know which of them are secrets.

Scanning is slow, and the same files are read again and again: by plans, drafts and checks of one process. So what a
small file says is kept by its bytes; whoever asks gets values of his own.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from fieldfare.ground.workspace.model import LocatedProblem, Path

MAX_BYTES = 512 * 1024
MAX_DEPTH = 48
MOST_KEPT = 1_024
"""So many files are kept as read,"""
KEPT_BYTES = 32 * 1024
"""of at most this size."""
MAX_DIGITS = 18
"""A number with more digits does not fit into 64 bits."""

_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode
_INTEGER = re.compile(r"^[-+]?[0-9]+$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?$")
_NOT_FINITE = re.compile(r"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Read(msgspec.Struct):
    """A file as read: its values, the line (from 1) of every path, and what is wrong with it as YAML."""

    file: str
    value: Any
    lines: dict[Path, int]
    problems: list[LocatedProblem]


def read_yaml(file: str, raw: bytes) -> Read:
    """Return the values and lines of a YAML file; ``value`` is ``None`` when it could not be read to its end."""
    kept = _kept(file, raw) if len(raw) <= KEPT_BYTES else None
    if kept is None:
        return _read(file, raw)
    value, lines, problems = kept
    return Read(file, _decode(value), dict(lines), list(problems))


@lru_cache(maxsize=MOST_KEPT)
def _kept(file: str, raw: bytes) -> tuple[bytes, dict[Path, int], list[LocatedProblem]] | None:
    """Return a file as read, its values encoded; ``None`` where they cannot be."""
    found = _read(file, raw)
    try:
        return _encode(found.value), found.lines, found.problems
    except (ValueError, OverflowError):  # half of a pair of surrogates, which YAML can write
        return None


def _read(file: str, raw: bytes) -> Read:
    failed = _unusable(file, raw)
    if failed is None:
        builder = _Builder(file)
        try:
            for event in _events(raw.decode("utf-8-sig")):
                builder.take(event)
            return builder.done()
        except _TooDeepError as error:
            what = f"more than {MAX_DEPTH} levels lie inside each other here"
            failed = _problem(file, error.line, what, "", "Flatten it")
        except MarkedYAMLError as error:
            failed = _syntax(file, error)
        except (YAMLError, ValueError, OverflowError, IndexError, AttributeError, TypeError, AssertionError) as error:
            # ruamel's scanner meets some nonsense (absurd escapes, directives) with plain Python exceptions.
            failed = _problem(file, 1, f"the file is not YAML ({type(error).__name__})", "", "Rewrite it as plain YAML")
        return Read(file, None, {}, [*builder.problems, failed])
    return Read(file, None, {}, [failed])


def _problem(file: str, line: int, what: str, why: str, fix: str, key: str = "") -> LocatedProblem:
    return LocatedProblem(file, line, key, what, why, fix)


def _unusable(file: str, raw: bytes) -> LocatedProblem | None:
    """Tell when the bytes are not worth scanning."""
    if len(raw) > MAX_BYTES:
        what = f"the file has {len(raw):,} bytes"
        return _problem(file, 1, what, f"At most {MAX_BYTES:,} are read", "Split it, or keep data out of the workspace")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return _problem(file, line, "the file is not UTF-8 text from here on", "", "Save it with the encoding UTF-8")
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return _problem(file, 1, "the file is empty", "Its keys say what it configures", "Fill it, or delete it")
    return None


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _syntax(file: str, error: MarkedYAMLError) -> LocatedProblem:
    """Say what the scanner did not understand, and where. The scanner's sentences quote no values."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    said = (error.problem or "").strip()
    if "\\t" in said or "tab" in said.split():
        return _problem(file, line, "a tab is used where YAML allows only spaces", "", "Indent with spaces")
    what = f"the YAML is broken: {said}" if said else "the YAML is broken"
    return _problem(file, line, what, "", "Check indentation, colons and quotes on this line and the one before")


class _Frame(msgspec.Struct):
    """A mapping or list that is still open. ``key`` is the key whose value comes next; ``skip`` drops what comes."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    skip: bool = False


class _TooDeepError(Exception):
    """Scanning stops here: the scanner's time grows with the square of the depth."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Builder:
    """Builds values from parser events with a stack of its own."""

    def __init__(self, file: str) -> None:
        """Start with nothing open."""
        self.file = file
        self.problems: list[LocatedProblem] = []
        self.lines: dict[Path, int] = {}
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.documents = 0

    def done(self) -> Read:
        """Return what was built."""
        return Read(self.file, self.root, self.lines, self.problems)

    def take(self, event: Any) -> None:
        """Take one parser event."""
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._say(line, (), "a second document starts here", "One file configures one thing", "Split the file")
        elif self.documents > 1:
            return
        elif isinstance(event, AliasEvent):
            fix = "Write the value again, or give it a file of its own"
            self._say(line, self._path(), "an alias (`*name`) stands here", "References are not read", fix)
            self._put(None, line)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, CollectionStartEvent):
            self._open(event, line)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.stack.pop()

    def _path(self) -> Path:
        """Return the path of the value that comes next."""
        if not self.stack:
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return (*top.path, top.key) if top.key is not None else top.path

    def _say(self, line: int, path: Path, what: str, why: str, fix: str) -> None:
        self.problems.append(_problem(self.file, line, what, why, fix, dotted(path)))

    def _decorated(self, event: NodeEvent, line: int) -> None:
        """Tell about anchors and tags."""
        if event.anchor is not None:
            fix = "Remove it, and write the value where it is used"
            self._say(line, self._path(), "an anchor (`&name`) stands here", "References are not read", fix)
        if getattr(event, "tag", None) is not None:
            self._say(line, self._path(), "a tag (`!name`) stands here", "Tags are not read", "Put text in quotes")

    def _open(self, event: Any, line: int) -> None:
        self._decorated(event, line)
        is_mapping = isinstance(event, MappingStartEvent)
        opened: dict[str, Any] | list[Any] = {} if is_mapping else []
        if len(self.stack) >= MAX_DEPTH:
            raise _TooDeepError(line)
        path = self._path()
        if self._expects_key():
            self._say(line, path, "a mapping or list is used as a key", "A key is text", "Write text as the key")
            self.stack[-1].key = ""
            self.stack.append(_Frame(opened, path, skip=True))
            return
        skip = self._put(opened, line)
        self.stack.append(_Frame(opened, path, skip=skip))

    def _expects_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _scalar(self, event: Any, line: int) -> None:
        self._decorated(event, line)
        if self._expects_key():
            self._key(event.value, line)
            return
        value = event.value
        if event.implicit[0] and event.style in {None, ""}:
            value, fix = _plain(event.value)
            if fix:
                why = "Numbers are finite and have at most 18 digits"
                self._say(line, self._path(), "this number cannot be kept", why, fix)
        self._put(value, line)

    def _key(self, key: str, line: int) -> None:
        top = self.stack[-1]
        assert isinstance(top.value, dict)
        top.key = key
        if top.skip:
            return
        path = (*top.path, key)
        if key in top.value:
            what = f"`{key}` stands twice, first on line {self.lines.get(path, line)}"
            self._say(line, path, what, "Only one of them could count", "Remove one of them")
        else:
            self.lines[path] = line

    def _put(self, value: Any, line: int) -> bool:
        """Store a value where the next one belongs; return whether it was dropped."""
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return False
        top = self.stack[-1]
        if isinstance(top.value, list):
            if not top.skip:
                self.lines[(*top.path, len(top.value))] = line
            top.value.append(value)
            return top.skip
        if top.key is None:  # an alias in the place of a key
            top.key = ""
            return True
        twice = top.key in top.value
        if not twice:
            top.value[top.key] = value
        top.key = None
        return twice or top.skip


def _plain(text: str) -> tuple[Any, str]:
    """Return the value of an unquoted scalar, and what to do when it is a number that cannot be kept."""
    if text in _WORDS:
        return _WORDS[text], ""
    if _INTEGER.match(text):
        return (int(text), "") if len(text) <= MAX_DIGITS else (text, "Put it in quotes if it is text")
    if _FLOAT.match(text):
        number = float(text)
        return (number, "") if abs(number) < float("inf") else (text, "Write a smaller number")
    if _NOT_FINITE.match(text):
        return text, "Write a number, or put it in quotes if it is text"
    return text, ""


def dotted(path: Path) -> str:
    """Return the path as text: keys joined by dots, list places counted from 0 in brackets (``steps[2].send``)."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text
