"""Markings: finding the Traffic Light Protocol in a text, and which one counts for a message.

A label in a marking's place (a header, the subject's edges, a line of its own, brackets, the start or end of a paragraph)
is certain. The same words in a sentence only raise: above the ceiling they hold the post. A name of the scheme with an
unknown label, a label with a stricter one joined to it, and another scheme's marking hold. Talk about markings passes.

Names are found first, in one pass; everything else looks a bounded way around each, so that time stays linear.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, pairwise

from relay.policy.banners import Banners
from relay.policy.classified import find_classified
from relay.policy.colours import colours
from relay.policy.disguise import with_undisguised
from relay.policy.forwarded import forwarded_subjects
from relay.policy.labels import find_labels
from relay.policy.legend import without_legend
from relay.policy.mention import IN_PROSE, Talks, only_mentioned
from relay.policy.notation import find_notations
from relay.policy.post import Finding, View
from relay.policy.sentence import (
    REACH,
    UNSPACED,
    count_words,
    describes_a_thing,
    in_marking_place,
    is_prose,
    may_mark,
    next_is_small,
    rest_of_line,
    sentence_around,
    stands_out,
)
from relay.policy.shape import Version, fold, is_label_case, versions_of
from relay.policy.table import column_below
from relay.policy.unknown import unknown_label
from relay.policy.vocabulary import MarkingWords, Patterns, patterns_of
from relay.roster.mailing_list import Tlp

__all__ = ["FINDINGS_PER_RULE", "MarkingWords", "find_markings", "strictest"]

LONGEST_LABEL = 24  # characters before a name in which its label may stand
FINDINGS_PER_RULE = 20  # in one view; what a thousand labels say, twenty say

_CLAUSE_ENDS = re.compile(rf"[.!?;,][\s{UNSPACED}]|[。、]")
_STRICT = re.compile(
    r"[ \t]*\+[ \t]*strict|[^\w\n]{0,3}strict(?=[^\w\n]{0,3}(?:\n|\Z))"
)  # only AMBER has a strict form
_FORWARDED = "header subject"  # as which a subject in a text is read, without looking for others in it
_CELL_EDGE = re.compile(r"[|\t;]| {2}")
_LINE = re.compile(r"[^\n]+")


def find_markings(
    view: View, words: MarkingWords, versions: tuple[Version, ...] = (), talks: Talks | None = None
) -> tuple[Finding, ...]:
    """Find every marking in one view; never raises, and takes linear time.

    Args:
        view: the view.
        words: what marks.
        versions: every way to read the view's text, where they are known already.
        talks: whether a sentence only talks about labels, by what was learned.

    Returns:
        Findings with code M1 (a label in a marking's place), H2 with a label (a label in prose) or H2 without (an unknown
        or contradictory label, another scheme), each rule and place once. Offsets are into the shaped text. Whether a
        label is above a list's ceiling is the policy's question.
    """
    patterns = patterns_of(words)
    # In a field named X-TLP the name of the scheme stands in the field's name.
    named = view.place.startswith("header ") and patterns.inside.search(fold(view.place))
    found: dict[tuple[str, str, str], Finding] = {}
    if named or not versions:
        versions = versions_of(view.text, before="TLP:" if named else "")
    if patterns.banners:
        versions = with_undisguised(versions, view.place, patterns.banners.spellings)
    for number, version in enumerate(versions):
        marked = _find_in(version, view.place, patterns, talks, with_unknown=not number and may_mark(view.place))
        plain = colours(version) if not number and is_prose(view.place) else ()
        unnamed = (_known(*one, view.place, certain=False) for one in plain)
        told = (one for one in unnamed if not only_mentioned(version, one, (), talks))
        for finding in chain(marked, _few(_in_banners(version, view.place, patterns.banners)), _few(told)):
            lined = _with_line(finding, version.text)
            found.setdefault((lined.code, lined.rule, lined.place), lined)
    if is_prose(view.place) and view.place != _FORWARDED:
        for start, subject in forwarded_subjects(versions[0]):
            for finding in find_markings(View(text=subject, place=_FORWARDED), words):
                moved = replace(finding, place=view.place, start=start, end=start + len(subject))
                lined = _with_line(moved, versions[0].text)
                found.setdefault((lined.code, lined.rule, lined.place), lined)
    return tuple(found.values())


def _in_banners(version: Version, place: str, banners: Banners | None) -> Iterator[Finding]:
    """What the words beside the Traffic Light Protocol's mark, where there are such words."""
    if banners is not None:
        for find in (find_classified, find_notations, find_labels):
            yield from find(version, place, banners)


def strictest(findings: Iterable[Finding]) -> Tlp | None:
    """The marking that counts for a message: the strictest of those in a marking's place; None when it has none."""
    labels = [Tlp(finding.label) for finding in findings if finding.code == "M1" and finding.label]
    return max(labels, key=lambda label: label.level, default=None)


