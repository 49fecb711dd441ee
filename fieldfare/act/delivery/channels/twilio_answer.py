"""What answers HELP by text message: TwiML in the response to Twilio's webhook, in the brand's words. Pure.

It is an answer to somebody who just asked, in the call that brought the question; nobody else gets anything by it.
"""

from xml.sax.saxutils import escape

from fieldfare.act.delivery.model import ChannelSpec


def help_answer(spec: ChannelSpec, brand: str) -> bytes:
    """Return the response that lets Twilio send the channel's help text back."""
    text = spec.help or f"{brand}: reply STOP to get no more messages, START to get them again."
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(text)}</Message></Response>'.encode()
