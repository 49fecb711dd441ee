"""A report as one self-contained HTML page: lines of text and plots. Pure; no script, no font, no link outside."""

from collections.abc import Sequence
from html import escape

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;font:14px/1.5 monospace}figure{margin:2rem 0}svg{width:100%;height:auto}"
    "figcaption{font-size:14px;opacity:.8}strong{display:block;font-size:1.2rem}"
)


def page(title: str, verdict: str, lines: Sequence[str], plots: Sequence[tuple[str, str]]) -> str:
    """Return the page; ``plots`` are captions with their SVG."""
    figures = "".join(f"<figure>{svg}<figcaption>{escape(told)}</figcaption></figure>" for told, svg in plots)
    told = escape("\n".join(lines))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"<p><strong>{escape(verdict)}</strong></p><pre>{told}</pre>{figures}</body></html>\n"
    )