def _find_in(
    version: Version, place: str, patterns: Patterns, talks: Talks | None, *, with_unknown: bool
) -> Iterator[Finding]:
    """The first findings of every rule in one version of a text, without talk about markings."""
    text, folded = version.text, version.folded
    # In the name of a file the scheme's may stand within a word, where this doesn't look for it.
    if not place.endswith(", name") and not patterns.may_stand_in(folded):
        return
    found = [*_beside_names(text, folded, place, patterns, with_unknown=with_unknown)]
    found += _weak_and_other(text, folded, place, patterns)
    if not found:
        return
    if is_prose(place):
        kept = [*without_legend(found, folded)]
        certain = sorted(one.start for one in kept if one.code == "M1")
        yield from _few(kept, lambda finding: not only_mentioned(version, finding, certain, talks))
    else:
        yield from _few(found)


def _few(findings: Iterable[Finding], counts: Callable[[Finding], bool] = lambda _: True) -> Iterator[Finding]:
    """The first findings of every rule that count: to look at all, and to number their lines, would take quadratic time."""
    counted: dict[str, int] = {}  # a Counter is costly to make, for each of many views
    for finding in findings:
        if (number := counted.get(finding.rule, 0)) < FINDINGS_PER_RULE and counts(finding):
            counted[finding.rule] = number + 1
            yield finding


def _beside_names(text: str, folded: str, place: str, patterns: Patterns, *, with_unknown: bool) -> Iterator[Finding]:
    previous = 0  # where what belongs to the name before this one ends
    finder = patterns.inside if place.endswith(", name") else patterns.name
    for name, following in pairwise(chain(finder.finditer(folded), [None])):
        if name is None:  # the types don't know that only the last one is
            break
        limit = following.start() if following else len(text)  # from here on labels are the next name's
        known = _labels_beside(text, folded, name, place, patterns)
        if column := _in_column(text, folded, name, limit, patterns):
            # The heading's own column has labels, so what begins the next row is another column's.
            known = [one for one in known if "\n" not in text[one[1] : one[2]]]
            yield from (_known(label, start, end, place, certain=True) for label, start, end in column)
        for label, start, end in known:
            yield _known(label, start, end, place, certain=in_marking_place(text, start, end, place))
        if known:
            yield from _contradictions(text, folded, known[-1], place, patterns)
            yield from _shouted_behind(text, folded, known[-1], place, limit, patterns)
        elif may_mark(place) and not column:
            yield from _in_sentence(text, folded, (previous, limit), name, place, patterns)
        if not known and with_unknown and (span := unknown_label(text, folded, name, place, patterns)):
            yield Finding(code="H2", rule="tlp.unknown", place=place, start=span[0], end=span[1])
        previous = max([name.end(), *(end for _, _, end in known)])


def _known(label: str, start: int, end: int, place: str, *, certain: bool) -> Finding:
    rule = label.lower().replace(":", ".").replace("+", "_")
    if certain:
        return Finding(code="M1", rule=rule, place=place, start=start, end=end, label=label)
    return Finding(code="H2", rule=f"{rule}{IN_PROSE}", place=place, start=start, end=end, label=label)


def _labels_beside(
    text: str, folded: str, name: re.Match[str], place: str, patterns: Patterns
) -> list[tuple[str, int, int]]:
    """Every label that belongs to a name: behind it, further ones behind a slash ("GREEN/RED"), or right before it."""
    labels: list[tuple[str, int, int]] = []
    after = patterns.after_inside if place.endswith(", name") else patterns.after
    if match := after.match(folded, name.end()):
        label, start, end = patterns.label(match)
        if _belongs(text, name.end(), start, end):
            labels.append((label, name.start(), end))
        while labels and (match := patterns.further.match(folded, end)):
            label, start, label_end = patterns.label(match)
            if not (_is_meant(text, folded, start, label_end, patterns) and is_label_case(text[start:label_end])):
                break  # "TLP:GREEN/Red sandalwood", "TLP:GREEN, amber, ivory"; what is joined to a label may still raise
            labels.append((label, name.start(), label_end))
            end = label_end
    elif match := patterns.before.search(folded, max(0, name.start() - LONGEST_LABEL), name.start()):
        label, start, _ = patterns.label(match)
        labels.append((label, start, name.end()))
    return labels


def _belongs(text: str, gap_start: int, start: int, end: int) -> bool:
    """Whether a label behind a gap is the name's, or begins the next sentence: "We follow the TLP. Red pandas …"."""
    gap, label = text[gap_start:start], text[start:end]
    parted = _CLAUSE_ENDS.search(gap) or ("\n" in gap and not re.search("[:=]", gap))
    return not parted or label.isupper() or not count_words(rest_of_line(text, end))


