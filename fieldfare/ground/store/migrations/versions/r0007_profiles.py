"""Profiles: what the lake has not got of them and of identifiers, and the words by which people are found."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "profile_change",
        sa.Column("profile_id", _ID, autoincrement=False, nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_profile_change")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profile_version",
        sa.Column("seq", _ID, autoincrement=True, nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_profile_version")),
    )
    op.create_index(op.f("ix_profile_change_stamp"), "profile_change", ["stamp"], unique=False)
    op.create_table(
        "identifier_change",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_identifier_change")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identifier_change_stamp"), "identifier_change", ["stamp"], unique=False)
    op.create_table(
        "search_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("profile_id", _ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "profile_id", name=op.f("pk_search_token")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_search_token_profile_id"), "search_token", ["profile_id"], unique=False)
