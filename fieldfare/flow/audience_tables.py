"""Which table of the state each table of audiences in the lake follows. Nothing is read here."""

from sqlalchemy import Table

from fieldfare.flow.lake_memberships import (
    AUDIENCE_DEFINITIONS,
    AUDIENCE_EXPORTS,
    AUDIENCE_HEALTH,
    MEMBERSHIP_CHANGES,
    MEMBERSHIP_DIFFERENCES,
)
from fieldfare.know.audiences import store


def audience_tables() -> dict[str, Table]:
    """Return the tables by the name of the lake's."""
    return {
        MEMBERSHIP_CHANGES.name: store.membership_change,
        AUDIENCE_DEFINITIONS.name: store.audience_definition,
        AUDIENCE_HEALTH.name: store.audience_finding,
        MEMBERSHIP_DIFFERENCES.name: store.membership_difference,
        AUDIENCE_EXPORTS.name: store.audience_export,
    }
