"""Runs revisions on the connection that ``fieldfare.ground.store.migrate`` passes in. Alembic calls this file."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, transaction_per_migration=False, render_as_batch=connection.dialect.name == "sqlite"
)
context.run_migrations()
