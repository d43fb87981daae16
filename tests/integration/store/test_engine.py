"""The database: one writer, commits in groups, trouble told plainly, nothing lost."""

import resource
import shutil
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, exc, text

from relay.errors import ConfigurationError, Conflict, Unavailable
from relay.store.engine import Database


@pytest.fixture
def database(tmp_path: Path):
    database = Database.open(f"sqlite:///{tmp_path / 'data' / 'notes.db'}", new=True)
    database.write(lambda connection: connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)")) and None)
    yield database
    database.close()


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


def test_a_write_is_seen_by_every_later_read(database):
    assert database.write(note("pangolin")) == 1
    assert words(database) == {"pangolin"}


def test_a_failing_job_among_good_ones_is_answered_alone(database):
    def fail(connection: Connection) -> None:
        note("half")(connection)
        raise Conflict("this one is refused")

    commits = []
    event.listen(database._engine, "commit", commits.append)
    good, bad, other = run_together(database, [note("one"), fail, note("two")])
    assert good.result() == other.result() == 1
    with pytest.raises(Conflict, match="this one is refused"):
        bad.result()
    assert words(database) == {"one", "two"}
    assert len(commits) == 2  # the waiting job's and one for all three


def test_a_broken_constraint_is_the_jobs_own_fault(database):
    database.write(note("one"))
    good, bad = run_together(database, [note("two"), note("one")])
    assert good.result() == 1
    with pytest.raises(exc.IntegrityError) as caught:
        bad.result()
    assert "'one'" not in str(caught.value)


def test_writers_in_many_threads_all_get_their_own_answer(database):
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: database.write(lambda c: (note(str(number))(c), number)), range(400)))
    assert answers == [(1, number) for number in range(400)]
    assert len(words(database)) == 400


def test_a_read_sees_one_state_while_others_write(database):
    database.write(note("before"))
    with database.read() as connection:
        count = text("SELECT count(*) FROM notes")
        assert connection.execute(count).scalar_one() == 1
        database.write(note("meanwhile"))
        assert connection.execute(count).scalar_one() == 1


def test_a_read_can_not_write(database):
    with pytest.raises(Unavailable, match="SQLITE_READONLY"), database.read() as connection:
        note("sneaked in")(connection)
    assert words(database) == set()


def test_a_locked_database_is_unavailable_for_the_whole_batch_and_says_no_sql(database, tmp_path, monkeypatch):
    monkeypatch.setattr("relay.store.engine._PRAGMAS", ("busy_timeout=0",))
    impatient = Database.open(f"sqlite:///{tmp_path / 'data' / 'notes.db'}", new=True)
    other = sqlite3.connect(tmp_path / "data" / "notes.db", isolation_level=None)
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

    def limit(dbapi_connection, record, proxy):
        dbapi_connection.execute(f"PRAGMA max_page_count={pages + 1}")

    event.listen(database._engine, "checkout", limit)
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


def test_after_an_io_error_nothing_is_written_until_reopened(database, tmp_path):
    database.write(note("before"))
    log = tmp_path / "data" / "notes.db-wal"
    with files_of_at_most(log.stat().st_size), pytest.raises(Unavailable, match="the disk failed"):
        database.write(note("x" * 100_000))
    with pytest.raises(Unavailable, match="restart the relay"):
        database.write(note("refused"))
    database.close()
    reopened = Database.open(f"sqlite:///{tmp_path / 'data' / 'notes.db'}", new=True)
    assert reopened.write(note("after")) == 1
    assert words(reopened) == {"before", "after"}
    reopened.close()


def test_what_was_answered_is_there_after_a_crash(database, tmp_path):
    """A copy of the files taken without closing is what a crash leaves: the log was never moved into the database."""
    for number in range(50):
        database.write(note(str(number)))
    shutil.copytree(tmp_path / "data", tmp_path / "after")
    assert (tmp_path / "after" / "notes.db-wal").stat().st_size > 0
    survivor = Database.open(f"sqlite:///{tmp_path / 'after' / 'notes.db'}", new=True)
    assert words(survivor) == {str(number) for number in range(50)}
    survivor.close()


def test_closing_finishes_the_jobs_that_wait_and_takes_no_more(database):
    busy, go = threading.Event(), threading.Event()

    def wait(connection: Connection) -> None:
        busy.set()
        assert go.wait(30)

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(database.write, wait)
        assert busy.wait(30)
        waiting = threads.submit(database.write, note("last"))
        with database._arrived:
            assert database._arrived.wait_for(lambda: database._jobs, 30)
        closing = threads.submit(database.close)
        with database._arrived:
            assert database._arrived.wait_for(lambda: database._closing, 30)
        go.set()
        closing.result()
        first.result()
        assert waiting.result() == 1
    with pytest.raises(Unavailable, match="stopping"):
        database.write(note("too late"))


def test_a_job_that_waits_for_the_writer_is_told_so_instead_of_waiting_forever(database):
    with pytest.raises(RuntimeError, match="connection it was given"):
        database.write(lambda connection: database.write(note("nested")))


def test_files_are_for_this_user_alone(database, tmp_path):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert set(modes) == {"notes.db", "notes.db-wal", "notes.db-shm"}
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


def test_the_log_can_be_emptied(database, tmp_path):
    database.write(note("one"))
    assert database.truncate_log()
    assert (tmp_path / "data" / "notes.db-wal").stat().st_size == 0


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://db.example/relay"])
def test_a_url_of_no_use_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="url"):
        Database.open(url)


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "relay.db").write_bytes(b"this is a letter and no database, " * 100)
    with pytest.raises(Unavailable, match="SQLITE_NOTADB"):
        Database.open(f"sqlite:///{tmp_path / 'relay.db'}", new=True)


def test_a_directory_in_the_files_place_is_unavailable(tmp_path):
    with pytest.raises(Unavailable, match="can't be made"):
        Database.open(f"sqlite:///{tmp_path}", new=True)
