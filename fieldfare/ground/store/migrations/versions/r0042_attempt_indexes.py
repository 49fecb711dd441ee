"""Attempts in fewer and narrower indexes: each is written twice for every message."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_IS_KNOWN = sa.text("provider_id IS NOT NULL")
_IS_OTHER = sa.text("outcome NOT IN ('handing_over', 'handed_over')")


def upgrade() -> None:
    """Keep outcomes and providers' ids only where there is something to find; who was reached is found by address."""
    for name in ("outcome", "provider", "broadcast"):
        op.drop_index(f"ix_attempt_{name}", "attempt")
    op.create_index("ix_attempt_other", "attempt", ["outcome"], sqlite_where=_IS_OTHER, postgresql_where=_IS_OTHER)
    op.create_index(
        "ix_attempt_provider", "attempt", ["provider_id"], sqlite_where=_IS_KNOWN, postgresql_where=_IS_KNOWN
    )
