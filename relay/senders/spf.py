"""SPF (RFC 7208): may this address send mail of this domain? Our own, since it is asked only for DMARC's sake.

A pass proves nobody here: whoever shares a provider with a domain, or its record's `include`, passes for it too. It can only
keep DMARC from refusing. Explanations (exp=) are for bounces, which we don't write, and are not fetched.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from relay.errors import DnsError
from relay.mail.address import Address
from relay.senders.lookup import Lookup, RecordType
from relay.senders.spf_macros import Facts, expand, is_target
from relay.senders.spf_record import Mechanism, Record, read_record

TERMS = 10  # that ask the DNS, in all records together (RFC 7208 §4.6.4)
NAMES = 10  # of one MX or of the reverse tree
ADDRESSES = 100  # of one name; the RFC has no bound, but a hostile server can give thousands
VOID = 2  # questions that may come back with nothing

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class SpfResult(StrEnum):
    """RFC 7208 §2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 — the result's name
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


_RESULTS = {"+": SpfResult.PASS, "-": SpfResult.FAIL, "~": SpfResult.SOFTFAIL, "?": SpfResult.NEUTRAL}


class _Wrong(Exception):  # noqa: N818
    """The records break a rule or a limit: permerror. It never leaves this module."""


@dataclass(slots=True)
class _Check:
    """One evaluation: who asks for what, and how much of the limits is used."""

    ip: IpAddress
    sender: Address | None
    helo: str
    lookup: Lookup
    terms: int = 0
    void: int = 0
    names: tuple[str, ...] | None = field(default=None)

    def count_term(self) -> None:
        self.terms += 1
        if self.terms > TERMS:
            raise _Wrong

    def ask(self, name: str, kind: RecordType) -> tuple[str, ...]:
        found = self.lookup(name, kind)
        if not found:
            self.void += 1
            if self.void > VOID:
                raise _Wrong
        return found

    def facts(self, domain: str) -> Facts:
        return Facts(ip=self.ip, sender=self.sender, helo=self.helo, domain=domain)


def check_host(ip: str, sender: Address | None, helo: str, lookup: Lookup, domain: str = "") -> SpfResult:
    """Judge a client (RFC 7208 §4).

    Args:
        ip: its address.
        sender: MAIL FROM; None for the null one, for which postmaster@HELO stands.
        helo: what it called itself.
        lookup: the DNS.
        domain: whose record; "" for MAIL FROM's, or HELO's.
    """
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    try:
        return _check(_Check(address, sender, helo, lookup), domain or (sender.domain if sender else helo))
    except _Wrong:
        return SpfResult.PERMERROR
    except DnsError:
        return SpfResult.TEMPERROR


def _check(check: _Check, domain: str) -> SpfResult:
    domain = domain.removesuffix(".")
    if not is_target(domain):
        return SpfResult.NONE
    found = [
        text for text in check.lookup(domain, "TXT") if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")
    ]
    if len(found) > 1:
        raise _Wrong
    if not found:
        return SpfResult.NONE
    record = read_record(found[0])
    if record is None:
        raise _Wrong
    for one in record.mechanisms:
        if _matches(check, one, domain):
            return _RESULTS[one.qualifier]
    return _redirect(check, record, domain)


def _redirect(check: _Check, record: Record, domain: str) -> SpfResult:
    if not record.redirect:
        return SpfResult.NEUTRAL
    check.count_term()
    result = _check(check, expand(record.redirect, check.facts(domain)))
    if result is SpfResult.NONE:
        raise _Wrong
    return result


def _matches(check: _Check, one: Mechanism, domain: str) -> bool:
    target = expand(one.domain, check.facts(domain)) if one.domain else domain
    match one.kind:
        case "all":
            return True
        case "ip4" | "ip6":
            return one.network is not None and check.ip.version == one.network.version and check.ip in one.network
        case "include":
            return _includes(check, target)
        case "a":
            check.count_term()
            return _is_within(check, _addresses(check, target), one)
        case "mx":
            check.count_term()
            return any(_is_within(check, found, one) for found in _of_servers(check, target))
        case "exists":
            check.count_term()
            return is_target(target) and bool(check.ask(target, "A"))
        case "ptr":
            check.count_term()
            return any(_is_below(name, target) for name in _confirmed_names(check))
        case _:
            assert_never(one.kind)


def _includes(check: _Check, target: str) -> bool:
    check.count_term()
    match _check(check, target):
        case SpfResult.PASS:
            return True
        case SpfResult.NONE:
            raise _Wrong
        case _:
            return False


def _of_servers(check: _Check, target: str) -> Iterator[tuple[str, ...]]:
    rows = check.ask(target, "MX") if is_target(target) else ()
    if len(rows) > NAMES:
        raise _Wrong
    for name in rows:
        yield _addresses(check, name)


def _addresses(check: _Check, name: str) -> tuple[str, ...]:
    kind: RecordType = "A" if check.ip.version == 4 else "AAAA"
    found = check.ask(name, kind) if is_target(name) else ()
    if len(found) > ADDRESSES:
        raise _Wrong
    return found


def _is_within(check: _Check, addresses: tuple[str, ...], one: Mechanism) -> bool:
    bits = one.bits4 if check.ip.version == 4 else one.bits6
    return any(check.ip in ipaddress.ip_network(f"{address}/{bits}", strict=False) for address in addresses)


def _confirmed_names(check: _Check) -> tuple[str, ...]:
    """The client's names in the reverse tree that lead back to it (§5.5); trouble with them counts as none."""
    if check.names is None:
        try:
            names = check.lookup(check.ip.reverse_pointer, "PTR")[:NAMES]
        except DnsError:
            names = ()
        check.names = tuple(name for name in names if _leads_back(check, name))
    return check.names


def _leads_back(check: _Check, name: str) -> bool:
    kind: RecordType = "A" if check.ip.version == 4 else "AAAA"
    try:
        return is_target(name) and any(ipaddress.ip_address(one) == check.ip for one in check.lookup(name, kind))
    except DnsError:
        return False


def _is_below(name: str, target: str) -> bool:
    name, target = name.lower().removesuffix("."), target.lower().removesuffix(".")
    return name == target or name.endswith(f".{target}")
