"""The real scanners: what they can't do, and what becomes of a message when one of them dies."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from base64 import encodebytes
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

import relay
from relay.documents.samples import samples
from relay.errors import Busy, ConfigurationError, Unavailable
from relay.policy.marking import MarkingWords
from relay.policy.post import Progress, Scan
from relay.scan import pool as pool_module
from relay.scan.frames import length_prefix
from relay.scan.instructions import Definitions, encode_configuration, encode_facts
from relay.scan.parent import ParentError, ScannerParent
from relay.scan.pool import ScannerPool
from relay.scan.scanner import Scanner
from tests.documents import annotated, docx, paragraph, pptx, xlsx
from tests.pictures import attached, encoded, exif, huge_png, picture, printing_profile
from tests.scanning import DEFINITIONS, FACTS, ONE_DETECTOR, WORDS, mail, message, part, plain, rules, scan

MEMORY = 512 * 1024 * 1024
HELLO = message(b"hello")
TOLD = encode_facts(FACTS)
# A parser of the HTML standard needs time that grows with the square of this depth, which the quick look does not see: in
# an object, the closing tag of what stands around it closes nothing.
ENDLESS = mail(part(b"<div><object></div></object>" * 70_000, "text/html"), part(b"x", "image/png"))


class Lasting(ScannerParent):
    """One that many pools begin with, one after the other: to load everything takes longer than all that they do."""

    def close(self) -> None:
        """Stay for the next pool."""

    def end_for_good(self) -> None:
        super().close()


@pytest.fixture(scope="module")
def lasting() -> Iterator[Callable[[], Lasting]]:
    made: list[Lasting] = []

    def living() -> Lasting:
        if not (made and made[-1].is_alive()):
            made.append(Lasting(encode_configuration(MEMORY, DEFINITIONS)))
        return made[-1]

    yield living
    for parent in made:
        parent.end_for_good()


@pytest.fixture
def make_pool(lasting) -> Iterator[Callable[..., ScannerPool]]:
    made: list[ScannerPool] = []

    def make(
        processes: int = 1, seconds: float = 20, definitions: Definitions = DEFINITIONS, *, own: bool = False
    ) -> ScannerPool:
        pool = ScannerPool(
            processes=processes, memory=MEMORY, deadline=timedelta(seconds=seconds), definitions=definitions
        )
        if not own and definitions is DEFINITIONS:
            pool.use(lasting())
        made.append(pool)
        pool.start()
        return pool

    yield make
    for pool in made:
        pool.close()


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        threading.Event().wait(0.01)


def scan_in_thread(pool: ScannerPool, octets: bytes) -> tuple[threading.Thread, list[Scan]]:
    found: list[Scan] = []
    thread = threading.Thread(target=lambda: found.append(pool.scan(octets, FACTS)))
    thread.start()
    return thread, found


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_scanner_finds_what_the_same_code_finds_here(make_pool):
    pool = make_pool()
    for octets in (
        HELLO,
        mail(part(b"TLP:RED"), part(b"<p>x</p>", "text/html"), part(b"x", "image/png")),
        b"",
        b"\xff" * 1000,
    ):
        assert pool.scan(octets, FACTS) == scan(octets)


def test_a_message_of_twenty_megabytes_goes_through(make_pool):
    attachment = (
        part(b"A" * 76 + b"\r\n", "image/jpeg", "Content-Transfer-Encoding: base64\r\n")
        + (b"QUJD" * 19 + b"\r\n") * 270_000
    )
    result = make_pool().scan(mail(part(b"hello"), attachment), FACTS)
    assert (result.progress, plain(result), result.removed) == (Progress.COMPLETE, "hello", ("attachment 1",))


def test_every_charset_is_at_hand_inside_the_sandbox(make_pool):
    pool = make_pool()
    for label in (
        "koi8-r",
        "iso-2022-jp-3",
        "hz",
        "cp1140",
        "mac-farsi",
        "ptcp154",
        "utf-32-be",
        "x-none",
        "kz1048",
        "johab",
    ):
        octets = message(b"\xc4" * 4, f"text/plain; charset={label}")
        assert pool.scan(octets, FACTS) == scan(octets)
    wait_until(lambda: len(pool.pids()) == 1)  # one that has rested is being replaced


def test_photos_of_every_kind_are_made_anew_inside_the_sandbox(make_pool):
    pool = make_pool()
    kinds = {"JPEG": exif("x", 6), "PNG": exif("x", 8), "WEBP": exif("x", 3), "GIF": None}
    large = [attached(encoded(picture(1600, 1200), kind, exif=found)) for kind, found in kinds.items()]
    profile = printing_profile()[0]
    odd = [attached(encoded(picture(mode="CMYK"))), attached(encoded(picture(), icc_profile=profile))]
    odd += [attached(encoded(picture(mode="LA"), "PNG")), attached(encoded(picture(), progressive=True))]
    for octets in (mail(part(b"hello"), *large), mail(part(b"hello"), *odd)):
        result = pool.scan(octets, FACTS)
        assert result == scan(octets)
        assert len(result.images) == 4


def test_documents_of_every_kind_are_opened_inside_the_sandbox(make_pool):
    pool = make_pool()
    more = (
        ("a.pdf", annotated("TLP:RED")),
        ("a.xlsx", xlsx()),
        ("a.docx", docx(paragraph("TLP:RED"))),
        ("a.pptx", pptx("x")),
    )
    for name, octets in (*samples(), *more):
        field = f"Content-Disposition: attachment; filename={name}\r\nContent-Transfer-Encoding: base64\r\n"
        message_octets = mail(part(b"hello"), part(encodebytes(octets), "application/octet-stream", field))
        result = pool.scan(message_octets, FACTS)
        assert result == scan(message_octets)
        assert "part.damaged" not in rules(result, "H1")
    wait_until(lambda: len(pool.pids()) == 1)  # one that has rested is being replaced


def test_an_image_that_wants_all_memory_is_removed_and_the_message_goes_on(make_pool):
    pool = ScannerPool(processes=1, memory=192 * 1024 * 1024, deadline=timedelta(seconds=20), definitions=DEFINITIONS)
    pool.start()
    try:
        wide = encoded(Image.new("RGBA", (6000, 4900)), "PNG", compress_level=1)
        for octets in (wide, huge_png(60_000, 60_000), huge_png(5000, 5000)):
            result = pool.scan(mail(part(b"hello"), attached(octets)), FACTS)
            assert (result.progress, result.images, result.removed) == (Progress.COMPLETE, (), ("attachment 1",))
        assert len(pool.scan(mail(part(b"hello"), attached(encoded(picture()))), FACTS).images) == 1
    finally:
        pool.close()


def test_several_threads_are_served_at_once(make_pool):
    pool = make_pool(processes=2)
    jobs = [scan_in_thread(pool, message(b"number %d" % number)) for number in range(20)]
    for thread, _ in jobs:
        thread.join()
    assert [plain(found[0]) for _, found in jobs] == [f"number {number}" for number in range(20)]


def test_a_late_message_is_given_up_and_what_was_found_counts(make_pool):
    pool = make_pool(seconds=3)
    [before] = pool.pids()
    result = pool.scan(ENDLESS, FACTS)
    assert result.progress is Progress.HEADER
    assert result.message is not None
    assert not exists(before)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    assert pool.pids() != (before,)


def test_a_scanner_that_hangs_is_killed_and_replaced(make_pool):
    """Rows 59 and 68."""
    pool = make_pool(seconds=2)
    [before] = pool.pids()
    os.kill(before, signal.SIGSTOP)
    assert pool.scan(HELLO, FACTS) == Scan(progress=Progress.NOTHING, message=None)
    assert not exists(before)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE


def test_a_scanner_killed_in_the_middle_costs_its_own_message_only(make_pool):
    pool = make_pool(processes=2)
    before = {pid: processor_time(pid) for pid in pool.pids()}
    thread, found = scan_in_thread(pool, ENDLESS)
    wait_until(lambda: any(processor_time(pid) > used + 30 for pid, used in before.items()))
    busy = max(before, key=lambda pid: processor_time(pid) - before[pid])
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    os.kill(busy, signal.SIGKILL)
    thread.join()
    assert found[0].progress is Progress.HEADER
    wait_until(lambda: len(pool.pids()) == 2)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE


def processor_time(pid: int) -> int:
    """User time so far in clock ticks."""
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[11])


def test_a_scanner_that_died_while_idle_is_noticed_before_it_gets_a_message(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "LOOK", timedelta(minutes=1))
    pool = make_pool()
    [before] = pool.pids()
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not pool.ready())
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    wait_until(pool.ready)  # a fresh one takes the place of the one that has scanned
    assert not exists(before)


def test_scanners_that_died_while_idle_are_replaced_though_no_message_comes(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "LOOK", timedelta(milliseconds=10))
    pool = make_pool(processes=2, own=True)
    before = pool.pids()
    [parent] = pool._parents
    os.kill(parent._process.pid, signal.SIGKILL)
    wait_until(lambda: len(after := pool.pids()) == 2 and not set(before) & set(after))
    wait_until(pool.ready)


def test_scanners_started_later_outlive_the_thread_that_needed_them(make_pool):
    pool = make_pool(seconds=2)
    os.kill(pool.pids()[0], signal.SIGSTOP)
    scan_in_thread(pool, HELLO)[0].join()
    wait_until(pool.ready)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE


def test_messages_with_a_rest_between_them_have_each_a_scanner_of_their_own(make_pool):
    pool = make_pool()
    seen = set()
    for _ in range(3):
        [before] = pool.pids()
        seen.add(before)
        assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
        wait_until(lambda before=before: pool.pids() not in {(), (before,)})
        assert not exists(before)
    assert len(seen) == 3


def test_of_messages_that_follow_fast_a_scanner_takes_its_share_and_no_more(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "JOBS", 4)
    monkeypatch.setattr(pool_module, "REST", timedelta(minutes=1))
    pool = make_pool()
    seen = []
    for _ in range(12):
        assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
        wait_until(lambda: pool._free)
        seen += pool.pids()
    assert [seen.count(pid) for pid in dict.fromkeys(seen)] == [3, 4, 4, 1]


def test_after_a_message_without_proof_a_scanner_gets_no_other(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "REST", timedelta(minutes=1))
    pool = make_pool()
    [before] = pool.pids()
    assert pool.scan(HELLO, FACTS).progress is pool.scan(HELLO, FACTS, last=True).progress is Progress.COMPLETE
    wait_until(lambda: not exists(before) and pool._free)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE


def test_while_a_fresh_scanner_is_free_none_that_has_served_gets_a_message(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "REST", timedelta(minutes=1))
    pool = make_pool(processes=3)
    for _ in range(3):
        assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    assert [scanner.jobs for scanner in pool._living] == [1, 1, 1]


def test_while_messages_wait_a_scanner_takes_its_share_of_them_and_no_more(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "JOBS", 4)
    started: list[Scanner] = []

    class Counted(Scanner):
        def __init__(self, parent: ScannerParent) -> None:
            super().__init__(parent)
            started.append(self)

    monkeypatch.setattr(pool_module, "Scanner", Counted)
    pool = make_pool()
    [first] = pool.pids()
    os.kill(first, signal.SIGSTOP)
    jobs = [scan_in_thread(pool, HELLO) for _ in range(12)]
    wait_until(lambda: len(pool._freed._waiters) == len(jobs) - 1)
    os.kill(first, signal.SIGCONT)
    wait_until(lambda: not any(thread.is_alive() for thread, _ in jobs))
    assert all(found[0].progress is Progress.COMPLETE for _, found in jobs)
    assert 3 <= len(started) <= 5


def test_a_scanner_that_has_rested_gets_no_message_even_while_nobody_can_replace_it(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "WAIT", timedelta(milliseconds=50))
    pool = make_pool(processes=2)
    dies, serves = pool._free
    [parent] = pool._parents
    os.kill(parent._process.pid, signal.SIGSTOP)  # and so the keeper waits for the burial of the one that dies
    try:
        os.kill(dies.pid, signal.SIGKILL)
        wait_until(lambda: not dies.is_alive())
        assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
        wait_until(lambda: time.monotonic() - serves.rests_since > pool_module.REST.total_seconds())
        with pytest.raises(Busy):
            pool.scan(HELLO, FACTS)
        assert serves.jobs == 1
    finally:
        os.kill(parent._process.pid, signal.SIGCONT)
    wait_until(lambda: len(pool._free) == 2)
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE


def test_a_scanner_that_spoke_while_it_rested_gets_no_message(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "REST", timedelta(minutes=1))
    monkeypatch.setattr(pool_module, "LOOK", timedelta(minutes=1))  # the keeper would put another in its place
    pool = make_pool()
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    [scanner] = pool._free
    # The keeper has had the look that the end of a scan calls for: with one right after the scanner spoke, it would end it,
    # and a fresh one could have its pipes' numbers.
    wait_until(lambda: pool._left._waiters)
    os.write(
        scanner._input, length_prefix(TOLD) + TOLD + length_prefix(HELLO) + HELLO
    )  # makes it speak without being asked by a message
    # Not by the scanner's own look, which the keeper may take at this moment.
    wait_until(lambda: bool(select.select([scanner._output], [], [], 0)[0]))
    assert pool.scan(message(b"another"), FACTS) == scan(message(b"another"))
    assert scanner.jobs == 1


def test_new_words_hold_from_the_next_message_on(make_pool):
    pool = make_pool()
    octets = message(b"TLP:LILA")
    assert rules(pool.scan(octets, FACTS), "H2") == {"tlp.unknown"}
    words = MarkingWords(names=("TLP",), connectors=(), labels={"TLP:RED": ("LILA",)})
    pool.use(pool.try_out(Definitions(words=words, detectors={})))
    assert rules(pool.scan(octets, FACTS), "M1") == {"tlp.red"}
    assert pool.try_out(Definitions(words=words, detectors={})) is None  # nothing new: those that serve stay


def test_a_scanner_that_needs_too_much_memory_fails_alone(make_pool):
    pool = ScannerPool(processes=1, memory=48 * 1024 * 1024, deadline=timedelta(seconds=20), definitions=DEFINITIONS)
    pool.start()
    try:
        assert pool.scan(message(b"x" * 60_000_000), FACTS).progress is Progress.NOTHING
        assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    finally:
        pool.close()


def test_closing_ends_and_reaps_every_process_and_whoever_waits_is_told(make_pool):
    pool = make_pool(processes=2, own=True)
    pids = pool.pids()
    os.kill(pids[0], signal.SIGSTOP)
    os.kill(pids[1], signal.SIGSTOP)
    told: list[Unavailable] = []

    def wait_for_a_scan() -> None:
        try:
            assert pool.scan(HELLO, FACTS).progress is Progress.NOTHING
        except Unavailable as error:
            told.append(error)

    threads = [threading.Thread(target=wait_for_a_scan) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: not pool._free)
    pool.close()
    for thread in threads:
        thread.join()
    assert len(told) >= 2
    assert not any(exists(pid) for pid in pids)
    assert pool.pids() == ()
    assert not pool.ready()
    with pytest.raises(Unavailable):
        pool.scan(HELLO, FACTS)


def test_closing_is_heard_by_a_keeper_that_is_about_to_wait(monkeypatch):
    monkeypatch.setattr(pool_module, "LOOK", timedelta(minutes=1))

    class Closed(threading.Event):
        def is_set(self) -> bool:
            was = super().is_set()
            if threading.current_thread() is pool._keeper and pool._free and not pool._lock.locked():
                self.wait(20)  # as if another thread had its turn right after the look
            return was

    pool = ScannerPool(processes=1, memory=MEMORY, deadline=timedelta(seconds=20), definitions=DEFINITIONS)
    pool._closed = Closed()
    pool.start()
    closing = threading.Thread(target=pool.close)
    closing.start()
    closing.join(20)
    heard = not closing.is_alive()
    with pool._lock:
        pool._left.notify()
    closing.join()
    assert heard


def test_a_busy_pool_asks_to_try_later(make_pool, monkeypatch):
    monkeypatch.setattr(pool_module, "WAIT", timedelta(milliseconds=50))
    pool = make_pool(seconds=20)
    os.kill(pool.pids()[0], signal.SIGSTOP)
    thread, _ = scan_in_thread(pool, HELLO)
    wait_until(lambda: not pool._free)
    with pytest.raises(Busy):
        pool.scan(HELLO, FACTS)
    os.kill(pool.pids()[0], signal.SIGCONT)
    thread.join()


def test_scanners_that_can_not_start_are_reported(monkeypatch):
    monkeypatch.setattr(pool_module, "START", timedelta(seconds=1))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    pool = ScannerPool(processes=1, memory=MEMORY, deadline=timedelta(seconds=1), definitions=DEFINITIONS)
    with pytest.raises(Unavailable, match="did not start"):
        pool.start()
    assert pool.pids() == ()


def test_a_scanner_ends_with_the_process_that_started_it():
    program = (
        "import os, sys; from datetime import timedelta; from relay.scan.pool import ScannerPool; from tests.scanning import DEFINITIONS\n"
        f"pool = ScannerPool(processes=1, memory={MEMORY}, deadline=timedelta(seconds=20), definitions=DEFINITIONS)\n"
        "pool.start(); print(*pool.pids(), flush=True); os.kill(pool.pids()[0], 19); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False, env=paths())
    wait_until(lambda: not runs(int(ended.stdout)))


def runs(pid: int) -> bool:
    """Whether a process exists and is no zombie that its new parent has yet to reap."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False


