"""What a member asks of the relay by mail to LIST-request@: words in capitals, the same in every language, one a line."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from relay.mail.subject import without_reply_prefixes
from relay.roster.saying import ACCEPTED, NO, YES, greeting, spaced

REQUESTS = (
    5  # in one message; the rest is left unread but for reports of spills, and its author is told from which line on
)
DEPARTURES = 50  # lines GONE in one message: somebody new may have to clear up a whole country
_LINES_READ = 120

_LINE = re.compile(r"\s*([A-Za-z]{2,10}(?:-[A-Za-z]{2,10})?)(?:\s+([\w.@+-]{0,253}[\w-]))?\s*[.!]?\s*", re.ASCII)
# As people copy an address: alone, `GONE: a@b`, `GONE Awa <a@b>`, `GONE a@b<mailto:a@b>`.
_PERSON = re.compile(
    r"(GONE|NOMINATE) ?:? ?(?:([^<>]{0,120})<(?:mailto:)?)?([!-;=?-~]{1,253}[A-Z0-9-])>?\s?[.!]?",
    re.IGNORECASE | re.ASCII,
)
_FORM_LINE = re.compile(r"\s*([^\W\d_]{2,20})\s*:(.{0,200})")
_ANSWERED = re.compile(r"\s*\*?(?:From|De|Von)\s*:", re.IGNORECASE)  # how Outlook begins the message that is answered
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
    STOP_LIST = "STOP-LIST"
    RESUME_LIST = "RESUME-LIST"
    WITHDRAW = "WITHDRAW"
    RECALL = "RECALL"
    REVIEW = "REVIEW"
    ACK = "ACK"
    ACKS = "ACKS"
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
    KEY = "KEY"


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
        Word.STOP_LIST,
        Word.RESUME_LIST,
    }
)
# What is done with a post, as its lists would take it. SPILL and DELETED aren't among these: stopping a leak is always in order.
AS_ITS_LISTS_SAY = frozenset({Word.WITHDRAW, Word.REVIEW, Word.SEND, Word.RECALL, Word.ACK, Word.ACKS})
# What others than a post's author do with it only in person: it decides about somebody else's, or names people.
OTHERS_IN_PERSON = frozenset({Word.RECALL, Word.ACKS})
_ABOUT = frozenset(
    {
        Word.WITHDRAW,
        Word.RECALL,
        Word.ACK,
        Word.ACKS,
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
_ABOUT_LISTS = frozenset(
    {Word.STOP_LIST, Word.RESUME_LIST}
)  # with the list's name, so that no slip of the finger stops one
_ABOUT_PEOPLE = frozenset({Word.NOMINATE, Word.GONE})
_CHOICES = {Word.RECEIPTS: frozenset({"ON", "OFF"}), Word.DIGEST: frozenset({"DAILY", "WEEKLY"})}
_USUAL = {Word.DIGEST: "DAILY"}
_END = re.compile(r"(?:[0-9]{1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_WORDS = {word.value: word for word in Word}

_ALSO = (
    {"AIDE": Word.HELP, "AYUDA": Word.HELP, "AJUDA": Word.HELP}
    | dict.fromkeys(YES, Word.YES)
    | dict.fromkeys(NO, Word.NO)
    | dict.fromkeys(ACCEPTED, Word.ACCEPT)
)
_SPOKEN = re.compile(f"({'|'.join(sorted(_ALSO, key=len, reverse=True))})(?=[ .!]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """One word and what it is about: a reference, an address, a language, ON or OFF, DAILY or WEEKLY, a pause's days or end; "" for none.

    `form` are the lines below a NOMINATE, such as ("NAME", "Awa Mbarga").
    """

    word: Word
    argument: str = ""
    form: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks. `unread` is the number (from 1) of the text's first line that was not read; 0 when nothing was left."""

    requests: tuple[Request, ...]
    unread: int = 0


def read_requests(subject: str, text: str) -> Asked:
    """Read what is asked; no requests when nothing is understood.

    The subject may ask, then the text's first lines below a greeting, until one asks for nothing or quotes. A word without the
    reference that it needs takes the one in the subject, so that a notice can be answered with the word alone. SPILLs
    come first, all of them, since what should not have gone out is on its way.

    Args:
        subject: the message's.
        text: its plain text.
    """
    subject = without_reply_prefixes(subject)
    named = {found.upper() for pattern in (_REFERENCE, _DOORS) for found in pattern.findall(subject)}
    answered = named.pop() if len(named) == 1 else ""
    return _read(subject, text, answered)


