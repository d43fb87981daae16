"""One scanner process as the main process sees it: two pipes, a deadline, and no belief in anything it says."""

import os
import select
from collections.abc import Iterator
from time import monotonic

from relay.detectors.facts import Facts
from relay.scan.checked import FrameError
from relay.scan.frames import (
    FRAME_OCTETS,
    PREFIX_OCTETS,
    Stage,
    StageName,
    decode_ready,
    decode_stage,
    length_prefix,
    read_length,
)
from relay.scan.instructions import encode_facts
from relay.scan.parent import SCANNER, ScannerParent
from relay.scan.sandbox import Sandbox
from relay.scan.walker import PARTS

_PIECE = (
    65_536  # a pipe holds no more; room for a mebibyte would come from the kernel, and go back to it, with each read
)
_STAGE_FRAMES = PARTS + 3  # header, text, every part, complete
_ANSWER_OCTETS = 2 * FRAME_OCTETS
# Which stage may follow which; a scanner that tells its story in another order is not believed.
_FOLLOWS: dict[StageName, frozenset[StageName]] = {
    "header": frozenset({"text"}),
    "text": frozenset({"part", "complete"}),
    "part": frozenset({"part", "complete"}),
}


class ScannerError(Exception):
    """The scanner died or was too late. The text never holds what it was given."""


class Scanner:
    """A running scanner process. Used by one thread at a time; only `kill` may come from another."""

    def __init__(self, parent: ScannerParent, what: int = SCANNER) -> None:
        """Have the process started, a SCANNER or a READER; it can be used once it is `prepare`d.

        Raises:
            ParentError: it can't be started.
        """
        self.parent = parent
        self.pid, self._input, self._output = parent.fork(what)
        self._rules = parent.introduce()
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)
        self._news, self._end = select.poll(), select.poll()
        self._news.register(self._output, select.POLLIN)
        self._end.register(self._output, 0)
        self.sandbox: Sandbox | None = None
        self.jobs = 0
        self.rests_since = 0.0  # monotonic seconds; kept by the pool

    def is_alive(self) -> bool:
        """Whether the process has not ended: nobody else holds the other end of its pipe."""
        return not self._end.poll(0)

    def is_idle(self) -> bool:
        """Whether it waits for a message. One that speaks without being asked would answer for the next message too."""
        return not self._news.poll(0)

    def prepare(self, until: float) -> None:
        """Wait for the scanner to be ready.

        Raises:
            ScannerError: it died or is not ready by `until` (monotonic seconds).
            FrameError: it says something else.
        """
        for frame in self._converse([], until):
            self.sandbox = decode_ready(frame)
            return

    def stages(self, octets: bytes, facts: Facts, until: float, *, begins: StageName = "header") -> Iterator[Stage]:
        """Have one message scanned, or photos read, which `begins` with "part"; ends after the stage "complete".

        Raises:
            ScannerError: it died, or is not done by `until` (monotonic seconds).
            FrameError: what it says can't be believed.
        """
        self.jobs += 1
        before: StageName | None = None
        told = encode_facts(facts)
        outgoing = [memoryview(one) for one in (length_prefix(told) + told, length_prefix(octets), octets)]
        for count, frame in enumerate(self._converse(outgoing, until)):
            stage = decode_stage(frame, self._rules)
            if stage.name not in (_FOLLOWS[before] if before else {begins}) or count >= _STAGE_FRAMES:
                raise FrameError("order")
            yield stage
            if stage.name == "complete":
                return
            before = stage.name

    def kill(self) -> None:
        """Kill the process, whatever it does, and wait until it is gone."""
        self.parent.end(self.pid)

    def bury(self) -> None:
        """Kill the process and close the pipes."""
        self.kill()
        os.close(self._input)
        os.close(self._output)

    def _converse(self, outgoing: list[memoryview], until: float) -> Iterator[bytes]:
        """Write frames, in pieces, while reading the frames that come back; never waits beyond `until`."""
        incoming, received = bytearray(), 0
        poller = select.poll()
        poller.register(self._output, select.POLLIN)
        if self._write_some(outgoing):
            poller.register(self._input, select.POLLOUT)
        while True:
            remaining = until - monotonic()
            if remaining <= 0:
                raise ScannerError("late")
            for descriptor, _ in poller.poll(remaining * 1000):
                if descriptor == self._input:
                    if not self._write_some(outgoing):
                        poller.unregister(self._input)
                    continue
                piece = self._read_some()
                received += len(piece)
                if received > _ANSWER_OCTETS:
                    raise FrameError("size")
                incoming += piece
            while (frame := _take_frame(incoming)) is not None:
                yield frame

    def _write_some(self, outgoing: list[memoryview]) -> bool:
        """Write what the pipe takes now; False when nothing is left, or nobody reads any more."""
        while outgoing:
            try:
                written = os.writev(self._input, outgoing)
            except BlockingIOError:
                return True
            except BrokenPipeError:
                return False  # what it said before it died may still stand in the other pipe
            while outgoing and written >= len(outgoing[0]):
                written -= len(outgoing.pop(0))
            if written:
                outgoing[0] = outgoing[0][written:]
        return False

    def _read_some(self) -> bytes:
        try:
            piece = os.read(self._output, _PIECE)
        except BlockingIOError:
            return b""
        if not piece:
            raise ScannerError("gone")
        return piece


def _take_frame(incoming: bytearray) -> bytes | None:
    """Cut the first whole frame off what has come in; None when it is not whole yet."""
    if len(incoming) < PREFIX_OCTETS:
        return None
    length = read_length(incoming[:PREFIX_OCTETS])
    if length > FRAME_OCTETS:
        raise FrameError("size")
    end = PREFIX_OCTETS + length
    if len(incoming) < end:
        return None
    frame = bytes(incoming[PREFIX_OCTETS:end])
    del incoming[:end]
    return frame
