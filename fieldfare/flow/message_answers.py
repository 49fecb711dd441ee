"""Everything that people ask of delivery: broadcasts, messages that did not go, tasks. It answers nothing itself."""

import msgspec

from fieldfare.flow.broadcast_answers import BroadcastAnswers
from fieldfare.flow.failed_messages import FailedMessages
from fieldfare.flow.tasks import Tasks


class MessageAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one installation."""

    broadcasts: BroadcastAnswers
    failed: FailedMessages
    tasks: Tasks
