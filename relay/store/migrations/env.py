"""Alembic loads this file to run the scripts: on the connection that it is handed, inside that connection's transaction."""

from alembic import context

from relay.store.tables import metadata

# Batch mode copies a table where SQLite's ALTER TABLE can't change it.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
