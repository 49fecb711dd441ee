"""From ``broadcasts/*.yaml`` to a compiled broadcast. Pure; names of other files are checked in ``flow``."""

import msgspec

from fieldfare.act.broadcasts.files import BroadcastFile
from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.decide.journeys.parse_ways import parse_ways
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.ground.workspace.model import Problem, parse_duration

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=str).encode
_LONGEST = 30 * DAY


def parse_broadcast(file: BroadcastFile) -> tuple[Broadcast | None, list[Problem]]:
    """Return the broadcast, or ``None`` with what is wrong."""
    expires = parse_duration(file.expires)
    if isinstance(expires, str):
        return None, [Problem(("expires",), f"`expires: {file.expires}` is not a length of time", "", expires)]
    if not MINUTE <= expires.us <= _LONGEST:
        why = "A message that comes much later than it was meant to is worse than none"
        what = f"`expires: {file.expires}` is out of bounds"
        return None, [Problem(("expires",), what, why, "Write 1 minute to 30 days")]
    problems: list[Problem] = []
    ways = parse_ways(
        file.channel,
        file.fallback,
        file.choose,
        file.best_time,
        file.escalate,
        (),
        problems,
        expires_us=expires.us,
    )
    if problems:
        return None, problems
    return Broadcast(
        name=file.broadcast,
        edition=file.edition,
        description=file.description,
        audience=file.audience,
        channel=file.channel,
        template=file.template,
        purpose=file.purpose,
        priority=file.priority,
        per_minute=file.per_minute,
        expires_us=expires.us,
        approve_above=file.approve_above,
        stays=file.stays,
        variables=file.variables,
        ways=ways,
        version=digest("broadcast", _encode(msgspec.to_builtins(file, enc_hook=str))).hex()[:12],
    ), []
