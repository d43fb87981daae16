"""ARC (RFC 8617): whether a message was sound when a forwarder got it. It explains a broken signature, and proves nothing.

A chain says what its links say of themselves: whoever seals may have written anything. So nobody is believed for it; the audit log
names the last forwarder beside the refusal, so that an operator can tell a mailing list in between from a forgery.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from relay.errors import DnsError
from relay.senders.canonical import RawField, RawMessage, header_form, without_signature
from relay.senders.dkim import check, judge_form
from relay.senders.lookup import Lookup
from relay.senders.public_key import read_public_key
from relay.senders.signature import read_seal, read_signature
from relay.senders.tags import read_tags

LINKS = 5  # that are followed; the RFC allows fifty, and each costs two questions

_INSTANCE = re.compile(r"\s*i\s*=\s*([0-9]{1,2})\s*(?:;|\Z)")
_RESULTS, _MESSAGE, _SEAL = "arc-authentication-results", "arc-message-signature", "arc-seal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain's status, "none", "pass" or "fail" (§4.4), and the domain that sealed last ("" where none did)."""

    status: str
    forwarder: str = ""


def judge_chain(message: RawMessage, lookup: Lookup, now: datetime) -> Chain:
    """Validate a chain (§5.2). Trouble with the DNS counts as failure: nothing depends on it."""
    if not any(message.all(name) for name in (_RESULTS, _MESSAGE, _SEAL)):
        return Chain(status="none")
    links = _links(message)
    if links is None or len(links) > LINKS:
        return Chain(status="fail")
    try:
        sound = _is_newest_sound(message, links[-1], lookup, now) and all(
            _is_sealed(links, count, lookup) for count in range(len(links), 0, -1)
        )
    except DnsError:
        sound = False
    seal = read_seal(links[-1][_SEAL])
    return Chain(status="pass" if sound else "fail", forwarder=seal.domain if sound and seal else "")


def _links(message: RawMessage) -> list[Mapping[str, RawField]] | None:
    """The sets in order, each of its three fields once, without a gap; None when it isn't so."""
    by_instance: dict[int, dict[str, RawField]] = {}
    for name in (_RESULTS, _MESSAGE, _SEAL):
        for one in message.all(name):
            found = _INSTANCE.match(one.value) if name == _RESULTS else None
            text = found.group(1) if found else (read_tags(one.value) or {}).get("i", "") if name != _RESULTS else ""
            instance = int(text) if re.fullmatch(r"[1-9][0-9]?", text) else 0
            if not 1 <= instance <= 50 or name in by_instance.setdefault(instance, {}):
                return None
            by_instance[instance][name] = one
    if sorted(by_instance) != list(range(1, len(by_instance) + 1)) or any(
        len(one) != 3 for one in by_instance.values()
    ):
        return None
    return [by_instance[place] for place in sorted(by_instance)]


def _is_newest_sound(message: RawMessage, link: Mapping[str, RawField], lookup: Lookup, now: datetime) -> bool:
    signature = read_signature(link[_MESSAGE])
    if signature is None or judge_form(signature, now) or _SEAL in signature.names:
        return False
    records = lookup(signature.key_name, "TXT")
    key = read_public_key(records[0], signature.algorithm) if len(records) == 1 else None
    return key is not None and not check(message, signature, key)


def _is_sealed(links: list[Mapping[str, RawField]], count: int, lookup: Lookup) -> bool:
    """Whether one seal holds: it stands on all sets up to its own, itself with an empty b= (§5.1.1)."""
    seal = read_seal(links[count - 1][_SEAL])
    if seal is None or seal.status != ("none" if count == 1 else "pass"):
        return False
    records = lookup(seal.key_name, "TXT")
    key = read_public_key(records[0], seal.algorithm) if len(records) == 1 else None
    if key is None:
        return False
    fields = [one[name] for one in links[:count] for name in (_RESULTS, _MESSAGE, _SEAL)]
    fields[-1] = without_signature(fields[-1])
    return key.verifies(seal.made, b"\r\n".join(header_form(one, "relaxed") for one in fields))