def _contradictions(
    text: str, folded: str, found: tuple[str, int, int], place: str, patterns: Patterns
) -> Iterator[Finding]:
    """Stricter labels that are joined to a label by nothing but signs and small words: a form, "GREEN or RED?"."""
    first, _, end = found
    if Tlp(first).level < Tlp.AMBER.level and (match := _STRICT.match(folded, end)):
        yield Finding(code="H2", rule="tlp.contradictory", place=place, start=match.start(), end=match.end())
    while match := patterns.joined.match(folded, end):
        label, start, end = patterns.label(match)
        # In another line or in small letters a colour may begin a sentence or a list of goods.
        apart = "\n" in match.group() or not text[start:end].isupper()
        stricter = Tlp(label).level > Tlp(first).level
        if not _is_meant(text, folded, start, end, patterns) or (
            apart and not _belongs(text, match.start(), start, end)
        ):
            return
        if stricter:
            yield Finding(code="H2", rule="tlp.contradictory", place=place, start=start, end=end)
            yield _known(label, start, end, place, certain=False)


def _shouted_behind(
    text: str, folded: str, found: tuple[str, int, int], place: str, limit: int, patterns: Patterns
) -> Iterator[Finding]:
    """Stricter labels in the rest of a label's sentence, in capitals where the words around have none: "except the annex (RED)"."""
    first, start, end = found
    _, last = sentence_around(folded, start, end)
    for match in patterns.word.finditer(folded, end, min(last, limit)):
        label, label_start, label_end = patterns.label(match)
        if Tlp(label).level > Tlp(first).level and stands_out(text, label_start, label_end):
            yield _known(label, label_start, label_end, place, certain=False)


def _in_column(
    text: str, folded: str, name: re.Match[str], limit: int, patterns: Patterns
) -> list[tuple[str, int, int]]:
    """The labels in the column below a name that heads one."""
    if _CELL_EDGE.search(text, max(0, name.start() - REACH), name.end() + REACH) is None:
        return []
    cells = column_below(text, *name.span(), limit)
    return [patterns.label(match) for cell in cells if (match := patterns.cell.fullmatch(folded, *cell))]


def _in_sentence(
    text: str, folded: str, between: tuple[int, int], name: re.Match[str], place: str, patterns: Patterns
) -> Iterator[Finding]:
    """Labels in the sentence of a name that has none beside it ("marked red under the …"), or alone in a line below it.

    `between` is where what belongs to the name before ends, and what belongs to the next one begins.
    """
    first, last = sentence_around(folded, name.start(), name.end())
    previous, limit = between[0], min(between[1], name.end() + REACH)
    for start, end in ((max(first, previous), name.start()), (name.end(), min(last, limit))):
        listed = [match.span() for match in patterns.listed.finditer(folded, start, end)]
        for match in patterns.word.finditer(folded, start, end):
            label, at, label_end = patterns.label(match)
            in_list = any(span[0] <= at < span[1] for span in listed)
            if not in_list and _is_meant(text, folded, at, label_end, patterns):
                yield _known(label, min(at, name.start()), max(label_end, name.end()), place, certain=False)
    before, after = text[max(0, name.start() - 1) : name.start()], text[name.end() : name.end() + 1]
    if before in {"", "\n"} and after == "\n":  # a column of one cell a line
        for line in _LINE.finditer(folded, name.end() + 1, limit):
            if cell := patterns.cell.fullmatch(folded, *line.span()):
                label, _, label_end = patterns.label(cell)
                yield _known(label, name.start(), label_end, place, certain=False)


def _is_meant(text: str, folded: str, start: int, end: int, patterns: Patterns) -> bool:
    """Whether a label in a sentence is one: it describes no thing, or stands in capitals where the sentence doesn't."""
    if not describes_a_thing(text, folded, start, end, patterns):
        return True
    return text[start:end].isupper() and next_is_small(text, end)


def _weak_and_other(text: str, folded: str, place: str, patterns: Patterns) -> Iterator[Finding]:
    for match in patterns.weak.finditer(folded):
        label, start, end = patterns.label(match)
        signed = re.search("[:=]", match.group("sign")) or text[start:end].isupper()
        if signed and not describes_a_thing(text, folded, start, end, patterns):
            yield _known(label, match.start(), end, place, certain=False)
    for match in patterns.other.finditer(folded):
        if ":" in match.group() or not describes_a_thing(text, folded, match.start(), match.end(), patterns):
            label = patterns.others[int((match.lastgroup or "").removeprefix("at"))]
            rule = label.lower().replace(":", ".")
            yield Finding(code="H2", rule=rule, place=place, start=match.start(), end=match.end())


def _with_line(finding: Finding, text: str) -> Finding:
    """The finding with the line in its place, where lines help: in the text as it was written."""
    if finding.place != "text":
        return finding
    return replace(finding, place=f"text, line {text.count(chr(10), 0, finding.start) + 1}")
