"""The history of the state database's schema, as Alembic revisions. Runs on SQLite and PostgreSQL; proven equal to the tables."""
