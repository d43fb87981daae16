"""DMARC (RFC 9989): what an author's domain asks to be done with mail that it hasn't sent.

Policies and organisational domains are found by the tree walk of §4.10, which needs no list of public suffixes: at most eight
questions for each domain. A relay refuses where others would put mail aside: nobody looks into a junk folder here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from relay.errors import DnsError
from relay.senders.lookup import Lookup, RecordType
from relay.senders.tags import read_tags

LABELS = 8  # a walk asks no more questions than that
_EXISTS_BY: tuple[RecordType, ...] = ("A", "AAAA", "MX")  # a name without any of these doesn't exist for np= (§4.7)


class Wish(StrEnum):
    """What a domain asks for mail that fails, least first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


_WEAKER = {Wish.REJECT: Wish.QUARANTINE, Wish.QUARANTINE: Wish.NONE, Wish.NONE: Wish.NONE}
_WISHES = {one.value for one in Wish}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A DMARC record and the domain it stands at; `suffix` is psd=: "y", "n" or "u" for unknown."""

    domain: str
    wish: Wish | None
    below: Wish | None
    nowhere: Wish | None
    suffix: str
    strict_dkim: bool
    strict_spf: bool
    testing: bool
    reports: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts for one author's domain.

    `wish` is what it asks for; `organisation` its organisational domain; `found` tells whether there is a record at all.
    """

    domain: str
    organisation: str
    wish: Wish
    found: bool
    strict_dkim: bool = False
    strict_spf: bool = False


def read_record(text: str, domain: str) -> Record | None:
    """Read one TXT record at `_dmarc.DOMAIN`; None when it is no DMARC record (§4.7, §5.4: `v=DMARC1` comes first, so written).

    A tag with a value that isn't known counts as absent, and so do unknown tags; pct=, rf= and ri= are no more.
    """
    tags = read_tags(text)
    if tags is None or next(iter(tags)) != "v" or tags["v"] != "DMARC1":
        return None
    wish, below, nowhere = (
        Wish(tags[name].lower()) if tags.get(name, "").lower() in _WISHES else None for name in ("p", "sp", "np")
    )
    suffix = tags.get("psd", "u").lower()
    return Record(
        domain=domain,
        wish=wish,
        below=below,
        nowhere=nowhere,
        suffix=suffix if suffix in {"y", "n"} else "u",
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        testing=tags.get("t", "n").lower() == "y",
        reports="mailto:" in tags.get("rua", "").lower(),
    )


def walk(domain: str, lookup: Lookup) -> tuple[Record, ...]:
    """The records that the tree walk finds, the lowest domain's first (§4.10).

    Raises:
        DnsError: the DNS gave no answer; nothing can be said of the domain.
    """
    labels = domain.lower().split(".")
    # With eight labels or more the walk goes from the whole name to its last seven at once.
    steps = [len(labels), *range(min(len(labels) - 1, LABELS - 1), 0, -1)]
    found: list[Record] = []
    for count in steps:
        name = ".".join(labels[-count:])
        records = [one for text in lookup(f"_dmarc.{name}", "TXT") if (one := read_record(text, name)) is not None]
        if len(records) == 1:  # of several none counts
            found += records
            if records[0].suffix != "u":
                break
    return tuple(found)


def organisation_of(domain: str, records: Sequence[Record]) -> str:
    """The organisational domain, from what a walk that began at the domain has found (§4.10.2).

    The walk ends at a psd= that says something, so only the last record can have one: "n" stands at the organisation itself,
    "y" at the public suffix, one label above it. Without either it is the highest domain with a record.
    """
    if not records:
        return domain
    highest = records[-1]
    labels = highest.domain.count(".") + (2 if highest.suffix == "y" else 1)
    return ".".join(domain.split(".")[-labels:])


def find_policy(domain: str, lookup: Lookup) -> Policy:
    """What an author's domain asks for (§4.10.1).

    Raises:
        DnsError: the DNS gave no answer.
    """
    domain = domain.lower()
    records = walk(domain, lookup)
    organisation = organisation_of(domain, records)
    by_domain = {one.domain: one for one in records}
    # The domain's own record, its organisation's, or that of the public suffix above.
    suffix = records[-1].domain if records and records[-1].suffix == "y" else ""
    record = next((by_domain[name] for name in (domain, organisation, suffix) if name in by_domain), None)
    if record is None:
        return Policy(domain=domain, organisation=organisation, wish=Wish.NONE, found=False)
    return Policy(
        domain=domain,
        organisation=organisation,
        wish=_wish_for(domain, record, lookup),
        found=True,
        strict_dkim=record.strict_dkim,
        strict_spf=record.strict_spf,
    )


def publishes_none(domain: str, lookup: Lookup) -> bool:
    """Whether a domain is known to say nothing about mail that bears its name. No answer from the DNS is no knowledge."""
    try:
        return not find_policy(domain, lookup).found
    except DnsError:
        return False


def _wish_for(domain: str, record: Record, lookup: Lookup) -> Wish:
    if record.wish is None and not record.reports:
        return Wish.NONE  # neither p= nor somebody who wants reports: no policy at all
    wish = record.wish or Wish.NONE
    if record.domain != domain:
        wish = record.below or wish
        if record.nowhere is not None and not any(lookup(domain, kind) for kind in _EXISTS_BY):
            wish = record.nowhere
    return _WEAKER[wish] if record.testing else wish


def is_aligned(domain: str, author: Policy, *, strict: bool, lookup: Lookup) -> bool:
    """Whether an authenticated domain speaks for the author's (§4.4): the same, or where that is enough the same organisation's.

    Raises:
        DnsError: the DNS gave no answer.
    """
    domain = domain.lower()
    if domain == author.domain:
        return True
    if strict or not _share_a_tail(domain, author.domain):
        return False
    return organisation_of(domain, walk(domain, lookup)) == author.organisation


def _share_a_tail(one: str, other: str) -> bool:
    """Whether two domains could be of one organisation at all: they must have two labels in common."""
    return one.split(".")[-2:] == other.split(".")[-2:]
