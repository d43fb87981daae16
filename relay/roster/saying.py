"""How people say yes, no and that they accept, in their own language, and how they greet before it."""

import re
import unicodedata
from collections.abc import Collection

from relay.mail.subject import without_reply_prefixes

_CHALLENGE = re.compile(r"C-[0-9]{6,12}")
# What people say for the word in capitals, wherever it is asked for.
YES = frozenset({"YES", "OUI", "SÍ", "SI", "SIM"})
NO = frozenset({"NO", "NON", "NÃO", "NAO"})
ACCEPTED = frozenset(
    {
        "ACCEPT",
        "ACCEPTED",
        "I ACCEPT",
        "ACCEPTE",
        "ACCEPTÉ",
        "ACCEPTÉE",
        "J'ACCEPTE",
        "ACEPTO",
        "ACEPTADO",
        "ACEITO",
        "ACEITE",
    }
)
DECLINED = frozenset({"DECLINE", "DECLINED", "I DECLINE", "REFUSE", "REFUSÉ", "JE REFUSE", "RECHAZO", "RECUSO"})
_NOT = frozenset({"NOT", "NE", "N", "PAS", "NUNCA", "JAMAIS", "NEVER", "DON", "WON", "CAN"})
_MEANT = _NOT.union(*(one.split() for one in (*YES, *NO, *ACCEPTED, *DECLINED)))
_GREETING_WORDS = 5


def read_acceptance(subject: str, text: str) -> bool | None:
    """Read a nominee's answer: True accepts, False declines; None when neither stands in the subject or alone on the first line."""
    return _read_choice(subject, text, ACCEPTED, DECLINED)


def read_yes_or_no(subject: str, text: str) -> bool | None:
    """Read the answer to a challenge, in the same way: True for yes, False for no, None for anything else."""
    return _read_choice(subject, text, YES, NO | {"SPILL"})


def _read_choice(subject: str, text: str, yes: Collection[str], no: Collection[str]) -> bool | None:
    """Where subject and first line contradict each other, nothing is understood."""
    lines = text.splitlines()
    first = next((line for line in lines[greeting(lines) :] if line.strip()), "")
    said = {_alone(line) for line in (without_reply_prefixes(subject), first)}
    accepts, declines = not said.isdisjoint(yes), not said.isdisjoint(no)
    return accepts if accepts != declines else None


def _alone(line: str) -> str:
    """A line as the word that may stand alone on it; the number of what is answered may follow."""
    said = spaced(line).strip(" .!").upper()
    word, _, number = said.rpartition(" ")
    return word.strip(" .!") if _CHALLENGE.fullmatch(number) else said


def greeting(lines: list[str], words: Collection[str] = ()) -> int:
    """How many lines a greeting takes: a first line of few words that ends in a comma, none of which could be meant as an answer.

    Args:
        lines: of a message's text.
        words: what else, in capitals, would be no greeting.
    """
    number = next((at for at, line in enumerate(lines) if line.strip()), 0)
    first = spaced(lines[number]) if lines else ""
    said = re.findall(r"\w+", first.upper())
    greets = first.endswith(",") and first[0].isalpha() and len(said) <= _GREETING_WORDS
    return number + 1 if greets and _MEANT.isdisjoint(said) and set(words).isdisjoint(said) else 0


def spaced(line: str) -> str:
    """Words one space apart, letters with their accents: looking through a long run of spaces takes quadratic time."""
    return unicodedata.normalize("NFC", " ".join(line.split())).replace("’", "'")
