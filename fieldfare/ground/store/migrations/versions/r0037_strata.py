"""The stratum in which each assignment was dealt, and how far every stratum of a balanced experiment is dealt."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add column, index and table; for what was assigned before, a coin decided."""
    op.add_column("assignment", sa.Column("stratum", sa.BigInteger()))
    together = sa.text("unit IS NOT NULL")
    op.create_index(
        "ix_assignment_unit", "assignment", ["experiment", "unit"], sqlite_where=together, postgresql_where=together
    )
    op.create_table(
        "dealing",
        sa.Column("experiment", sa.Text(), primary_key=True),
        sa.Column("stratum", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
    )
