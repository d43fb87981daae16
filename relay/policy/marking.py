"""Markings: finding the Traffic Light Protocol in a text, and which one counts for a message.

A label in a marking's place (a header, the subject's edges, a line of its own, brackets, the start or end of a paragraph)
is certain. The same words in the middle of a sentence only raise: above the ceiling they hold the post. A name of the
scheme with an unknown label, in a marking's place or shouted, is an unknown marking and holds.

Texts and words are brought to one shape first: NFKC, no invisible characters, no accents, look-alike letters of the
Cyrillic and Greek alphabets as Latin. Words of those alphabets get the same treatment, so they still match themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from relay.policy.post import Finding, View
from relay.roster.mailing_list import Tlp

# Cyrillic and Greek letters that look like Latin ones (Unicode TS #39 confusables, the letters that occur in labels).
_LOOK_ALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТХУавсеніјкморѕтхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυԜѡԁӀɡᴛʟᴘᴀᴇᴅᴍ",
    "ABCEHIJKMOPSTXYabcehijkmopstxyABEZHIKMNOPTYXaiknoptuWwdIgTLPAEDM",
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"))
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACED_LETTERS = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .\-_][^\W\d_]){2,}(?![^\W_])")
_GAP = r"[\s:=_\-./|()\[\]{}\"'“”«»*+#>,;<]{0,8}"
_OPENING, _CLOSING = frozenset("([{<«“\"'【*"), frozenset(")]}>»”\"'】*")
_PROSE_PLACES = ("text", "quoted text")
_LABELLING_HEADERS = ("header subject", "header comments", "header keywords", "subject")
_REPLY_PREFIX = re.compile(r"^(?:\s*(?:\[[^\]]{1,40}\]|(?:re|fw|fwd|tr|rv|enc|res|aw|wg|vs|sv|ref)\s*:))*\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingWords:
    """The vocabulary of config/policy/markings.toml: names of the scheme, words between, labels by canonical marking."""

    names: tuple[str, ...]
    connectors: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Patterns:
    known: re.Pattern[str]
    unknown: re.Pattern[str]
    label_of: Mapping[str, str]


def shape(text: str) -> str:
    """Bring a text or a word to the one form in which they are compared; line feeds stay, so that lines can be counted."""
    if text.isascii():
        return _LINE_ENDS.sub("\n", text)
    kept = _LINE_ENDS.sub("\n", text).translate(_DASHES)
    kept = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", kept))
    kept = "".join(char for char in kept if not _is_ignorable(char))
    return kept.translate(_LOOK_ALIKES)


def _is_ignorable(char: str) -> bool:
    """Accents, format controls (zero width, bidi, soft hyphen, tags), variation selectors, tatweel, Hangul fillers."""
    return not char.isascii() and (unicodedata.category(char) in {"Mn", "Me", "Cf"} or char in "\u0640\u115f\u1160\u3164\uffa0\u2800")


@lru_cache(maxsize=8)
def _compiled(names: tuple[str, ...], connectors: tuple[str, ...], labels: tuple[tuple[str, tuple[str, ...]], ...]) -> _Patterns:
    label_of = {_plain(word): label for label, words in labels for word in words}
    ordered = sorted((shape(word) for _, words in labels for word in words), key=len, reverse=True)
    label = "|".join(_loosely(word) + _edge(word) for word in ordered)
    name = "|".join(_loosely(shape(word)) for word in sorted(names, key=len, reverse=True))
    between = "|".join(_loosely(shape(word)) for word in sorted(connectors, key=len, reverse=True))
    start = rf"(?<![^\W_])(?:{name}){_GAP}(?:(?:{between}){_GAP}){{0,2}}"
    return _Patterns(
        known=re.compile(rf"{start}(?P<label>{label})", re.IGNORECASE),
        unknown=re.compile(rf"(?<![^\W_])(?:{name})\s*[:=]\s*[(\[{{\"'*]?\s*(?P<label>[^\s)\]}}\"'*,;]{{1,40}})", re.IGNORECASE),
        label_of=label_of,
    )


def _loosely(word: str) -> str:
    """A word as a pattern: what stands between its letter groups may be any of a few separators, or nothing."""
    return r"[\s+\-_/().]*".join(re.escape(group) for group in re.findall(r"[^\W_]+", word))


def _edge(word: str) -> str:
    """A cased word must end where its letters end; scripts without spaces between words can't ask for that."""
    return r"(?![^\W_])" if word[-1].upper() != word[-1].lower() else ""


