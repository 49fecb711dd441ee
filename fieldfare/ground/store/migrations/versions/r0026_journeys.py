"""Where walks stand and by which version, what people entered, how often who was refused, places that are reserved."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the tables; walks that are there already write theirs when they move next."""
    op.drop_index("ix_enrollment_journey_status", table_name="enrollment")
    with op.batch_alter_table("enrollment") as table:
        table.add_column(sa.Column("version", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("step", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("enrollment") as table:
        table.alter_column("version", server_default=None)
        table.alter_column("step", server_default=None)
    op.create_index("ix_enrollment_journey_status", "enrollment", ["journey", "status", "version", "step"])
    op.create_table(
        "journey_version",
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "version", name=op.f("pk_journey_version")),
    )
    op.create_table(
        "journey_tally",
        sa.Column("journey", sa.Text(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "day", "what", name=op.f("pk_journey_tally")),
    )
    op.create_table(
        "reservation",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("enrollment_id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what", "of", "enrollment_id", name=op.f("pk_reservation")),
    )
    op.create_index("ix_reservation_profile_id", "reservation", ["profile_id"])
    op.create_index("ix_reservation_until", "reservation", ["until"])
