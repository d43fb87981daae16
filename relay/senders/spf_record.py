"""An SPF record as a value (RFC 7208 §4.6, §12)."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, get_args

from relay.senders.spf_macros import is_domain_spec, is_macro_text

Kind = Literal["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"]

_KINDS: dict[str, Kind] = {one: one for one in get_args(Kind)}
_LONGEST = 8192
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)")
_LENGTHS = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One way to match. `domain` is a macro string, "" for the record's own domain; `bits4` and `bits6` are prefix lengths."""

    qualifier: str
    kind: Kind
    domain: str = ""
    bits4: int = 32
    bits6: int = 128
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The mechanisms in order, and whose record counts when none matches; a redirect behind `all` is never looked at."""

    mechanisms: tuple[Mechanism, ...]
    redirect: str


def read_record(text: str) -> Record | None:
    """Read a record that begins with `v=spf1`; None when any term of it is wrong, or it is longer than any honest one."""
    if len(text) > _LONGEST:
        return None
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in filter(None, text.split(" ")[1:]):
        if modifier := _MODIFIER.fullmatch(term):
            name, value = modifier.group(1).lower(), modifier.group(2)
            known = name in {"redirect", "exp"}
            if not (is_domain_spec(value) if known else is_macro_text(value)) or (known and name in modifiers):
                return None
            modifiers[name] = value
            continue
        mechanism = _read_mechanism(term)
        if mechanism is None:
            return None
        mechanisms.append(mechanism)
    return Record(mechanisms=tuple(mechanisms), redirect=modifiers.get("redirect", ""))


def _read_mechanism(term: str) -> Mechanism | None:
    qualifier = term[0] if term[0] in "+-~?" else ""
    name = re.match("[A-Za-z0-9]*", term[len(qualifier) :])
    kind = _KINDS.get(name.group().lower()) if name else None
    if name is None or kind is None:
        return None
    return _read_argument(qualifier or "+", kind, term[len(qualifier) + name.end() :])


def _read_argument(qualifier: str, kind: Kind, rest: str) -> Mechanism | None:
    """What stands behind a mechanism's name: nothing, or `:` and its argument, and for some `/` and prefix lengths."""
    argument = rest.removeprefix(":")
    has_argument = rest.startswith(":")
    if kind == "all":
        return None if rest else Mechanism(qualifier=qualifier, kind=kind)
    if kind in {"ip4", "ip6"}:
        network = _network(argument, int(kind[2])) if has_argument else None
        return Mechanism(qualifier=qualifier, kind=kind, network=network) if network else None
    if kind == "ptr" and not rest:
        return Mechanism(qualifier=qualifier, kind=kind)
    if kind in {"include", "exists", "ptr"}:
        sound = has_argument and is_domain_spec(argument)
        return Mechanism(qualifier=qualifier, kind=kind, domain=argument) if sound else None
    domain, lengths = _split_lengths(argument)
    bits = _read_lengths(lengths)
    if bits is None or bool(domain) != has_argument or (domain and not is_domain_spec(domain)):
        return None
    return Mechanism(qualifier=qualifier, kind=kind, domain=domain, bits4=bits[0], bits6=bits[1])


def _split_lengths(rest: str) -> tuple[str, str]:
    """A domain and the prefix lengths behind it; a slash within a macro's braces belongs to the macro."""
    found = re.search(r"(?:/[0-9]*)?(?://[0-9]*)?\Z", rest)
    place = found.start() if found else len(rest)
    return rest[:place], rest[place:]


def _read_lengths(text: str) -> tuple[int, int] | None:
    found = _LENGTHS.fullmatch(text)
    if found is None:
        return None
    bits4, bits6 = (int(value) if value else usual for value, usual in zip(found.groups(), (32, 128), strict=True))
    return (bits4, bits6) if bits4 <= 32 and bits6 <= 128 else None


def _network(text: str, version: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    address, slash, length = text.partition("/")
    if slash and not re.fullmatch(r"0|[1-9][0-9]{0,2}", length):
        return None
    try:
        if version == 4:
            return ipaddress.IPv4Network(f"{ipaddress.IPv4Address(address)}/{length or 32}", strict=False)
        return ipaddress.IPv6Network(f"{ipaddress.IPv6Address(address)}/{length or 128}", strict=False)
    except ValueError:
        return None
