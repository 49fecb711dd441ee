"""The stratum in which each recipient of a broadcast was dealt, so that its analysis compares inside them."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who was listed before counts as of a stratum of their own."""
    op.add_column("recipient", sa.Column("stratum", sa.BigInteger()))
