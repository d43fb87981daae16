"""The main process's scanners: started, watched, given one message at a time, killed when late, replaced when gone.

A scanner that dies or is killed costs its own message only, and what it had reported before counts.
"""

import threading
from collections import deque
from datetime import timedelta
from time import monotonic

from relay.detectors.facts import Facts
from relay.errors import Busy, ConfigurationError, Unavailable
from relay.measures import Measures
from relay.policy.post import Progress, Scan
from relay.processors import use_all
from relay.scan.checked import FrameError
from relay.scan.frames import advance
from relay.scan.instructions import Definitions, encode_configuration
from relay.scan.lane import ReadingLane
from relay.scan.parent import ParentError, ScannerParent
from relay.scan.sandbox import Sandbox
from relay.scan.scanner import Scanner, ScannerError

# For one scanner, and only while messages follow fast: one that was taken over can't lie about all later ones.
JOBS = 100
# After it a scanner that has served is replaced: to start one, and to part memory with it, costs as much as six scans.
REST = timedelta(milliseconds=100)
WAIT = timedelta(seconds=30)  # for a free scanner; then the client is asked to try later
START = timedelta(seconds=30)  # for a new scanner to be ready
PAUSE = timedelta(seconds=1)  # before starting is tried again
LOOK = timedelta(seconds=5)  # for scanners that died while idle: else `ready` would say no until the next message


