"""Who was assigned as one: the unit of each assignment, so that an analysis knows it whatever moved since."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was assigned before, the unit of today stands in."""
    op.add_column("assignment", sa.Column("unit", sa.BigInteger()))
