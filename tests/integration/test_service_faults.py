"""What breaks around the relay, and what does not come of it: nothing answered 250 is lost, nothing is delivered twice."""

import json
import os
import resource
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
from contextlib import closing, suppress
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from relay.intake.tls import make_localhost_certificate
from tests.integration.clients import connect, in_data, is_closed, send
from tests.integration.posting import PostingScene
from tests.integration.service import ANA, Service, Site, Smarthost, eventually


class Scene(PostingScene):
    """A relay that tests may stop, kill and start again."""

    def __init__(self, folder, **limits):
        self.smarthost = Smarthost()
        self.site = Site(folder, self.smarthost.port)
        for key, value in limits.items():
            self.site.configure("smtp", key, value)
        self.site.enrol(ANA)
        self.service = Service(self.site)

    def health(self):
        with urlopen(f"http://127.0.0.1:{self.service.ports['web']}/health", timeout=10) as reply:
            return json.load(reply)

    def references(self):
        return [row["reference"] for row in self.site.rows("posts", "list")]

    def restart(self):
        self.service = Service(self.site)

    def close(self):
        if self.service.process.returncode is None:
            self.service.stop()
        self.smarthost.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("faults"))
    yield scene
    scene.close()


def test_posts_wait_for_a_smarthost_that_is_down_and_are_delivered_once_when_it_is_back(scene):
    scene.smarthost.stop()
    references = [scene.send() for _ in range(3)]
    eventually(lambda: scene.service.events("delivery.smarthost_away"))
    health = scene.health()
    assert (health["status"], health["smarthost_away"]) == ("ok", True)
    scene.smarthost.start()
    scene.assert_delivered_once(*references)


def test_a_kill_loses_no_post_that_was_answered_250(scene):
    scene.smarthost.stop()
    references = [scene.send() for _ in range(2)]
    scene.service.kill()
    scene.smarthost.start()
    scene.restart()
    scene.assert_delivered_once(*references)


def test_a_client_that_is_sending_when_the_relay_is_told_to_stop_may_finish(scene):
    octets = scene.post()
    with in_data(scene.service, ANA, octets[:100]) as client:
        scene.service.signal(signal.SIGTERM)
        eventually(lambda: is_closed(scene.service))
        client.send(octets[100:] + b".\r\n")
        code, words = client.getreply()
    assert code == 250
    scene.service.stop()
    scene.restart()
    scene.assert_delivered_once(words.decode().split()[1])


def test_a_broken_list_is_refused_at_reload_with_its_line_and_the_old_one_stays(scene):
    scene.site.edit_list("central-africa", "require_marking = false", "require_markings = true")
    refused = scene.service.reload("service.reload_refused")
    assert "central-africa.toml:" in refused["reason"]
    assert "require_marking" in refused["reason"]
    reference = scene.send()
    scene.site.edit_list("central-africa", "require_markings = true", "require_marking = true")
    scene.service.reload()
    scene.assert_delivered_once(reference)
    held = scene.send()
    assert [row["decision"] for row in scene.site.rows("posts", "show", held)] == ["hold"]
    scene.site.edit_list("central-africa", "require_marking = true", "require_marking = false")
    scene.service.reload()


def test_a_renewed_certificate_serves_new_connections_after_a_reload_and_open_ones_go_on(scene):
    certificate, key = scene.service.certificate, scene.service.certificate.with_suffix(".key")
    old = certificate.read_bytes()
    with connect(scene.service) as before:
        pem, key_pem = make_localhost_certificate(datetime.now(UTC))
        certificate.write_bytes(pem)  # a renewal that is half done
        refused = scene.service.reload("service.reload_refused")
        assert "localhost.crt: the TLS certificate can't be used" in refused["reason"]
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(scene.service)  # it still serves the old one
        key.write_bytes(key_pem)
        scene.service.reload()
        for door in ("submission", "submissions"):
            with connect(scene.service, door) as after:
                assert ssl.DER_cert_to_PEM_cert(after.sock.getpeercert(binary_form=True)).encode() == pem != old
        assert before.noop()[0] == 250
        assert ssl.DER_cert_to_PEM_cert(before.sock.getpeercert(binary_form=True)).encode() == old


def test_a_list_with_posts_that_wait_cannot_lose_its_definition(scene):
    scene.site.edit_list("central-africa", "require_marking = false", "require_marking = true")
    scene.service.reload()
    scene.send()
    definition = scene.site.data / "lists" / "central-africa.toml"
    definition.rename(definition.with_suffix(".away"))
    assert "put central-africa.toml back" in scene.service.reload("service.reload_refused")["reason"]
    assert scene.site.try_run("held", "list").code == 78
    definition.with_suffix(".away").rename(definition)
    scene.site.edit_list("central-africa", "require_marking = true", "require_marking = false")
    scene.service.reload()