def paths() -> dict[str, str]:
    here = Path(relay.__file__).resolve().parent.parent
    return os.environ | {"PYTHONPATH": f"{here}:{Path(__file__).resolve().parent.parent.parent}"}


def test_a_scanner_has_bounds_that_the_kernel_keeps(make_pool):
    table = Path(f"/proc/{make_pool().pids()[0]}/limits").read_text("ascii")
    hard = dict(re.findall(r"^(Max .*?) {2,}\S+ +(\S+)", table, re.MULTILINE))
    assert (hard["Max cpu time"], hard["Max file size"], hard["Max core file size"]) == ("3600", "0", "0")
    assert (hard["Max open files"], hard["Max processes"]) == ("0", "0")
    assert MEMORY < int(hard["Max address space"]) < 2 * MEMORY  # beside what all of them share


def test_when_the_scanners_parent_dies_they_die_with_it_and_another_takes_its_place(make_pool):
    pool = make_pool(processes=2, own=True)
    before = pool.pids()
    parent = int(Path(f"/proc/{before[0]}/stat").read_text("ascii").rpartition(")")[2].split()[1])
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: not any(runs(pid) for pid in before))
    assert pool.scan(HELLO, FACTS).progress is Progress.COMPLETE
    wait_until(lambda: len(pool.pids()) == 2 and not set(pool.pids()) & set(before))
    pool.close()
    assert not exists(parent)


