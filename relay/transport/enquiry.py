"""Questions to the DNS on behalf of strangers' messages: few for each, few messages at once, and answers are remembered.

What is asked about is chosen by whoever sends a message, and so may be the servers that answer, slowly or never.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from relay.errors import Busy, DnsError
from relay.senders.lookup import Lookup, RecordType

if TYPE_CHECKING:
    from relay.transport.dns import Memory

QUESTIONS = 60  # for one message: three keys, three walks of eight, and what SPF may ask
PATIENCE = timedelta(seconds=5)  # for all questions of one message together
AT_ONCE = 16  # messages whose questions are open: each holds one of the threads that members' posts need as well
ANSWERS = 2_000  # that are remembered


class Enquiries:
    """All messages' questions, with one memory for their answers. dnspython is loaded by the first: few commands ever ask."""

    def __init__(self, server: str) -> None:
        """Take the resolver's address; "" means the system's."""
        self._server = server
        self._places = threading.Semaphore(AT_ONCE)

    @contextmanager
    def of_one_message(self) -> Iterator[Lookup]:
        """The DNS for one message.

        Raises:
            Busy: too many messages ask now.
            DnsError: this machine names no resolver.
        """
        if not self._places.acquire(blocking=False):
            raise Busy("too many messages wait for the DNS")
        try:
            from relay.transport.dns import Dns  # noqa: PLC0415 - dnspython

            yield _bounded(Dns(self._server, self._memory).records)
        finally:
            self._places.release()

    @cached_property
    def _memory(self) -> "Memory":
        from relay.transport.dns import Memory  # noqa: PLC0415 - dnspython

        return Memory(ANSWERS)


def _bounded(ask: Callable[[str, RecordType, timedelta], tuple[str, ...]]) -> Lookup:
    """A lookup that answers so many questions in so much time; the same question twice counts once."""
    until, answers = time.monotonic() + PATIENCE.total_seconds(), dict[tuple[str, RecordType], tuple[str, ...]]()

    def lookup(name: str, kind: RecordType) -> tuple[str, ...]:
        question = name.lower().removesuffix("."), kind
        if question not in answers:
            left = until - time.monotonic()
            if left <= 0 or len(answers) >= QUESTIONS:
                raise DnsError("a message asks more of the DNS than one may")
            answers[question] = ask(name, kind, timedelta(seconds=left))
        return answers[question]

    return lookup
