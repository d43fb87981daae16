"""Markings: finding the Traffic Light Protocol in a text, and which one counts for a message.

A label in a marking's place (a header, the subject's edges, a line of its own, brackets, the start or end of a paragraph)
is certain. The same words in the middle of a sentence only raise: above the ceiling they hold the post. A name of the
scheme with an unknown label, in a marking's place or shouted, is an unknown marking and holds.

Names are found first, in one pass; everything else looks a bounded way around each, so that time stays linear.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from relay.policy.post import Finding, View
from relay.policy.shape import as_shown, close_up, fold, shape
from relay.roster.mailing_list import Tlp

REACH = 200  # characters around a label in which its place in the sentence is judged
LONGEST_LABEL = 24  # characters before a name in which its label may stand
FINDINGS_PER_RULE = 20  # in one view; what a thousand labels say, twenty say

# A letter of an alphabet with capitals, or a digit: what may not stand right beside a word. Chinese or Arabic letters may.
_CASED = "a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1fff"
_START, _END = rf"(?<![{_CASED}])", rf"(?![{_CASED}0-9])"
_OPENING, _CLOSING = frozenset("([{<【*"), frozenset(")]}>】*")
_LABELLING_HEADERS = ("header subject", "header comments", "header keywords")
_REPLY_PREFIX = re.compile(
    r"(?:\s*(?:\[[^\]]{1,40}\]|(?:re|fw|fwd|tr|rv|enc|res|aw|wg|vs|sv|ref|回复|转发|答复)\s*[:：]))*+\s*", re.IGNORECASE
)
# Words of scripts that put no spaces between them (Thai, Lao, Burmese, Khmer, Chinese …) are counted two letters each.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]{{1,2}}|[^\W_{_UNSPACED}]+")
_SENTENCE = re.compile(rf"[{_UNSPACED}]{{7}}")  # more such letters in a row than a label has
_CLAUSE_ENDS = re.compile(rf"[.!?;,][\s{_UNSPACED}]|[。、]")
_FULL_LINE = (
    45  # a line this long may have been wrapped by a mail program, so that the next one goes on with its sentence
)
# What stands behind a name where a label is expected: a sign and a token.
_TOKEN = re.compile(r"(?P<sign>[^\S\n]*[:=]\s*|[^\S\n]+|[-_/|~])[(\[{\"'*«“]*+(?P<token>[^\s)\]}\"'*,;«»“”]{1,40})")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingWords:
    """The vocabulary of config/policy/markings.toml: names of the scheme, words between, labels by canonical marking."""

    names: tuple[str, ...]
    connectors: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Patterns:
    """`name` is searched for; the others are tried beside it. Their groups are named after `labels`' places: "at4"."""

    name: re.Pattern[str]
    after: re.Pattern[str]
    further: re.Pattern[str]
    before: re.Pattern[str]
    remote: re.Pattern[str]
    labels: tuple[str, ...]

    def label(self, match: re.Match[str]) -> tuple[str, int, int]:
        """Which canonical label a match holds, and where its word starts and ends."""
        group = match.lastgroup or ""
        return (self.labels[int(group.removeprefix("at"))], *match.span(group))


def find_markings(view: View, words: MarkingWords) -> tuple[Finding, ...]:
    """Find every marking in one view; never raises, and takes linear time.

    Returns:
        Findings with code M1 (a label in a marking's place), H2 with a label (a label in prose) or H2 without (an unknown
        label), each rule and place once. Offsets are into the shaped text. Whether a label is above a list's ceiling is
        the policy's question.
    """
    patterns = _compiled(
        words.names, words.connectors, tuple((label, tuple(some)) for label, some in words.labels.items())
    )
    shaped = shape(view.text)
    if view.place.startswith("header ") and "tlp" in view.place.lower():
        shaped = f"TLP:{shaped}"  # in a field named X-TLP the name of the scheme stands in the field's name
    found: dict[tuple[str, str, str], Finding] = {}
    for number, text in enumerate(_versions(shaped, view.text)):
        counted: Counter[str] = Counter()
        for finding in _find_in(text, view.place, patterns, with_unknown=not number and _may_mark(view.place)):
            counted[finding.rule] += 1
            if counted[finding.rule] <= FINDINGS_PER_RULE:
                lined = _with_line(finding, text)
                found.setdefault((lined.code, lined.rule, lined.place), lined)
    return tuple(found.values())


def strictest(findings: Iterable[Finding]) -> Tlp | None:
    """The marking that counts for a message: the strictest of those in a marking's place; None when it has none."""
    labels = [Tlp(finding.label) for finding in findings if finding.code == "M1" and finding.label]
    return max(labels, key=lambda label: label.level, default=None)


