"""PostgreSQL: a server that hangs, crashes, restarts or refuses, connections that are lost, and what is announced."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import make_url, text

from relay.errors import ConfigurationError, Unavailable
from relay.store import clock, postgresql
from relay.store.engine import Database
from tests.integration.service import eventually
from tests.integration.store.conftest import open_database
from tests.integration.store.notes import note, run_together, words
from tests.postgresql import Server, name_in, require

PATIENCE = 60.0


@pytest.fixture
def kind():
    return "postgresql"


@pytest.fixture(scope="module")
def frail():
    """A server of this module's own, which calls fsync, for tests that stop it."""
    require()
    with Server(durable=True) as server:
        yield server


@pytest.fixture
def notes(frail):
    """A database of the frail server, with a table of notes."""
    url = frail.database()
    with open_database(url) as opened:
        opened.write(lambda connection: connection.execute(text("CREATE TABLE notes (word TEXT UNIQUE)")) and None)
        yield opened
    frail.drop(url)


def setting(database, name):
    with database.read() as connection:
        return connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()


def test_what_was_answered_is_there_after_the_server_crashed_and_it_needs_no_new_start(frail, notes):
    assert setting(notes, "fsync") == "on"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: notes.write(note(str(number))), range(50)))
    frail.stop("immediate")
    try:
        for call in (lambda: notes.write(note("refused")), lambda: words(notes)):
            with pytest.raises(Unavailable, match="look at the database server"):
                call()
    finally:
        frail.start()
    assert words(notes) == {str(number) for number in range(50)}
    assert notes.write(note("after")) == 1
    assert notes.can_write


def test_a_server_that_stands_still_is_unavailable_and_works_again_when_it_goes_on(frail, notes, monkeypatch):
    notes.write(note("before"))
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 0.5)
    monkeypatch.setitem(postgresql._NETWORK, "connect_timeout", 2)  # the least that libpq knows
    frail.freeze()
    try:
        with ThreadPoolExecutor(2) as threads:
            together = [threads.submit(notes.write, note("lost")), threads.submit(words, notes)]
        for call in (*(one.result for one in together), lambda: notes.write(note("lost too"))):
            with pytest.raises(Unavailable):
                call()
    finally:
        frail.thaw()
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", PATIENCE)
    eventually(lambda: tries(lambda: notes.write(note("after"))))
    assert {"before", "after"} <= words(notes)


def tries(call):
    """Whether it works now."""
    try:
        call()
    except Unavailable:
        return False
    return True


def test_what_another_locks_for_long_is_unavailable_for_the_whole_batch_and_says_no_sql(database, monkeypatch):
    monkeypatch.setitem(postgresql._SESSION, "lock_timeout", "200ms")
    url = database._engine.url
    with open_database(url.render_as_string(hide_password=False)) as impatient:
        with psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database) as other:
            other.execute("LOCK TABLE notes")
            small, secret = run_together(impatient, [note("small"), note("secret word")])
            for answer in (small, secret):
                with pytest.raises(Unavailable, match="55P03") as caught:
                    answer.result()
                assert not {"secret", "INSERT", "notes"} & set(str(caught.value).split())
                assert caught.value.__cause__ is None
        assert impatient.write(note("later")) == 1


