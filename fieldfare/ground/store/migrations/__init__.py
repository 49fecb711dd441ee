"""The history of the state database's schema, as Alembic revisions for both databases; proven equal to the tables."""