@lru_cache(maxsize=8)
def _compiled(
    names: tuple[str, ...], connectors: tuple[str, ...], labels: tuple[tuple[str, tuple[str, ...]], ...]
) -> _Patterns:
    """Patterns over folded texts. Strict labels are tried first, so that AMBER+STRICT isn't read as AMBER."""
    ordered = sorted(labels, key=lambda entry: Tlp(entry[0]).level, reverse=True)
    groups = [f"(?P<at{place}>{_any_of(words)})" for place, (_, words) in enumerate(ordered)]
    label = f"(?:{'|'.join(groups)})"
    symbols = "".join(re.escape(shape(word)) for _, words in labels for word in words if not re.search(r"\w", word))
    gap = rf"(?:[^\w{symbols}]|_){{0,24}}+"
    name = f"{_START}(?:{_any_of(names, ends=False)})"
    between = f"(?:(?:{_any_of(connectors, ends=False)}){gap}){{0,3}}"
    return _Patterns(
        name=re.compile(name),
        after=re.compile(gap + between + label),
        further=re.compile(rf"[ \t]*[/|&,][ \t]*{label}(?=[ \t]*(?:[\])}}>/|&,.;]|\n|\Z))"),
        before=re.compile(rf"{_START}{label}[^\w\n.,;:!?]{{0,3}}\Z"),
        remote=re.compile(rf"[^.!?\n]{{1,60}}?(?:{_START}(?:is|as|est|es|e|ist|为|是)|[:=]){gap}{label}"),
        labels=tuple(one for one, _ in ordered),
    )


def _any_of(words: Iterable[str], *, ends: bool = True) -> str:
    """One pattern for any of the words, longest first; `ends` asks that a cased word ends where its letters end."""
    folded = sorted({fold(shape(word)) for word in words}, key=len, reverse=True)
    return "|".join(_loosely(word) + (_END if ends and re.search(rf"[{_CASED}]\Z", word) else "") for word in folded)


def _loosely(word: str) -> str:
    """A word as a pattern: between its groups of letters may stand a few separators or nothing; so in a short name too."""
    if word == "tlp":
        return r"t[ .\-_]?l[ .\-_]?p"
    groups = re.findall(r"[^\W_]+", word) or [word]
    return r"(?:[^\w.]|_|\.(?!\s)){0,6}".join(re.escape(group) for group in groups)


def _versions(shaped: str, original: str) -> Iterable[str]:
    """The text with spelt-out words closed up, as it is written, and as it is seen where it turns right to left."""
    turned = as_shown(original)
    seen = shape(turned) if turned != original else shaped
    return dict.fromkeys((close_up(shaped), shaped, seen))


def _find_in(text: str, place: str, patterns: _Patterns, *, with_unknown: bool) -> Iterator[Finding]:
    folded = fold(text)
    for name in patterns.name.finditer(folded):
        known = _labels_beside(text, folded, name, patterns)
        for label, start, end in known:
            yield _known(label, start, end, place, certain=_in_marking_place(text, start, end, place))
        if known:
            continue
        remote = patterns.remote.match(folded, name.end())
        if remote and not patterns.name.search(folded, name.end(), remote.end()):
            label, start, end = patterns.label(remote)
            if text[start:end].isupper() or not _words(_rest_of_line(text, end)):
                yield _known(label, name.start(), end, place, certain=False)
        if with_unknown and (span := _unknown_label(text, folded, name, place, patterns)):
            yield Finding(code="H2", rule="tlp.unknown", place=place, start=span[0], end=span[1])


def _known(label: str, start: int, end: int, place: str, *, certain: bool) -> Finding:
    rule = label.lower().replace(":", ".").replace("+", "_")
    if certain:
        return Finding(code="M1", rule=rule, place=place, start=start, end=end, label=label)
    return Finding(code="H2", rule=f"{rule}.in_prose", place=place, start=start, end=end, label=label)


def _labels_beside(text: str, folded: str, name: re.Match[str], patterns: _Patterns) -> list[tuple[str, int, int]]:
    """Every label that belongs to a name: behind it, further ones behind a slash ("GREEN/RED"), or right before it."""
    labels: list[tuple[str, int, int]] = []
    if match := patterns.after.match(folded, name.end()):
        label, start, end = patterns.label(match)
        if _belongs(text, name.end(), start, end):
            labels.append((label, name.start(), end))
        while labels and (match := patterns.further.match(folded, end)):
            label, _, end = patterns.label(match)
            labels.append((label, name.start(), end))
    elif match := patterns.before.search(folded, max(0, name.start() - LONGEST_LABEL), name.start()):
        label, start, _ = patterns.label(match)
        labels.append((label, start, name.end()))
    return labels


