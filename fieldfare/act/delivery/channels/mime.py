"""Write a mail as bytes: headers, plain text, HTML. Pure; the same parts give the same bytes.

The standard library's way to a mail takes longer than sending it, so what is plain ASCII is written here; a header that
is not goes through the library's rules. Bodies are 7-bit whatever they hold (quoted-printable or base64), because a
server that recodes an 8-bit body on the way breaks its signature.
"""

import base64
import re
from email import quoprimime
from email.policy import SMTP

import msgspec

_AS_IS = frozenset({"list-unsubscribe", "list-unsubscribe-post", "message-id"})
"""Headers that machines read: on one line, never folded into encoded words, which nobody decodes there."""
_LONGEST_LINE = 900
"""Bytes that servers take in a line, with room to spare (RFC 5321: 998)."""
_FOLD_AT = 76
_LINE_END = re.compile(r"\r\n|\r|\n")


class Field(msgspec.Struct, frozen=True):
    """A header: its name, and its value without line breaks."""

    name: str
    value: str


def mail_bytes(fields: list[Field], text: str, html: str | None, boundary: str) -> bytes:
    """Return a whole mail with CRLF line ends; with HTML it has both as alternatives."""
    head = b"".join(header_bytes(field.name, field.value) for field in fields) + b"MIME-Version: 1.0\r\n"
    plain = _part("plain", text)
    if html is None:
        return head + plain
    mark = boundary.encode()
    return (
        head
        + b'Content-Type: multipart/alternative; boundary="' + mark + b'"\r\n\r\n'
        + b"--" + mark + b"\r\n" + plain
        + b"\r\n--" + mark + b"\r\n" + _part("html", html)
        + b"\r\n--" + mark + b"--\r\n"
    )  # fmt: skip


def header_bytes(name: str, value: str) -> bytes:
    """Return a header's line or lines."""
    line = f"{name}: {value}"
    if value.isascii() and value.isprintable():
        if len(line) <= _FOLD_AT or (name.lower() in _AS_IS and len(line) <= _LONGEST_LINE):
            return f"{line}\r\n".encode()
        folded = _folded(line)
        if folded is not None:
            return folded
    return SMTP.fold_binary(name, SMTP.header_factory(name, value))


def _folded(line: str) -> bytes | None:
    """Return the line broken at blanks, ``None`` when a word is too long for that."""
    lines, current = [], ""
    for word in line.split(" "):
        if len(word) >= _FOLD_AT:
            return None
        if current and len(current) + len(word) >= _FOLD_AT:
            lines.append(current)
            current = ""
        current = f"{current} {word}" if current or lines else word
    return ("\r\n".join([*lines, current]) + "\r\n").encode()


def _part(kind: str, text: str) -> bytes:
    body = "\r\n".join(_LINE_END.split(text))
    body = body if body.endswith("\r\n") else f"{body}\r\n"
    if body.isascii() and max(map(len, body.split("\r\n"))) <= _LONGEST_LINE:
        encoding, raw = b"7bit", body.encode()
    elif sum(letter > "~" for letter in body) * 3 > len(body):
        encoding, raw = b"base64", base64.encodebytes(body.encode()).replace(b"\n", b"\r\n")
    else:
        shown = body.encode().decode("latin-1")
        encoding, raw = b"quoted-printable", quoprimime.body_encode(shown, eol="\r\n").encode("latin-1")
    return (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'.encode()
        + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + raw
    )  # fmt: skip
