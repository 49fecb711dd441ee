"""Where the channels to SendGrid and Twilio are tried (strict fakes over real HTTP), and the one onto our own lists."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from fieldfare.act.delivery.channels.sendgrid import SendgridChannel
from fieldfare.act.delivery.channels.task import TaskBody, TaskChannel
from fieldfare.act.delivery.channels.twilio import TwilioChannel
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.store import Tasks, task
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import SECOND
from fieldfare.ground.store import metadata, open_state
from fieldfare.testing.sendgrid import API_KEY, FakeSendgrid
from fieldfare.testing.twilio import ACCOUNT, TOKEN, FakeTwilio
from tests.contracts.channels import POSTED_AT, SHORT, ChannelPlace, Got
from tests.decide.act.delivery.builders import seal, unseal

RECEIPTS = "https://engage.example.com/v1/receipts/email"


def twilio_spec(url: str, **changes: Any) -> ChannelSpec:
    fields: dict[str, Any] = {
        "name": "email",
        "driver": "twilio",
        "address": "phone",
        "url": url,
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "messaging_service": "MG" + "1" * 32,
        "receipts_url": RECEIPTS,
        "timeout_us": SHORT,
    }
    return ChannelSpec(**{**fields, **changes})


def sendgrid_spec(url: str, **changes: Any) -> ChannelSpec:
    fields: dict[str, Any] = {
        "name": "email",
        "driver": "sendgrid",
        "address": "email",
        "url": url,
        "api_key": API_KEY,
        "timeout_us": SHORT,
    }
    return ChannelSpec(**{**fields, **changes})


class TwilioPlace(ChannelPlace):
    to = "+4930901820"
    refused_to = "+15005550009"

    def open(self) -> None:
        self.fake = FakeTwilio()
        self.channel = TwilioChannel(twilio_spec(self.fake.url))

    def close(self) -> None:
        self.fake.close()

    def refuse(self) -> None:
        self.to = self.refused_to

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "mode" and hasattr(self, "fake"):
            self.fake.mode = str(value)

    def received(self) -> list[Got]:
        return [Got(form["To"], None, form["Body"], form["StatusCallback"], {}) for form in self.fake.messages()]

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        assert status == "bounced"
        form = {"MessageSid": provider_id, "MessageStatus": "undelivered", "ErrorCode": "30005", "To": self.to}
        return self.fake.callback(RECEIPTS, form)

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        return self.fake.callback(RECEIPTS, {"MessageStatus": "delivered"})


class SendgridPlace(ChannelPlace):
    def open(self) -> None:
        self.fake = FakeSendgrid()
        spec = sendgrid_spec(self.fake.url, verification_key=self.fake.verification_key, reply_to="desk@example.com")
        self.channel = SendgridChannel(spec, from_email="hello@linden.example.com", from_name="Linden, Studio")

    def close(self) -> None:
        self.fake.close()

    def refuse(self) -> None:
        self.to = "ada@blocked.example"

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "mode" and hasattr(self, "fake"):
            self.fake.mode = str(value)

    def received(self) -> list[Got]:
        return [
            Got(
                mail["personalizations"][0]["to"][0]["email"],
                mail["subject"],
                mail["content"][0]["value"],
                mail["custom_args"]["proposal_id"],
                {name.lower(): value for name, value in mail["headers"].items()},
            )
            for mail in self.fake.mails()
        ]

    def receipt(self, provider_id: str, status: str) -> tuple[dict[str, str], bytes]:
        assert status == "bounced"
        at = POSTED_AT // SECOND
        event = {"event": "bounce", "timestamp": at, "sg_event_id": "e1", "sg_message_id": f"{provider_id}.filter1"}
        return self.fake.post([event], at)

    def broken_receipt(self) -> tuple[dict[str, str], bytes]:
        return self.fake.post([{"event": "bounce"}], POSTED_AT // SECOND)


class TaskPlace(ChannelPlace):
    can_refuse = False
    can_break = False
    to = "7"

    def open(self) -> None:
        self.state = open_state(f"sqlite:///{self.folder}/tasks.db")
        metadata.create_all(self.state.engine, tables=[task])
        kept = Tasks(self.state)
        self.down = False

        def keep(rows: Sequence[dict[str, Any]]) -> None:
            if self.down:
                text = "down"
                raise TransientError("state_unavailable", text)
            kept.keep(rows)

        spec = ChannelSpec(
            name="email", driver="task", address="profile", list="front-desk", assignee="desk", due_us=60 * SECOND
        )
        self.channel = TaskChannel(spec, keep=keep, seal=seal)

    def close(self) -> None:
        self.state.close()

    def shut(self) -> None:
        self.down = True

    def received(self) -> list[Got]:
        with self.state.read() as tx:
            rows = tx.execute(select(task)).all()
        bodies = [(row, msgspec.msgpack.decode(unseal(row.sealed), type=TaskBody)) for row in rows]
        return [Got(str(row.profile_id), body.title, body.text, row.proposal_id, {}) for row, body in bodies]