def test_a_post_is_judged_after_every_scanner_was_killed(scene):
    scanners = scene.service.children()
    assert len(scanners) >= 2
    # The one that they were forked from first: it would put another in the place of each, which ends with it in the midst of a post.
    for pid in reversed(scanners):
        with suppress(ProcessLookupError):  # one that has served ends by itself soon
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: not set(scanners) & set(scene.service.children()))
    scene.assert_delivered_once(scene.send())
    assert not set(scanners) & set(scene.service.children())


def test_a_client_that_hangs_up_after_the_dot_and_sends_again_has_posted_once(scene):
    """Row 24."""
    octets = scene.post()
    decided = len(scene.service.events("post.decided"))
    with in_data(scene.service, ANA, octets + b".\r\n") as client:
        # Without lingering, closing resets the connection: the relay can't give its answer.
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    [event] = eventually(lambda: scene.service.events("post.decided")[decided:])
    assert scene.send(octets) == event["reference"]
    scene.assert_delivered_once(event["reference"])


def test_while_another_program_locks_the_database_clients_are_asked_to_try_later(scene):
    octets, before = scene.post(), scene.references()
    with closing(sqlite3.connect(scene.site.data / "relay.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert send(scene.service, ANA, octets).startswith("451 4.3.0 ")
        other.execute("ROLLBACK")
    assert scene.references() == before
    scene.assert_delivered_once(scene.send(octets))


def test_a_disk_that_fails_is_451_and_after_a_restart_everything_works_again(scene):
    octets = scene.post("Ivory. " * 100_000 + "\n")
    usual = resource.prlimit(scene.service.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scene.service.process.pid, resource.RLIMIT_FSIZE, (4096, usual[1]))
    assert send(scene.service, ANA, octets).startswith(("451 4.3.0 ", "452 4.3.1 "))
    resource.prlimit(scene.service.process.pid, resource.RLIMIT_FSIZE, usual)
    scene.service.stop()
    scene.restart()
    scene.assert_delivered_once(scene.send(octets))


@pytest.fixture
def small_disk(tmp_path):
    """A file system of a few megabytes, where this machine lets us make one."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "none", str(tmp_path)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    yield tmp_path
    if subprocess.run(["umount", str(tmp_path)], check=False).returncode:
        # Left mounted, it would make the clearing up of every later run fail.
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
        pytest.fail("something still uses the small disk")


def fill(path, leave=0):
    """Use up a disk, to its last octet or to so many."""
    with path.open("wb", buffering=0) as ballast, suppress(OSError):
        while (space := os.statvfs(path)).f_bavail * space.f_frsize > leave and ballast.write(bytes(4096)):
            pass


def test_a_full_disk_is_451_or_452_and_works_again_by_itself_once_there_is_room(small_disk):
    scene = Scene(small_disk, min_free_octets=0)
    try:
        first = scene.send()
        scene.assert_delivered_once(first)
        fill(small_disk / "ballast")
        octets = scene.post("Ivory. " * 100_000 + "\n")
        assert send(scene.service, ANA, octets).startswith(("451 4.3.0 ", "452 4.3.1 "))
        (small_disk / "ballast").unlink()
        second = scene.send(octets)
        scene.assert_delivered_once(second)
        assert sorted(scene.references()) == sorted([first, second])
    finally:
        scene.close()


def test_a_disk_that_fills_up_is_452_before_it_is_full_and_what_was_taken_is_still_delivered(small_disk):
    scene = Scene(small_disk, min_free_octets=4 << 20)
    try:
        scene.smarthost.stop()
        taken = scene.send()
        fill(small_disk / "ballast", leave=3 << 20)
        assert send(scene.service, ANA, scene.post()) == "452 4.3.1 Short of storage, please try again later"
        assert send(scene.service, ANA, scene.post()).startswith("452 4.3.1 ")
        assert len(scene.service.events("service.disk_low")) == 1, "the log says it once"
        with pytest.raises(HTTPError) as unwell:
            scene.health()
        assert json.load(unwell.value) == {"status": "unavailable", "why": "disk"}
        scene.smarthost.start()
        scene.assert_delivered_once(taken)
        (small_disk / "ballast").unlink()
        scene.assert_delivered_once(scene.send())
        assert len(scene.service.events("service.disk_recovered")) == 1
    finally:
        scene.close()
