"""A scanner: `python -m relay.scan.worker`, started and watched by the pool.

It loads everything it will need, locks itself in, and then reads one message after another from standard input and
writes what each stage found to standard output. Any failure ends the process without a word: a traceback could hold
what must not be kept. The pool then starts another.
"""

import os
from base64 import encodebytes
from collections.abc import Callable

from relay.policy.marking import MarkingWords
from relay.scan.charset import load_every_charset
from relay.scan.frames import (
    FRAME_OCTETS,
    PREFIX_OCTETS,
    decode_configuration,
    encode_ready,
    encode_stage,
    length_prefix,
    read_length,
)
from relay.scan.image import prepare
from relay.scan.sandbox import enter_sandbox
from relay.scan.stages import scan_octets

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


def main() -> None:
    """Serve until standard input ends."""
    configuration = _read_frame()
    if configuration is None:
        return
    memory, words = decode_configuration(configuration)
    load_every_charset()
    warm_up = _WARM_UP + b"".join(map(_attached, prepare())) + b"--b--\r\n"
    _scan(warm_up, words, say=lambda _: None)
    sandbox = enter_sandbox(memory)
    _scan(warm_up, words, say=lambda _: None)  # whoever can't work in here should not look ready
    _write_frame(encode_ready(sandbox))
    while (octets := _read_frame()) is not None:
        _scan(octets, words, say=_write_frame)


def _attached(image: bytes) -> bytes:
    field = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return b"--b\r\n" + field + encodebytes(image).replace(b"\n", b"\r\n") + b"\r\n"


def _scan(octets: bytes, words: MarkingWords, *, say: Callable[[bytes], None]) -> None:
    for stage in scan_octets(octets, words):
        say(encode_stage(stage))


def _read_frame() -> bytes | None:
    """The next frame; None when the pool has closed the pipe."""
    prefix = _read(PREFIX_OCTETS)
    if prefix is None:
        return None
    length = read_length(prefix)
    return _read(length) if length <= FRAME_OCTETS else None


def _read(count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        piece = os.read(_INPUT, min(count - len(received), _PIECE))
        if not piece:
            return None
        received += piece
    return bytes(received)


def _write_frame(octets: bytes) -> None:
    left = memoryview(length_prefix(octets) + octets)
    while left:
        left = left[os.write(_OUTPUT, left) :]


if __name__ == "__main__":
    try:
        main()
    except BaseException:  # noqa: BLE001 - whatever it was, its text could hold content: only the exit code leaves
        os._exit(_SOFTWARE_ERROR)
