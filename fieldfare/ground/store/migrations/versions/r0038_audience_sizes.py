"""How many members each audience has, kept with the changes of memberships."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; count once what the changes come to: the last of each profile decides."""
    op.create_table(
        "audience_size",
        sa.Column("audience", sa.Text(), primary_key=True),
        sa.Column("members", sa.BigInteger(), nullable=False),
    )
    op.execute(
        "INSERT INTO audience_size SELECT c.audience, count(*) FROM membership_change c JOIN ("
        "SELECT max(seq) AS seq FROM membership_change GROUP BY audience, profile_id) newest ON newest.seq = c.seq "
        "WHERE c.joined GROUP BY c.audience"
    )
