"""The DNS, asked synchronously: records of one name as texts. Who asks on an event loop does it on another thread."""

import re
import time
from datetime import timedelta

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename

from relay.errors import DnsError
from relay.senders.lookup import RecordType

PAYLOAD = 1232  # octets of an answer that comes whole in one packet everywhere; a key of 2048 bits needs more than the usual 512
PATIENCE = timedelta(seconds=6)  # for one question, all servers and repetitions together
BIGGEST = 4096  # octets of an answer that is remembered: a hostile server could fill the memory with answers of 64 KB
MEMORY = timedelta(hours=1)  # for which at most, whatever its owner says: a key that was withdrawn ends by then

_UNPRINTABLE = re.compile(r"[^ -~]")  # what a stranger's record could do to a terminal or a log


class Memory(dns.resolver.LRUCache):
    """dnspython's cache, bounded in number, with bounds on size and time as well."""

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        """Remember an answer, unless it is too big, and for no longer than it may be."""
        if len(value.response.to_wire()) > BIGGEST:
            return
        value.expiration = min(value.expiration, time.time() + MEMORY.total_seconds())
        super().put(key, value)


class Dns:
    """A stub resolver."""

    def __init__(self, server: str = "", memory: dns.resolver.CacheBase | None = None) -> None:
        """Take over the system's resolvers, or one named as `192.0.2.53` or `192.0.2.53:5353`; answers go into the memory.

        Raises:
            DnsError: the system names no resolver.
            ValueError: the server is no IPv4 address.
        """
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
        except (dns.resolver.NoResolverConfiguration, OSError):
            raise DnsError("this machine names no resolver in /etc/resolv.conf") from None
        if server:
            host, _, port = server.partition(":")
            self._resolver.nameservers, self._resolver.port = [host], int(port or 53)
        self._resolver.search = []
        self._resolver.use_edns(0, 0, PAYLOAD)
        self._resolver.cache = memory

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses of those that are asked."""
        return tuple(str(one) for one in self._resolver.nameservers)

    def records(self, name: str, kind: RecordType, patience: timedelta | None = None) -> tuple[str, ...]:
        """All records of a kind; () where there are none, and for a text that can be no name.

        TXT records are joined from their strings (RFC 7208 §3.3), with U+FFFD for what isn't printable ASCII. MX records are
        the servers' names, the preferred ones first ("." for a null MX, RFC 7505); names have no final dot.

        Raises:
            DnsError: nobody answered in time, or with an error.
        """
        try:
            asked = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return ()
        seconds = (PATIENCE if patience is None else patience).total_seconds()
        try:
            answer = self._resolver.resolve(asked, kind, lifetime=seconds, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return ()
        except (dns.exception.DNSException, OSError):
            raise DnsError(f"the DNS gives no answer about {name}") from None
        rows = list(answer.rrset or ())
        if kind == "TXT":
            return tuple(_UNPRINTABLE.sub("\ufffd", b"".join(row.strings).decode("latin-1")) for row in rows)
        if kind == "MX":
            rows.sort(key=lambda row: int(row.preference))
            return tuple(_without_dot(row.exchange) for row in rows)
        return tuple(_without_dot(row.target) if kind == "PTR" else str(row.address) for row in rows)

    def names_of(self, address: str) -> tuple[str, ...]:
        """The names that an IP address has in the reverse tree.

        Raises:
            DnsError: see `records`.
        """
        return self.records(dns.reversename.from_address(address).to_text(), "PTR")


def _without_dot(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else "."
