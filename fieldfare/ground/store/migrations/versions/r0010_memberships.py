"""Memberships over time: the definition on each change; definitions, runs, findings, differences, uses, exports."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0015"
branch_labels = None
depends_on = None

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = {
    "sqlite": (
        (
            "CREATE TRIGGER audience_export_no_update BEFORE UPDATE ON audience_export "
            "BEGIN SELECT RAISE(ABORT, 'audience_export is append-only'); END"
        ),
        (
            "CREATE TRIGGER audience_export_no_delete BEFORE DELETE ON audience_export "
            "BEGIN SELECT RAISE(ABORT, 'audience_export is append-only'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION audience_export_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audience_export is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER audience_export_no_change BEFORE UPDATE OR DELETE ON audience_export "
            "FOR EACH ROW EXECUTE FUNCTION audience_export_append_only()"
        ),
        (
            "CREATE TRIGGER audience_export_no_truncate BEFORE TRUNCATE ON audience_export "
            "FOR EACH STATEMENT EXECUTE FUNCTION audience_export_append_only()"
        ),
    ),
}


def upgrade() -> None:
    """Add the column and the tables; changes of before have no definition."""
    op.add_column("membership_change", sa.Column("definition", sa.Text(), nullable=True))
    _definitions()
    _health()
    _exports()


def _definitions() -> None:
    op.create_table(
        "audience_definition",
        sa.Column("seq", _SEQ, autoincrement=True, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("refresh", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audience_definition")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audience_definition_audience", "audience_definition", ["audience", "version"], unique=True)
    op.create_table(
        "audience_run",
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("succeeded_at", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("audience", name=op.f("pk_audience_run")),
    )


def _health() -> None:
    op.create_table(
        "audience_finding",
        sa.Column("seq", _SEQ, autoincrement=True, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audience_finding")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audience_finding_day"), "audience_finding", ["day"], unique=False)
    op.create_table(
        "membership_difference",
        sa.Column("seq", _SEQ, autoincrement=True, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("evaluated", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_membership_difference")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_membership_difference_day"), "membership_difference", ["day"], unique=False)
    op.create_table(
        "audience_use",
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("audience", "what", name=op.f("pk_audience_use")),
    )


def _exports() -> None:
    op.create_table(
        "audience_export",
        sa.Column("seq", _SEQ, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("withheld", sa.BigInteger(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audience_export")),
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
