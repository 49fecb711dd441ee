"""E-mail to a real local SMTP server, beside a bare ``smtplib`` loop to the same server in the same run.

The server is aiosmtpd in a process of its own; it reads every mail and counts it. Both send the same mail over kept
sessions, in short turns, so that a busy machine troubles both alike; shares are medians over the turns. ``channel``
makes and sends each mail, ``signed`` signs it too; ``bare`` is the limit: finished mails over one session, MAIL, RCPT,
DATA, nothing else. ``delivered`` is a whole broadcast, judged, rendered, sent and written down, durably.
``python -m bench.smtp [--mails 100] [--rounds 25] [--people 2000]`` prints a table and, as its last line, JSON.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import smtplib
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.delivery import deliver
from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.model import ChannelSpec, DkimSpec, Message, OutcomeKind, Request
from fieldfare.testing.delivery import a_permit, a_proposal

LIMIT = 0.6
BESIDE = 5
"""Turns of the bare loop before the broadcast, and as many after it, whose median stands beside it."""
CHANNELS = """channels:
  email: {{driver: smtp, host: 127.0.0.1, port: {port}, security: none, from_email: hello@linden.example.com}}
  sms: {{driver: capture}}
  desk: {{driver: task, list: desk, due: 2 days}}
"""
KEY = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
"""The Ed25519 key that RFC 8463 prints."""
TEXT = "Hello Ada,\n\n" + "it has been a while, and your mat is where you left it. " * 12


class _Sink:
    def __init__(self) -> None:
        self.count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.count += bool(envelope.content)
        return "250 OK"


def serve(wire: Connection) -> None:
    """Run the server until told to stop; send its port first and its count last."""
    sink = _Sink()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(sink, hostname="bench", loop=loop), "127.0.0.1", 0)
        wire.send(server.sockets[0].getsockname()[1])
        await loop.run_in_executor(None, wire.recv)
        server.close()

    asyncio.run(run())
    wire.send(sink.count)


def channel(port: int, *, signed: bool) -> SmtpChannel:
    """Return the e-mail channel to the server."""
    spec = ChannelSpec(
        name="email",
        driver="smtp",
        address="email",
        host="127.0.0.1",
        port=port,
        security="none",
        dkim=DkimSpec(domain="linden.example.com", selector="b", key=KEY) if signed else None,
    )
    return SmtpChannel(spec, from_email="hello@linden.example.com", from_name="Linden")


def prepared(made: SmtpChannel, number: int) -> Request:
    """Return one mail, finished."""
    message = Message(
        proposal_id=f"prp_{number}",
        channel="email",
        template="hello",
        to=f"p{number}@example.com",
        subject="A place is free",
        text=TEXT,
        html=f"<p>{TEXT}</p>",
        headers={"List-Unsubscribe": "<https://e.example.com/u/x>"},
        unsubscribe_url="https://e.example.com/u/x",
    )
    request = made.prepare(message, a_permit(a_proposal(1, id=message.proposal_id)))
    assert isinstance(request, Request)
    return request


def bare(port: int, requests: list[Request]) -> float:
    """Send finished mails with nothing but ``smtplib``; return mails a second."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as session:
        session.ehlo()
        for request in requests:
            session.mail("hello@linden.example.com")
            session.rcpt(request.to)
            session.data(request.body)
    return len(requests) / (time.perf_counter() - started)


def sent(made: SmtpChannel, mails: int) -> float:
    """Prepare and send through the channel; return mails a second."""
    started = time.perf_counter()
    for number in range(mails):
        outcome = made.send(prepared(made, number))
        assert outcome.kind is OutcomeKind.HANDED_OVER, outcome
    return mails / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--people", type=int, default=2_000, help="recipients of the broadcast")
    asked = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    plain, signing = channel(port, signed=False), channel(port, signed=True)
    mails = [prepared(plain, number) for number in range(asked.mails)]
    rates: dict[str, list[float]] = {"bare": [], "channel": [], "signed": []}
    for _ in range(asked.rounds):
        rates["bare"].append(bare(port, mails))
        rates["channel"].append(sent(plain, asked.mails))
        rates["signed"].append(sent(signing, asked.mails))
    with contextlib.suppress(OSError):
        plain.close()
        signing.close()
    around = [bare(port, mails) for _ in range(BESIDE)]
    with tempfile.TemporaryDirectory() as folder:
        told = deliver(Path(folder), asked.people, 1, CHANNELS.format(port=port))
    around += [bare(port, mails) for _ in range(BESIDE)]
    beside = statistics.median(around)
    ours.send("stop")
    counted = ours.recv()
    assert counted == (3 * asked.rounds + 2 * BESIDE) * asked.mails + asked.people, counted
    figures = table(rates, asked.mails)
    figures["delivered_per_s"] = round(asked.people / told.wall_s)
    figures["bare_beside_it"] = round(beside)
    figures["delivered_of_bare"] = f"{asked.people / told.wall_s / beside:.0%}"
    figures["delivered_per_cpu_s"] = round(asked.people / told.cpu_s)
    print(json.dumps(figures))


def table(rates: dict[str, list[float]], mails: int) -> dict[str, Any]:
    """Print the rates and return them."""
    middle = {name: statistics.median(found) for name, found in rates.items()}
    ratios = {
        name: statistics.median(ours / bare for ours, bare in zip(rates[name], rates["bare"], strict=True))
        for name in ("channel", "signed")
    }
    for name, rate in middle.items():
        share = f"  {ratios[name]:.0%} of bare" if name in ratios else ""
        print(f"{name:<8} {rate:8,.0f} mails/s{share}")
    return {
        "bare_mails_per_s": round(middle["bare"]),
        "mails_per_s": round(middle["channel"]),
        "of_bare": f"{ratios['channel']:.0%} (at least {LIMIT:.0%})",
        "signed_mails_per_s": round(middle["signed"]),
        "signed_of_bare": f"{ratios['signed']:.0%}",
        "mails": mails,
    }


if __name__ == "__main__":
    main()
