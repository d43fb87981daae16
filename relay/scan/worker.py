"""The scanners' parent and the scanners: `python -m relay.scan`, started and watched by the pool.

The parent loads everything that a scanner will need and passes a message through all of it; then it forks scanners on
demand, and for the reading lane a reader, which loads tesseract first. Each locks itself in before it sees its first octet,
then reads one message after another from standard input and writes what each stage found to standard output. Any failure
ends the process without a word: a traceback could hold what must not be kept.
"""

import os
import signal
import socket
from base64 import encodebytes
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from io import BytesIO
from typing import NoReturn

from relay import heap
from relay.detectors.facts import Facts
from relay.documents.samples import samples
from relay.errors import ConfigurationError
from relay.scan.charset import load_every_charset
from relay.scan.frames import (
    FRAME_OCTETS,
    PREFIX_OCTETS,
    Stage,
    encode_ready,
    encode_stage,
    length_prefix,
    read_length,
)
from relay.scan.image import prepare
from relay.scan.instructions import decode_configuration, decode_facts, encode_introduction
from relay.scan.parent import FORKS, NUMBER_OCTETS, READER, decode_number, encode_number
from relay.scan.reading import read_pages
from relay.scan.rules import Rules, make_rules
from relay.scan.sandbox import enter_sandbox
from relay.scan.stages import scan_octets
from relay.scan.tesseract import Tesseract

Job = Callable[[bytes, Facts], Iterator[Stage]]  # what is done with a message, or with photos

_INPUT, _OUTPUT = 0, 1
_SOFTWARE_ERROR = 70  # EX_SOFTWARE of sysexits.h
_PIECE = 1024 * 1024

# Passes through every module that a real message will need, so that none is left to be loaded once files are out of reach.
_WARM_UP = (
    b"From: Ana Example <ana@example.org>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nDate: Mon, 6 Jan 2025 10:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>T<b hidden>L</b>P:<a href='https://example.org/'>x</a>\xc3\xa9\r\n"
    b"--b\r\nContent-Type: text/plain; charset*=utf-8''x-none\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ\r\n"
    b"--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n> caf=E9\r\n"
)

_WARM_UP_FACTS = Facts(on=date(2025, 1, 6))


def run() -> None:
    """Start and end scanners as asked, until standard input, which is a socket, ends."""
    try:
        _serve_pool()
    except BaseException:  # noqa: BLE001 - whatever it was, its text could hold content: only the exit code leaves
        os._exit(_SOFTWARE_ERROR)


def _serve_pool() -> None:
    heap.give_memory_back()  # scanners have it from their parent, which frees more while it loads than a message has
    control = socket.socket(fileno=_INPUT)
    loaded = _load(control)
    if loaded is None:
        return
    memory, rules = loaded
    heap.settle()
    _introduce(control, encode_introduction(rules.detectors.rules()))
    children: set[int] = set()
    while len(request := (received := socket.recv_fds(control, NUMBER_OCTETS, 2))[0]) == NUMBER_OCTETS:
        pid, pipes = decode_number(request), received[1]
        if pid in FORKS:
            make_job = partial(_reading, rules) if pid == READER else partial(_scanning, rules)
            if (pid := os.fork()) == 0:
                _serve_on(pipes, memory, make_job)
            children.add(pid)
        elif pid in children:
            _end(pid)
            children.discard(pid)
        for pipe in pipes:
            os.close(pipe)
        control.sendall(encode_number(pid))
    for pid in children:
        _end(pid)


def _load(control: socket.socket) -> tuple[int, Rules] | None:
    """What a scanner may use of memory, and what it searches for; None where it can't serve, and the pool was told if a definition is why."""
    configuration = _read_frame(control.recv)
    if configuration is None:
        return None
    memory, definitions = decode_configuration(configuration)
    try:
        rules = make_rules(definitions)
    except ConfigurationError as error:
        _introduce(control, encode_introduction(fault=str(error)))
        return None
    load_every_charset()
    documents = (_attached(octets, f"application/octet-stream; name={name}") for name, octets in samples())
    warm_up = _WARM_UP + b"".join(map(_attached, prepare())) + b"".join(documents) + b"--b--\r\n"
    scan = _scanning(rules)
    _do(scan, warm_up)
    return (memory, rules) if _works_inside(memory, scan, warm_up) else None


def _introduce(control: socket.socket, frame: bytes) -> None:
    control.sendall(length_prefix(frame) + frame)


def _scanning(rules: Rules) -> Job:
    return lambda octets, facts: scan_octets(octets, rules, facts)


def _reading(rules: Rules) -> Job:
    tesseract = Tesseract()
    return lambda octets, facts: read_pages(octets, rules, facts, tesseract)


def _works_inside(memory: int, job: Job, warm_up: bytes) -> bool:
    """Whether all that was loaded can be used behind the walls: what can't should never look ready."""
    if (pid := os.fork()) == 0:
        try:
            enter_sandbox(memory)
            _do(job, warm_up)
            os._exit(0)
        finally:
            os._exit(_SOFTWARE_ERROR)
    return os.waitpid(pid, 0)[1] == 0


def _end(pid: int) -> None:
    """Kill a child. It is not reaped before, so its number can't have become another's."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _serve_on(pipes: list[int], memory: int, make_job: Callable[[], Job]) -> NoReturn:
    """Be a scanner on these two pipes, and on nothing else that the parent had open."""
    try:
        os.dup2(pipes[0], _INPUT)  # closes the socket to the main process
        os.dup2(pipes[1], _OUTPUT)
        os.closerange(_OUTPUT + 2, max(pipes) + 1)
        _serve(memory, make_job())
        os._exit(0)
    finally:
        os._exit(_SOFTWARE_ERROR)


def _serve(memory: int, job: Job) -> None:
    """Scan until the pool has closed the pipe."""
    sandbox = enter_sandbox(memory)
    _write_frame(encode_ready(sandbox))
    while _do_next(partial(os.read, _INPUT), job):
        pass


def _do_next(read: Callable[[int], bytes], job: Job) -> bool:
    """Whether there was a message. Nothing of it is kept: a large one would stay until the next has come in."""
    told, octets = _read_frame(read), _read_frame(read)
    if told is None or octets is None:
        return False
    _do(job, octets, decode_facts(told), say=_write_frame)
    return True


def _attached(octets: bytes, content_type: str = "image/png") -> bytes:
    field = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    return b"--b\r\n" + field + encodebytes(octets).replace(b"\n", b"\r\n") + b"\r\n"


def _do(
    job: Job, octets: bytes, facts: Facts = _WARM_UP_FACTS, *, say: Callable[[bytes], object] = length_prefix
) -> None:
    for stage in job(octets, facts):
        say(encode_stage(stage))


def _read_frame(read: Callable[[int], bytes]) -> bytes | None:
    """The next frame; None when the pool has closed its side."""
    prefix = _read(read, PREFIX_OCTETS)
    if prefix is None:
        return None
    length = read_length(prefix)
    return _read(read, length) if length <= FRAME_OCTETS else None


def _read(read: Callable[[int], bytes], count: int) -> bytes | None:
    received = BytesIO()  # grows in place and gives its value away without a copy
    while (missing := count - received.tell()) > 0:
        piece = read(min(missing, _PIECE))
        if not piece:
            return None
        received.write(piece)
    return received.getvalue()


def _write_frame(octets: bytes) -> None:
    left = memoryview(length_prefix(octets) + octets)
    while left:
        left = left[os.write(_OUTPUT, left) :]
