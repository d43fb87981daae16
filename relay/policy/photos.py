"""Photos: what a list asks before one passes, and what a scanner saw on it."""

import re
from collections.abc import Iterable, Iterator

from relay.policy.decision import Reason
from relay.policy.post import RESIDUAL, CleanPart, Finding, Scan, plain_text
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
WITH_ARREST = "photo.with_arrest"
NAMES = "photo.names"
TEXT_UNREAD = "photo.text_unread"
_FIRST_LINES = 5

# Words by which officers tell that people were arrested. Not those that are said of goods as well ("detained", "retenu",
# "presas"), nor French "arrêté", which is a decree more often.
_ARREST = re.compile(
    r"""
    \b(?<!no\s)(?<!any\s)(?<!sin\s)(?<!sans\s)(?<!sem\s)(?<!keine\s)(?<!geen\s)(?<!aucune\s)(?:
      arrest(?:s|ed|ing|ations?|o|os|ad[oa]s?|aron|aties?)? | apprehended | in\s(?:police\s)?custody | handcuff(?:s|ed)
    | arrêté[es]{1,2} | interpell(?:é|és|ée|ées|ation|ations) | garde\sà\svue
    | detenid[oa]s? | detuvieron | detid[oa]s? | presos? | prisão | prisões | em\sflagrante
    | арест\w* | задержаны | задержали | подозреваем\w*
    | bắt\sgiữ | tạm\sgiam | bị\sbắt
    | \w*kamatwa | mbaroni | ditangkap | penangkapan | tersangka
    | festgenommen\w* | verhaftet\w* | festnahmen? | aangehouden | gearresteerd
    )\b
    | اعتقال | القبض\sعلى | موقوف | توقيف | 逮捕 | 抓获 | 拘留 | 被捕
    """,
    re.VERBOSE | re.IGNORECASE,
)


def judge_photos(scan: Scan, mailing_list: MailingList) -> Iterator[Finding]:
    """A finding of code H6 for each photo, and each document of pictures, that this list doesn't let pass as it is (POLICY “Overrides”)."""
    places = [*(one.place for one in scan.images), *(one.place for one in scan.documents if one.lines)]
    if not places or (mailing_list.photos == "confirm" and _is_confirmed(scan)):
        return
    if mailing_list.photos != "relay":
        rule = NOT_CONFIRMED if mailing_list.photos == "confirm" else FOR_A_MODERATOR
    elif speaks_of_arrest(scan.message.subject if scan.message else "", scan.parts):
        rule = WITH_ARREST
    else:
        return
    for place in places:
        yield Finding(code="H6", rule=rule, place=place)


def speaks_of_arrest(subject: str, parts: Iterable[CleanPart]) -> bool:
    """Whether a message says that people were arrested: then a photo beside it may well show them."""
    lines = (line for line in plain_text(parts).split("\n") if not line.lstrip().startswith(">"))
    return _ARREST.search("\n".join((subject, *lines))) is not None


def of_a_photo(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What writing on a photo means: markings and operations count as anywhere, persons and all else are for a look (H6)."""
    for finding in findings:
        if finding.code in _AS_ANYWHERE or finding.rule.startswith(RESIDUAL):
            yield finding
        else:
            yield Finding(code="H6", rule=NAMES, place=finding.place)


_AS_ANYWHERE = frozenset({"T1", "M1", "O1", "O2", "O3", "H1", "H2", "H7"})


def attachments_of(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The attachments that these reasons of code H6 are about, from the outside: "attachment 2"."""
    return tuple(dict.fromkeys(one.place.partition(",")[0] for one in reasons if one.code == "H6"))


def _is_confirmed(scan: Scan) -> bool:
    """Whether one of the first lines of the author's own text is a confirmation and nothing else."""
    text = plain_text(scan.parts)
    lines = [line for line in text.split("\n") if line.strip()][:_FIRST_LINES]
    return any(_words(line) in _CONFIRMING for line in lines if not line.lstrip().startswith(">"))


def _words(line: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", line.casefold()))


_CONFIRMING = frozenset(map(_words, CONFIRMATIONS.values()))
