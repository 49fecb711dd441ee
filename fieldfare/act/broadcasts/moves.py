"""What may be done to a broadcast when, and what it leads to. Pure; one table."""

from fieldfare.act.broadcasts.model import Act, Run, Standing
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.ids import derived_id

_MOVES = {
    (Standing.LISTING, Act.START): Standing.LISTING,
    (Standing.LISTING, Act.CANCEL): Standing.CANCELLED,
    (Standing.WAITING, Act.APPROVE): Standing.RUNNING,
    (Standing.WAITING, Act.CANCEL): Standing.CANCELLED,
    (Standing.RUNNING, Act.PAUSE): Standing.PAUSED,
    (Standing.RUNNING, Act.CANCEL): Standing.CANCELLED,
    (Standing.PAUSED, Act.RESUME): Standing.RUNNING,
    (Standing.PAUSED, Act.CANCEL): Standing.CANCELLED,
}
OPEN = frozenset({Standing.LISTING, Standing.WAITING, Standing.RUNNING, Standing.PAUSED})


def run_id(name: str, edition: str) -> str:
    """Return the id of the only run that a broadcast's edition ever has."""
    return derived_id("brd", name, edition)


def moved(run: Run, act: Act, actor: str) -> Standing:
    """Return how the run stands after the act.

    Raises ``ConflictError`` ``broadcast_started`` (a second start) or ``broadcast_state``, and ``CallerError``
    ``broadcast_own_approval`` when whoever started it would approve it.
    """
    name = run.broadcast.name
    to = _MOVES.get((run.standing, act))
    if to is None and act is Act.START:
        text = (
            f"The broadcast `{name}` was started already and is {run.standing.value}. It goes out once. To send it "
            "again, give it another `edition`."
        )
        raise ConflictError("broadcast_started", text)
    if to is None:
        can = sorted(each.value for standing, each in _MOVES if standing is run.standing)
        what = f"It can {' or '.join(can)}." if can else "Nothing can be done to it any more."
        text = f"The broadcast `{name}` is {run.standing.value}, so it cannot {act.value}. {what}"
        raise ConflictError("broadcast_state", text)
    if act is Act.APPROVE and actor == run.started_by:
        text = (
            f"`{actor}` started the broadcast `{name}`, so somebody else must approve it: it has {run.recipients:,} "
            f"recipients, more than the {run.broadcast.approve_above:,} of `approve_above`."
        )
        raise CallerError("broadcast_own_approval", text, field="actor")
    return to


def after_listing(run: Run, recipients: int) -> Standing:
    """Return how a run stands once its list is whole."""
    most = run.broadcast.approve_above
    return Standing.WAITING if most is not None and recipients > most else Standing.RUNNING
