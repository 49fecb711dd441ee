"""Data keys leave the tables they belong to: they lie in a ring of their own (see fieldfare.trust.keys.ring).

Events that came before the erasure of their person are counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the columns; what was sealed under their keys cannot be opened any more."""
    op.drop_column("identifier", "wrapped_key")
    op.drop_column("document", "wrapped_key")
    op.add_column("source_tally", sa.Column("erased", sa.BigInteger(), nullable=False, server_default="0"))
