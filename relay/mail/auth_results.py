"""By what proof the author is known, in the words of RFC 8601, and what a trusted gateway's header fields prove.

Only a proof that passed becomes a value here; a failed one never leaves the session. The fields are read by the grammar
of RFC 8601 §2.2, narrowed: one that could be read in two ways, or that its own gateway would not have written, proves
nothing. Reading takes time in proportion to the octets, never raises, and has no nesting of its own.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from relay.mail.address import Address
from relay.mail.message import HeaderSection

FIELDS = 50  # more of one header section are not looked at: they prove nothing together


class Proof(StrEnum):
    """A way to know a message's author; each list says which of them are enough (`proofs`, lists/README.md)."""

    AUTH = "auth"  # a login under TLS
    CERTIFICATE = "certificate"  # a TLS client certificate whose key is pinned
    GATEWAY = "gateway"  # what a trusted gateway has found
    DKIM = "dkim"  # a signature of the author's own domain that we have verified
    DMARC = "dmarc"  # the same, where the domain's DMARC policy also asks that nobody else be believed
    CHALLENGE = "challenge"  # the registered address said that it sent this


class Method(StrEnum):
    """What has passed, whoever has looked; RFC 8601 §2.7 names the first three."""

    AUTH = "auth"
    DKIM = "dkim"
    DMARC = "dmarc"
    CERTIFICATE = "certificate"
    CHALLENGE = "challenge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResults:
    """One passed proof: its method, the address it proves, and whether a trusted gateway has found it, or we ourselves.

    `password_id` tells which of the member's app passwords a login was by, so that one that is revoked since counts no more;
    `through` names the gateway whose certificate it was that has spoken for the author.
    """

    method: Method
    address: Address
    by_gateway: bool = False
    password_id: str = ""
    through: str = ""

    @property
    def proof(self) -> Proof:
        """The way in which the author is known, as lists name it."""
        return Proof.GATEWAY if self.by_gateway else Proof(self.method.value)

    def is_enough_for(self, proofs: Collection[Proof]) -> bool:
        """Whether a list that takes these proofs takes this one; what passes DMARC has passed DKIM by the same signature."""
        return self.proof in proofs or (self.proof is Proof.DMARC and Proof.DKIM in proofs)

    @property
    def is_personal(self) -> bool:
        """Whether the member has shown a secret of their own, not their agency's mail server or domain one of its own."""
        own = self.method in {Method.AUTH, Method.CERTIFICATE}
        return own and not self.by_gateway and not self.through

    @property
    def record(self) -> str:
        """The proof as the record has it: `auth`, `dkim`, `gateway.dkim` for what a gateway has found, `certificate.mx.police.example`."""
        if self.by_gateway:
            return f"{Proof.GATEWAY}.{self.method}"
        return f"{self.method}.{self.through}" if self.through else self.method.value

    def __str__(self) -> str:
        return f"{self.method}=pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult:
    """One method's result and its properties, as ("header.d", "police.example"); words in lower case, values as they are."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str | None:
        """A property's value; None when it isn't there."""
        return dict(self.properties).get(name)


_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_VALUE = re.compile(
    r"[!#-'*-:<-\[\]-~]+"
)  # of a property, unquoted: printable, without spaces, quotes, ( ) ; and backslash
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ -~])*)"')
_NUMBER = re.compile(r"[0-9]+")
_NONE = re.compile(r";[ \t]*none[ \t]*", re.IGNORECASE)
_ID_END = re.compile(rb"[ \t;(]|\Z")


class _Text:
    """A field's text and how far it is read; `broken` once a comment did not end."""

    __slots__ = ("broken", "position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.broken = False

    @property
    def ahead(self) -> str:
        """The next character, "" at the end."""
        return self.text[self.position : self.position + 1]

    def skip(self) -> None:
        """Pass spaces and comments (CFWS), however deep they nest."""
        depth = 0
        while char := self.ahead:
            if char == "(":
                depth += 1
            elif depth and char == ")":
                depth -= 1
            elif depth and char == "\\":
                self.position += 1
            elif not depth and char not in " \t":
                return
            self.position += 1
        self.broken |= depth > 0

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """The next word of this form, and pass the space behind it; None when something else comes."""
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        self.skip()
        return match.group()

    def has(self, sign: str) -> bool:
        """Pass a sign if it comes next."""
        if self.ahead != sign:
            return False
        self.position += 1
        self.skip()
        return True


def read_results(body: bytes, authserv_id: str) -> tuple[MethodResult, ...] | None:
    """Read a field that begins with this identifier.

    Args:
        body: the unfolded body of an Authentication-Results field.
        authserv_id: the identifier.

    Returns:
        Its results, () for "none"; None when it can't be read without doubt: then it proves nothing, and speaks against others.
    """
    try:
        text = _Text(body.decode("ascii"))
    except UnicodeDecodeError:
        return None
    text.position = len(authserv_id)
    text.skip()
    if text.take(_NUMBER) not in {None, "1"}:
        return None
    if _NONE.fullmatch(text.text, text.position):
        return ()
    results: list[MethodResult] = []
    while text.has(";"):
        if not text.ahead:
            break  # a last semicolon with nothing behind it: some write it, and it says nothing
        result = _read_result(text)
        if result is None:
            return None
        results.append(result)
    return None if text.broken or text.ahead or not results else tuple(results)


def _read_result(text: _Text) -> MethodResult | None:
    """`method[/1] = result [reason=…] [ptype.property=value …]`; None for anything else, also for a property named twice."""
    method = text.take(_WORD)
    if method is None or (text.has("/") and text.take(_NUMBER) != "1") or not text.has("="):
        return None
    result = text.take(_WORD)
    if result is None:
        return None
    properties: dict[str, str] = {}
    while text.ahead not in {"", ";"}:
        found = _read_property(text)
        if found is None or found[0] in properties:
            return None
        properties[found[0]] = found[1]
    return MethodResult(method=method.lower(), result=result.lower(), properties=tuple(properties.items()))


def _read_property(text: _Text) -> tuple[str, str] | None:
    """`reason=value` or `ptype.property=value`."""
    name = text.take(_WORD)
    if name is None:
        return None
    if name.lower() != "reason":
        prop = text.take(_WORD) if text.has(".") else None
        if prop is None:
            return None
        name = f"{name}.{prop}"
    value = _read_value(text) if text.has("=") else None
    return None if value is None else (name.lower(), value)


def _read_value(text: _Text) -> str | None:
    if (quoted := text.take(_QUOTED)) is not None:
        return re.sub(r"\\(.)", r"\1", quoted[1:-1])
    return text.take(_VALUE)


def proof_by_gateway(header: HeaderSection, authserv_id: str, author: Address) -> Method | None:
    """What a trusted gateway has proved of this author, judged by the fields that bear its identifier.

    The topmost of them must say `dkim=pass` with a signing domain (header.d, or where it is absent header.i) that is the
    author's exactly, or `dmarc=pass` for that domain (header.from). The others need not say anything but must not disagree:
    a gateway takes foreign fields with its identifier away (RFC 8601 §5), so where two disagree it does not, and none is
    believed. The identifier must stand at the very beginning, letter for letter as the gateway writes it: in quotes, behind a
    comment or in other case it is somebody's who hopes that the gateway overlooks it.

    Args:
        header: the top header section.
        authserv_id: the gateway's identifier, as it writes it.
        author: the address in From.

    Returns:
        The method that passed; None when there is no proof.
    """
    verdicts = _verdicts(header, authserv_id, author)
    return verdicts[0] if verdicts and isinstance(verdicts[0], Method) and False not in verdicts else None


def is_disproved_by_gateway(header: HeaderSection, authserv_id: str, author: Address) -> bool:
    """Whether a field of the gateway's speaks against the author, or there are more fields than anybody would write."""
    return False in _verdicts(header, authserv_id, author)


def _verdicts(header: HeaderSection, authserv_id: str, author: Address) -> list[Method | Literal[False] | None]:
    """What each field of the gateway's says of the author's domain, the topmost first."""
    name = authserv_id.encode()
    bodies = [body.strip(b" \t") for body in header.all("authentication-results")]
    if len(bodies) > FIELDS:
        return [False]
    ours = [body for body in bodies if body.startswith(name) and _ID_END.match(body, len(name))]
    return [_verdict(read_results(body, authserv_id), author.domain) for body in ours]


def _verdict(results: tuple[MethodResult, ...] | None, domain: str) -> Method | Literal[False] | None:
    """What one field says of a domain: the method that proves it, False when it speaks against it, None when it says nothing."""
    if results is None:
        return False
    dmarc = [one for one in results if one.method == "dmarc"]
    if any(one.result not in {"pass", "none"} or _domain_of(one) not in {domain, None} for one in dmarc):
        return False
    about = [one for one in results if _domain_of(one) == domain]
    passed = {one.method for one in about if one.result == "pass"}
    for method in (Method.DMARC, Method.DKIM):
        if method in passed:
            return method
    return False if any(one.method == "dkim" for one in about) else None


def _domain_of(result: MethodResult) -> str | None:
    """The domain that a result of DKIM or DMARC is about."""
    match result.method:
        case "dkim":
            signer = result.value("header.d")
            agent = result.value("header.i")
            found = signer if signer is not None or agent is None else agent.rpartition("@")[2]
        case "dmarc":
            found = result.value("header.from")
        case _:
            found = None
    return found.lower() if found else None
