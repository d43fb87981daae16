"""All that can be found out about who sent a message: its DKIM signatures, and what the author's domain asks by DMARC.

Found out for members and strangers alike, before anybody is looked up: what is asked, and how long it takes, depends on the
message, its author's domain and the lists that it is for.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from relay.errors import DnsError
from relay.mail.address import Address
from relay.mail.auth_results import Method, Proof
from relay.mail.envelope import Client
from relay.mail.message import HeaderSection
from relay.senders.arc import judge_chain
from relay.senders.canonical import cut
from relay.senders.dkim import Verified, verify
from relay.senders.dmarc import Policy, Wish, find_policy, is_aligned
from relay.senders.lookup import Lookup
from relay.senders.spf import SpfResult, check_host

_ASK_FOR_POLICY = frozenset({Proof.DMARC, Proof.CHALLENGE})
_BROKEN = frozenset(
    {"dkim.body_changed", "dkim.header_changed"}
)  # as they are behind a forwarder that writes into messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message and who it says wrote it: `author` is the one address in From, and MAIL FROM too."""

    octets: bytes = field(repr=False)
    header: HeaderSection = field(repr=False)
    author: Address
    client: Client
    recipients: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found.

    `method` is the proof, None when there is none; `refused` is true when the author may not be known in any other way
    either: DMARC fails and their domain asks that nobody take such mail, or the message can be read in two ways; `faults`
    name why there is no proof, for the audit log; `forwarder` is the domain that last sealed the message as sound (ARC), ""
    when none did: it explains, and proves nothing.
    """

    method: Method | None
    refused: bool = False
    faults: tuple[str, ...] = ()
    forwarder: str = ""


NOTHING = Evidence(method=None)


def gather(claim: Claim, wanted: Collection[Proof], lookup: Lookup, now: datetime) -> Evidence:
    """Find out what the lists want to know.

    Args:
        claim: the message.
        wanted: the proofs that the recipients' lists take, together.
        lookup: the DNS.
        now: the time.

    Raises:
        DnsError: the DNS gave no answer on which it depends; asked later, it may.
    """
    message = cut(claim.octets, claim.header)
    if message is None:
        return Evidence(method=None, refused=True, faults=("dkim.ambiguous",))
    signatures: list[Verified] = []
    for one in verify(message, claim.author, claim.recipients, lookup, now):
        signatures.append(one)
        if not one.fault:
            break
    proved = bool(signatures) and not signatures[-1].fault
    if not proved and any(one.unknown for one in signatures):
        raise DnsError("the DNS gives no answer about a signature's key")
    if proved and Proof.DMARC not in wanted:
        return Evidence(method=Method.DKIM)
    policy = None if _ASK_FOR_POLICY.isdisjoint(wanted) else find_policy(claim.author.domain, lookup)
    if proved:
        return Evidence(method=Method.DMARC if policy and policy.wish is not Wish.NONE else Method.DKIM)
    refused = policy is not None and _fails(claim, policy, signatures, lookup)
    faults = tuple(dict.fromkeys(one.fault for one in signatures)) or ("dkim.no_signature",)
    chain = judge_chain(message, lookup, now) if not _BROKEN.isdisjoint(faults) else None
    return Evidence(
        method=None,
        refused=refused,
        faults=(*faults, "dmarc.fail") if refused else faults,
        forwarder=chain.forwarder if chain else "",
    )


def _fails(claim: Claim, policy: Policy, signatures: Collection[Verified], lookup: Lookup) -> bool:
    """Whether DMARC fails and its policy asks to refuse (RFC 9989 §4.4): neither a signature nor SPF speaks for the author."""
    if policy.wish is Wish.NONE:
        return False
    for one in signatures:
        if one.passed and is_aligned(one.domain, policy, strict=policy.strict_dkim, lookup=lookup):
            return False
    result = check_host(
        claim.client.ip, claim.author, claim.client.helo_name, lookup
    )  # the author's, so a pass is aligned
    if result is SpfResult.TEMPERROR:
        raise DnsError("the DNS gives no answer about the SPF record of the author's domain")
    return result is not SpfResult.PASS
