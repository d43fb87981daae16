"""A DKIM-Signature, or ARC's signature of a message, as a value (RFC 6376 §3.5, RFC 8617 §4.1.2)."""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import get_args

from relay.senders.canonical import Form, RawField
from relay.senders.public_key import ALGORITHMS
from relay.senders.tags import read_tags, without_space

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SELECTOR = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")
_TIME = re.compile(r"[0-9]{1,12}")
_FIELD_NAME = re.compile(r"[!-9;-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signature says of itself. Times are seconds since 1970; `agent` is i= as written, "" when it is absent."""

    own: RawField
    algorithm: str
    made: bytes = field(repr=False)
    body_hash: bytes = field(repr=False)
    header_form: Form
    body_form: Form
    domain: str
    selector: str
    names: tuple[str, ...]
    agent: str
    partial: bool
    signed_at: int | None
    expires_at: int | None

    @property
    def key_name(self) -> str:
        """Where its key stands."""
        return f"{self.selector}._domainkey.{self.domain}"


def read_signature(own: RawField) -> Signature | None:
    """Read the field; None when it isn't wholly what the RFC says, or uses what isn't used any more."""
    tags = read_tags(own.value)
    if tags is None or (own.name == "dkim-signature" and tags.get("v") != "1"):
        return None
    domain, selector, algorithm = tags.get("d", "").lower(), tags.get("s", "").lower(), tags.get("a", "").lower()
    header, _, body = tags.get("c", "simple/simple").lower().partition("/")
    body = body or "simple"
    names = tuple(without_space(tags.get("h", "")).lower().split(":"))
    times = [tags[name] for name in ("t", "x") if name in tags]
    sound = (
        _DOMAIN.fullmatch(domain)
        and _SELECTOR.fullmatch(selector)
        and algorithm in ALGORITHMS
        and {header, body} <= set(get_args(Form))
        and all(map(_FIELD_NAME.fullmatch, names))
        and all(map(_TIME.fullmatch, times))
        and "dns/txt" in without_space(tags.get("q", "dns/txt")).lower().split(":")
    )
    made, body_hash = _base64(tags.get("b", "")), _base64(tags.get("bh", ""))
    if not sound or made is None or body_hash is None:
        return None
    return Signature(
        own=own,
        algorithm=algorithm,
        made=made,
        body_hash=body_hash,
        header_form="relaxed" if header == "relaxed" else "simple",
        body_form="relaxed" if body == "relaxed" else "simple",
        domain=domain,
        selector=selector,
        names=names,
        agent=tags.get("i", "") if own.name == "dkim-signature" else "",
        partial="l" in tags,
        signed_at=int(tags["t"]) if "t" in tags else None,
        expires_at=int(tags["x"]) if "x" in tags else None,
    )


def _base64(text: str) -> bytes | None:
    try:
        return b64decode(without_space(text), validate=True) or None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """An ARC-Seal (RFC 8617 §4.1.3); `status` is what it says of the chain before it (cv=)."""

    algorithm: str
    made: bytes = field(repr=False)
    domain: str
    selector: str
    status: str

    @property
    def key_name(self) -> str:
        """Where its key stands."""
        return f"{self.selector}._domainkey.{self.domain}"


def read_seal(own: RawField) -> Seal | None:
    """Read the field; None when it isn't what the RFC says: a seal covers what it covers, so h= and bh= are none of its tags."""
    tags = read_tags(own.value)
    if tags is None or {"h", "bh"} & set(tags):
        return None
    domain, selector, algorithm = tags.get("d", "").lower(), tags.get("s", "").lower(), tags.get("a", "").lower()
    made = _base64(tags.get("b", ""))
    sound = _DOMAIN.fullmatch(domain) and _SELECTOR.fullmatch(selector) and algorithm in ALGORITHMS
    if not sound or made is None or not all(map(_TIME.fullmatch, [tags["t"]] if "t" in tags else [])):
        return None
    return Seal(algorithm=algorithm, made=made, domain=domain, selector=selector, status=tags.get("cv", "").lower())
