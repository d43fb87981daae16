"""What evaluating needs of the DNS: a function from a name and a record type to the records, as texts."""

from collections.abc import Callable
from typing import Literal

RecordType = Literal["A", "AAAA", "MX", "PTR", "TXT"]

# All records of a name, () when there is no such name or none of this type. TXT records are joined from their strings, MX records
# are the servers' names; a character outside of ASCII never belongs into what is read here, and is shown as U+FFFD.
# Raises relay.errors.DnsError when there is no answer: that is never an answer of "no".
Lookup = Callable[[str, RecordType], tuple[str, ...]]

_RESERVED = frozenset({"example", "test", "invalid", "localhost"})  # RFC 6761 §6


def never_in_the_dns(domain: str) -> bool:
    """Whether a domain is reserved for examples and tests: the world's resolvers needn't be asked about it."""
    return domain.rpartition(".")[2].lower() in _RESERVED


def takes_no_mail(lookup: Lookup, domain: str) -> bool:
    """Whether a domain says that it takes no mail at all: one MX record, without a name (RFC 7505 §3).

    Raises:
        DnsError: there is no answer.
    """
    return lookup(domain, "MX") == (".",)
