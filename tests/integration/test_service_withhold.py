"""What is withheld reaches nobody and is written nowhere: not by the service, not by a command, not in its notices."""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.integration.clients import make_post, octets_of, send
from tests.integration.service import (
    ANA,
    CENTRAL,
    CLAIRE,
    JEAN,
    PATIENCE,
    SPECIES,
    Service,
    Site,
    Smarthost,
    eventually,
)
from tests.integration.withheld_posts import PLACES, post_marked_in, traces, words_of

SECRET = tuple(word for place in PLACES for word in words_of(place))
CONTROL = "<controlword.quixotic@douanes.example>"  # the Message-ID of a relayed post, which is kept in clear
# A call that another thread's call interrupted ends in "<unfinished ...>" without a bracket: no further than its line.
OPENED_FOR_WRITING = re.compile(
    r'open(?:at|at2)?\((?:AT_FDCWD, |\d+[^,]*, )?"([^"]+)", [^)\n]*O_(?:WRONLY|RDWR|CREAT)|creat\("([^"]+)"'
)
DEVICES = ("/dev/null", "/dev/tty", "/proc/self/", "/sys/fs/")


class Scene:
    """A relay that logs all it can, is watched by strace where that works, and has been sent every withheld post."""

    def __init__(self, folder):
        self.folder, self.smarthost = folder, Smarthost()
        self.site = Site(folder, self.smarthost.port)
        self.site.configure("log", "level", "debug")
        self.site.enrol(ANA, JEAN, CLAIRE)
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.trace = folder / "trace"
        environment = {"TMPDIR": str(self.temporary), "HOME": str(self.temporary), "PYTHONDONTWRITEBYTECODE": "1"}
        self.service = Service(self.site, *self._strace(), environment=environment)
        self.posts = {place: octets_of(post_marked_in(place)) for place in PLACES}
        self.references = {place: self.send(octets) for place, octets in self.posts.items()}
        control = make_post(ANA, "A control", "Two tusks, found at a market.\n", message_id=CONTROL)
        self.control = self.send(control)
        eventually(lambda: len(self.smarthost.copies(self.control)) == 4)
        self.notices = {place: self.notice(reference) for place, reference in self.references.items()}

    def _strace(self):
        """The words that start a command under strace; none where strace is absent or may not trace."""
        calls = ("strace", "-D", "-f", "--seccomp-bpf", "-s", "500", "-e", "trace=open,openat,openat2,creat")
        self.unwatched = "strace is absent" if not shutil.which("strace") else ""
        if not self.unwatched:
            tried = subprocess.run([*calls, "true"], check=False, capture_output=True, timeout=PATIENCE)
            self.unwatched = "" if b"exited with 0" in tried.stderr else "this machine does not let strace trace"
        return () if self.unwatched else (*calls, "-o", str(self.trace))

    def send(self, message, author=ANA, *to):
        reply = send(self.service, author, message, *to)
        assert re.fullmatch(r"250 2\.0\.0 [A-Z]{4,}-\d{4}-\d{6}", reply), reply
        return reply.split()[2]

    def notice(self, reference, decision="withhold"):
        return self.smarthost.notice(reference, decision)

    def files(self):
        """Every file under the data directory and the temporary one, with what it holds."""
        for root in (self.site.data, self.temporary):
            for path in root.rglob("*"):
                if path.is_file():
                    yield path, path.read_bytes()

    def dump(self):
        with closing(sqlite3.connect(self.site.data / "relay.db")) as database:
            return "\n".join(database.iterdump()).encode()

    def close(self):
        self.service.stop()
        self.smarthost.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("withhold"))
    yield scene
    if scene.service.process.returncode is None:
        scene.close()


@pytest.mark.parametrize("place", PLACES)
def test_a_marking_above_the_ceiling_withholds_wherever_it_stands(scene, place):
    [row] = scene.site.rows("posts", "show", scene.references[place])
    assert (row["decision"], row["marking"], row["message_id"]) == ("withhold", "TLP:RED", None)
    assert {reason["code"] for reason in row["reasons"]} >= {"M1"}
    assert row["deliveries"] == {}
    assert scene.smarthost.copies(scene.references[place]) == []


def test_the_author_alone_gets_a_notice_with_the_contracts_header(scene):
    for place, notice in scene.notices.items():
        assert [mail.recipient for mail in scene.smarthost.about(scene.references[place])] == [ANA]
        assert notice.received.mail_from == ""
        assert notice.message["Auto-Submitted"] == "auto-replied"
        assert notice.message["X-WEN-Decision"] == "withhold"
        assert notice.message["To"].addresses[0].addr_spec == ANA
        assert scene.references[place] in notice.text()
        assert {"REVIEW", "SPILL"} <= set(notice.text().split())


