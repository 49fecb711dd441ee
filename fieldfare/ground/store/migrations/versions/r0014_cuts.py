"""Cuts of any rank and place instead of quintiles alone; who waits to be brought to the newest ones."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Replace the table of quintiles' cuts: they are published anew at the next start."""
    op.drop_table("cut")
    op.create_table(
        "cut",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("cut", sa.Text(), nullable=False),
        sa.Column("trait", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("guards", sa.Text(), nullable=False),
        sa.Column("ranked", sa.BigInteger(), nullable=False),
        sa.Column("concerned", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_cut")),
        sa.UniqueConstraint("cut", "version", "place", name=op.f("uq_cut_cut_version_place")),
    )
    op.create_table(
        "cut_wake",
        sa.Column(
            "profile_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_cut_wake")),
    )
