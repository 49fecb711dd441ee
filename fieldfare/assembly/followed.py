"""Which tables of the state the lake follows. Decides nothing."""

from sqlalchemy import Table

from fieldfare.act.delivery.store import attempt
from fieldfare.decide.gate.store import decision
from fieldfare.flow.audience_tables import audience_tables
from fieldfare.flow.store import retraction
from fieldfare.know.cuts.store import cut
from fieldfare.know.identity.store import redirect
from fieldfare.know.lifecycle.store import stage_change
from fieldfare.know.profiles.health_store import profile_health
from fieldfare.learn.experiments.store import assignment, exposure

EVENTS = {"redirects": redirect, "retractions": retraction}
"""Lake table -> table of the state, of those that say whose an event is and whether it counts."""


def followed_tables() -> dict[str, Table]:
    """Return all that the lake follows: lake table -> table of the state."""
    return {
        **EVENTS,
        **audience_tables(),
        "decision_rows": decision,
        "assignments": assignment,
        "exposures": exposure,
        "message_rows": attempt,
        "stage_changes": stage_change,
        "profile_health": profile_health,
        "cuts": cut,
    }
