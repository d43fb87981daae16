"""Three nodes on one PostgreSQL, two of them with clocks that are wrong by five minutes: whatever befalls them, every post comes once."""

import copy
import random
import signal
import smtplib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import pairwise

import pytest

from relay.store.nodes import SILENT
from relay.transport.sink import STALL
from tests.integration.clients import in_data, is_closed, make_post, octets_of, send
from tests.integration.posting import OTHERS
from tests.integration.service import ANA, PATIENCE, Service, Site, Smarthost, eventually
from tests.postgresql import Server, name_in, require
from tests.skewed import skew

SKEWED = {"node-1": 0, "node-2": 300, "node-3": -300}  # seconds
SEED = 6


class Network:
    """The nodes, and an officer whose mail program goes to the next door when one is shut."""

    def __init__(self, folder):
        self.server, self.smarthost = Server(), Smarthost()
        self.url = self.server.database()
        first = Site(folder, self.smarthost.port, database=self.url)
        first.configure("scan", "processes", 1)
        for limit in ("posts_per_hour", "agency_posts_per_hour"):
            first.configure("limits", limit, 0)
        first.enrol(ANA)
        self.sites = {name: self.node(first, name) for name in SKEWED}
        self.services, self.references = {}, {}
        self.start("node-1")  # alone: it makes the certificate of loopback
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(self.start, ["node-2", "node-3"]))

    @staticmethod
    def node(first, name):
        """A node's data directory: the keys and lists are the same for all."""
        site = copy.copy(first)
        site.data = first.data if name == "node-1" else first.folder / name
        site.file = site.data / "relay.toml"
        if name != "node-1":
            (site.data / "run").mkdir(parents=True)
            for shared in ("keys", "lists", "config"):
                (site.data / shared).symlink_to(first.data / shared)
            text = first.file.read_text("utf-8").replace(f'"{first.data}"', f'"{site.data}"')
            site.file.write_text(text.replace('node = "node-1"', f'node = "{name}"'), "utf-8")
        return site

    def start(self, name, only="", deaf=False):
        """Start a node, on a machine with a clock of its own; a deaf one hears no NOTIFY."""
        self.services[name] = Service(self.sites[name], only=only, prepare=partial(skew, SKEWED[name], deaf=deaf))
        return self.services[name]

    def post(self, number, doors=None):
        """Post until some node has said 250: the same message again, by the next door, whenever that isn't known; its reference."""
        octets = octets_of(make_post(ANA, f"Post {number}", "Two tusks.\n", message_id=f"<{number}@douanes.example>"))
        turn = random.Random(number)

        def accepted():
            service = self.services[turn.choice(doors if doors is not None else list(SKEWED))]
            try:
                reply = send(service, ANA, octets)
            except (OSError, smtplib.SMTPException):
                return ""
            return reply.split()[2] if reply.startswith("250 2.0.0 CAFR-") else ""

        self.references[number] = eventually(accepted)
        return self.references[number]

    @property
    def site(self):
        return self.sites["node-1"]

    def ask(self, sql):
        """The one value that a question to the database gives; a command would take a second of the processor."""
        [[value]] = self.server.ask(sql, name_in(self.url))
        return value

    def in_state(self, *states):
        """How many deliveries have one of these."""
        return self.ask(f"SELECT count(*) FROM deliveries WHERE status = ANY('{{{','.join(states)}}}')")

    def counted(self):
        """How many copies may have arrived twice."""
        return self.ask("SELECT coalesce(sum(possible_duplicate), 0) FROM deliveries")

    def leader(self):
        """Which node leads the scheduled jobs."""
        return self.ask("SELECT holder FROM leaders").partition("/")[0]

    def let_leases_run_out(self, of):
        """What so much time does to a node that is paused, without the waiting."""
        for table, holder, until in (("deliveries", "lease", "leased_until"), ("leaders", "holder", "until")):
            passed = f"{until} - {int(SILENT.total_seconds() + 15) * 1_000_000}"
            self.server.ask(f"UPDATE {table} SET {until} = {passed} WHERE {holder} LIKE '{of}/%'", name_in(self.url))

    def assert_everybody_has_every_post(self, *, twice=()):
        """Each copy came once, or as many times more as its row counts, with the same Message-ID; the queue is empty."""
        references = list(self.references.values())
        assert len(set(references)) == len(references)
        eventually(lambda: not self.in_state("queued", "leased", "sending"))
        came, identities = Counter(), {}
        for mail in self.smarthost.mails:
            if mail.is_copy:
                came[mail.reference, mail.recipient] += 1
                identities.setdefault((mail.reference, mail.recipient), set()).add(mail.message["Message-ID"])
        rows = {
            (row["reference"], row["recipient"]): row
            for row in self.site.rows("queue", "list")
            if row["kind"] == "copy"
        }
        assert came.keys() == rows.keys() == {(one, who) for one in references for who in OTHERS}
        assert {row["status"] for row in rows.values()} == {"delivered"}
        doubled = {key for key, number in came.items() if number > 1}
        assert all(number <= 1 + rows[key]["possible_duplicate"] for key, number in came.items())
        assert all(len(one) == 1 for one in identities.values())
        assert {reference for reference, _ in doubled} <= set(twice or references)
        assert self.site.rows("audit", "verify")[0]["valid"]

    def close(self):
        with ExitStack() as stack:
            stack.callback(self.server.close)
            stack.callback(self.smarthost.close)
            for service in self.services.values():
                stack.callback(service.__exit__)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    require()
    network = Network(tmp_path_factory.mktemp("nodes"))
    yield network
    network.close()