class ScannerPool:
    """A fixed number of scanner processes. Thread-safe; `scan` blocks."""

    def __init__(
        self,
        *,
        processes: int,
        memory: int,
        deadline: timedelta,
        definitions: Definitions,
        measures: Measures | None = None,
    ) -> None:
        """Prepare a pool; `start` starts it.

        Args:
            processes: how many scanners, and so how many messages at once.
            memory: address space in octets that one scanner may use.
            deadline: the most time that one message may take, from its start in a scanner.
            definitions: what to search for.
            measures: is told how long scans take, and how they end.
        """
        self._measures = measures or Measures()
        self._processes = processes
        self._deadline = deadline
        self._memory = memory
        self._configuration = encode_configuration(memory, definitions)
        self._fault: ConfigurationError | None = None
        self._lane = ReadingLane()
        self._lock = threading.Lock()
        self._freed = threading.Condition(self._lock)  # for messages that wait
        self._left = threading.Condition(self._lock)  # for the keeper: there is one to end or to start
        self._gone = threading.Condition(self._lock)
        self._living: list[Scanner] = []
        self._free: deque[Scanner] = deque()  # fresh ones first
        self._spent: list[Scanner] = []  # to be ended by the keeper
        self._parents: list[ScannerParent] = []  # the last one serves; those before wait for the end of their scanners
        self._closed = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="scanner-keeper", daemon=True)

    def start(self) -> None:
        """Start the scanners and wait until all of them are ready.

        Raises:
            ConfigurationError: a definition is wrong, or a detector doesn't do what its examples say.
            Unavailable: they don't come up.
        """
        self._keeper.start()
        with self._lock:
            self._freed.wait_for(lambda: self._fault or len(self._free) == self._processes, START.total_seconds())
            ready = len(self._free) == self._processes
        if not ready:
            self.close()
            if self._fault:
                raise self._fault
            raise Unavailable("The scanners did not start: check [scan] memory and that this installation is whole")

    def scan(self, octets: bytes, facts: Facts, *, last: bool = False) -> Scan:
        """Scan one message, knowing the day and the author; as the `last` one of its scanner where no other should come after it.

        Returns:
            What was found; `progress` tells whether the scanner came to the end.

        Raises:
            Busy: no scanner was free in time.
            Unavailable: the pool is closed.
        """
        scanner = self._take()
        began = monotonic()
        until = began + self._deadline.total_seconds()
        scan = Scan(progress=Progress.NOTHING, message=None)
        fit, outcome = False, "died"
        try:
            for stage in scanner.stages(octets, facts, until):
                scan = advance(scan, stage)
            fit, outcome = True, "finished"
        except FrameError:
            outcome = "garbled"
            return scan
        except ScannerError:
            outcome = "late" if monotonic() >= until else "died"
            return scan
        finally:
            self._measures.count("scans", outcome)
            self._measures.time("scan_seconds", monotonic() - began)
            self._give_back(scanner, fit=fit, last=last)
        return self._lane.look_into(scan, facts, scanner.parent, until)

    def try_out(self, definitions: Definitions) -> ScannerParent | None:
        """The process that knows these definitions, once it has tried them: for `use`, or to be closed. None where they are in use.

        Raises:
            ConfigurationError: a definition is wrong, or a detector doesn't do what its examples say.
            Unavailable: it doesn't come up.
        """
        if (configuration := encode_configuration(self._memory, definitions)) == self._configuration:
            return None
        try:
            parent = ScannerParent(configuration)
        except OSError as error:
            raise Unavailable("The scanners did not start; try again in a moment") from error
        try:
            parent.introduce()
        except (ConfigurationError, ParentError) as error:
            parent.close()
            if isinstance(error, ConfigurationError):
                raise
            raise Unavailable("The scanners did not start; try again in a moment") from error
        return parent

    def use(self, parent: ScannerParent) -> None:
        """Have every message that starts from now on scanned by scanners of this process; those that know others are replaced."""
        self._parents.append(parent)
        self._configuration = parent.configuration

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
            self._freed.notify_all()
            self._left.notify()
        self._lane.close()
        for scanner in self._all():
            scanner.kill()
        if self._keeper.is_alive():
            self._keeper.join()
        while idle := (self._free or self._spent):
            self._bury(idle.pop())
        # A scanner in use is buried by the thread that uses it. Closing its pipes from here could let that thread go on
        # writing a message to a descriptor that by then is somebody else's file.
        with self._lock:
            self._gone.wait_for(lambda: not self._living)
        while self._parents:
            self._parents.pop().close()

    def _all(self) -> list[Scanner]:
        with self._lock:
            return list(self._living)

    def _take(self) -> Scanner:
        """Wait for a scanner that can be used."""
        until = monotonic() + WAIT.total_seconds()
        with self._lock:
            while not self._closed.is_set():
                while self._free:
                    scanner = self._free.popleft()
                    if self._may_serve(scanner):
                        return scanner
                    self._spend(scanner)
                if (remaining := until - monotonic()) <= 0:
                    self._measures.count("scans", "busy")
                    raise Busy("No scanner was free in time; try again in a moment")
                self._freed.wait(remaining)
        raise Unavailable("The scanners are stopped; try again in a moment")

    def _may_serve(self, scanner: Scanner) -> bool:
        """Whether the next message can have this free scanner, also where the keeper has not come by for a while."""
        return scanner.is_idle() and scanner.parent.configuration is self._configuration and not _has_rested(scanner)

    def _give_back(self, scanner: Scanner, *, fit: bool, last: bool) -> None:
        """Let the next message have the scanner, if it comes soon; else the keeper puts a fresh one in its place.

        One that is not fit is gone when this returns.
        """
        with self._lock:
            if stays := fit and not self._closed.is_set():
                self._let_rest(scanner) if scanner.jobs < JOBS and not last else self._spend(scanner)
        if not stays:
            self._bury(scanner)

    def _let_rest(self, scanner: Scanner) -> None:
        """Offer a scanner to whoever waits. The lock is held."""
        scanner.rests_since = monotonic()
        self._free.append(scanner)
        self._freed.notify()
        if scanner.jobs == 1:  # from now on the keeper looks whether it rests
            self._left.notify()

    def _spend(self, scanner: Scanner) -> None:
        """Leave a scanner to the keeper. The lock is held."""
        self._spent.append(scanner)
        self._left.notify()

    def _bury(self, scanner: Scanner) -> None:
        scanner.bury()
        with self._lock:
            self._living.remove(scanner)
            self._left.notify()
            self._gone.notify_all()

    def _keep(self) -> None:
        """End scanners that have served, and start one in the place of each that is gone, until told to stop."""
        use_all()  # and so may the scanners, which are started from this thread
        while True:
            with self._lock:
                # Not asked outside of the lock: what `close` says right after the look would be missed.
                if self._closed.is_set():
                    return
                leaving = self._take_leaving()
                if not leaving and len(self._living) >= self._processes:
                    self._left.wait((REST if any(one.jobs for one in self._living) else LOOK).total_seconds())
                    continue
            for scanner in leaving:
                self._bury(scanner)
            if len(self._all()) < self._processes and not self._start_one():
                self._closed.wait(PAUSE.total_seconds())

    def _take_leaving(self) -> list[Scanner]:
        """Those that are spent, and of the free ones those that have served and rest, or died. The lock is held."""
        leaving = [*self._spent, *(one for one in self._free if _has_rested(one) or not one.is_idle())]
        self._spent.clear()
        self._free = deque(one for one in self._free if one not in leaving)
        return leaving

    def _start_one(self) -> bool:
        """Start one scanner; whether that went well."""
        try:
            scanner = Scanner(self._parent())
        except ConfigurationError as fault:
            with self._lock:
                self._fault = fault
                self._freed.notify_all()
            return False
        except (OSError, ParentError):
            return False
        with self._lock:
            self._living.append(scanner)
        try:
            scanner.prepare(monotonic() + START.total_seconds())
        except (ScannerError, FrameError):
            self._bury(scanner)
            return False
        with self._lock:
            self._free.appendleft(scanner)
            self._freed.notify()
        return True

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


def _has_rested(scanner: Scanner) -> bool:
    """Whether a scanner has served, and no message came for so long that it gets none any more."""
    return scanner.jobs > 0 and monotonic() - scanner.rests_since >= REST.total_seconds()
