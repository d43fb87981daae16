"""`wen-relay migrate`: the database's schema, brought to this version."""

from pathlib import Path

from relay.cli.output import ConfigOption, say
from relay.settings import find_site_file, load_settings
from relay.store.engine import Database
from relay.store.migrations import upgrade


def migrate(config: ConfigOption = "") -> None:
    """Bring the database's schema to this version.

    Example: wen-relay migrate
    """
    settings = load_settings(find_site_file(Path(config) if config else None))
    database = Database.open(settings.database_url)
    try:
        upgrade(database)
    finally:
        database.close()
    say("The database is at this version's schema.")
