"""When a message that ended may be followed by another, by another channel."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

_FOLLOWS = sa.text("follow_at IS NOT NULL")


def upgrade() -> None:
    """Add the column and its index; what was proposed before has nothing that could follow."""
    with op.batch_alter_table("proposal") as table:
        table.add_column(sa.Column("follow_at", sa.BigInteger()))
    op.create_index(
        "ix_proposal_follow_at",
        "proposal",
        ["status", "follow_at"],
        sqlite_where=_FOLLOWS,
        postgresql_where=_FOLLOWS,
    )
