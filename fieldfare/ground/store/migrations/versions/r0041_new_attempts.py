"""The index by which the lake finds attempts that are new."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_attempt_granted_at", "attempt", ["granted_at"])
