"""Values for tests, each with sensible defaults: name only what the test is about."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from relay.detectors.definition import read_detectors
from relay.mail.address import Address, Mailbox, parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.message import Message
from relay.policy.channels import Directory
from relay.policy.marking import MarkingWords
from relay.policy.post import CleanPart, Finding, Post, Progress, Scan
from relay.policy.ruleset import Ruleset, read_marking_words
from relay.roster.mailing_list import MailingList, Tlp
from relay.roster.member import AgencyType, Member, MemberState, Role
from relay.scan.instructions import Definitions
from relay.scan.rules import Rules

AUTHOR = "ana@customs.example"
TODAY = date(2026, 3, 2)
WORDS_FILE = Path(__file__).parent.parent / "config" / "policy" / "markings.toml"
WORDS: MarkingWords = read_marking_words(WORDS_FILE.read_text("utf-8"), "markings.toml")
DETECTORS = {path.name: path.read_text("utf-8") for path in sorted((WORDS_FILE.parent / "detectors").glob("*.toml"))}
DEFINITIONS = Definitions(words=WORDS, detectors=DETECTORS)
RULESET = Ruleset(words=WORDS, directory=Directory())


def address(text: str = AUTHOR) -> Address:
    """An address that must be one."""
    found = parse_address(text)
    assert found is not None, text
    return found


def make_message(
    body: str | bytes = "Forty kilograms of pangolin scales were seized at Exampleville airport.\r\n",
    *,
    sender: str | None = f"Ana Example <{AUTHOR}>",
    to: str = "central-africa@relay.example",
    subject: str | None = "Seizure at the airport",
    more: str | bytes = b"",
) -> bytes:
    """RFC 5322 octets. `sender` is the From field's body, None for no such field; `more` are whole header lines."""
    fields = [("From", sender), ("To", to), ("Subject", subject), ("Date", "Mon, 2 Mar 2026 10:00:00 +0000")]
    fields += [("Message-ID", "<1@customs.example>")]
    header = "".join(f"{name}: {text}\r\n" for name, text in fields if text is not None).encode()
    octets = [part.encode() if isinstance(part, str) else part for part in (more, "\r\n", body)]
    return header + b"".join(octets)


def make_list(name: str = "central-africa", **changes: Any) -> MailingList:
    """An active list for every official whose ceiling is TLP:GREEN."""
    usual = MailingList(
        name=name,
        title="Central Africa",
        address=address(f"{name}@relay.example"),
        list_id=f"{name}.relay.example",
        tag="CAFR",
        active=True,
        languages=("en", "fr"),
        countries=frozenset({"CM", "GA"}),
        roles=frozenset({Role.MEMBER}),
        agency_types=frozenset(one for one in AgencyType if one.is_official),
        ceiling=Tlp.GREEN,
        default_marking=Tlp.GREEN,
        require_marking=False,
        strict=False,
        community="officials of the region",
        author_from="list",
        reply_to="author",
        footer="For officials.",
        integrity_contact="the secretariat",
    )
    return replace(usual, **changes)


def make_member(**changes: Any) -> Member:
    """An active customs officer of Cameroon who belongs to central-africa."""
    usual = Member(
        id="m1",
        address=address(),
        name="Ana Example",
        agency="Example Customs",
        agency_type=AgencyType.CUSTOMS,
        country="CM",
        language="en",
        roles=frozenset({Role.MEMBER}),
        state=MemberState.ACTIVE,
        lists=frozenset({"central-africa"}),
    )
    return replace(usual, **changes)


def make_facts(**changes: Any) -> Message:
    """What an everyday header section says."""
    usual = Message(
        author=Mailbox(name="Ana Example", address=address()),
        subject="Seizure at the airport",
        message_id="<1@customs.example>",
        date=None,
        references=(),
        automatic=False,
        list_ids=(),
        hops=2,
        defects=(),
    )
    return replace(usual, **changes)


def make_scan(*findings: Finding, **changes: Any) -> Scan:
    """A complete scan of a short text, with these findings."""
    usual = Scan(
        progress=Progress.COMPLETE,
        message=make_facts(),
        findings=findings,
        parts=(CleanPart(media_type="text/plain", text="Forty kilograms of scales.\n"),),
    )
    return replace(usual, **changes)


def make_finding(code: str, label: Tlp | None = None, *, rule: str = "a.rule", place: str = "text, line 1") -> Finding:
    """One hit."""
    return Finding(code=code, rule=rule, place=place, label=label)


def make_proof(text: str = AUTHOR) -> AuthenticationResults:
    """A passed login."""
    return AuthenticationResults(method=Method.AUTH, address=address(text))


def make_post(*findings: Finding, **changes: Any) -> Post:
    """A post of an entitled author to central-africa, with these findings."""
    usual = Post(
        author=make_member(),
        authentication=make_proof(),
        lists=(make_list(),),
        scan=make_scan(*findings),
        on=TODAY,
    )
    return replace(usual, **changes)


@cache
def shipped_rules() -> Rules:
    """Everything that a scanner searches for, as shipped; read once in a process, which takes a second."""
    return Rules(words=WORDS, detectors=read_detectors(DETECTORS))


def unweighed_rules() -> Rules:
    """The same without what was learned: every finding of a rule counts."""
    return Rules(words=WORDS, detectors=shipped_rules().detectors.unweighed())
