"""What those are answered who vouch for people by mail, and members who answer for themselves (`actions.vouch`)."""

from collections.abc import Callable

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.membership import person_line
from relay.delivery.notice_facts import Answer, NoticeFacts
from relay.delivery.rules import RULES_VERSION
from relay.roster.form import LINES
from relay.roster.member import AgencyType, Role

HELP = (
    ("NOMINATE", sentence("propose somebody of your country; without anything else you get the form")),
    ("PEOPLE", sentence("who of your country is nominated or a member")),
    ("ATTEST CM", sentence("these people still serve: all for whom you were asked")),
    ("GONE a@agency.example", sentence("this person has left: suspend them at once")),
    ("YES M-000042", sentence("let this person in, when a letter with this number asked me; NO M-000042: do not")),
    (
        "CORRECT CM-2026-2-7F3A9C01",
        sentence("the doors of my country are right, as the letter with this number lists them"),
    ),
)
_FORBIDDEN = sentence("Only focal points, for their own country, and administrators can do that.")
_NOT_SERVING = sentence("{about} is no member now: only nominated, suspended already, or gone.")
_LATE = sentence("{about}: this has been decided already, or the person has not answered yet.")
_CONFLICT = sentence("This address is a member's or nominated already, or you have too many nominations open.")


def answer_vouching(one: Answer, catalogue: Catalogue, facts: NoticeFacts) -> list[str] | None:
    """The paragraphs for one request; None when it is none of these words, or there is nothing of its own to say."""
    match one.outcome:
        case "forbidden":
            return [catalogue.text(_FORBIDDEN)]
        case "late" if one.word == "GONE":
            return [catalogue.text(_NOT_SERVING, about=one.about)]
        case "late":
            return [catalogue.text(_LATE, about=one.about)]
        case "conflict":
            return [catalogue.text(_CONFLICT)]
        case "form" | "wrong":
            return _form(one, facts, catalogue)
        case "rejected":
            return [catalogue.text("Thank you. The nomination has ended.")]
        case "done" if one.word in _WRITERS:
            return _WRITERS[one.word](one, facts, catalogue)
        case _:
            return None


def _form(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """The form, and which lines of an earlier try were wrong."""
    member = facts.member
    lines = (
        "NOMINATE first.last@agency.example",
        "NAME: ",
        "AGENCY: ",
        "TYPE: customs",
        *([f"COUNTRY: {member.country}"] if member and Role.ADMIN in member.roles else []),
        f"LANGUAGE: {member.language if member else 'en'}",
        f"LISTS: {facts.lists[0].name if facts.lists else ''}",
    )
    paragraphs = [
        _wrong(one, catalogue),
        catalogue.text("To propose somebody of your country, send these lines, filled in:"),
        "\n".join(f"    {line}" for line in lines),
        catalogue.text("TYPE is one of: {types}.", types=", ".join(AgencyType)),
        catalogue.text(
            "If it must be an address at a free mail provider, add a line WAIVER: with the day on which you waived the rule against it, such "
            "as {day}; the membership then ends after a year.",
            day=facts.written_at.date().isoformat(),
        ),
    ]
    return [paragraph for paragraph in paragraphs if paragraph]


def _wrong(one: Answer, catalogue: Catalogue) -> str:
    if one.number:
        return catalogue.text(
            "Nobody is proposed yet: line {number} below NOMINATE begins with a word that the form does not know. Its words are the same in "
            "every language: {words}.",
            number=one.number,
            words=", ".join(sorted(LINES)),
        )
    if one.outcome == "wrong" or one.about:
        return catalogue.text("This is missing or wrong: {about}", about=one.about or "-")
    return ""


def _nominated(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.text(
            "Proposed. The person gets a letter, and confirms the address and accepts the rules by answering it. Then a second person is asked."
        )
    ]


def _people(one: Answer, facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    lines = [person_line(person, catalogue) for person in facts.people if person.country == one.about]
    return [catalogue.country(one.about), "\n".join(lines) or catalogue.text("Nobody.")]


def _attested(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.plural("{n} member is attested.", "{n} members are attested.", one.number)]


def _confirmed(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("Thank you. The person is now a member.")]


def _gone(one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("{about} is suspended: nothing reaches them any more.", about=one.about)]


def _here(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("Thank you. Alerts go on coming to you for a while. Please speak with your focal point.")]


def _accepted(_one: Answer, _facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [catalogue.text("Thank you. You have accepted the rules, version {version}.", version=RULES_VERSION)]


_WRITERS: dict[str, Callable[[Answer, NoticeFacts, Catalogue], list[str]]] = {
    "NOMINATE": _nominated,
    "PEOPLE": _people,
    "ATTEST": _attested,
    "YES": _confirmed,
    "GONE": _gone,
    "HERE": _here,
    "ACCEPT": _accepted,
}