def _plain(word: str) -> str:
    return "".join(re.findall(r"[^\W_]+", shape(word))).lower()


def find_markings(view: View, words: MarkingWords) -> tuple[Finding, ...]:
    """Find every marking in one view.

    Returns:
        Findings with code M1 (a label in a marking's place), H2 with a label (a label in prose) or H2 without (an unknown
        label). Offsets are into the shaped text. Whether a label is above a list's ceiling is the policy's question.
    """
    patterns = _compiled(words.names, words.connectors, tuple((label, tuple(listed)) for label, listed in words.labels.items()))
    text = shape(view.text)
    if view.place.startswith("header ") and "tlp" in view.place.lower():
        text = f"TLP:{text}"  # in a field named X-TLP the name of the scheme stands in the field's name
    found = _find_in(text, view.place, patterns)
    collapsed = _SPACED_LETTERS.sub(lambda match: re.sub(r"[ .\-_]", "", match.group()), text)
    if collapsed != text:
        found += [finding for finding in _find_in(collapsed, view.place, patterns) if finding.rule not in {one.rule for one in found}]
    return tuple(found)


def _find_in(text: str, place: str, patterns: _Patterns) -> list[Finding]:
    findings: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for match in patterns.known.finditer(text):
        label = patterns.label_of[_plain(match.group("label"))]
        rule = label.lower().replace(":", ".").replace("+", "_")
        if _in_marking_place(text, match, place):
            findings.append(_finding("M1", rule, label, text, match, place))
        else:
            findings.append(_finding("H2", f"{rule}.in_prose", label, text, match, place))
        taken.append(match.span())
    if not place.startswith(_PROSE_PLACES + _LABELLING_HEADERS) and "tlp" not in place.lower() and ", name" not in place:
        return findings  # in fields that no person writes, an odd token after "tlp:" means nothing
    for match in patterns.unknown.finditer(text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        if _in_marking_place(text, match, place) or _is_shouted(match.group("label")):
            findings.append(_finding("H2", "tlp.unknown", None, text, match, place))
    return findings


def _finding(code: str, rule: str, label: str | None, text: str, match: re.Match[str], place: str) -> Finding:
    where = f"{place}, line {text.count(chr(10), 0, match.start()) + 1}" if place == "text" else place
    return Finding(code=code, rule=rule, place=where, start=match.start(), end=match.end(), label=label)


def _is_shouted(token: str) -> bool:
    """Written as labels are: no lower-case letter, or a digit among letters ("R3D")."""
    return token == token.upper() or (any(char.isdigit() for char in token) and any(char.isalpha() for char in token))


def _in_marking_place(text: str, match: re.Match[str], place: str) -> bool:
    if not place.startswith((*_PROSE_PLACES, "subject", "header subject")):
        return True  # other header fields, attachment names: nobody writes prose there
    start, end = match.span()
    line_start = text.rfind("\n", 0, start) + 1
    line_end = end if (found := text.find("\n", end)) < 0 else found
    line_end = len(text) if found < 0 else line_end
    before, after = text[line_start:start], text[end:line_end]
    if before[-1:] and before[-1] in _OPENING and after[:1] and after[0] in _CLOSING:
        return True
    if len(re.findall(r"[^\W_]+", before)) + len(re.findall(r"[^\W_]+", after)) <= 3:
        return True
    if place.startswith(("subject", "header subject")):
        return not re.search(r"[^\W_]", _REPLY_PREFIX.sub("", before)) and not _runs_on(after) or not re.search(r"[^\W_]", after)
    starts = not re.search(r"[^\W_]", before) and _is_paragraph_edge(text[:line_start])
    ends = not re.search(r"[^\W_]", after) and bool(re.search(r"[^\w\s]\s*$", before))
    return (starts and not _runs_on(after)) or ends


def _runs_on(after: str) -> bool:
    """Whether a sentence goes on right behind the label, as in "TLP:RED material goes by another channel"."""
    return bool(re.match(r"\s+[^\W\d_]", after)) and after.lstrip()[:1].islower()


def _is_paragraph_edge(before_line: str) -> bool:
    """Whether the text before a line ends a paragraph or a sentence, so that the line starts one."""
    return not before_line.strip() or before_line.endswith("\n\n") or bool(re.search(r"[^\w\s,]\s*$", before_line))


def strictest(findings: Iterable[Finding]) -> Tlp | None:
    """The marking that counts for a message: the strictest of those in a marking's place; None when it has none."""
    labels = [Tlp(finding.label) for finding in findings if finding.code == "M1" and finding.label]
    return max(labels, key=lambda label: label.level, default=None)
