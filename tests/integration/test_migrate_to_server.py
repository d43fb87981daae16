"""A relay with all that it holds moves from SQLite to PostgreSQL, and goes on there."""

import sqlite3
import stat
from contextlib import closing

import pytest

from tests.integration.clients import make_post, send
from tests.integration.posting import OTHERS
from tests.integration.service import ANA, CLAIRE, JEAN, Service, Site, Smarthost, eventually
from tests.postgresql import Server, name_in, require

# Whatever prints what a relay has.
LOOKS = (
    ("queue", "status"), ("queue", "list"), ("posts", "list"), ("held", "list"), ("members", "list"), ("members", "show", ANA),
    ("members", "passwords", ANA), ("gateways", "list"), ("spills", "list"),
    ("breaches", "list"), ("directory", "list"), ("keys", "status"), ("lists", "show"), ("nodes", "list"), ("audit", "verify"),
)  # fmt: skip
WHOLE = (("members", "export"), ("audit", "export"), ("directory", "export"))


@pytest.fixture(scope="module")
def server():
    require()
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def smarthost():
    smarthost = Smarthost()
    yield smarthost
    smarthost.close()


@pytest.fixture
def url(server):
    url = server.database()
    yield url
    server.drop(url)


def look(site):
    """What every command prints, but for how long something took or waits."""
    seen = {words: site.rows(*words) for words in LOOKS}
    for rows in seen.values():
        for row in rows:
            for key in [key for key in row if key == "age" or key.endswith("_seconds")]:
                del row[key]
    return seen | {words: site.run(*words).out for words in WHOLE}


def post(service, subject, text="Two tusks.\n", **fields):
    reply = send(service, ANA, make_post(ANA, subject, text, **fields))
    assert reply.startswith("250 2.0.0 "), reply
    return reply.split()[2]


@pytest.fixture
def filled(tmp_path, smarthost):
    """A relay that was stopped with a post delivered, one on its way, one held and one withheld."""
    site = Site(tmp_path, smarthost.port)
    site.enrol(ANA, JEAN)
    references = {}
    with Service(site) as service:
        references["delivered"] = post(service, "Delivered")
        eventually(lambda: smarthost.copies(references["delivered"]) == OTHERS)
        eventually(lambda: not site.ask("SELECT id FROM deliveries WHERE status <> 'delivered'"))
        smarthost.stop()
        references["queued"] = post(service, "Queued")
        references["held"] = post(service, "[UNKNOWN:MARK] Held", "TLP:PURPLE\n")
        references["withheld"] = post(service, "TLP:RED Withheld")
    site.run("spills", "list")
    smarthost.start()
    return site, references


def test_all_that_a_relay_has_moves_to_a_server_and_it_goes_on_there(filled, server, smarthost, url):
    site, references = filled
    before = look(site)
    states = {row["reference"]: row["decision"] for row in before["posts", "list"]}
    assert [states[references[one]] for one in ("delivered", "queued", "held", "withheld")] == [
        "relay", "relay", "hold", "withhold"
    ]  # fmt: skip
    assert before["queue", "status"][0]["queued"] > 0
    file = site.data / "relay.db"
    done = site.try_run("migrate", "--to", url, "--apply")
    assert done.code == 0, done
    assert f'url = "{url}"' in site.file.read_text("utf-8")
    assert stat.S_IMODE(site.file.stat().st_mode) == 0o600
    assert look(site) == before
    with Service(site) as service:
        eventually(lambda: smarthost.copies(references["queued"]) == OTHERS)
        site.run("held", "release", references["held"], "--moderator", CLAIRE)
        eventually(lambda: smarthost.copies(references["held"]) == OTHERS)
        new = post(service, "New")
        eventually(lambda: smarthost.copies(new) == OTHERS)
    assert smarthost.copies(references["delivered"]) == OTHERS
    assert smarthost.copies(references["withheld"]) == []
    numbers = [int(one.rpartition("-")[2]) for one in (*references.values(), new)]
    assert numbers == list(range(1, 6))
    [(highest, given)] = server.ask("SELECT max(id), count(DISTINCT id) FROM deliveries", name_in(url))
    assert highest >= given
    assert site.rows("audit", "verify")[0]["valid"]
    # Nothing starts on the file any more, whatever it is called by.
    site.configure("database", "url", f"sqlite:///{file}")
    for words in (["serve"], ["queue", "status"], ["migrate"], ["migrate", "--to", url]):
        left = site.try_run(*words)
        assert left.code == 78
        assert "has moved to another database" in left.sentence


