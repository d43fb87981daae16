"""Reads a list's definition (lists/*.toml) into a MailingList; every fault is one sentence with file and line.

The format and its reasons for users: lists/README.md.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from relay.errors import ConfigurationError
from relay.mail.address import Address, parse_address
from relay.mail.auth_results import Proof
from relay.mail.signature import SignatureMethod
from relay.roster.countries import COUNTRIES
from relay.roster.mailing_list import PROOFS, MailingList, Tlp, Weekday
from relay.roster.member import AgencyType, Role
from relay.roster.overrides import Fault, Overrides, judge_overrides
from relay.source import check, line_of, read_source

NAME_CHARACTERS = (
    31  # with "-bounces+" and a token of 24 characters a return path's local part has the 64 of RFC 5321 §4.5.3.1.1
)

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TAG = re.compile(r"[A-Z]{4,12}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_OWN_NAMES = frozenset({"alerts", "practice", "postmaster", "abuse"})  # addresses that the relay itself answers
_OWN_SUFFIXES = ("-request", "-owner", "-bounces")
_OWN_TAG = "ALERT"

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """`[post]`: who may post. Without it every member who serves as an official may."""

    roles: frozenset[Role] = frozenset({Role.MEMBER})
    agency_types: frozenset[AgencyType] = frozenset(one for one in AgencyType if one.is_official)
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One lists/*.toml as it is written. `as_of`, `status` and `source` say how sure we are of `countries`."""

    name: str
    title: str
    tag: str
    active: bool
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    as_of: date
    status: Literal["confirmed", "unconfirmed"]
    source: str
    ceiling: Tlp
    community: str
    footer: str
    integrity_contact: str
    default_marking: Tlp | None = None
    require_marking: bool = False
    strict: bool = False
    two_person_release: bool = False
    one_click_leave: bool = False
    tls: Literal["site", "required"] = "site"
    alerts: bool = True
    photos: Literal["relay", "confirm", "hold"] = "relay"
    keep_original_photos: bool = False
    author_from: Annotated[Literal["list", "author"], Field(alias="from")] = "list"
    reply_to: Literal["author", "list", "both"] = "author"
    weekend: tuple[Day, ...] = ("saturday", "sunday")
    holidays: tuple[date, ...] = ()
    proofs: tuple[Proof, ...] = PROOFS
    second_proof: tuple[SignatureMethod, ...] = ()
    encryption: Literal["wanted", "required"] = "wanted"
    post: Posting = field(default_factory=Posting)
    policy: Overrides = field(default_factory=Overrides)
    __pydantic_config__ = ConfigDict(extra="forbid")


def read_list(text: str, file: str, domain: str) -> MailingList:
    """Read one definition.

    Args:
        text: the TOML text.
        file: its name, for error sentences.
        domain: the relay's own; the list's address and List-Id are made from it.

    Raises:
        ConfigurationError: one sentence on the first fault, with file and line.
    """
    source = read_source(text, file)
    definition = check(source, Definition)
    address = parse_address(f"{definition.name}@{domain}")
    if address is None:
        raise ConfigurationError(
            f"“{definition.name}@{domain}” is not a mail address", file=file, line=line_of(text, ("name",))
        )
    if (
        fault := _judge_names(definition)
        or _judge_facts(definition)
        or _judge_markings(definition)
        or judge_overrides(definition.policy)
    ):
        key, sentence = fault
        raise ConfigurationError(sentence, file=file, line=line_of(text, tuple(key.split("."))))
    return _to_mailing_list(definition, address)


def judge_lists(lists: Iterable[MailingList]) -> str:
    """Say in one sentence which two lists share a name or a tag; "" when none do."""
    names: set[str] = set()
    tags: dict[str, str] = {}
    for one in lists:
        if one.name in names:
            return f"two lists are named “{one.name}”: give one of them another name"
        if one.tag in tags:
            return f"the lists “{tags[one.tag]}” and “{one.name}” have the same tag {one.tag}: give one of them another tag"
        names.add(one.name)
        tags[one.tag] = one.name
    return ""


def _judge_names(definition: Definition) -> Fault | None:
    name, tag = definition.name, definition.tag
    if not _NAME.fullmatch(name) or len(name) > NAME_CHARACTERS:
        return (
            "name",
            f"“{name}” can't name a list: use lower-case words joined by “-”, {NAME_CHARACTERS} characters at most",
        )
    if name in _OWN_NAMES or name.endswith(_OWN_SUFFIXES):
        return "name", f"“{name}” is an address that the relay itself answers: choose another name"
    if not _TAG.fullmatch(tag) or tag in COUNTRIES:
        return "tag", f"“{tag}” can't be a tag: use four to twelve capitals, so that it is never a country's code"
    if tag == _OWN_TAG:
        return "tag", f"the tag {_OWN_TAG} belongs to alerts@: choose another"
    return None


def _judge_facts(definition: Definition) -> Fault | None:
    for key in ("title", "community", "footer", "integrity_contact", "source"):
        if not getattr(definition, key).strip():
            return key, f"{key} is empty: members and notices need it"
    if not definition.title.isprintable():
        return "title", "the title must be one line"
    if not definition.languages:
        return "languages", "languages is empty: name at least one, such as fr"
    if not definition.proofs:
        return "proofs", 'proofs is empty: nobody could post; name at least one, such as "auth"'
    if definition.second_proof and Proof.CHALLENGE in definition.proofs:
        return "second_proof", "second_proof and the proof “challenge” exclude each other: who can sign can also log in"
    if wrong := [one for one in definition.languages if not _LANGUAGE.fullmatch(one)]:
        return "languages", f"“{wrong[0]}” is not a two-letter language code such as fr"
    if unknown := sorted(set(definition.countries) - COUNTRIES):
        return "countries", f"“{unknown[0]}” is not an ISO 3166 country code such as CM"
    if len(set(definition.weekend)) == len(Weekday):
        return "weekend", "weekend names every day: moderators need one to work on"
    return None


def _judge_markings(definition: Definition) -> Fault | None:
    default = definition.default_marking
    if default is not None and default.level > definition.ceiling.level:
        return (
            "default_marking",
            f"default_marking {default} is above the list's ceiling {definition.ceiling}: lower it or leave it out",
        )
    return None


def _to_mailing_list(definition: Definition, address: Address) -> MailingList:
    return MailingList(
        name=definition.name,
        title=definition.title,
        address=address,
        list_id=f"{definition.name}.{address.domain}",
        tag=definition.tag,
        active=definition.active,
        languages=definition.languages,
        countries=frozenset(definition.countries),
        roles=definition.post.roles,
        agency_types=definition.post.agency_types,
        ceiling=definition.ceiling,
        default_marking=definition.default_marking or definition.ceiling,
        require_marking=definition.require_marking,
        strict=definition.strict,
        community=definition.community,
        author_from=definition.author_from,
        reply_to=definition.reply_to,
        footer=definition.footer,
        integrity_contact=definition.integrity_contact,
        two_person_release=definition.two_person_release,
        one_click_leave=definition.one_click_leave,
        tls=definition.tls,
        alerts=definition.alerts,
        photos=definition.photos,
        keep_original_photos=definition.keep_original_photos,
        overrides=definition.policy.by_code(),
        weekend=frozenset(Weekday[day.upper()] for day in definition.weekend),
        holidays=frozenset(definition.holidays),
        proofs=frozenset(definition.proofs),
        second_proof=frozenset(definition.second_proof),
        encrypted=definition.encryption == "required",
    )
