"""From ``broadcasts/*.yaml`` to a compiled broadcast. Pure; names of other files are checked in ``flow``."""

import msgspec

from fieldfare.act.broadcasts.files import BroadcastFile
from fieldfare.act.broadcasts.model import Broadcast, Variant
from fieldfare.decide.journeys.parse_ways import parse_ways
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.ground.workspace.model import Problem, parse_duration, parse_share
from fieldfare.learn.experiments.model import Arm

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
    holdout, problems = _compared(file)
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
        holdout=holdout,
        variants=tuple(
            Variant(
                name=each.variant,
                weight=each.weight,
                template=each.template or file.template,
                variables=file.variables | each.variables,
            )
            for each in file.variants
        ),
        strata=tuple(file.strata),
        version=digest("broadcast", _encode(msgspec.to_builtins(file, enc_hook=str))).hex()[:12],
    ), []


def _compared(file: BroadcastFile) -> tuple[float, list[Problem]]:
    """Return the share that is kept out, and what is wrong with what is to be compared."""
    problems: list[Problem] = []
    share = parse_share(file.holdout) if file.holdout is not None else 0.0
    if isinstance(share, str) or share >= 1:
        fix = share if isinstance(share, str) else "Write less than `100 %`."
        problems.append(Problem(("holdout",), f"`holdout: {file.holdout}` is no share to keep out", "", fix))
        share = 0.0
    names = [each.variant for each in file.variants]
    for index, name in enumerate(names):
        if name in names[:index] or name == Arm.HOLDOUT:
            why = "It names those who are kept out" if name == Arm.HOLDOUT else "It stands twice"
            what = f"`{name}` cannot name a variant here"
            problems.append(Problem(("variants", index, "variant"), what, why, "Give it another name"))
    if len(names) == 1 and not share:
        why = "There is nothing to compare it with"
        problems.append(
            Problem(("variants",), "there is one variant and no holdout", why, "Add a second, or `holdout`")
        )
    if file.strata and not (names or share):
        why = "Nobody is assigned to anything"
        problems.append(Problem(("strata",), "`strata` stands without `holdout` or `variants`", why, "Remove it"))
    return share, problems
