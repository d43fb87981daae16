"""The process that scanners are forked from, as the main process sees it: it starts them and ends them when asked.

It has loaded and compiled everything before the first fork, so that a fresh scanner costs milliseconds. It never sees a
message: the pipes of a scanner are made here and only pass through it.
"""

import contextlib
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

import relay
from relay.scan.frames import PREFIX_OCTETS, length_prefix, read_length
from relay.scan.instructions import decode_introduction

_NUMBER = struct.Struct(">i")
NUMBER_OCTETS = _NUMBER.size
# In place of a process id: start a scanner, or one that reads photos, on the two descriptors that come along.
SCANNER, READER = 0, -1
FORKS = frozenset({SCANNER, READER})
PATIENCE = 30.0  # seconds for one answer; on a busy machine loading everything takes a few


class ParentError(Exception):
    """It has died or does not answer."""


def encode_number(number: int) -> bytes:
    """A request, one of FORKS or the process id of a scanner to end, and the answer to both: the scanner's process id."""
    return _NUMBER.pack(number)


def decode_number(octets: bytes) -> int:
    """What `encode_number` made."""
    number: int = _NUMBER.unpack(octets)[0]
    return number


class ScannerParent:
    """The running process. Thread-safe; it answers one request after the other."""

    def __init__(self, configuration: bytes) -> None:
        """Start it; it reads the configuration when it is ready to.

        Raises:
            OSError: no process or socket can be had.
        """
        self.configuration = configuration
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(PATIENCE)
        package = str(Path(relay.__file__).resolve().parent.parent)
        with theirs:
            # -P and the bare environment: no module from the working directory, no secret of ours in a scanner's memory.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-B", "-W", "ignore", "-m", "relay.scan"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": package, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
                start_new_session=True,  # Ctrl-C is for the main process, which drains first
            )
        self.rules: frozenset[str] | None = None  # the names of the detectors' rules, once it has introduced itself
        with contextlib.suppress(OSError):  # the first request will tell
            self._control.sendall(length_prefix(configuration) + configuration)

    def introduce(self) -> frozenset[str]:
        """The names of the rules that it searches for; waits until it has loaded everything.

        Raises:
            ConfigurationError: a definition is wrong; it has ended.
            ParentError: it has ended or doesn't answer.
        """
        with self._lock:
            if self.rules is None:
                self.rules = decode_introduction(self._receive(read_length(self._receive(PREFIX_OCTETS))))
            return self.rules

    def _receive(self, count: int) -> bytes:
        octets = b""
        with contextlib.suppress(OSError):
            octets = self._control.recv(count, socket.MSG_WAITALL)
        if len(octets) < count:
            self._process.kill()
            raise ParentError("gone")
        return octets

    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def fork(self, what: int = SCANNER) -> tuple[int, int, int]:
        """A new scanner: its process id, the descriptor to write to it, the one to read from it.

        Raises:
            ConfigurationError: a definition is wrong.
            ParentError: there is none.
        """
        self.introduce()
        input_read, input_write = os.pipe()
        output_read, output_write = os.pipe()
        try:
            pid = self._ask(what, input_read, output_write)
        except ParentError:
            os.close(input_write)
            os.close(output_read)
            raise
        finally:
            os.close(input_read)
            os.close(output_write)
        return pid, input_write, output_read

    def end(self, pid: int) -> None:
        """Kill a scanner and wait until it is gone. If this process itself has gone, the kernel has seen to that."""
        with contextlib.suppress(ParentError):
            self._ask(pid)

    def close(self) -> None:
        """End the process, and with it every scanner that it still has."""
        self._control.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, number: int, *descriptors: int) -> int:
        """One request and its answer. After one that failed, the answer could be taken for the next one's: the process ends."""
        with self._lock:
            with contextlib.suppress(OSError):
                socket.send_fds(self._control, [encode_number(number)], descriptors)
            return decode_number(self._receive(NUMBER_OCTETS))
