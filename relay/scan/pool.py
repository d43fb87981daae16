"""The main process's scanners: started, watched, given one message at a time, killed when late, replaced when gone.

A scanner that dies or is killed costs its own message only, and what it had reported before counts.
"""

import contextlib
import queue
import threading
from datetime import timedelta
from time import monotonic

from relay.errors import Busy, Unavailable
from relay.policy.marking import MarkingWords
from relay.policy.post import Progress, Scan
from relay.scan.frames import FrameError, advance, encode_configuration
from relay.scan.parent import ParentError, ScannerParent
from relay.scan.sandbox import Sandbox
from relay.scan.scanner import Scanner, ScannerError

JOBS = 20  # for one scanner, and only while messages wait: one that was taken over can't lie about all later messages
WAIT = timedelta(seconds=30)  # for a free scanner; then the client is asked to try later
START = timedelta(seconds=30)  # for a new scanner to be ready
PAUSE = timedelta(seconds=1)  # before starting is tried again


class ScannerPool:
    """A fixed number of scanner processes. Thread-safe; `scan` blocks."""

    def __init__(self, *, processes: int, memory: int, deadline: timedelta, words: MarkingWords) -> None:
        """Prepare a pool; `start` starts it.

        Args:
            processes: how many scanners, and so how many messages at once.
            memory: address space in octets that one scanner may use.
            deadline: the most time that one message may take, from its start in a scanner.
            words: the marking vocabulary.
        """
        self._processes = processes
        self._deadline = deadline
        self._memory = memory
        self._configuration = encode_configuration(memory, words)
        self._lock = threading.Lock()
        self._gone = threading.Condition(self._lock)
        self._living: list[Scanner] = []
        self._parents: list[ScannerParent] = []  # the last one serves; those before wait for the end of their scanners
        self._waiting = 0  # messages
        self._free: queue.SimpleQueue[Scanner | None] = queue.SimpleQueue()
        self._wanted: queue.SimpleQueue[Scanner | bool] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._started = threading.Semaphore(0)
        self._keeper = threading.Thread(target=self._keep, name="scanner-keeper", daemon=True)

    def start(self) -> None:
        """Start the scanners and wait until all of them are ready.

        Raises:
            Unavailable: they don't come up.
        """
        self._keeper.start()
        for _ in range(self._processes):
            self._wanted.put(True)
        until = monotonic() + START.total_seconds()
        for _ in range(self._processes):
            if not self._started.acquire(timeout=max(0.0, until - monotonic())):
                self.close()
                raise Unavailable("The scanners did not start: check [scan] memory and that this installation is whole")

    def scan(self, octets: bytes) -> Scan:
        """Scan one message.

        Returns:
            What was found; `progress` tells whether the scanner came to the end.

        Raises:
            Busy: no scanner was free in time.
            Unavailable: the pool is closed.
        """
        scanner = self._take()
        scan = Scan(progress=Progress.NOTHING, message=None)
        fit = False
        try:
            for stage in scanner.stages(octets, monotonic() + self._deadline.total_seconds()):
                scan = advance(scan, stage)
            fit = True
        except (ScannerError, FrameError):
            return scan
        finally:
            self._give_back(scanner, fit=fit)
        return scan

    def use(self, words: MarkingWords) -> None:
        """Have every message that starts from now on scanned with these words; scanners that know others are replaced."""
        self._configuration = encode_configuration(self._memory, words)

    def ready(self) -> bool:
        """Whether a scanner lives that could serve."""
        return not self._closed.is_set() and any(scanner.is_alive() for scanner in self._all())

    def sandbox(self) -> Sandbox | None:
        """The walls that stand around every scanner; None before the first is ready."""
        walls = [scanner.sandbox for scanner in self._all() if scanner.sandbox is not None]
        if not walls:
            return None
        return Sandbox(seccomp=all(one.seccomp for one in walls), unprivileged=all(one.unprivileged for one in walls))

    def pids(self) -> tuple[int, ...]:
        """The process ids of the scanners."""
        return tuple(scanner.pid for scanner in self._all())

    def close(self) -> None:
        """Kill and reap all processes. A scan under way returns what it has; one that waits gets Unavailable."""
        with self._lock:  # from here on no scanner is given back as free
            self._closed.set()
        self._wanted.put(False)
        for scanner in self._all():
            scanner.kill()
        if self._keeper.is_alive():
            self._keeper.join()
        with contextlib.suppress(queue.Empty):
            while True:
                if (idle := self._free.get_nowait()) is not None:
                    self._bury(idle)
        self._free.put(None)  # whoever waits passes it on
        # A scanner in use is buried by the thread that uses it. Closing its pipes from here could let that thread go on
        # writing a message to a descriptor that by then is somebody else's file.
        with self._gone:
            self._gone.wait_for(lambda: not self._living)
        while self._parents:
            self._parents.pop().close()

    def _all(self) -> list[Scanner]:
        with self._lock:
            return list(self._living)

    def _take(self) -> Scanner:
        with self._lock:
            self._waiting += 1
        try:
            return self._next_free(monotonic() + WAIT.total_seconds())
        finally:
            with self._lock:
                self._waiting -= 1

    def _next_free(self, until: float) -> Scanner:
        while not self._closed.is_set():
            try:
                scanner = self._free.get(timeout=max(0.0, until - monotonic()))
            except queue.Empty:
                raise Busy("No scanner was free in time; try again in a moment") from None
            if scanner is None:
                break
            if scanner.is_idle() and scanner.parent.configuration is self._configuration:
                return scanner
            self._give_back(scanner, fit=False)
        self._free.put(None)  # for the next one that waits
        raise Unavailable("The scanners are stopped; try again in a moment")

    def _give_back(self, scanner: Scanner, *, fit: bool) -> None:
        """Let the next message have the scanner if it waits for one already; else let a fresh one take its place.

        One that is not fit is gone when this returns; one that did its work is ended by the keeper, while the reply goes out.
        """
        with self._lock:
            if fit and self._waiting and scanner.jobs < JOBS and not self._closed.is_set():
                self._free.put(scanner)
                return
            if fit and not self._closed.is_set():
                self._wanted.put(scanner)
                return
        self._bury(scanner)
        self._wanted.put(True)

    def _bury(self, scanner: Scanner) -> None:
        scanner.bury()
        with self._gone:
            self._living.remove(scanner)
            self._gone.notify_all()

    def _keep(self) -> None:
        """Start a scanner for each token in the queue, and in the place of each used one, until told to stop."""
        while used := self._wanted.get():
            if isinstance(used, Scanner):
                self._bury(used)
            if self._closed.is_set():
                continue
            try:
                scanner = Scanner(self._parent())
            except (OSError, ParentError):
                self._try_again()
                continue
            with self._lock:
                self._living.append(scanner)
            try:
                scanner.prepare(monotonic() + START.total_seconds())
            except (ScannerError, FrameError):
                self._bury(scanner)
                self._try_again()
                continue
            self._free.put(scanner)
            self._started.release()

    def _parent(self) -> ScannerParent:
        """The process to fork from: a new one when there is none, it has died, or it knows other words."""
        last = self._parents[-1] if self._parents else None
        if last is None or last.configuration is not self._configuration or not last.is_alive():
            self._parents.append(ScannerParent(self._configuration))
        served = {scanner.parent for scanner in self._all()}
        for old in self._parents[:-1]:
            if old not in served:
                old.close()
                self._parents.remove(old)
        return self._parents[-1]

    def _try_again(self) -> None:
        if not self._closed.wait(PAUSE.total_seconds()):
            self._wanted.put(True)
