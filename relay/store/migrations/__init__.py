"""The schema's history. Alembic's scripts lie beside this module and are run from here, never from a command of Alembic's."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from relay.store.engine import Database


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision, in one transaction; does nothing when it is there already."""
    database.write(make_schema)


def make_schema(connection: Connection) -> None:
    """The same within a transaction."""
    command.upgrade(_settings(connection), "head")


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to a revision, or to nothing with "base"."""
    database.write(lambda connection: command.downgrade(_settings(connection), revision))


def _settings(connection: Connection) -> Config:
    """Alembic's settings without a file: where the scripts are, and the connection whose transaction they join."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings
