"""SQLite: its files, its settings, and what comes of a disk that is full or fails."""

import resource
import shutil
import sqlite3
import stat
from contextlib import ExitStack, contextmanager

import pytest

from relay.errors import Unavailable
from relay.store.engine import Database
from relay.store.sqlite import CONNECTIONS_STAY
from tests.integration.store.notes import note, run_together, words


@pytest.fixture
def kind():
    return "sqlite"


def test_a_locked_database_is_unavailable_for_the_whole_batch_and_says_no_sql(database, tmp_path, monkeypatch):
    monkeypatch.setattr("relay.store.sqlite._PRAGMAS", ("busy_timeout=0",))
    impatient = Database.open(f"sqlite:///{tmp_path / 'data' / 'relay.db'}", new=True)
    other = sqlite3.connect(tmp_path / "data" / "relay.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as caught:
        impatient.write(note("secret word"))
    assert "SQLITE_BUSY" in str(caught.value)
    assert not {"secret", "INSERT", "notes"} & set(str(caught.value).split())
    assert caught.value.__cause__ is None
    other.execute("ROLLBACK")
    other.close()
    assert impatient.write(note("later")) == 1
    impatient.close()


def test_a_full_disk_fails_the_batch_and_only_the_batch(database):
    with database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    limit = f"PRAGMA max_page_count={pages + 1}"
    database.write(lambda connection: connection.exec_driver_sql(limit).scalar_one())
    small, large = run_together(database, [note("small"), note("x" * 100_000)])
    for answer in (small, large):
        with pytest.raises(Unavailable, match="SQLITE_FULL"):
            answer.result()
    assert database.write(note("small")) == 1


@contextmanager
def files_of_at_most(octets: int):
    """Let the operating system refuse to write beyond a size: a real I/O error for SQLite (EFBIG)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_commit_that_is_refused_leaves_nothing_open_for_the_next(database):
    def deferred(connection):
        connection.exec_driver_sql("CREATE TABLE one (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE other (id INTEGER REFERENCES one DEFERRABLE INITIALLY DEFERRED)")

    database.write(deferred)
    with pytest.raises(Unavailable):
        database.write(lambda connection: connection.exec_driver_sql("INSERT INTO other VALUES (5)").rowcount)
    assert database.write(note("later")) == 1


def test_after_an_io_error_nothing_is_written_until_reopened(database, tmp_path):
    database.write(note("before"))
    log = tmp_path / "data" / "relay.db-wal"
    with files_of_at_most(log.stat().st_size), pytest.raises(Unavailable, match="the disk failed"):
        database.write(note("x" * 100_000))
    with pytest.raises(Unavailable, match="restart the relay"):
        database.write(note("refused"))
    database.close()
    reopened = Database.open(f"sqlite:///{tmp_path / 'data' / 'relay.db'}", new=True)
    assert reopened.write(note("after")) == 1
    assert words(reopened) == {"before", "after"}
    reopened.close()


def test_what_was_answered_is_there_after_a_crash(database, tmp_path):
    """A copy of the files taken without closing is what a crash leaves: the log was never moved into the database."""
    for number in range(50):
        database.write(note(str(number)))
    shutil.copytree(tmp_path / "data", tmp_path / "after")
    assert (tmp_path / "after" / "relay.db-wal").stat().st_size > 0
    survivor = Database.open(f"sqlite:///{tmp_path / 'after' / 'relay.db'}", new=True)
    assert words(survivor) == {str(number) for number in range(50)}
    survivor.close()


def test_files_are_for_this_user_alone(database, tmp_path):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert set(modes) == {"relay.db", "relay.db-wal", "relay.db-shm"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_pragmas_hold_on_every_connection(database):
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "temp_store": 2,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    with database.read() as one, database.read() as two:
        for connection in (one, two):
            assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted} == wanted


def test_no_more_than_a_few_connections_stay_open_when_many_read_at_once(database):
    with ExitStack() as reads:
        for _ in range(40):
            reads.enter_context(database.read())
    assert database._reading._engine.pool.checkedout() == CONNECTIONS_STAY


def test_the_log_can_be_emptied(database, tmp_path):
    database.write(note("one"))
    words(database)
    assert database.truncate_log()
    assert (tmp_path / "data" / "relay.db-wal").stat().st_size == 0


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "relay.db").write_bytes(b"this is a letter and no database, " * 100)
    with pytest.raises(Unavailable, match="SQLITE_NOTADB"):
        Database.open(f"sqlite:///{tmp_path / 'relay.db'}", new=True)


def test_a_directory_in_the_files_place_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="can't be made"):
        Database.open(f"sqlite:///{tmp_path}", new=True)
