"""What screens keep and ask often: drafts that remove a file, steps of journeys by day, whose a saved query is."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Drafts begin anew; a saved query stays that of whoever saved it, and shared."""
    op.drop_table("workspace_draft")
    op.create_table(
        "workspace_draft",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("content", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("owner", "path", name=op.f("pk_workspace_draft")),
    )
    op.create_table(
        "journey_edge",
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "version", "day", "source", "target", name=op.f("pk_journey_edge")),
    )
    _give_queries_an_owner()
    _make_indices()


def _give_queries_an_owner() -> None:
    kept = op.get_bind().execute(sa.text("SELECT actor, name, sql, description, at FROM saved_query")).mappings().all()
    op.drop_table("saved_query")
    saved_query = op.create_table(
        "saved_query",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_saved_query")),
    )
    columns = "name", "sql", "description", "at"
    rows = [{**{each: row[each] for each in columns}, "owner": row["actor"], "is_shared": True} for row in kept]
    op.bulk_insert(saved_query, rows)


def _make_indices() -> None:
    """Let screens that are asked every few seconds look at what stands, not at all that ever was."""
    op.create_index("ix_task_status", "task", ["status", "due_at"])
    op.create_index("ix_access_act_actor", "access_act", ["actor", "seq"])
    op.drop_index("ix_enrollment_journey_status", table_name="enrollment")
    op.create_index("ix_enrollment_journey_status", "enrollment", ["journey", "status"])
    lives = sa.text("status IN ('entered', 'waiting', 'engaged', 'paused', 'suppressed')")
    columns = ["journey", "version", "step", "status"]
    op.create_index("ix_enrollment_standing", "enrollment", columns, sqlite_where=lives, postgresql_where=lives)
