"""Work that is done after the answer, so that the time to it tells nobody what there was to do: by one thread, one after the other."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from relay.maillog import bug


class Afterwards:
    """What waits to be done, bounded in number and octets. It isn't on disk: a crash loses it."""

    def __init__(self, places: int, octets: int) -> None:
        """Nothing waits yet; the thread starts with the first work."""
        self._places, self._octets = places, octets
        self._until, self._undone = math.inf, 0
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="afterwards")

    def take(self, octets: int, work: Callable[[], None]) -> bool:
        """Have it done; False when no more can wait. Whatever it raises is our bug, is logged, and stops nothing."""
        with self._lock:
            if self._places < 1 or self._octets < octets:
                return False
            self._places, self._octets = self._places - 1, self._octets - octets
        self._thread.submit(self._do, octets, work)
        return True

    def close(self, seconds: float) -> int:
        """Do what waits, but begin nothing after so many seconds; returns how much was left undone."""
        self._until = monotonic() + seconds
        self._thread.shutdown()
        return self._undone

    def _do(self, octets: int, work: Callable[[], None]) -> None:
        try:
            if monotonic() < self._until:
                work()
            else:
                self._undone += 1
        except Exception as error:  # noqa: BLE001  (the next one is due all the same)
            bug(error, "afterwards")
        finally:
            with self._lock:
                self._places, self._octets = self._places + 1, self._octets + octets