def test_a_scanners_parent_that_answers_too_late_is_ended_since_its_answer_would_be_taken_for_the_next_one_s():
    parent = ScannerParent(encode_configuration(MEMORY, DEFINITIONS))
    try:
        _, *pipes = parent.fork()
        parent._control.settimeout(0.05)
        os.kill(parent._process.pid, signal.SIGSTOP)
        with pytest.raises(ParentError):
            parent.fork()
        os.kill(parent._process.pid, signal.SIGCONT)
        wait_until(lambda: not parent.is_alive())
        for pipe in pipes:
            os.close(pipe)
    finally:
        parent.close()


def test_a_scanner_has_nothing_open_but_its_two_pipes(make_pool):
    pool = make_pool(processes=3)
    for descriptors in (Path(f"/proc/{pid}/fd") for pid in pool.pids()):
        if os.access(descriptors, os.R_OK):  # only root may look
            opened = {entry.name: str(entry.readlink()).partition(":")[0] for entry in descriptors.iterdir()}
            assert opened == {"0": "pipe", "1": "pipe", "2": "/dev/null"}


def test_a_scanner_knows_no_secret_of_the_environment(make_pool, monkeypatch):
    monkeypatch.setenv("RELAY_DELIVERY__PASSWORD", "opensesame")
    environment = Path(f"/proc/{make_pool(own=True).pids()[0]}/environ")
    if os.access(environment, os.R_OK) and os.geteuid() == 0:  # nobody else may even look
        assert b"opensesame" not in environment.read_bytes()


