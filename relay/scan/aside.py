"""Run a module of ours in a process of its own: hostile octets reach it in anonymous memory, and its exit code is all that it says.

Where what it makes is wanted (`read_aside`), that comes by a pipe, so much and no more.
"""

import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import relay
from relay.errors import Unavailable
from relay.scan.confine import CANNOT_RUN

_LONGEST = 20.0  # seconds for one process
_PIECE = 1024 * 1024


def run_aside(command: Sequence[str], descriptors: Sequence[int]) -> int:
    """Run a module of ours with its words and these open descriptors; its exit code, below 0 when it was killed.

    Raises:
        Unavailable: it can't be run, or isn't done in time.
    """
    return _run(command, descriptors, None)[0]


def read_aside(command: Sequence[str], descriptors: Sequence[int], most: int) -> tuple[int, bytes]:
    """Run a module of ours in the same way; its exit code, and what it wrote to its standard output.

    Raises:
        Unavailable: it can't be run, isn't done in time, or wrote more than `most` octets.
    """
    return _run(command, descriptors, most)


def _run(command: Sequence[str], descriptors: Sequence[int], most: int | None) -> tuple[int, bytes]:
    """Its exit code, and what it wrote; with None it can't write anything."""
    try:
        with subprocess.Popen(  # noqa: S603 - our own modules, and words that we chose
            _command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if most is None else subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(descriptors),
            env=_environment(),
            start_new_session=True,
        ) as process:
            try:
                written = b"" if most is None else _read(process, most, monotonic() + _LONGEST)
                code = process.wait(_LONGEST)
            finally:
                process.kill()
    except (OSError, subprocess.TimeoutExpired):
        raise _late() from None
    return _checked(code), written


def _read(process: "subprocess.Popen[bytes]", most: int, until: float) -> bytes:
    pipe, written = process.stdout, bytearray()
    while pipe and len(written) <= most and select.select([pipe], [], [], max(0.0, until - monotonic()))[0]:
        piece = os.read(pipe.fileno(), _PIECE)
        written += piece
        if not piece:
            return bytes(written)
    raise subprocess.TimeoutExpired(process.args, _LONGEST)


def _command(command: Sequence[str]) -> list[str]:
    return [sys.executable, "-P", "-s", "-B", "-W", "ignore", "-m", *command]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(relay.__file__).resolve().parent.parent), "PYTHONUTF8": "1"}


def _late() -> Unavailable:
    return Unavailable("a message can't be read in a process beside now; try again in a moment")


def _checked(code: int) -> int:
    if code == CANNOT_RUN:
        raise Unavailable("no process beside can be run: `wen-relay doctor` says what is missing")
    return code


@contextmanager
def in_memory(*octets: bytes | memoryview | Path) -> Iterator[tuple[int, ...]]:
    """Descriptors of anonymous memory that holds these octets; those of a file get there without this process having them.

    Raises:
        Unavailable: a file can't be read.
    """
    with ExitStack() as stack:
        places = []
        for one in octets:
            place = os.memfd_create("octets", os.MFD_CLOEXEC)
            stack.callback(os.close, place)
            places.append(place)
            if isinstance(one, Path):
                _copy(one, place)
                continue
            left = memoryview(one)
            while left:
                left = left[os.write(place, left) :]
        yield tuple(places)


def _copy(file: Path, place: int) -> None:
    try:
        with file.open("rb", buffering=0) as opened:
            while os.sendfile(place, opened.fileno(), None, _PIECE):
                pass
    except OSError as error:
        raise Unavailable(f"{file} can't be read: {error.strerror}") from None
