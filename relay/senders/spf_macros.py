"""SPF's macros (RFC 7208 §7): domains that are made from who asks. Explanations are not read, so neither are their macros."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from relay.mail.address import Address

_MACRO = re.compile(r"%(?:\{([slodiphvSLODIPHV])([1-9][0-9]*|)([rR]?)([.\-+,/_=]*)\}|([%_-]))")
_MACRO_TEXT = re.compile(rf"(?:{_MACRO.pattern}|[!-$&-~])*")
# What a domain-spec ends with: a top label that isn't all digits, or a macro (§7.1).
_END = re.compile(r".*\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?", re.DOTALL)
_LONGEST = (
    500  # of one domain with its macros, so that a hostile record costs little; honest ones have some sixty characters
)
_LABEL = re.compile(r"[^.]{1,63}")
_NAME = 253  # characters of a domain
_FIXED = {"%": "%", "_": " ", "-": "%20"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What macros stand for: the client, MAIL FROM (None for the null one), HELO, and the domain whose record is read."""

    ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    sender: Address | None
    helo: str
    domain: str


def is_macro_text(text: str) -> bool:
    """Whether all of a text is visible characters and whole macros."""
    return bool(_MACRO_TEXT.fullmatch(text))


def is_domain_spec(text: str) -> bool:
    """Whether a text can become a domain (§7.1)."""
    if not 0 < len(text) <= _LONGEST or not is_macro_text(text):
        return False
    ends_in_macro = [found.end() for found in _MACRO.finditer(text)][-1:] == [len(text)]
    return ends_in_macro or bool(_END.fullmatch(text))


def is_target(name: str) -> bool:
    """Whether a name can be asked for: ASCII (RFC 8616 §4), labels of 1 to 63 characters, two at least, 253 in all (§4.3)."""
    labels = name.removesuffix(".").split(".")
    return name.isascii() and len(labels) > 1 and len(name) <= _NAME and all(map(_LABEL.fullmatch, labels))


def expand(text: str, facts: Facts) -> str:
    """Put what they stand for in the place of macros; of a name that becomes too long the left labels go (§7.3)."""
    made = "".join(_pieces(text, facts))
    if len(made) > _NAME:
        made = made[-_NAME - 1 :].partition(".")[2]
    return made.removesuffix(".")


def _pieces(text: str, facts: Facts) -> Iterator[str]:
    place = 0
    for found in _MACRO.finditer(text):
        yield text[place : found.start()]
        place = found.end()
        letter, digits, reverse, delimiters, fixed = found.groups()
        if fixed:
            yield _FIXED[fixed]
            continue
        value = _value(letter.lower(), facts)
        parts = re.split(f"[{re.escape(delimiters)}]" if delimiters else r"\.", value)
        if reverse:
            parts.reverse()
        value = ".".join(parts[-int(digits) :] if digits else parts)
        yield quote(value, safe="") if letter.isupper() else value
    yield text[place:]


def _value(letter: str, facts: Facts) -> str:
    sender = facts.sender
    match letter:
        case "s":
            return str(sender) if sender else f"postmaster@{facts.helo}"
        case "l":
            return sender.local if sender else "postmaster"
        case "o":
            return sender.domain if sender else facts.helo
        case "d":
            return facts.domain
        case "i":
            whole = facts.ip.exploded
            return whole if facts.ip.version == 4 else ".".join(whole.replace(":", ""))
        case "p":
            return "unknown"  # §7.3 advises against it, and allows this
        case "v":
            return "in-addr" if facts.ip.version == 4 else "ip6"
        case _:
            return facts.helo
