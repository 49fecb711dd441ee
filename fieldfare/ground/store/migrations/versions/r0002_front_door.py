"""The front door: dead letters that can be repaired, tallies by source, loads of files, versions of contracts.

Message ids move from one table that only grows to one table a day, made by the pipeline as days come; those of files,
which are never forgotten, keep a table of their own, and so do all that were remembered before this revision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; keep the message ids that are there."""
    op.add_column("dead_letter", sa.Column("contract_version", sa.Integer(), nullable=True))
    op.add_column("dead_letter", sa.Column("state", sa.Text(), nullable=False, server_default="open"))
    op.add_column("dead_letter", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.add_column("dead_letter", sa.Column("closed_why", sa.Text(), nullable=True))
    op.create_index("ix_dead_letter_state", "dead_letter", ["state", "received_at"], unique=False)
    op.create_table(
        "seen_file",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_file")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO seen_file (id) SELECT id FROM seen")
    op.drop_table("seen")
    op.create_table(
        "source_tally",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("dead_letters", sa.BigInteger(), nullable=False),
        sa.Column("unverified", sa.BigInteger(), nullable=False),
        sa.Column("last_received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "hour", name=op.f("pk_source_tally")),
    )
    op.create_table(
        "removed_field",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "field", "day", name=op.f("pk_removed_field")),
    )
    op.create_table(
        "file_load",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("appended", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_load")),
    )
    op.create_table(
        "contract_version",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event", "digest", name=op.f("pk_contract_version")),
    )