@pytest.fixture(scope="module")
def small(tmp_path_factory, smarthost):
    """A relay that stays where it is."""
    return Site(tmp_path_factory.mktemp("small"), smarthost.port)


def is_where_it_was(site):
    return site.rows("audit", "verify")[0]["valid"] and "sqlite" in site.file.read_text("utf-8")


def test_a_relay_that_runs_does_not_move(small, url):
    with Service(small):
        done = small.try_run("migrate", "--to", url)
    assert done.code == 75
    assert "stop it first" in done.sentence
    assert is_where_it_was(small)


def test_nothing_moves_into_a_database_that_holds_something(small, server, url):
    server.ask("CREATE TABLE notes (word TEXT)", name_in(url))
    done = small.try_run("migrate", "--to", url)
    assert done.code == 73
    assert "holds something already (notes)" in done.sentence
    assert is_where_it_was(small)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--to", "sqlite:///elsewhere.db"], 64),
        (["--apply"], 64),
        (["--to", "postgresql+psycopg://127.0.0.1:1/relay"], 75),
        (["--to", "postgresql+psycopg2://127.0.0.1/relay"], 64),
        (["--to", "postgresql://127.0.0.1/"], 78),
        (["--to", "postgresql+psycopg://relay:secret-word@127.0.0.1:1/relay"], 64),
        (["--to", "postgresql+psycopg://127.0.0.1:1/relay?password=secret-word"], 64),
    ],
)
def test_what_can_not_be_moved_to_has_its_exit_code_and_one_sentence(small, words, code):
    done = small.try_run("migrate", *words)
    assert done.code == code
    assert done.sentence
    assert "secret-word" not in done.err + done.out
    assert is_where_it_was(small)


def test_a_copy_that_is_not_whole_is_undone_and_the_relay_stays_where_it_was(small, server, url):
    # The server turns one of the rows away unseen, as a fault of its own might.
    server.ask(
        "CREATE FUNCTION lose() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE t record; BEGIN"
        " IF EXISTS (SELECT FROM pg_tables WHERE tablename = 'lists') AND NOT EXISTS (SELECT FROM pg_rules WHERE rulename = 'lose')"
        " THEN EXECUTE 'CREATE RULE lose AS ON INSERT TO lists WHERE NEW.active DO INSTEAD NOTHING'; END IF; END $$",
        name_in(url),
    )
    server.ask(
        "CREATE EVENT TRIGGER lose ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION lose()",
        name_in(url),
    )
    done = small.try_run("migrate", "--to", url)
    assert done.code == 65
    assert "the copy is not whole (lists)" in done.sentence
    assert server.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name_in(url)) == [(0,)]
    assert is_where_it_was(small)


def test_without_apply_it_says_what_is_to_be_changed_and_no_number_is_given_twice_whatever_became_of_its_row(
    small, server, url
):
    with closing(sqlite3.connect(small.data / "relay.db")) as connection:
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('deliveries', 41)")
        connection.commit()
    done = small.try_run("migrate", "--to", url)
    assert done.code == 0
    assert f"set [database] url in {small.file} to the new database" in done.err
    assert "sqlite" in small.file.read_text("utf-8")
    assert server.ask("SELECT nextval(pg_get_serial_sequence('deliveries', 'id'))", name_in(url)) == [(42,)]