def runs(text):
    """Every run of eight letters or digits, case-folded."""
    words = re.findall(r"[^\W_]{8,}", text.casefold())
    return {word[start : start + 8] for word in words for start in range(len(word) - 7)}


def test_no_run_of_eight_letters_of_a_post_is_in_its_notice_unless_an_empty_posts_notice_has_it_too(scene):
    empty = scene.notice(scene.send(make_post(ANA, "", "TLP:RED\n", message_id="<0@d.example>")))
    usual = runs(empty.received.octets.decode()) | runs(empty.text())
    for place, notice in scene.notices.items():
        post = scene.posts[place].decode("utf-8", "replace") + " ".join(words_of(place))
        said = runs(notice.received.octets.decode()) | runs(notice.text())
        assert not said & runs(post) - usual, place


def test_each_kind_of_agency_is_pointed_to_its_own_doors(scene):
    ranger = scene.notice(scene.send(post_marked_in("subject", JEAN), JEAN))
    customs = scene.notices["subject"]
    [theirs] = scene.site.rows("posts", "show", ranger.reference)
    [ours] = scene.site.rows("posts", "show", customs.reference)
    assert set(ours["channels"]) >= {"cencomm", "ncb"}
    assert "cencomm" not in theirs["channels"]
    assert {"police_focal_point", "customs_focal_point"} & set(theirs["channels"])
    assert "CENcomm" in customs.text()
    assert "I-24/7" not in ranger.text()


def test_a_withheld_post_that_is_sent_again_gets_its_reference_and_no_second_notice(scene):
    assert scene.send(scene.posts["body"]) == scene.references["body"]
    scene.notice(scene.send(make_post(ANA, "[TLP:RED] Another", "Something else.\n", message_id="<next@d.example>")))
    assert len(scene.smarthost.about(scene.references["body"])) == 1


def test_one_list_that_withholds_withholds_for_all(scene):
    scene.site.edit_list("species-id", 'ceiling = "TLP:GREEN"', 'ceiling = "TLP:AMBER"')
    scene.site.edit_list("species-id", 'default_marking = "TLP:GREEN"', 'default_marking = "TLP:AMBER"')
    scene.service.reload()
    message = make_post(ANA, "[TLP:AMBER] For the experts", "What is it?\n", message_id="<amber@d.example>")
    reference = scene.send(message, ANA, SPECIES, CENTRAL)
    assert {row["decision"] for row in scene.site.rows("posts", "show", reference)} == {"withhold"}
    scene.notice(reference)
    assert scene.smarthost.copies(reference) == []


def test_a_running_service_has_written_no_word_of_a_withheld_post(scene):
    found = {str(path): traces(octets, SECRET) for path, octets in scene.files()}
    assert {path: words for path, words in found.items() if words} == {}
    assert traces(scene.service.log, SECRET) == []
    assert traces(scene.dump(), SECRET) == []
    assert list(scene.temporary.iterdir()) == []


def test_the_search_finds_what_is_kept(scene):
    octets = b"".join(octets for _, octets in scene.files())
    assert traces(octets, (CONTROL,)) == [CONTROL]
    assert traces(scene.posts["html"], words_of("html")) == list(words_of("html"))


def test_no_command_prints_a_word_of_a_withheld_post(scene):
    reference = scene.references["subject"]
    commands = [
        *(("posts", "list", "--json"), ("posts", "show", reference), ("posts", "show", reference, "--json")),
        *(("queue", "list", "--json"), ("held", "list", "--json"), ("audit", "export"), ("members", "export")),
    ]
    for words in commands:
        done = scene.site.run(*words)
        assert traces((done.out + done.err).encode(), SECRET) == []
    for words in (("held", "show", reference), ("held", "release", reference, "--moderator", CLAIRE)):
        done = scene.site.try_run(*words)
        assert done.code == 66
        assert traces((done.out + done.err).encode(), SECRET) == []


def test_a_stopped_service_leaves_no_word_of_a_withheld_post_and_wrote_in_its_data_directory_alone(scene):
    scene.close()
    found = {str(path): traces(octets, SECRET) for path, octets in scene.files()}
    assert {path: words for path, words in found.items() if words} == {}
    assert traces(scene.service.log, SECRET) == []
    assert traces(scene.dump(), SECRET) == []
    if scene.unwatched:
        pytest.skip(scene.unwatched)
    # strace ends a process's story with "PID   +++ exited …", its number padded to a column.
    end = re.compile(rf"^{scene.service.process.pid} +\+\+\+ ", re.MULTILINE)
    eventually(lambda: end.search(scene.trace.read_text("utf-8", "replace")))
    written = {
        path or created for path, created in OPENED_FOR_WRITING.findall(scene.trace.read_text("utf-8", "replace"))
    }
    outside = {path for path in written if not path.startswith((f"{scene.site.data}{os.sep}", *DEVICES))}
    assert outside == set()
    assert str(scene.site.data / "relay.db") in written
