"""The relay on PostgreSQL, each role a process of its own: nothing is lost, nothing withheld is written, and all is quick."""

import json
import re
import signal
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from relay.app import ROLES
from relay.jobs import TICK
from tests.integration.clients import connect, in_data, is_closed, make_post
from tests.integration.posting import OTHERS, PostingScene
from tests.integration.service import ANA, Service, Site, Smarthost, eventually
from tests.integration.withheld_posts import PLACES, post_marked_in, traces, words_of
from tests.postgresql import Server, require

# The most talkative server there is: each statement stands in its log with its values.
TALKATIVE = {"log_min_duration_statement": 0, "log_parameter_max_length_on_error": -1}


class Scene(PostingScene):
    """A relay whose four roles are four processes, and its database's server."""

    def __init__(self, folder):
        self.server = Server(settings=TALKATIVE)
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port, database=self.server.database())
        self.site.configure("log", "level", "debug")
        self.site.enrol(ANA)
        self.roles = {}
        with ThreadPoolExecutor(len(ROLES)) as threads:
            list(threads.map(self.start, ROLES))

    @property
    def service(self):
        return self.roles["smtp"]

    def start(self, role):
        self.roles[role] = Service(self.site, only=role)

    def is_healthy(self):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.roles['web'].ports['web']}/health").close()
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True

    def close(self):
        with ExitStack() as stack:
            stack.callback(self.server.close)
            stack.callback(self.smarthost.close)
            for role in self.roles.values():
                stack.callback(role.__exit__)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    require()
    scene = Scene(tmp_path_factory.mktemp("postgresql"))
    yield scene
    scene.close()


def test_a_post_that_one_process_took_is_sent_at_once_by_another(scene):
    references, waits = [], []
    for _ in range(4):
        references.append(scene.send())
        began = time.monotonic()
        eventually(lambda: scene.smarthost.copies(references[-1]) == OTHERS)
        waits.append(time.monotonic() - began)
    # By the look at the queue at each tick the first might go soon, and each other a tick after the last.
    assert sorted(waits)[1] < TICK.total_seconds() / 2
    scene.assert_delivered_once(*references)


def test_the_web_process_tells_what_every_process_of_its_node_has_measured(scene):
    page = urllib.request.urlopen(f"http://127.0.0.1:{scene.roles['web'].ports['web']}/metrics")
    with page:
        text = page.read().decode()
    assert set(re.findall(r'process_resident_memory_bytes\{process="(\w+)"\}', text)) == set(ROLES)
    assert 'wen_relay_stage_seconds_count{process="smtp",stage="commit"}' in text
    assert 'wen_relay_deliveries_total{kind="copy",outcome="delivered",process="delivery",reply="2yz"}' in text
    assert 'wen_relay_database_up{process="web"} 1.0' in text


def test_what_a_command_sets_free_is_sent(scene):
    scene.smarthost.sink.behave = lambda stage, argument: "451 4.3.0 later" if stage == "rcpt" else None
    reference = scene.send()
    eventually(lambda: scene.site.ask("SELECT id FROM deliveries WHERE attempts > 0 AND status = 'queued'"))
    scene.smarthost.sink.behave = None
    scene.site.run("queue", "retry", reference)
    scene.assert_delivered_once(reference)


@pytest.mark.parametrize("only", [*ROLES, ""])
def test_a_second_process_of_a_role_is_75(scene, only):
    done = scene.site.try_run("serve", "--only", only)
    assert done.code == 75
    assert f"(role {only or ROLES[0]})" in done.sentence


def test_nothing_of_a_withheld_post_is_in_any_file_of_the_relay_the_server_or_its_log(scene):
    places, began = PLACES[:4], time.time()
    control = "<controlword.quixotic@douanes.example>"
    kept = scene.send(make_post(ANA, "A control", "Two tusks.\n", message_id=control))
    for place in places:
        reference = scene.send(post_marked_in(place))
        assert scene.smarthost.notice(reference, "withhold").recipient == ANA
        assert scene.smarthost.copies(reference) == []
    scene.assert_delivered_once(kept)
    scene.server.ask("CHECKPOINT")
    folders = (scene.server.folder, scene.site.data)
    written = [path for one in folders for path in one.rglob("*") if path.is_file() and path.stat().st_mtime >= began]
    files = {path: path.read_bytes().rstrip(b"\0") for path in written}  # the log's unused rest is zeros
    assert any(control.encode() in octets for path, octets in files.items() if "/base/" in str(path))
    assert control.encode() in files[scene.server.folder / "log"]
    secret = tuple(word for place in places for word in words_of(place))
    found = {str(path): words for path, octets in files.items() if (words := traces(octets, secret))}
    assert found == {}
    for role in scene.roles.values():
        assert traces(role.log, secret) == []


def test_while_the_server_is_down_clients_are_asked_to_try_later_and_then_all_goes_on_by_itself(scene):
    waiting, octets = [scene.post() for _ in range(2)], scene.post()
    assert scene.is_healthy()
    scene.smarthost.stop()
    references = [scene.send(one) for one in waiting]
    with in_data(scene.service, ANA, octets) as client:
        scene.server.stop("immediate")
        client.send(b".\r\n")
        assert client.getreply()[0] == 451
    with connect(scene.service) as client:
        client.ehlo()
        assert client.docmd("AUTH", "PLAIN AGFuYUBkb3VhbmVzLmV4YW1wbGUAeA==")[0] == 454
    assert not scene.is_healthy()
    assert scene.site.try_run("queue", "status").code == 75
    scene.smarthost.start()
    scene.server.start()
    references.append(scene.send(octets))
    scene.assert_delivered_once(*references)
    assert scene.is_healthy()
    assert all(role.process.poll() is None for role in scene.roles.values())


def test_a_kill_of_the_processes_that_take_and_send_loses_nothing(scene):
    scene.smarthost.stop()
    references = [scene.send() for _ in range(2)]
    for role in ("smtp", "delivery"):
        scene.roles[role].kill()
    scene.smarthost.start()
    for role in ("delivery", "smtp"):
        scene.start(role)
    references.append(scene.send())
    scene.assert_delivered_once(*references)


def test_a_reload_while_posts_come_in_refuses_nothing(scene):
    octets = [scene.post() for _ in range(12)]
    with ThreadPoolExecutor(4) as threads:
        sending = threads.map(scene.send, octets)
        for _ in range(3):
            scene.service.reload()
        references = list(sending)
    assert len(set(references)) == len(octets)
    scene.assert_delivered_once(*references)


def test_a_message_at_work_is_answered_when_the_process_is_told_to_stop(scene):
    octets = scene.post()
    with in_data(scene.service, ANA, octets + b".\r\n") as client:
        scene.service.signal(signal.SIGTERM)
        code, words = client.getreply()
    assert code == 250
    eventually(lambda: is_closed(scene.service))
    scene.service.stop()
    scene.assert_delivered_once(words.decode().split()[1])


def test_the_audit_log_that_four_processes_and_commands_wrote_is_whole(scene):
    for role in scene.roles.values():
        role.__exit__()
    assert scene.site.rows("audit", "verify") == [{"valid": True, "problems": []}]
    entries = [json.loads(line) for line in scene.site.run("audit", "export").out.splitlines()]
    assert {"post.decided", "member.added"} <= {entry.get("event") for entry in entries}
    with Service(scene.site) as whole:  # and all the roles in one process
        scene.roles = {"smtp": whole}
        scene.assert_delivered_once(scene.send())
