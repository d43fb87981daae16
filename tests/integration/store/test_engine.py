"""The database, whichever it is: one writer, commits in groups, trouble told plainly, nothing lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import Connection, column, event, exc, insert, select, table, text

from relay.errors import ConfigurationError, Conflict, Unavailable
from relay.store.engine import Database
from tests.integration.store.notes import note, run_together, words


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
    assert len(commits) == 2  # the waiting job's and one for all three
    assert words(database) == {"one", "two"}


def test_who_comes_while_another_process_writes_is_in_the_same_commit(database, monkeypatch):
    waits, go, begin = threading.Event(), threading.Event(), database._writing._begin

    def begin_when_the_other_is_done(connection: Connection) -> None:
        waits.set()
        assert go.wait(30)
        begin(connection)

    monkeypatch.setattr(database._writing, "_begin", begin_when_the_other_is_done)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(database.write, Connection.get_transaction)
        assert waits.wait(30)
        second = threads.submit(database.write, Connection.get_transaction)
        with database._arrived:
            assert database._arrived.wait_for(lambda: len(database._jobs) == 2, 30)
        go.set()
        assert first.result() is second.result()


def test_a_broken_constraint_is_the_jobs_own_fault(database):
    database.write(note("one"))
    good, bad = run_together(database, [note("two"), note("one")])
    assert good.result() == 1
    with pytest.raises(exc.IntegrityError) as caught:
        bad.result()
    assert "one" not in str(caught.value).replace("notes", "")
    assert "one" not in repr(caught.value.orig.args)


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


def test_who_waits_for_a_connection_has_the_next_that_comes_free(database):
    waits, places = threading.Event(), database._reading._places
    with ExitStack() as reads, ThreadPoolExecutor(1) as threads:
        while places.acquire(blocking=False):
            places.release()
            reads.enter_context(database.read())
        waiting = threads.submit(lambda: (waits.set(), words(database))[1])
        assert waits.wait(30)
        first = reads.pop_all()
        with first:
            pass  # all come back at once, and most of them stay
        assert waiting.result(10) == set()
        assert database._reading._engine.pool.checkedout() <= database._dialect.CONNECTIONS_STAY + 1


def test_a_read_can_not_write(database):
    with pytest.raises(Unavailable, match=r"SQLITE_READONLY|25006"), database.read() as connection:
        note("sneaked in")(connection)
    assert words(database) == set()


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


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://db.example/relay"])
def test_a_url_of_no_use_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="url"):
        Database.open(url)


def test_an_insert_from_a_select_tells_how_many_rows_it_made(database):
    notes = table("notes", column("word"))
    doubled = insert(notes).from_select(["word"], select(notes.c.word + "!"))
    database.write(note("one"))
    database.write(note("two"))
    assert database.write(lambda connection: connection.execute(doubled).rowcount) == 2
