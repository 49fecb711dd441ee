"""Proposals in indexes of what is to be found there: each changes its status twice, and most end in none of them."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_INDEXES = {
    "waiting": (["due_at"], "status IN ('choosing', 'due')"),
    "claimable": (["channel", "due_at"], "status = 'due'"),
    "under_way": (["journey", "due_at"], "status IN ('choosing', 'due', 'held', 'permitted')"),
    "given_up": (["due_at"], "status IN ('failed', 'rejected', 'unknown')"),
}


def upgrade() -> None:
    """Find what waits, what is under way and what was given up by indexes of their own; what is sent is in none."""
    for name in ("status_due_at", "waiting", "journey_status"):
        op.drop_index(f"ix_proposal_{name}", "proposal")
    for name, (columns, words) in _INDEXES.items():
        where = sa.text(words)
        op.create_index(f"ix_proposal_{name}", "proposal", columns, sqlite_where=where, postgresql_where=where)
