"""Mail addresses, read with a byte-level grammar of our own before anything else sees them.

Stricter than RFC 5321 on purpose: dot-strings only (no quoted local parts, source routes, address literals,
comments or encoded words), because every one of these is a way to make two readers see two different addresses.
Outside ASCII (RFC 6531) a domain may be written in its own letters, and is kept and compared as A-labels; a local part may
where `local_part` allows it, for members and their mail. What the relay and its operator are called is ASCII.
"""

import re
import unicodedata
from dataclasses import dataclass

import idna

from relay.mail.local_part import is_local_part

LOCAL_PART_OCTETS = 64  # RFC 5321 §4.5.3.1.1
DOMAIN_OCTETS = 255  # RFC 5321 §4.5.3.1.2

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LOCAL = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
# RFC 5322 phrase words, and what separates them. Nested comments are refused by leaving "(" out of the comment's text.
_WORD = re.compile(rf"""\s*(?:"((?:[^"\\\r\n]|\\[ -~])*)"|((?:{_ATEXT}|[.\u0080-\U0010ffff])+)|(\([^()\\]*\)))""")
_ANGLE = re.compile(r"\s*<([^<>\s]+)>\s*(?:\([^()\\]*\)\s*)?")
_BARE = re.compile(r"\s*([^<>\s()\",;:]+)\s*(?:\(([^()\\]*)\)\s*)?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Address:
    """One mailbox. Two addresses are equal when they match whole, without regard to case."""

    local: str
    domain: str

    @property
    def key(self) -> str:
        """The form that is compared, stored and counted: lower case, the domain as A-labels."""
        return f"{self.local}@{self.domain}".lower()

    @property
    def in_letters(self) -> str:
        """As people write it: the domain in its own letters too."""
        return f"{self.local}@{idna.decode(self.domain)}" if "xn--" in self.domain else str(self)

    @property
    def is_ascii(self) -> bool:
        """Whether every mail server can deliver to it; else those on the way need SMTPUTF8."""
        return self.local.isascii()

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and its address, as in a From field (RFC 5322 §3.4)."""

    name: str
    address: Address


def parse_address(text: str) -> Address | None:
    """Read an addr-spec in ASCII; None when it isn't one that this relay accepts.

    Source: RFC 5321 §4.1.2 (Dot-string, Domain), narrowed as this module's docstring says.
    """
    if not text.isascii() or "=?" in text:  # an encoded word here is an attack, not an address
        return None
    local, at, domain = text.rpartition("@")
    if not at or len(local) > LOCAL_PART_OCTETS or len(domain) > DOMAIN_OCTETS:
        return None
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or "%" in local or "!" in local:
        return None
    domain = domain.lower()
    if domain.rpartition(".")[2].isdigit() or not _true_labels(domain):
        return None
    return Address(local=local, domain=domain)


def parse_international_address(text: str) -> Address | None:
    """Read an addr-spec in any letters (RFC 6531 §3.3); None when it isn't one for this relay.

    A domain's labels are taken as they are but for their case: what would have to be normalised first is somebody's trick.
    """
    if text.isascii():
        return parse_address(text)
    local, _, domain = text.rpartition("@")
    if len(domain) > DOMAIN_OCTETS or unicodedata.normalize("NFKC", domain) != domain:
        return None
    try:
        labels = [label if label.isascii() else idna.alabel(label.lower()).decode() for label in domain.split(".")]
    except (idna.IDNAError, UnicodeError):
        return None
    plain = parse_address(f"{local if local.isascii() else 'x'}@{'.'.join(labels)}")
    if plain is None or local.isascii():
        return plain
    return Address(local=local, domain=plain.domain) if is_local_part(local) else None


def _true_labels(domain: str) -> bool:
    """Whether every A-label decodes under IDNA 2008 (RFC 5891 §5.4), to letters that belong together."""
    try:
        labels = [idna.decode(label, strict=True) for label in domain.split(".") if label.startswith("xn--")]
    except (idna.IDNAError, UnicodeError):
        return False
    return not any(_mixes_scripts(label) for label in labels)


# Scripts whose letters look alike; a label with letters of two of them reads as what it isn't (UTS #39 §5.2).
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


def _mixes_scripts(label: str) -> bool:
    return len({unicodedata.name(char, "").partition(" ")[0] for char in label} & _ALIKE) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The argument of MAIL FROM: or RCPT TO: an address (None for the null reverse-path) and its parameters."""

    address: Address | None
    parameters: tuple[tuple[str, str | None], ...]

    @property
    def utf8(self) -> bool:
        """Whether MAIL asks for an internationalised transaction (RFC 6531 §3.4)."""
        return ("SMTPUTF8", None) in self.parameters


CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")


def parse_path(argument: bytes, *, null_allowed: bool = False) -> Path | None:
    """Read what follows `MAIL FROM:` or `RCPT TO:`; None when the grammar is broken.

    Args:
        argument: the octets after the colon, without the line's end; one space before `<` is forgiven, as clients send it.
        null_allowed: whether `<>` is a path (true for MAIL only).
    Source: RFC 5321 §4.1.2, RFC 6531 §3.3 (whether UTF-8 was asked for is the caller's question).
    """
    if CONTROL.search(argument):
        return None
    try:
        text = argument.decode("utf-8").removeprefix(" ")
    except UnicodeDecodeError:
        return None
    if not text.startswith("<"):
        return None
    inside, closed, rest = text[1:].partition(">")
    if not closed or (rest and not rest.startswith(" ")):
        return None
    parameters: list[tuple[str, str | None]] = []
    for word in filter(None, rest.split(" ")):
        match = _PARAMETER.fullmatch(word)
        if not match or match.group(1).upper() in {name for name, _ in parameters}:
            return None
        parameters.append((match.group(1).upper(), match.group(2)))
    if not inside:
        return Path(address=None, parameters=tuple(parameters)) if null_allowed else None
    address = parse_international_address(inside)
    return Path(address=address, parameters=tuple(parameters)) if address else None


def parse_mailbox(text: str) -> Mailbox | None:
    """Read a From field's body that holds exactly one mailbox; None for none, several, groups or anything unclear.

    Args:
        text: the unfolded field body *before* RFC 2047 decoding, so that no encoded word can become an address.
    Source: RFC 5322 §3.4, without obsolete syntax.
    """
    if bare := _BARE.fullmatch(text):
        address = parse_international_address(bare.group(1))
        return Mailbox(name=(bare.group(2) or "").strip(), address=address) if address else None
    words: list[str] = []
    position = 0
    while word := _WORD.match(text, position):
        quoted, atom, _comment = word.groups()
        if quoted is not None:
            words.append(re.sub(r"\\(.)", r"\1", quoted))
        elif atom is not None:
            words.append(atom)
        position = word.end()
    angle = _ANGLE.fullmatch(text, position)
    address = parse_international_address(angle.group(1)) if angle else None
    return Mailbox(name=" ".join(words), address=address) if address else None
