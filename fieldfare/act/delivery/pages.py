"""The plain pages behind an unsubscribe link. Pure: text in, HTML out; no script, no picture, nothing loaded."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{title}</title>
<style>:root{{color-scheme:light dark}}
body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b;
background:#fff}}
button{{font:inherit;min-height:44px;padding:.7rem 1.4rem;border:0;border-radius:.4rem;background:#1f4d3a;color:#fff;
cursor:pointer}}
:focus-visible{{outline:3px solid #0b4a6f;outline-offset:3px}}
@media (prefers-color-scheme:dark){{body{{color:#f0f0f0;background:#121212}}
button{{background:#8fd0b0;color:#0c1f17}}:focus-visible{{outline-color:#9cd0f0}}}}
</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def ask_page(brand: str, purpose: str, channel: str) -> str:
    """Return the page that asks; only its button changes anything."""
    what = f"{escape(_spoken(purpose))} messages by {escape(_spoken(channel))} from {escape(brand)}"
    form = '<form method="post"><input type="hidden" name="confirm" value="yes"><button>Unsubscribe</button></form>'
    return _PAGE.format(title="Unsubscribe", body=f"<p>You will get no more {what}.</p>{form}")


def done_page(brand: str) -> str:
    """Return the page after the withdrawal is on record."""
    return _PAGE.format(title="You are unsubscribed", body=f"<p>{escape(brand)} has recorded your wish.</p>")


def unknown_page() -> str:
    """Return the page for a link that we did not make, or that was cut off."""
    body = "<p>This link is not complete or not ours. Open it again from the message, or answer the message.</p>"
    return _PAGE.format(title="This link does not work", body=body)


def gone_page() -> str:
    """Return the page for a link that leads nowhere: cut off, forged, or of a message that is gone."""
    body = "<p>This link is not complete, or its message is no longer kept. Open it again from the message.</p>"
    return _PAGE.format(title="This link leads nowhere", body=body)


def later_page() -> str:
    """Return the page for a withdrawal that could not be recorded now."""
    body = "<p>Your wish could not be recorded just now. Please press the button again in a minute.</p>"
    return _PAGE.format(title="Please try again", body=body)


def unclear_page() -> str:
    """Return the page for a POST that is neither the button's nor a mail program's."""
    body = "<p>Nothing was changed. Open the link from the message and press its button.</p>"
    return _PAGE.format(title="Nothing was changed", body=body)


def _spoken(name: str) -> str:
    return {"email": "e-mail", "sms": "text message"}.get(name, name.replace("_", " "))
