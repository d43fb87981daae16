"""What is done again and again: on a thread of its own, by a count of seconds that nobody sets, so that a clock put right or wrong stops nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta

from relay.maillog import bug


def every(interval: timedelta, job: Callable[[], None], *, name: str, at_once: bool = False) -> Callable[[], None]:
    """Call `job` each time that so much has passed since its last call ended.

    Args:
        interval: the pause between two calls.
        job: what is to be done; what it raises is our bug, is logged, and stops nothing.
        name: of its thread.
        at_once: whether the first call waits for no pause.

    Returns:
        A function that ends it, once a call that is under way has ended.
    """
    over = threading.Event()

    def work() -> None:
        pause = 0.0 if at_once else interval.total_seconds()
        while not over.wait(pause):
            pause = interval.total_seconds()
            try:
                job()
            except Exception as error:  # noqa: BLE001  (whatever goes wrong once, the next time is due)
                bug(error, name)

    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()

    def end() -> None:
        over.set()
        thread.join()

    return end