def _read(subject: str, text: str, answered: str) -> Asked:
    found, unread = [asked] if (asked := _read_line(subject, answered)) else [], 0
    lines = text.splitlines()
    for number, line in enumerate(lines[greeting(lines, _WORDS) : _LINES_READ], greeting(lines, _WORDS) + 1):
        if not line.strip():
            continue
        asked = _read_line(line, answered)
        if asked is None and found and found[-1].word is Word.NOMINATE and (filled := _form_line(line)):
            name, value = filled.group(1).upper(), " ".join(filled.group(2).split())
            found[-1] = replace(found[-1], form=(*found[-1].form, (name, value)))
        elif asked is None:
            unread = unread or (0 if _is_quoted(lines[number - 1 :]) else number)
            break
        elif asked in found:
            continue
        elif asked.word is Word.SPILL or (not unread and _has_room(found, asked)):
            found.append(asked)
        else:
            unread = unread or number
    else:
        unread = unread or (_LINES_READ + 1 if len(lines) > _LINES_READ else 0)
    named = {one.word for one in found if one.argument}
    kept = (one for one in found if one.argument or one.word is not Word.NOMINATE or one.word not in named)
    return Asked(tuple(sorted(kept, key=lambda one: one.word is not Word.SPILL)), unread)


def _form_line(line: str) -> re.Match[str] | None:
    return None if _ANSWERED.match(line) else _FORM_LINE.fullmatch(line)


def _has_room(found: list[Request], asked: Request) -> bool:
    """Whether one message may ask for this too."""
    words = [one.word for one in found if one.word is not Word.SPILL]
    gone = words.count(Word.GONE)
    return gone < DEPARTURES if asked.word is Word.GONE else len(words) - gone < REQUESTS


def _is_quoted(lines: list[str]) -> bool:
    """Whether what follows is a message that is answered, or a signature: nobody expects that to be read."""
    first, *rest = (line.strip() for line in lines if line.strip())
    return (
        first.startswith((">", "--", "__"))
        or bool(_ANSWERED.match(first))
        or (first.endswith(":") and bool(rest) and rest[0].startswith(">"))
    )


def _read_line(line: str, answered: str) -> Request | None:
    """The request that a whole line makes; None when it makes none."""
    line = _spaced(line)
    if said := _SPOKEN.match(line):
        line = _ALSO[said.group(1).upper()].value + line[said.end() :]
    if (person := _PERSON.fullmatch(line)) is not None:
        return _read_person(Word(person.group(1).upper()), person.group(2) or "", person.group(3))
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    name, argument = match.group(1).upper(), (match.group(2) or "").upper()
    word = _WORDS.get(name)
    return _read_word(word, argument, answered) if word else None


def _read_word(word: Word, argument: str, answered: str) -> Request | None:
    """A word with what it is about; None when the two don't fit."""
    if word in _ABOUT:
        about = argument or answered
        fits = _REFERENCE.fullmatch(about) and (word not in _ABOUT_NOMINATIONS or about.startswith("M-"))
        return Request(word, about) if fits else None
    if word in _ABOUT_DOORS:
        about = argument or (answered if word is Word.CORRECT else "")
        return Request(word, about) if word is Word.CONTACTS or _DOORS.fullmatch(about) else None
    if word in _ABOUT_LISTS:
        return Request(word, argument.lower())  # without its name, it is told that it takes one
    if word is Word.LANG:
        return Request(word, argument.lower()) if argument else None
    if word in _ABOUT_COUNTRIES:
        return Request(word, argument) if not argument or _COUNTRY.fullmatch(argument) else None
    if word in _ABOUT_PEOPLE:
        return Request(word) if word is Word.NOMINATE and not argument else None
    argument = argument or _USUAL.get(word, "")
    if word in _CHOICES:
        return Request(word, argument) if argument in _CHOICES[word] else None
    if word is Word.PAUSE:
        return Request(word, argument) if _END.fullmatch(argument) else None
    return None if argument else Request(word)


def _read_person(word: Word, shown: str, address: str) -> Request | None:
    """Somebody by address; None when it is none, or when the name before it shows another one."""
    address = address.lower()
    if "@" not in address or ("@" in shown and shown.strip().lower() != address):
        return None
    return Request(word, address)


def _spaced(line: str) -> str:
    """A line without what a number of PAUSE means anyway."""
    return _DAYS.sub(r"\1", spaced(line))