def test_nodes_that_are_killed_at_random_while_posts_come_in_lose_and_double_nothing(network):
    chance, began = random.Random(SEED), threading.Semaphore(0)

    def post(number):
        network.post(number)
        began.release()

    with ThreadPoolExecutor(3) as threads:
        posting = threads.map(post, range(15))
        for _ in range(3):
            for _ in range(4):
                assert began.acquire(timeout=PATIENCE)
            name = chance.choice(list(SKEWED))
            network.services[name].kill()
            network.start(name)
        list(posting)
    network.assert_everybody_has_every_post()


def test_times_are_the_databases_whatever_the_nodes_clocks_say(network):
    # Were they the nodes', what came in by the fast one would wait for five minutes and be ten older than what the slow one took.
    orders = [at for (at,) in network.server.ask("SELECT received_at FROM posts ORDER BY id", name_in(network.url))]
    assert max(earlier - later for earlier, later in pairwise(orders)) < 60_000_000
    [[fast]] = network.server.ask(
        "SELECT max(received_at) - extract(epoch FROM now()) * 1000000 FROM posts", name_in(network.url)
    )
    assert fast <= 0


def test_a_leader_that_is_paused_while_it_sends_is_replaced_and_not_believed_when_it_wakes_up(network):
    name, before = network.leader(), network.counted()
    paused = network.services[name]
    network.smarthost.sink.behave = lambda stage, _: STALL if stage == "after-dot" else None
    reference = network.post(100, [name])
    eventually(lambda: network.smarthost.copies(reference))
    sending = network.in_state("sending")
    paused.signal(signal.SIGSTOP)
    try:
        network.smarthost.sink.behave = None
        network.let_leases_run_out(name)
        eventually(lambda: set(network.smarthost.copies(reference)) == set(OTHERS))
        eventually(lambda: network.leader() != name)
    finally:
        paused.signal(signal.SIGCONT)
    eventually(lambda: paused.events("jobs.superseded"))
    network.smarthost.stop()  # what it was told nothing about ends at last
    network.smarthost.start()
    counted = network.counted() - before
    assert 0 < counted <= sending
    assert len(network.smarthost.copies(reference)) <= len(OTHERS) + counted
    network.post(101, [name])  # and it goes on
    network.assert_everybody_has_every_post()


def test_nodes_are_restarted_in_turn_under_load_each_with_roles_of_its_own_and_nothing_is_lost_or_doubled(network):
    before, doors = network.counted(), list(SKEWED)
    stop = threading.Event()

    def keep_posting():
        for number in range(200, 224):
            if stop.wait(0.3):  # so that a slow machine isn't kept busy by this alone
                break
            network.post(number, doors)

    with ThreadPoolExecutor(1) as thread:
        posting = thread.submit(keep_posting)
        try:
            for name, only in (("node-2", "smtp"), ("node-3", "delivery"), ("node-1", "jobs,web")):
                service = network.services[name]
                with in_data(service, ANA, octets_of(make_post(ANA, f"Open {name}", "Two tusks.\n"))) as client:
                    service.signal(signal.SIGTERM)
                    eventually(lambda service=service: is_closed(service))
                    client.send(b".\r\n")  # what has been begun is still taken
                    code, words = client.getreply()
                    assert code == 250, words
                    network.references[name] = words.decode().split()[1]
                service.stop()
                assert network.ask(f"SELECT count(*) FROM deliveries WHERE lease LIKE '{name}/%'") == 0
                assert network.ask(f"SELECT count(*) FROM processes WHERE node = '{name}'") == 0
                assert network.leader() != name
                if only != "smtp":
                    doors.remove(name)
                network.start(name, only, deaf=only == "delivery")
        finally:
            stop.set()
        posting.result()
    network.post("last", ["node-2"])  # who sends it hears nothing of that: an announcement is a wake-up only
    network.assert_everybody_has_every_post()
    assert network.counted() == before
    rows = {(row["node"], row["role"], row["state"], row["leads"]) for row in network.site.rows("nodes", "list")}
    assert rows == {
        ("node-1", "jobs", "up", True),
        ("node-1", "web", "up", False),
        ("node-2", "smtp", "up", False),
        ("node-3", "delivery", "up", False),
    }


def test_a_node_in_another_place_can_not_take_a_name_that_is_in_use(network):
    twin = copy.copy(network.sites["node-2"])
    twin.data = network.sites["node-2"].folder / "twin"
    twin.file = twin.data / "relay.toml"
    (twin.data / "run").mkdir(parents=True)
    for shared in ("keys", "lists", "config"):
        (twin.data / shared).symlink_to(network.site.data / shared)
    text = network.sites["node-2"].file.read_text("utf-8")
    twin.file.write_text(text.replace(str(network.sites["node-2"].data), str(twin.data)), "utf-8")
    done = twin.try_run("serve", "--only", "smtp")
    assert done.code == 75
    assert "give each node a [relay] node name of its own" in done.sentence
