"""Where a routed alert goes: to its author's own regional lists, and as an offer to those that the alert itself names.

An alert names lists by their tags in the subject, `[EAFR]`; by its route, `[KE>AE>VN]`; or by a line `Countries: KE, Vietnam`
near the top of its text. A list that the author isn't a member of never gets it directly: its moderator is asked (F1).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from relay.mail.subject import without_reply_prefixes
from relay.policy.decision import Reason
from relay.policy.post import CleanPart, Scan, plain_text
from relay.roster.countries import country_named
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member

PREFIX = "ALERT"  # of a routed alert's reference and subject
OFFERS = 12  # one message asks no more moderators than that
_LINES_READ = 30  # a line that names countries stands near the top; further down it is prose

_BRACKETED = re.compile(r"\[([^\[\]]{1,200})\]")
_ARROW = re.compile(r"\s*(?:[-=]*[>›»→⇒➔➜➡])+\s*")
_BETWEEN = re.compile(r"[,;/|]")
_AND = re.compile(r"\s+(?:and|et|y|e)\s+")
_COUNTRIES = re.compile(r"\s*(?:countries|country|pays|países|país|paises|pais)\s*[:：](.{1,500})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """What a message was sent to: lists by their own addresses, in order; `alerts` when the address of routed alerts is among them.

    `tag` is that of the first address, and starts the post's reference and subject.
    """

    lists: tuple[MailingList, ...] = ()
    alerts: bool = False
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Every list that a message concerns; `offers` has a reason for each that is only offered it, by the list's name."""

    lists: tuple[MailingList, ...]
    offers: Mapping[str, Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Countries that an alert names and no list here covers, by code, and how many names could not be read."""

    countries: tuple[str, ...] = ()
    unknown: int = 0


def takes_alerts_of(member: Member, every: Iterable[MailingList]) -> tuple[MailingList, ...]:
    """The active regional lists to which this member's routed alerts go directly."""
    return tuple(one for one in every if one.active and one.alerts and one.admits(member))


def route(addressed: Addressed, author: Member, scan: Scan, every: Iterable[MailingList]) -> Route:
    """Find the lists of a message.

    Args:
        addressed: what it was sent to.
        author: whose own lists get it.
        scan: its subject and text, where it may name others.
        every: all lists.
    """
    if not addressed.alerts:
        return Route(lists=addressed.lists)
    every = tuple(every)
    own = takes_alerts_of(author, every)
    direct = tuple({one.name: one for one in (*addressed.lists, *own)}.values())
    if not own:
        return Route(lists=addressed.lists)
    regional = tuple(one for one in every if one.active and one.alerts)
    named: dict[str, tuple[MailingList, Reason]] = {}
    for one, reason in _named(scan, regional):
        if one not in direct:
            named.setdefault(one.name, (one, reason))
    offered = list(named.values())[:OFFERS]
    return Route(lists=(*direct, *(one for one, _ in offered)), offers={one.name: reason for one, reason in offered})


def missed(subject: str, parts: Iterable[CleanPart], every: Iterable[MailingList]) -> Missed:
    """What a routed alert names in vain, so that its author doesn't believe it reached.

    Args:
        subject: the alert's.
        parts: its clean parts.
        every: all lists.
    """
    covered = {code for one in every if one.active and one.alerts for code in one.countries}
    words = [word for word in (*_stops(_groups(subject)), *_countries_line(plain_text(parts))) if word.strip()]
    codes = [country_named(word) for word in words]
    return Missed(
        countries=tuple(dict.fromkeys(code for code in codes if code and code not in covered)),
        unknown=sum(code is None for code in codes),
    )


def _named(scan: Scan, regional: tuple[MailingList, ...]) -> Iterator[tuple[MailingList, Reason]]:
    """The lists that a message names, those named by tag first."""
    subject = scan.message.subject if scan.message else ""
    groups = _groups(subject)
    for group in groups:
        for word in _listed(group):
            wanted = word.strip().casefold()
            for one in regional:
                if wanted in {one.tag.casefold(), one.name, one.title.casefold()}:
                    yield one, Reason("F1", "routing.named_by_tag", "subject")
    yield from _concerned(_stops(groups), regional, Reason("F1", "routing.on_the_route", "subject"))
    yield from _concerned(
        _countries_line(plain_text(scan.parts)), regional, Reason("F1", "routing.named_by_country", "text")
    )


def _stops(groups: Iterable[str]) -> list[str]:
    """The stops of the routes among the bracketed groups of a subject."""
    return [word for group in groups if _ARROW.search(group) for word in _ARROW.split(group)]


def _groups(subject: str) -> list[str]:
    """What stands in brackets in a subject. An answer's leading ones were put there by us and name nothing (CONTRACT)."""
    rest = without_reply_prefixes(subject)
    if rest != subject:
        while leading := re.match(r"\s*\[([^\[\]>›»→⇒]*)\]", rest):
            rest = rest[leading.end() :]
    return _BRACKETED.findall(rest)


def _countries_line(text: str) -> list[str]:
    """The names on the line that names countries; [] when there is none."""
    for line in text.splitlines()[:_LINES_READ]:
        if found := _COUNTRIES.fullmatch(line):
            return [word for group in _ARROW.split(found.group(1)) for word in _listed(group)]
    return []


def _listed(words: str) -> Iterator[str]:
    """The names in a list of them; "and" stands between two, unless it belongs to one: "São Tomé e Príncipe"."""
    for name in _BETWEEN.split(words):
        yield from [name] if country_named(name) else _AND.split(name)


def _concerned(
    words: Iterable[str], regional: tuple[MailingList, ...], reason: Reason
) -> Iterator[tuple[MailingList, Reason]]:
    """The lists in whose region the named countries lie. A word that names no country names no list."""
    for word in words:
        code = country_named(word)
        for one in regional:
            if code in one.countries:
                yield one, reason