@pytest.mark.parametrize("code", ["40001", "40P01", "53100", "57014"])
def test_a_conflict_a_full_disk_and_a_timeout_are_unavailable_and_not_the_jobs_fault(database, code):
    def fail(connection):
        connection.exec_driver_sql(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$")

    good, bad = run_together(database, [note("small"), fail])
    for answer in (good, bad):
        with pytest.raises(Unavailable, match=code):
            answer.result()
    assert database.write(note("small")) == 1


def test_who_freezes_while_writing_loses_the_right_to_write(database, monkeypatch):
    usual = postgresql.WRITER_IDLE
    monkeypatch.setattr(postgresql, "WRITER_IDLE", "300ms")
    written, go = threading.Event(), threading.Event()

    def write_and_freeze(connection):
        note("frozen")(connection)
        written.set()
        go.wait(PATIENCE)

    with (
        open_database(database._engine.url.render_as_string(hide_password=False)) as frozen,
        ThreadPoolExecutor(1) as threads,
    ):
        lost = threads.submit(frozen.write, write_and_freeze)
        assert written.wait(PATIENCE)
        assert database.write(note("other")) == 1
        go.set()
        with pytest.raises(Unavailable):
            lost.result()
        monkeypatch.setattr(postgresql, "WRITER_IDLE", usual)
        assert words(frozen) == {"other"}
        assert frozen.write(note("again")) == 1


def server_time(connection):
    return connection.execute(text("SELECT clock_timestamp()")).scalar_one()


def test_the_time_is_the_servers_and_within_a_job_that_of_its_transaction_however_long_it_waited(database, monkeypatch):
    monkeypatch.setattr(clock, "datetime", None)  # this machine's clock is never asked
    begun, go, told = threading.Event(), threading.Event(), []

    def hold(connection):
        begun.set()
        go.wait(PATIENCE)
        told.append(server_time(connection))

    with (
        open_database(database._engine.url.render_as_string(hide_password=False)) as other,
        ThreadPoolExecutor(2) as threads,
    ):
        threads.submit(other.write, hold)
        assert begun.wait(PATIENCE)
        waiting = threads.submit(database.write, lambda c: (database.now(), server_time(c)))
        eventually(lambda: is_waiting(other))
        go.set()
        now, after = waiting.result()
    assert told[0] <= now <= after
    assert now.utcoffset() == timedelta(0)


def is_waiting(database):
    """Whether somebody waits for the writers' lock."""
    with database.read() as connection:
        return connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()


class Cutter:
    """Passes on what a client and the server say, until it is told to cut the line when a COMMIT has been carried out."""

    def __init__(self, port):
        self.cut_at_commit = False
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                threading.Thread(target=self._to_server, args=(client, server), daemon=True).start()
                threading.Thread(target=self._to_client, args=(server, client), daemon=True).start()

    def _to_server(self, client, server):
        with contextlib.suppress(OSError):
            while octets := client.recv(65536):
                if self.cut_at_commit and b"COMMIT\0" in octets:
                    self.cut_at_commit = False
                    client.shutdown(socket.SHUT_RDWR)  # the answer won't find its way
                server.sendall(octets)
        server.close()

    def _to_client(self, server, client):
        with contextlib.suppress(OSError):
            while octets := server.recv(65536):
                client.sendall(octets)
        client.close()

    def close(self):
        self._listener.close()


def test_whether_a_commit_was_done_is_unknown_when_the_line_is_cut_and_the_same_message_again_gets_one_reference(
    world, relayed
):
    author = world.join("author", "central-africa")
    url = world.database._engine.url
    cutter = Cutter(url.port)
    try:
        with open_database(url.set(port=cutter.port).render_as_string(hide_password=False)) as database:
            far = type(world)(database, world.keys)
            message = far.accepted(author, ("central-africa", relayed))
            cutter.cut_at_commit = True
            with pytest.raises(Unavailable):
                far.record(message)
            eventually(lambda: world.rows("SELECT reference FROM posts") == [("CAFR-2026-000001",)])
            again = far.record(message)
    finally:
        cutter.close()
    assert (again.reference, again.repeated) == ("CAFR-2026-000001", True)


def test_a_commit_is_on_the_disk_before_it_is_answered_whatever_the_database_was_told(frail):
    url = frail.database()
    frail.ask(f"ALTER DATABASE {name_in(url)} SET synchronous_commit = off")
    with open_database(url) as database:
        assert setting(database, "synchronous_commit") == "on"
    frail.drop(url)


def test_a_server_that_may_lose_a_commit_at_a_power_cut_is_named(database, notes):
    assert "fsync and full_page_writes off" in database.risk()
    assert notes.risk() == ""


def test_without_our_settings_a_connection_is_refused(empty_url, monkeypatch):
    """As behind a connection pooler that keeps a session's settings to itself."""
    monkeypatch.setattr(
        psycopg.Connection, "connect", classmethod(without_options(psycopg.Connection.connect.__func__))
    )
    with pytest.raises(ConfigurationError, match="without a pooler"), open_database(empty_url):
        pass


def without_options(connect):
    return lambda cls, *words, **settings: connect(cls, *words, **(settings | {"options": "-c synchronous_commit=off"}))


def test_a_database_with_another_encoding_is_refused(server):
    url = server.database()
    server.drop(url)
    server.ask(f"CREATE DATABASE {name_in(url)} TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(ConfigurationError, match="LATIN1"), open_database(url):
        pass
    server.drop(url)


def test_a_server_that_is_too_old_is_refused(empty_url, monkeypatch):
    monkeypatch.setattr(postgresql, "OLDEST", 990000)
    with pytest.raises(ConfigurationError, match="too old"), open_database(empty_url):
        pass


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql+psycopg://relay@db.example/relay", "verify-full"),
        ("postgresql://relay@db.example/relay?sslmode=require", "require"),
        ("postgresql://relay@/relay?host=db.example", "verify-full"),
        ("postgresql://relay@localhost/relay", None),
        ("postgresql://relay@127.0.0.1:5433/relay", None),
        ("postgresql:///relay?host=/var/run/postgresql", None),
        ("postgresql:///relay", None),
    ],
)
def test_a_server_on_another_machine_is_talked_to_over_verified_tls(url, mode):
    engine = postgresql.create(make_url(url), new=False)
    assert engine.url.query.get("sslmode") == mode
    assert engine.url.query.get("sslrootcert") == ("system" if mode == "verify-full" else None)
    engine.dispose()


@pytest.mark.parametrize("url", ["postgresql+psycopg2://localhost/relay", "postgresql://localhost/", "postgresql://"])
def test_another_driver_or_no_database_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError, match="must name a database and psycopg"):
        Database.open(url)


class Ear:
    """Counts what it hears."""

    def __init__(self):
        self.heard = threading.Semaphore(0)

    def __call__(self):
        self.heard.release()

    def wait(self):
        assert self.heard.acquire(timeout=PATIENCE)

    def drain(self):
        while self.heard.acquire(blocking=False):
            pass


def test_what_another_process_commits_is_heard_and_one_that_announces_nothing_is_not(database):
    ear = Ear()
    end = database.listen(ear)
    ear.wait()  # what may have been missed before
    ear.drain()
    with open_database(database._engine.url.render_as_string(hide_password=False)) as silent:
        silent.announces = False
        silent.write(note("unheard"))
        database.write(note("heard"))
        ear.wait()
        assert not ear.heard.acquire(blocking=False)
    end()


def test_who_listens_listens_again_when_the_connection_was_lost(frail, notes):
    ear = Ear()
    end = notes.listen(ear)
    ear.wait()
    frail.stop("immediate")
    frail.start()
    ear.wait()  # connected anew
    ear.drain()
    notes.write(note("heard"))
    ear.wait()
    end()
