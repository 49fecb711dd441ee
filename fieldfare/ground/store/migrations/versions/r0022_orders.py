"""What people ordered of the gate, what waits for them, limits in use, the control group; tags of attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what caps by tag and location ask of attempts."""
    op.add_column("attempt", sa.Column("tags", sa.Text(), nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("location", sa.Text(), nullable=True))
    op.add_column("attempt", sa.Column("is_exempt", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("decision", sa.Column("is_summary", sa.Boolean(), nullable=False, server_default=sa.false()))
    full = sa.text("NOT is_summary")
    op.create_index("ix_decision_full", "decision", ["at"], sqlite_where=full, postgresql_where=full)
    _orders()
    _queue()
    _groups()
    op.create_table(
        "limit_use",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("limit_name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "limit_name", name=op.f("pk_limit_use")),
    )
    op.create_index("ix_limit_use_limit", "limit_use", ["limit_name", "place", "at"])
    _actions()


def _orders() -> None:
    stands = sa.text("ended_at IS NULL")
    op.create_table(
        "pause",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_stands", "pause", ["since_at"], sqlite_where=stands, postgresql_where=stands)
    op.create_table(
        "marketing_hold",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marketing_hold")),
    )
    op.create_index("ix_marketing_hold_profile", "marketing_hold", ["profile_id"])
    op.create_table(
        "automation_mode",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("automation", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_automation_mode")),
    )
    op.create_index("ix_automation_mode_automation", "automation_mode", ["automation", "seq"])


def _queue() -> None:
    waits = sa.text("status = 'waiting'")
    op.create_table(
        "gate_queue",
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("automation", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("approvers", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", "needs", name=op.f("pk_gate_queue")),
    )
    op.create_index("ix_gate_queue_waits", "gate_queue", ["expires_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_gate_queue_profile", "gate_queue", ["profile_id"])


def _groups() -> None:
    op.create_table(
        "control_member",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("is_control", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "share_ppm", name=op.f("pk_control_member")),
    )
    op.create_index("ix_control_member_profile", "control_member", ["profile_id"])
    op.create_table(
        "deliverable",
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", "profile_id", name=op.f("pk_deliverable")),
    )
    op.create_index("ix_deliverable_profile", "deliverable", ["profile_id"])


def _actions() -> None:
    op.create_table(
        "action_request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("match_confidence", sa.Integer(), nullable=False),
        sa.Column("permit_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("used_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_request")),
    )
    op.create_index("ix_action_request_profile", "action_request", ["profile_id", "decided_at"])
