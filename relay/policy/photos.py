"""Photos on lists that don't let them pass unseen: until pictures are looked into, the list asks a moderator or the author."""

import re
from collections.abc import Iterator

from relay.policy.post import Finding, Scan, plain_text
from relay.roster.mailing_list import MailingList

# What an author writes as a line of its own near the top, whatever their language; their notice names it in theirs.
CONFIRMATIONS = {
    "en": "NO FACES, NO DOCUMENTS",
    "fr": "AUCUN VISAGE, AUCUN DOCUMENT",
    "es": "SIN ROSTROS, SIN DOCUMENTOS",
    "pt": "SEM ROSTOS, SEM DOCUMENTOS",
}
NOT_CONFIRMED = "photo.not_confirmed"
FOR_A_MODERATOR = "photo.for_a_moderator"
_FIRST_LINES = 5


def judge_photos(scan: Scan, mailing_list: MailingList) -> Iterator[Finding]:
    """A finding of code H6 for each photo that this list doesn't let pass as it is (POLICY “Overrides”)."""
    if mailing_list.photos == "relay" or (mailing_list.photos == "confirm" and _is_confirmed(scan)):
        return
    rule = NOT_CONFIRMED if mailing_list.photos == "confirm" else FOR_A_MODERATOR
    for image in scan.images:
        yield Finding(code="H6", rule=rule, place=image.place)


def _is_confirmed(scan: Scan) -> bool:
    """Whether one of the first lines of the author's own text is a confirmation and nothing else."""
    text = plain_text(scan.parts)
    lines = [line for line in text.split("\n") if line.strip()][:_FIRST_LINES]
    return any(_words(line) in _CONFIRMING for line in lines if not line.lstrip().startswith(">"))


def _words(line: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", line.casefold()))


_CONFIRMING = frozenset(map(_words, CONFIRMATIONS.values()))
