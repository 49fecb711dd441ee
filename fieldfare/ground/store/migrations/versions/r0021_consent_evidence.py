"""Consent records carry where, how, by whom and under which notice; notices and acts of suppression are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0024"
branch_labels = None
depends_on = None

_COLUMNS = (
    *("id", "profile_id", "address_hash", "purpose", "channel", "action", "notice_version", "source"),
    *("occurred_at", "received_at", "recorded_at", "scope", "legal_basis", "notice_hash", "method", "expires_at"),
    *("confirmed", "confirms", "platform", "signal", "gpc", "ip_prefix", "actor", "sealed"),
)
_SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in _COLUMNS)
_VEILING = (
    "DROP TRIGGER consent_record_no_update",
    (
        "CREATE TRIGGER consent_record_no_update BEFORE UPDATE ON consent_record "
        f"WHEN NOT ({_SAME} AND substr(coalesce(NEW.evidence, ''), 1, 5) = 'hmac:' "
        "AND substr(coalesce(OLD.evidence, 'hmac:'), 1, 5) <> 'hmac:') "
        "BEGIN SELECT RAISE(ABORT, 'consent_record is append-only'); END"
    ),
)


def _guard(name: str) -> None:
    """Let the database itself forbid changing or deleting rows of a table."""
    refusal = f"{name} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        for act in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{act} BEFORE {act.upper()} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    function = f"{name}_append_only"
    op.execute(
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    for what, when, each in (
        ("change", "UPDATE OR DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {name}_no_{what} BEFORE {when} ON {name} FOR EACH {each} EXECUTE FUNCTION {function}()"
        )


def upgrade() -> None:
    """Add the columns and tables; suppressions that stand become acts."""
    for column in (
        sa.Column("scope", sa.Text(), nullable=False, server_default="*"),
        sa.Column("legal_basis", sa.Text(), nullable=True),
        sa.Column("notice_hash", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("confirms", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("gpc", sa.Boolean(), nullable=True),
        sa.Column("ip_prefix", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
    ):
        op.add_column("consent_record", column)
    if op.get_bind().dialect.name == "sqlite":
        for statement in _VEILING:
            op.execute(statement)
    op.create_table(
        "consent_notice",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "purpose", "version", "language", name=op.f("pk_consent_notice")),
    )
    op.create_table(
        "suppression_act",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_act")),
    )
    op.create_index("ix_suppression_act_address_hash", "suppression_act", ["address_hash"])
    hexed = "lower(hex(address_hash))" if op.get_bind().dialect.name == "sqlite" else "encode(address_hash, 'hex')"
    columns = f"'sup_' || {hexed}, address_hash, 'suppress', reason, since, source"
    op.execute(
        f"INSERT INTO suppression_act (id, address_hash, act, reason, at, source) SELECT {columns} FROM suppression"  # noqa: S608 - constants
    )
    op.create_table(
        "consent_comparison",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("compared", sa.BigInteger(), nullable=False),
        sa.Column("granted_here", sa.BigInteger(), nullable=False),
        sa.Column("granted_there", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.BigInteger(), nullable=False),
        sa.Column("is_flagged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "purpose", "channel", name=op.f("pk_consent_comparison")),
    )
    _guard("consent_notice")
    _guard("suppression_act")
