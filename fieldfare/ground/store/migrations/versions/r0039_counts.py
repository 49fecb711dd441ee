"""Indexes from which the status counts profiles, verdicts, attempts and consent, without reading what they hold."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes; PostgreSQL counts profiles by their key."""
    op.create_index("ix_decision_counts", "decision", ["decision_outcome", "rule_id"])
    op.create_index("ix_attempt_outcome", "attempt", ["outcome"])
    op.create_index("ix_consent_record_action", "consent_record", ["action", "recorded_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_document_profile_id", "document", ["profile_id"])
