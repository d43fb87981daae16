"""What a member asks of the relay by mail to LIST-request@: words in capitals, the same in every language, one a line."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from relay.mail.subject import without_reply_prefixes

REQUESTS = 5  # in one message; the rest is left unread, but for reports of spills
_LINES_READ = 40

_LINE = re.compile(r"\s*([A-Za-z]{2,10}(?:-[A-Za-z]{2,10})?)(?:\s+([\w.@+-]{0,253}[\w-]))?\s*[.!]?\s*", re.ASCII)
_FORM_LINE = re.compile(r"\s*(NAME|AGENCY|TYPE|LANGUAGE|LISTS|WAIVER|UNTIL)\s*:(.{0,200})", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAYS = re.compile(r"(PAUSE [0-9]{1,3}) (?:days?|jours?|d[ií]as?)(?=[.!]?$)", re.IGNORECASE)
_REFERENCE = re.compile(r"(?<![\w-])(?:[A-Z]{4,12}-\d{4}-\d{6,12}|M-\d{6,12})(?![\w-])", re.IGNORECASE)
_DOORS = re.compile(r"(?<![\w-])[A-Z]{2}-\d{4}-[12]-[0-9A-F]{8}(?![\w-])", re.IGNORECASE)  # policy.doors


class Word(StrEnum):
    """The words. Those about a post take its reference, YES and NO a nomination's, CORRECT that of a country's doors."""

    HELP = "HELP"
    RULES = "RULES"
    WHOAMI = "WHOAMI"
    LISTS = "LISTS"
    LANG = "LANG"
    RECEIPTS = "RECEIPTS"
    DIGEST = "DIGEST"
    INSTANT = "INSTANT"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    STOP = "STOP"
    WITHDRAW = "WITHDRAW"
    REVIEW = "REVIEW"
    SPILL = "SPILL"
    SEND = "SEND"
    YES = "YES"
    CONFIRM_SPILL = "CONFIRM-SPILL"
    DISMISS_SPILL = "DISMISS-SPILL"
    DELETED = "DELETED"
    NO = "NO"
    NOMINATE = "NOMINATE"
    PEOPLE = "PEOPLE"
    ATTEST = "ATTEST"
    GONE = "GONE"
    HERE = "HERE"
    ACCEPT = "ACCEPT"
    CONTACTS = "CONTACTS"
    CORRECT = "CORRECT"


# What vouches for people, names them, or decides about others' posts and doors.
IN_PERSON = frozenset(
    {
        Word.NOMINATE,
        Word.YES,
        Word.NO,
        Word.PEOPLE,
        Word.ATTEST,
        Word.GONE,
        Word.CONFIRM_SPILL,
        Word.DISMISS_SPILL,
        Word.CORRECT,
    }
)
# What is done with a post, as its lists would take it. SPILL and DELETED aren't among these: stopping a leak is always in order.
AS_ITS_LISTS_SAY = frozenset({Word.WITHDRAW, Word.REVIEW, Word.SEND})
_ABOUT = frozenset(
    {
        Word.WITHDRAW,
        Word.REVIEW,
        Word.SPILL,
        Word.CONFIRM_SPILL,
        Word.DISMISS_SPILL,
        Word.DELETED,
        Word.SEND,
        Word.YES,
        Word.NO,
    }
)
_ABOUT_NOMINATIONS = frozenset({Word.YES, Word.NO})
_ABOUT_COUNTRIES = frozenset({Word.PEOPLE, Word.ATTEST})
_ABOUT_DOORS = frozenset({Word.CONTACTS, Word.CORRECT})
_ABOUT_PEOPLE = frozenset({Word.NOMINATE, Word.GONE})
_CHOICES = {Word.RECEIPTS: frozenset({"ON", "OFF"}), Word.DIGEST: frozenset({"DAILY", "WEEKLY"})}
_ACCEPTED = frozenset({"ACCEPT", "ACCEPTE", "J'ACCEPTE", "ACEPTO", "ACEITO"})
_DECLINED = frozenset({"DECLINE", "REFUSE", "JE REFUSE", "RECHAZO", "RECUSO"})
_USUAL = {Word.DIGEST: "DAILY"}
_END = re.compile(r"(?:[0-9]{1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_WORDS = {word.value: word for word in Word}
_CHALLENGE = re.compile(r"C-[0-9]{6,12}")
_YES = frozenset({"YES", "OUI", "SÍ", "SI", "SIM"})
_NO = frozenset({"NO", "NON", "NÃO", "NAO", "SPILL"})
_ALSO = {"AIDE": Word.HELP, "AYUDA": Word.HELP, "AJUDA": Word.HELP}


@dataclass(frozen=True, slots=True)
class Request:
    """One word and what it is about: a reference, an address, a language, ON or OFF, DAILY or WEEKLY, a pause's days or end; "" for none.

    `form` are the lines below a NOMINATE, such as ("NAME", "Awa Mbarga").
    """

    word: Word
    argument: str = ""
    form: tuple[tuple[str, str], ...] = ()


def read_requests(subject: str, text: str) -> tuple[Request, ...]:
    """Read what is asked; () when nothing is understood.

    The subject may ask, then the text's first lines, until one asks for nothing or quotes. A word without the reference
    that it needs takes the one in the subject, so that a notice can be answered with the word alone. SPILLs come first, all
    of them, since what should not have gone out is on its way.

    Args:
        subject: the message's.
        text: its plain text.
    """
    subject = without_reply_prefixes(subject)
    named = {found.upper() for pattern in (_REFERENCE, _DOORS) for found in pattern.findall(subject)}
    answered = named.pop() if len(named) == 1 else ""
    found = dict.fromkeys(_read(subject, text, answered))
    reports = [one for one in found if one.word is Word.SPILL]
    others = [one for one in found if one.word is not Word.SPILL]
    return (*reports, *others[:REQUESTS])


def read_acceptance(subject: str, text: str) -> bool | None:
    """Read a nominee's answer: True accepts, False declines; None when neither stands in the subject or alone on the first line."""
    return _read_choice(subject, text, _ACCEPTED, _DECLINED)