# What each line tries from inside, in a process of its own; it prints the error, or "done" if nothing stopped it.
PROBE = """
import ctypes, json, mmap, os, resource, signal, socket, subprocess, sys, threading
from relay.scan.sandbox import enter_sandbox
own = ctypes.CDLL(None, use_errno=True)
def syscall(number, *more):
    if own.syscall(number, *more) == -1:
        raise OSError(ctypes.get_errno(), "refused")
def probe(attempt):
    walls = enter_sandbox(512 * 1024 * 1024)
    try:
        exec(attempt)
    except BaseException as error:
        print(type(error).__name__, walls.seccomp, walls.unprivileged, flush=True)
    else:
        print("done", flush=True)
told = []
for attempt in {attempts}:
    reading, writing = os.pipe()
    if not os.fork():
        os.dup2(writing, 1)
        os.closerange(3, 100)
        probe(attempt)
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told.append(pipe.read())
    os.wait()
print(json.dumps(told))
"""


def probed(*attempts: str, first: str = "") -> list[str]:
    """What is printed about each of these attempts."""
    program = f"{first}\n{PROBE.format(attempts=attempts)}"
    command = [sys.executable, "-W", "ignore", "-c", program]
    told: list[str] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=paths()).stdout)
    return told


# The bare system calls have the numbers of x86_64; on other processors these numbers are other calls that are denied too.
ATTEMPTS = {
    "write a file": "os.open('/tmp/leak', os.O_WRONLY | os.O_CREAT, 0o666)",
    "read a file": "os.open('/etc/hostname', os.O_RDONLY)",
    "list a directory": "os.listdir('/')",
    "make a directory": "os.mkdir('/tmp/leak')",
    "rename": "os.rename('/tmp/leak', '/tmp/leak2')",
    "link": "os.symlink('/etc/passwd', '/tmp/leak')",
    "remove": "os.unlink('/tmp/leak')",
    "open a socket": "socket.socket()",
    "open a local socket": "socket.socket(socket.AF_UNIX)",
    "make a socket pair": "socket.socketpair()",
    "fork": "os.fork() or os._exit(0)",
    "start a thread": "threading.Thread(target=print).start()",
    "run a program": "os.execv('/bin/true', ['true'])",
    "start a program": "subprocess.run(['/bin/true'])",
    "take a gigabyte": "bytearray(1 << 30)",
    "map a gigabyte": "mmap.mmap(-1, 1 << 30)",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "become root again": "os.setuid(0)",
    "raise a limit": "resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))",
    "make a pipe": "os.pipe()",
    "make a file in memory": "os.memfd_create('leak')",
    "trace": "syscall(101, 16, os.getppid(), 0, 0)",
    "use io_uring": "syscall(425, 1, 0)",
    "use bpf": "syscall(321, 0, 0, 0)",
    "use the x32 table": "syscall(0x40000000 + 39)",
    "clone in the new way": "syscall(435, 0, 0)",
}


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    return dict(zip(ATTEMPTS, probed(*ATTEMPTS.values()), strict=True))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_process_in_the_sandbox_can_not(attempt, told):
    word, *walls = told[attempt].split() or ["killed"]
    assert word in {"OSError", "PermissionError", "BlockingIOError", "MemoryError", "RuntimeError", "ValueError"}
    assert walls == ["True", "True"]


