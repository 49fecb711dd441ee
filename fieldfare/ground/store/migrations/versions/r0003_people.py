"""People that can be taken apart again: homes and states of identifiers, acts on links, questions, tears.

Identifiers that are there get the profile they are with as their home. Questions that were kept before name no
identifiers; they come up again with the next event that raises them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables."""
    with op.batch_alter_table("identifier") as table:
        table.add_column(sa.Column("home_id", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("state", sa.SmallInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE identifier SET home_id = profile_id")
    op.add_column("link", sa.Column("who", sa.Text(), nullable=True))
    op.add_column("link", sa.Column("retracted_by", sa.Text(), nullable=True))
    op.drop_table("identity_hold")
    op.create_table(
        "identity_hold",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("a", sa.LargeBinary(), nullable=False),
        sa.Column("b", sa.LargeBinary(), nullable=False),
        sa.Column("confidence", sa.SmallInteger(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_hold")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identity_hold_a"), "identity_hold", ["a"], unique=False)
    op.create_index(op.f("ix_identity_hold_b"), "identity_hold", ["b"], unique=False)
    op.create_index("ix_identity_hold_status", "identity_hold", ["status", "at"], unique=False)
    op.create_table(
        "identity_regroup",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("groups", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_identity_regroup")),
    )
    op.create_table(
        "identity_act",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("a", sa.LargeBinary(), nullable=False),
        sa.Column("b", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_act")),
    )
    op.create_index(op.f("ix_identity_act_at"), "identity_act", ["at"], unique=False)
