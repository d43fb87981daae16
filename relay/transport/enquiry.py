"""Questions to the DNS on behalf of strangers' messages: few for each, few messages at once, and answers are remembered.

What is asked about is chosen by whoever sends a message, and so may be the servers that answer, slowly or never.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import dns.resolver

from relay.errors import Busy, DnsError
from relay.senders.lookup import Lookup, RecordType
from relay.transport.dns import Dns

QUESTIONS = 60  # for one message: three keys, three walks of eight, and what SPF may ask
PATIENCE = timedelta(seconds=5)  # for all questions of one message together
AT_ONCE = 16  # messages whose questions are open: each holds one of the threads that members' posts need as well
ANSWERS = 2_000  # that are remembered
BIGGEST = 4096  # octets of one that is: a hostile server could fill the memory with answers of 64 KB
MEMORY = timedelta(hours=1)  # for which at most, whatever their owner says: a key that was withdrawn ends by then


class _Memory(dns.resolver.LRUCache):
    """dnspython's cache, bounded in number, with bounds on size and time as well."""

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        if len(value.response.to_wire()) > BIGGEST:
            return
        value.expiration = min(value.expiration, time.time() + MEMORY.total_seconds())
        super().put(key, value)


class Enquiries:
    """All messages' questions, with one memory for their answers."""

    def __init__(self, server: str) -> None:
        """Take the resolver's address; "" means the system's."""
        self._server = server
        self._memory = _Memory(ANSWERS)
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
            yield _bounded(Dns(self._server, self._memory))
        finally:
            self._places.release()


def _bounded(resolver: Dns) -> Lookup:
    """A lookup that answers so many questions in so much time; the same question twice counts once."""
    until, answers = time.monotonic() + PATIENCE.total_seconds(), dict[tuple[str, RecordType], tuple[str, ...]]()

    def lookup(name: str, kind: RecordType) -> tuple[str, ...]:
        question = name.lower().removesuffix("."), kind
        if question not in answers:
            left = until - time.monotonic()
            if left <= 0 or len(answers) >= QUESTIONS:
                raise DnsError("a message asks more of the DNS than one may")
            answers[question] = resolver.records(name, kind, timedelta(seconds=left))
        return answers[question]

    return lookup