def read_yes_or_no(subject: str, text: str) -> bool | None:
    """Read the answer to a challenge, in the same way: True for yes, False for no, None for anything else."""
    return _read_choice(subject, text, _YES, _NO)


def _read_choice(subject: str, text: str, yes: Collection[str], no: Collection[str]) -> bool | None:
    """Where subject and first line contradict each other, nothing is understood."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    said = {_alone(line) for line in (without_reply_prefixes(subject), first)}
    accepts, declines = not said.isdisjoint(yes), not said.isdisjoint(no)
    return accepts if accepts != declines else None


def _alone(line: str) -> str:
    """A line as the word that may stand alone on it; the number of what is answered may follow."""
    said = _spaced(line).strip(" .!").upper().replace("’", "'")
    word, _, number = said.rpartition(" ")
    return word.strip(" .!") if _CHALLENGE.fullmatch(number) else said


def _read(subject: str, text: str, answered: str) -> list[Request]:
    found = [asked] if (asked := _read_line(subject, answered)) else []
    for line in text.splitlines()[:_LINES_READ]:
        if not line.strip():
            continue
        if found and found[-1].word is Word.NOMINATE and (filled := _FORM_LINE.fullmatch(line)):
            name, value = filled.group(1).upper(), " ".join(filled.group(2).split())
            found[-1] = replace(found[-1], form=(*found[-1].form, (name, value)))
        elif (asked := _read_line(line, answered)) is not None:
            found.append(asked)
        else:
            break
    named = {one.word for one in found if one.argument}
    return [one for one in found if one.argument or one.word is not Word.NOMINATE or one.word not in named]


def _read_line(line: str, answered: str) -> Request | None:
    """The request that a whole line makes; None when it makes none."""
    match = _LINE.fullmatch(_spaced(line))
    if match is None:
        return None
    name, argument = match.group(1).upper(), (match.group(2) or "").upper()
    word = _ALSO.get(name) or _WORDS.get(name)
    if word is None:
        return None
    if word in _ABOUT:
        about = argument or answered
        fits = _REFERENCE.fullmatch(about) and (word not in _ABOUT_NOMINATIONS or about.startswith("M-"))
        return Request(word, about) if fits else None
    if word in _ABOUT_DOORS:
        about = argument or (answered if word is Word.CORRECT else "")
        return Request(word, about) if word is Word.CONTACTS or _DOORS.fullmatch(about) else None
    if word is Word.LANG:
        return Request(word, argument.lower()) if argument else None
    if word in _ABOUT_COUNTRIES:
        return Request(word, argument) if not argument or _COUNTRY.fullmatch(argument) else None
    if word in _ABOUT_PEOPLE:
        return Request(word, argument.lower()) if "@" in argument or (word is Word.NOMINATE and not argument) else None
    argument = argument or _USUAL.get(word, "")
    if word in _CHOICES:
        return Request(word, argument) if argument in _CHOICES[word] else None
    if word is Word.PAUSE:
        return Request(word, argument) if _END.fullmatch(argument) else None
    return None if argument else Request(word)


def _spaced(line: str) -> str:
    """Words one space apart: looking through a long run of spaces takes quadratic time. Days are what a number of PAUSE means anyway."""
    return _DAYS.sub(r"\1", " ".join(line.split()))
