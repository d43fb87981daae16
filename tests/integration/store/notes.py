"""A table of notes, for tests of the database itself."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, text

from relay.store.engine import Database


def note(word: str):
    return lambda connection: connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word}).rowcount


def words(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(text("SELECT word FROM notes")).scalars())


def run_together(database: Database, jobs):
    """Let jobs pile up behind one that waits, so that they are committed as one batch."""
    busy, go = threading.Event(), threading.Event()

    def wait(connection: Connection) -> None:
        busy.set()
        assert go.wait(30)

    with ThreadPoolExecutor(len(jobs) + 1) as threads:
        first = threads.submit(database.write, wait)
        assert busy.wait(30)
        answers = [threads.submit(database.write, job) for job in jobs]
        with database._arrived:
            assert database._arrived.wait_for(lambda: len(database._jobs) == len(jobs), 30)
        go.set()
        first.result()
    return answers