def _belongs(text: str, gap_start: int, start: int, end: int) -> bool:
    """Whether a label behind a gap is the name's, or begins the next sentence: "We follow the TLP. Red pandas …"."""
    gap, label = text[gap_start:start], text[start:end]
    parted = _CLAUSE_ENDS.search(gap) or ("\n" in gap and not re.search("[:=]", gap))
    return not parted or label.isupper() or not _words(_rest_of_line(text, end))


def _unknown_label(
    text: str, folded: str, name: re.Match[str], place: str, patterns: _Patterns
) -> tuple[int, int] | None:
    """Where a name stands with a token that looks like a label and is none of ours; None where it doesn't."""
    match = _TOKEN.match(text, name.end())
    if not match or patterns.name.match(folded, match.start("token")) or not _is_wordy(match.group("token")):
        return None
    sign, token, span = match.group("sign"), match.group("token"), (name.start(), match.end())
    if "\n" in sign:
        marks = _is_shouted(token) and not _rest_of_line(text, span[1]).strip()
    elif re.search("[:=]", sign):
        marks = _in_marking_place(text, *span, place) or _is_shouted(token)
    else:
        bracketed = text[max(0, span[0] - 1) : span[0]] in {"[", "{"} and text[span[1] : span[1] + 1] in {"]", "}"}
        marks = bracketed and _is_shouted(token)
    return span if marks else None


def _is_wordy(token: str) -> bool:
    """Whether a token can be a label at all: letters, digits or symbols; no page's address, no sentence without spaces."""
    if token.startswith(("http", "www.")) or _SENTENCE.search(token):
        return False
    return any(char.isalnum() or char > "\u2190" for char in token)


def _is_shouted(token: str) -> bool:
    """Written as labels are: in capitals, or with a digit among letters ("R3D")."""
    letters = [char for char in token if char.isalpha()]
    return len(token) > 1 and bool(letters) and (token.isupper() or any(char.isdigit() for char in token))


def _may_mark(place: str) -> bool:
    """Whether a person wrote this place: in other header fields an odd token after "tlp:" means nothing."""
    if place.startswith(_LABELLING_HEADERS) or "tlp" in place.lower():
        return True
    return not place.startswith("header") and not place.endswith(", header")


def _is_prose(place: str) -> bool:
    """Whether sentences stand in this place; header fields and names of attachments have none."""
    return place.startswith("header subject") or not (
        place.startswith("header") or place.endswith((", header", ", name"))
    )


def _in_marking_place(text: str, start: int, end: int, place: str) -> bool:
    if not _is_prose(place):
        return True
    before = text[max(0, start - REACH) : start].rpartition("\n")[2]
    after = _rest_of_line(text, end)
    if before[-1:] in _OPENING and after[:1] in _CLOSING:
        return True
    if place.startswith(("subject", "header subject")):
        beginning = _REPLY_PREFIX.sub("", before, count=1)
        return not _words(beginning) or not _words(after) or _words(before) + _words(after) <= 3
    earlier = text[max(0, start - len(before) - REACH) : start - len(before)]
    alone = _words(before) + _words(after)
    if not alone or (alone <= 3 and not _was_wrapped(earlier)):
        return True
    starts = not _words(before) and _ends_paragraph(earlier) and (not earlier.strip() or not _runs_on(after))
    return starts or (not _words(after) and bool(before.strip()) and not before.rstrip()[-1].isalnum())


def _rest_of_line(text: str, end: int) -> str:
    return text[end : end + REACH].partition("\n")[0]


def _words(text: str) -> int:
    """How many words there are, up to four: more make no difference."""
    return sum(1 for _ in islice(_WORD.finditer(text), 4))


def _runs_on(after: str) -> bool:
    """Whether a sentence goes on right behind the label, as in "TLP:RED material goes by another channel"."""
    return after[:1].isspace() and after.lstrip()[:1].islower()


def _ends_paragraph(earlier: str) -> bool:
    """Whether the lines before a line end a paragraph or a sentence, so that the line starts one."""
    last = earlier.rstrip()[-1:]
    return earlier.endswith("\n\n") or not last or not (last.isalnum() or last == ",")


def _was_wrapped(earlier: str) -> bool:
    """Whether the line before is long and its sentence unfinished, as when a mail program broke it."""
    return len(earlier.rstrip().rpartition("\n")[2]) >= _FULL_LINE and not _ends_paragraph(earlier)


def _with_line(finding: Finding, text: str) -> Finding:
    """The finding with the line in its place, where lines help: in the text as it was written."""
    if finding.place != "text":
        return finding
    line = text.count("\n", 0, finding.start) + 1
    return Finding(
        code=finding.code,
        rule=finding.rule,
        place=f"text, line {line}",
        start=finding.start,
        end=finding.end,
        label=finding.label,
    )