def test_a_process_in_the_sandbox_can_still_compute_and_talk():
    attempt = "os.write(1, b'talked '); sorted(range(1000)); sys.exit() if len(os.urandom(8)) == 8 else None"
    [said] = probed(attempt)
    assert said.startswith("talked SystemExit")


def test_a_limit_that_is_lower_already_stays():
    lower = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))"
    [said] = probed("bytearray(300 << 20)", first=lower)
    assert said.startswith("MemoryError")


def test_a_detector_that_misses_its_own_example_stops_the_start_with_its_name():
    detectors = {"a.toml": ONE_DETECTOR.replace("An informant.", "A man.")}
    pool = ScannerPool(
        processes=1,
        memory=MEMORY,
        deadline=timedelta(seconds=20),
        definitions=Definitions(words=WORDS, detectors=detectors),
    )
    with pytest.raises(ConfigurationError, match=r"a\.toml: “a\.rule” does not find its example “A man\.”"):
        pool.start()
    assert pool.pids() == ()


def test_a_rule_of_the_definitions_is_believed_from_a_scanner(make_pool):
    pool = make_pool(definitions=Definitions(words=WORDS, detectors={"a.toml": ONE_DETECTOR}))
    assert rules(pool.scan(message(b"An informant told us."), FACTS), "O1") == {"a.rule"}
