"""The arm of each recipient of a broadcast that compares."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; those who are listed already all get the same."""
    op.add_column("recipient", sa.Column("arm", sa.Text(), nullable=True))
