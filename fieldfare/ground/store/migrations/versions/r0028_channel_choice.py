"""When a message that ended may be followed by another; grants of ours that a consent platform denies."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_OPEN = sa.text("resolved_at IS NULL")
_FOLLOWS = sa.text("follow_at IS NOT NULL")


def upgrade() -> None:
    """Add the column, the table and their indexes; what was proposed before has nothing that could follow."""
    with op.batch_alter_table("proposal") as table:
        table.add_column(sa.Column("follow_at", sa.BigInteger()))
    op.create_index(
        "ix_proposal_follow_at",
        "proposal",
        ["status", "follow_at"],
        sqlite_where=_FOLLOWS,
        postgresql_where=_FOLLOWS,
    )
    op.create_table(
        "consent_dispute",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("profile_id", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("resolved_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("platform", "purpose", "channel", "subject", name=op.f("pk_consent_dispute")),
    )
    op.create_index(
        "ix_consent_dispute_open", "consent_dispute", ["subject"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_index("ix_consent_dispute_profile_id", "consent_dispute", ["profile_id"])
