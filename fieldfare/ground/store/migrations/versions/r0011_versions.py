"""Versions of the workspace: contents of files, versions, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0020"
branch_labels = None
depends_on = None


TABLES = ("workspace_file", "workspace_version", "version_step")


def append_only(table: str, dialect: str) -> list[str]:
    """Return the statements that let rows be added to a table, and nothing else."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{word.lower()} BEFORE {word} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for word in ("UPDATE", "DELETE")
        ]
    refuse = f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    each = f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    return [
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS {refuse}",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {each}",
    ]


def upgrade() -> None:
    """Add the tables; the next start takes the workspace that it serves as version 1."""
    op.create_table(
        "workspace_file",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_workspace_file")),
    )
    op.create_table(
        "workspace_version",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("risks", sa.Text(), nullable=False),
        sa.Column("audiences", sa.Text(), nullable=False),
        sa.Column("triggers", sa.Boolean(), nullable=False),
        sa.Column("restores", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_workspace_version")),
    )
    op.create_table(
        "version_step",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_version_step")),
    )
    op.create_index(op.f("ix_version_step_number"), "version_step", ["number"])
    for table in TABLES:
        for statement in append_only(table, op.get_bind().dialect.name):
            op.execute(statement)
