"""Claims, look-ups, replays, receipts, providers and broadcasts: what delivers once, and tells what became of it."""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

_WAITS, _TO_ASK, _IN_ONE = (
    sa.text("status = 'due'"),
    sa.text("look_up_at IS NOT NULL"),
    sa.text("broadcast IS NOT NULL"),
)


def upgrade() -> None:
    """Add the columns and tables; a proposal's key is read from its body."""
    _proposals()
    _attempts()
    _providers()
    _broadcasts()


def _proposals() -> None:
    connection = op.get_bind()
    rows: list[Any] = list(connection.execute(sa.text("SELECT id, body FROM proposal")))
    for name in ("enrollment_id", "step"):
        op.add_column("proposal", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("proposal", sa.Column("visit", sa.BigInteger(), nullable=True))
    op.add_column("proposal", sa.Column("location", sa.Text(), nullable=True))
    op.add_column("proposal", sa.Column("claimed_by", sa.Text(), nullable=True))
    op.add_column("proposal", sa.Column("claimed_until", sa.BigInteger(), nullable=True))
    told = sa.text("UPDATE proposal SET enrollment_id = :walk, step = :step, visit = :visit WHERE id = :id")
    visits: dict[tuple[str, str], int] = {}
    for row in sorted(rows, key=lambda each: str(each.id)):
        body = msgspec.msgpack.decode(bytes(row.body))
        walk, step = body["enrollment_id"], body["step"]
        visits[walk, step] = visits.get((walk, step), 0) + 1  # which visit it was is not known any more; each is one
        values = {"walk": walk, "step": step, "visit": body.get("visit") or visits[walk, step], "id": row.id}
        connection.execute(told, values)
    with op.batch_alter_table("proposal") as table:
        for name, kind in (("enrollment_id", sa.Text()), ("step", sa.Text()), ("visit", sa.BigInteger())):
            table.alter_column(name, existing_type=kind, nullable=False)
    op.create_index("ux_proposal_message", "proposal", ["enrollment_id", "step", "visit", "channel"], unique=True)
    op.create_index(
        "ix_proposal_waiting", "proposal", ["channel", "due_at"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
    op.create_index("ix_proposal_journey_status", "proposal", ["journey", "status", "due_at"])


def _attempts() -> None:
    with op.batch_alter_table("attempt") as table:
        table.add_column(sa.Column("broadcast", sa.Text(), nullable=True))
        table.add_column(sa.Column("units", sa.BigInteger(), nullable=False, server_default="1"))
        table.add_column(sa.Column("detail", sa.Text(), nullable=True))
        table.add_column(sa.Column("looked_up", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("look_up_at", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("attempt") as table:
        table.alter_column("units", existing_type=sa.BigInteger(), server_default=None)
        table.alter_column("looked_up", existing_type=sa.BigInteger(), server_default=None)
    op.create_index(
        "ix_attempt_broadcast", "attempt", ["broadcast", "address_hash"], sqlite_where=_IN_ONE, postgresql_where=_IN_ONE
    )
    op.create_index("ix_attempt_look_up", "attempt", ["look_up_at"], sqlite_where=_TO_ASK, postgresql_where=_TO_ASK)
    op.add_column("task", sa.Column("done_at", sa.BigInteger(), nullable=True))
    op.add_column("task", sa.Column("done_by", sa.Text(), nullable=True))
    op.create_table(
        "message_replay",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "at", name=op.f("pk_message_replay")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("is_soft", sa.Boolean(), nullable=False),
        sa.Column("is_machine", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index("ix_receipt_proposal", "receipt", ["proposal_id"])
    op.create_index("ix_receipt_received_at", "receipt", ["received_at"])


def _providers() -> None:
    op.create_table(
        "provider",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bad", sa.BigInteger(), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("probe_until", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider")),
    )
    op.create_table(
        "rate_bucket",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_bucket")),
    )


def _broadcasts() -> None:
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
    )
    op.create_index("ux_broadcast_name", "broadcast", ["name", "edition"], unique=True)
    op.create_table(
        "broadcast_act",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("broadcast_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_broadcast_act")),
    )
    op.create_index("ix_broadcast_act_broadcast", "broadcast_act", ["broadcast_id", "at"])
    left = sa.text("proposal_id IS NULL")
    op.create_table(
        "recipient",
        sa.Column("broadcast_id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("broadcast_id", "profile_id", name=op.f("pk_recipient")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_recipient_left", "recipient", ["broadcast_id", "profile_id"], sqlite_where=left, postgresql_where=left
    )
    op.create_index("ix_recipient_proposal", "recipient", ["proposal_id"])
