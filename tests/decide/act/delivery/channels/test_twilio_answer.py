"""What answers HELP."""

from xml.etree import ElementTree as ET

from fieldfare.act.delivery.channels.twilio_answer import help_answer
from fieldfare.act.delivery.model import ChannelSpec


def text_of(spec: ChannelSpec) -> str:
    found = ET.fromstring(help_answer(spec, "Bread & Roses"))  # noqa: S314 - what we wrote ourselves
    assert found.tag == "Response"
    return found.findtext("Message") or ""


def test_the_words_are_the_brands() -> None:
    spec = ChannelSpec(name="sms", driver="twilio", address="phone")
    assert "Bread & Roses" in text_of(spec)
    assert "STOP" in text_of(spec)
    assert text_of(ChannelSpec(name="sms", driver="twilio", address="phone", help="Call <us>.")) == "Call <us>."
