"""The PROXY protocol: who stands behind a TCP pass-through, from its header's octets; no input or output of its own.

It is read from listed proxies alone, and there it must come first. The text form (version 1) and the binary form (version 2)
are read as strictly as they are written; what a proxy adds in version 2 (TLVs) is bounded and skipped.

Source: the PROXY protocol, versions 1 & 2 (HAProxy, doc/proxy-protocol.txt), §2.
"""

import ipaddress
import re
from dataclasses import dataclass

V1_OCTETS = 107  # §2.1: the longest line of version 1, with its CRLF
V2_OCTETS = 2048  # after the fixed 16: addresses take 36 at most, and TLVs that honest proxies send stay far below this

_V1 = b"PROXY "
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = len(_V2) + 4
_LINE = re.compile(
    r"PROXY TCP([46]) ([0-9A-Fa-f:.]{2,39}) ([0-9A-Fa-f:.]{2,39}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})", re.ASCII
)
_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [ -~]*)?")
_LOCAL, _PROXIED = 0x20, 0x21  # version 2 and its command
_ADDRESS_OCTETS = {0x11: 4, 0x21: 16}  # TCP over IPv4 and IPv6
_UNSPECIFIED = 0x00


@dataclass(frozen=True, slots=True)
class Proxied:
    """A header that came whole: the client's address, or None when the connection is the proxy's own; and the header's length."""

    ip: str | None
    octets: int


@dataclass(frozen=True, slots=True)
class ProxyFault:
    """What came is no header of this protocol."""


def read_proxy(octets: bytes) -> Proxied | ProxyFault | None:
    """Read the header that a connection begins with; None when more octets are needed. Never raises, and decides by the octets alone."""
    if octets.startswith(_V2):
        return _read_v2(octets)
    if octets.startswith(_V1):
        return _read_v1(octets)
    return None if _V2.startswith(octets) or _V1.startswith(octets) else ProxyFault()


def _read_v1(octets: bytes) -> Proxied | ProxyFault | None:
    line, ended, _ = octets[:V1_OCTETS].partition(b"\r\n")
    if not ended:
        return None if len(octets) < V1_OCTETS and b"\n" not in line else ProxyFault()
    if _UNKNOWN.fullmatch(line):
        return Proxied(None, len(line) + 2)
    match = _LINE.fullmatch(line.decode("latin-1"))
    if not match:
        return ProxyFault()
    version, source, destination, *ports = match.groups()
    ip = _address(source, int(version))
    if ip is None or _address(destination, int(version)) is None or any(int(port) > 65_535 for port in ports):
        return ProxyFault()
    return Proxied(ip, len(line) + 2)


def _address(text: str, version: int) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(address) if address.version == version else None


def _read_v2(octets: bytes) -> Proxied | ProxyFault | None:
    if len(octets) < _FIXED:
        return None
    command, family = octets[12], octets[13]
    length = int.from_bytes(octets[14:_FIXED], "big")
    size = _ADDRESS_OCTETS.get(family)
    known = command == _LOCAL or (command == _PROXIED and (size or family == _UNSPECIFIED))
    if not known or length > V2_OCTETS or (command == _PROXIED and size and length < 2 * size + 4):
        return ProxyFault()
    if len(octets) < _FIXED + length:
        return None
    if command == _LOCAL or not size:
        return Proxied(None, _FIXED + length)
    return Proxied(str(ipaddress.ip_address(octets[_FIXED : _FIXED + size])), _FIXED + length)


def client_behind(proxy: str, named: str | None) -> str | None:
    """The client that a proxy's header names, as far as it can be believed; None for the proxy itself.

    A loopback address is the proxy's own machine. Where that is another than ours, its programs must not be taken for ours.
    """
    if named is None or not _is_loopback(named) or _is_loopback(proxy):
        return named
    return None


def _is_loopback(ip: str) -> bool:
    address = ipaddress.ip_address(ip.partition("%")[0])
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
