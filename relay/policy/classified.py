"""Markings without a scheme of labels: national, EU, NATO, police and customs words, found where such markings stand.

They mark by their place more than by their words, which are everyday ones as well ("secret compartment"). Certain are
words that are the whole of one of a text's first lines or of its last in capitals, that stand behind what a form calls a
marking, in brackets or capitals at an edge of a subject or a file's name, or that are the whole of a header field; and a line
of them in a box or with a copy's number, wherever it stands. On any other line of their own they hold, and so they do in small letters before a colon in a subject. Words of several parts that
mean nothing else ("Law Enforcement Sensitive") are certain in small letters too, and raise in a sentence. Words that mean
other things as well (MẬT is bile, ДСП is chipboard) count only in capitals, and only hold unless they are such a line. What heads or begins the standing text
below an agency's mail marks nothing. Longer than most modules: the places are told by one another.
"""

import re
from collections.abc import Iterator

from relay.policy.banners import Banners, Kind
from relay.policy.disguise import abbreviation_before, is_cut_short
from relay.policy.labels import is_label_field
from relay.policy.lines import (
    FIRST_LINES,
    FIRST_WORD,
    LONGEST_LINE,
    body_of_line,
    edges_of,
    is_framed,
    line_start,
    words_in_capitals,
)
from relay.policy.post import Finding
from relay.policy.sentence import in_marking_place, is_a_rule, is_prose, next_is_small, sentence_around, stands_out
from relay.policy.shape import Version, is_label_case

_FRAMED = FIRST_LINES  # a line in a box, which marks like one at an edge
_MANY = 50  # lines between a text's edges, behind which further ones say nothing new
_DISCLAIMER = 6  # so many words behind a marking are a sentence, its sign among them
_DISCLAIMER_REACH = 300  # characters in which a standing text tells what it is
_DENIAL = 12  # characters before a word in which it can be denied
_COPY_REACH = 100  # characters in which a copy's number stands behind a marking
_SET_OFF = re.compile(r"\s*:|\s+[-–—|/]\s")
_COLUMN = re.compile(r"(?:[ ]{3,}|\t[ \t]*|[|/•·–—-][ \t]*|\A[^\w\n]*)\Z")
_CELL = re.compile(r"[^\w\n|]{0,40}?(?:\Z|\n|[ ]{3,}|\t|\|)")  # "CONFIDENTIAL | 24 November"
_LAST_WORD = re.compile(r"[^\W\d_]{2,}(?=[^\w\n]*\Z)")
_DENIED = re.compile(
    r"(?<![^\W_])(?:non?|not|غير|nao|nicht|niet|sin|sem|sans|he|tidak|khong)[\W_]{1,3}\Z"
)  # "NON-CONFIDENTIAL"
_ACRONYMS = frozenset({"fouo", "noforn"})
_WITHOUT_CAPITALS = re.compile(r"[\u0590-\u08ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff]")
_WORD, _SIGNS_AT_MOST = re.compile(r"\w"), 41  # characters in which a text's first word begins
_GOES_ON = re.compile(r"\s+(?!لانكا)(?=[\u0600-\u06ff])")  # Arabic words; Sri Lanka begins like "secret"
_SET_APART = re.compile(r"\s*[/•·–—:-]")


def find_classified(version: Version, place: str, banners: Banners) -> Iterator[Finding]:
    """Find markings without labels in one version of a view, in time that is linear in its length.

    Args:
        version: the view's text.
        place: the view's.
        banners: their words.
    """
    text, folded = version.text, version.folded
    if place.startswith(("subject", "header subject", "header keywords", "header comments")) or place.endswith(
        ", name"
    ):
        yield from _at_edges(text, folded, place, banners)
    elif is_prose(place):
        told: set[int] = set()
        for finding in _on_lines(text, folded, place, banners):
            told.add(line_start(text, finding.start))
            yield finding
        yield from _in_capitals(text, folded, place, banners, told)
        yield from _in_words(text, folded, place, banners, told)
        if _WITHOUT_CAPITALS.search(text):
            yield from _without_capitals(folded, place, banners, told)
    elif not is_label_field(place) and (found := banners.whole.fullmatch(folded)):
        yield _finding("M1", place, found, banners)


def _on_lines(text: str, folded: str, place: str, banners: Banners) -> Iterator[Finding]:
    """Lines that are nothing but a marking, and perhaps what limits it further: "SECRET // NOFORN"."""
    openings = banners.openings
    begun = [match.start(1) for match in FIRST_WORD.finditer(f"\n{folded}") if match[1] in openings]
    edges = edges_of(text) if begun else []
    told = 0
    for word in begun:
        start, end = line_start(folded, word - 1), folded.find("\n", word)
        end = len(folded) if end < 0 else end
        if end - start > LONGEST_LINE or not (
            found := banners.whole.fullmatch(folded, *body_of_line(folded, start, word, end))
        ):
            continue
        edge = edges.index(start) if start in edges else -1
        if edge < 0 and told >= _MANY:
            continue
        code = _weigh_line(text, folded, found, banners, edge=edge)
        if code == "H2" and is_framed(text, start, end):
            code = _weigh_line(text, folded, found, banners, edge=_FRAMED)
        if code:
            told += 1
            yield _finding(code, place, found, banners)


def _weigh_line(text: str, folded: str, found: re.Match[str], banners: Banners, *, edge: int) -> str | None:
    """How much a line counts that is nothing but a marking; `edge` says which of the text's edges it is, -1 for none, `_FRAMED` for a box."""
    word, suffix = found["marking"], found["suffix"] or ""
    if _heads_a_disclaimer(found, folded, banners, at_top=0 <= edge < FIRST_LINES):
        return None
    shouted = _is_shouted(text, found, banners) and is_label_case(text[slice(*found.span("suffix"))])
    if found["noun"] and not (shouted and is_label_case(text[slice(*found.span("noun"))])):
        return None
    numbered = _is_numbered(folded, found, banners)
    copied = bool(numbered or found["copy"] or banners.copy.match(folded, found.end("marking")))
    if banners.is_short(word) and not (copied or found["field"]):
        alone = edge >= 0 and not suffix and word not in banners.in_brackets
        return ("M1" if alone else "H2") if shouted else None
    if found["field"] or (numbered and not _is_a_sentence(suffix)):
        return "M1"
    if not (shouted or not suffix or banners.is_distinct(word) or copied):
        return None
    marks = edge >= 0 and (shouted or banners.is_distinct(word) or copied)
    return "M1" if marks and not _is_a_sentence(suffix) else "H2"


def _heads_a_disclaimer(found: re.Match[str], folded: str, banners: Banners, *, at_top: bool) -> bool:
    """Whether a standing text follows in the marking's own line, or in the next where the marking is not at the top."""
    suffix = found["suffix"] or ""
    if suffix and not suffix.lstrip().startswith("//"):
        return _is_a_sentence(suffix) and banners.disclaimer.search(folded, *found.span("suffix")) is not None
    follows = folded[found.end() : found.end() + _DISCLAIMER_REACH].lstrip().partition("\n\n")[0]
    return not at_top and not suffix and banners.disclaimer.search(follows) is not None


def _in_capitals(text: str, folded: str, place: str, banners: Banners, told: set[int]) -> Iterator[Finding]:
    """Words in capitals in a sentence or at the end of a first line: they raise, and in a marking's place they are certain."""
    edges: list[int] = []
    for word in words_in_capitals(text):
        found = banners.listed.match(folded, abbreviation_before(text, word)) or banners.listed.match(folded, word)
        if found is None or line_start(text, word) in told:
            continue
        edges = edges or edges_of(text)
        code = _weigh(text, folded, place, found, banners, at_edge=line_start(text, word) in edges)
        if code and _is_shouted(text, found, banners) and not is_a_rule(folded, *found.span("marking")):
            yield _finding(code, place, found, banners, in_prose=code == "H2")


def _weigh(text: str, folded: str, place: str, found: re.Match[str], banners: Banners, *, at_edge: bool) -> str | None:
    """How much a word in capitals counts that is not the whole of its line: as a marking, as a doubt, not at all."""
    (start, end), word = found.span("marking"), found["marking"]
    line = text[max(0, start - LONGEST_LINE) : start].rpartition("\n")[2]
    short = banners.is_short(word) or banners.kind(word) is Kind.HELD
    if _DENIED.search(folded, max(0, start - _DENIAL), start):
        return None
    if banners.is_distinct(word) or word in _ACRONYMS:
        if in_marking_place(text, start, end, place) and not short:
            return "M1"
        return "H2" if stands_out(text, start, end) or banners.is_spelt(text[start:end]) else None
    if not at_edge or not _COLUMN.search(line) or banners.disclaimer.search(folded, end, end + _DISCLAIMER_REACH):
        return None
    marks = _CELL.match(text, end) or (_SET_APART.match(text, end) and stands_out(text, start, end))
    return ("H2" if short else "M1") if marks else None


def _in_words(text: str, folded: str, place: str, banners: Banners, told: set[int]) -> Iterator[Finding]:
    """What a sentence says of its own text: "this report is classified SECRET"."""
    if not any(verb in folded for verb in (banners.ascii_verbs if text.isascii() else banners.verbs)):
        return
    for found in banners.said.finditer(folded):
        start, end = found.span("marking")
        if line_start(text, start) in told or text[start].islower() or banners.is_short(found["marking"]):
            continue
        _, last = sentence_around(folded, start, end)
        if "?" not in folded[last : last + 1] + folded[end:last] and not is_a_rule(folded, start, end):
            yield _finding("H2", place, found, banners, in_prose=True)


def _without_capitals(folded: str, place: str, banners: Banners, told: set[int]) -> Iterator[Finding]:
    """In scripts that have none, in brackets or as the first words of a text: a page may have lost the lines between it and what follows."""
    word = _WORD.search(folded, 0, _SIGNS_AT_MOST)
    first = banners.listed.match(folded, word.start()) if word else None
    for found in (first, *banners.bracketed.finditer(folded)):
        if found is None or not _WITHOUT_CAPITALS.match(found["marking"]):
            continue
        parted = found is not first or _GOES_ON.match(folded, found.end("marking"))
        if parted and line_start(folded, found.start("marking")) not in told:
            yield _finding("H2", place, found, banners, in_prose=True)


def _at_edges(text: str, folded: str, place: str, banners: Banners) -> Iterator[Finding]:
    """At the beginning or end of a subject or a file's name, in capitals; anywhere in it, in brackets."""
    told: set[int] = set()
    for find in (_in_brackets, _at_the_start, _at_the_end, _anywhere):
        certain = False
        for code, found in find(text, folded, place, banners):
            if found.start("marking") not in told:
                told.add(found.start("marking"))
                finding = _finding(code, place, found, banners)
                certain |= finding.code == "M1"
                yield finding
        if certain:
            return
    if is_prose(place):
        yield from _in_words(text, folded, place, banners, set())


_Edges = Iterator[tuple[str, re.Match[str]]]


def _in_brackets(text: str, folded: str, place: str, banners: Banners) -> _Edges:
    for found in banners.bracketed.finditer(folded):
        word, square = found["marking"], found["opening"] != "("
        shouted = _is_shouted(text, found, banners)
        if banners.is_short(word):
            certain = (square and word not in banners.in_brackets) or _is_numbered(folded, found, banners)
            if shouted and (square or word not in banners.in_brackets):
                yield "M1" if certain else "H2", found
        elif shouted or square:
            yield "M1", found
        elif is_prose(place):
            yield "M1" if banners.is_distinct(word) else "H2", found


def _at_the_start(text: str, folded: str, place: str, banners: Banners) -> _Edges:
    if found := banners.first.search(folded):
        apart, shouted = found["apart"] is not None, _is_shouted(text, found, banners)
        distinct = banners.is_distinct(found["marking"])
        if not apart and is_a_rule(folded, *found.span("marking")):
            return
        numbered = _is_numbered(folded, found, banners)
        stands = numbered or (
            shouted
            and (apart or distinct or (_has_capitals(text, found) and next_is_small(text, found.end("marking"))))
        )
        if stands or (apart and (distinct or found["field"])):
            yield "H2" if banners.is_short(found["marking"]) and not numbered else "M1", found
        elif (
            not banners.is_short(found["marking"]) and is_prose(place) and _SET_OFF.match(folded, found.end("marking"))
        ):
            yield "H2", found


def _at_the_end(text: str, folded: str, place: str, banners: Banners) -> _Edges:
    found = banners.last.search(folded)
    if not found or not (
        _is_shouted(text, found, banners) or found["copy"] or (found["apart"] and banners.is_distinct(found["marking"]))
    ):
        return
    if _DENIED.search(folded, max(0, found.start("marking") - _DENIAL), found.start("marking")):
        return
    short, before = banners.is_short(found["marking"]), _LAST_WORD.search(text, 0, found.start("marking"))
    stands = (
        _has_capitals(text, found)
        and not (before and before.group().isupper())
        and "?" not in text[found.end("marking") :]
    )
    thing = short and not (
        banners.kind(found["marking"]) is Kind.CLASSIFIED
        and not banners.things.search(folded, 0, found.start("marking"))
    )
    if (found["apart"] and "?" not in found.group()) or found["copy"] or (stands and not thing):
        yield "H2" if short and not found["copy"] else "M1", found
    elif not short and not is_prose(place):
        yield "H2", found  # "RAPPORT CONFIDENTIEL.pdf", but "COMPARTIMENT SECRET.jpg" as well


def _anywhere(text: str, folded: str, place: str, banners: Banners) -> _Edges:
    """Words that mean nothing else, wherever they stand."""
    for found in banners.listed.finditer(folded):
        start, end = found.span("marking")
        if not banners.is_distinct(found["marking"]):
            continue
        if not is_prose(place):
            yield "M1", found
        elif _is_shouted(text, found, banners) and not is_a_rule(folded, start, end):
            yield "M1" if in_marking_place(text, start, end, place) else "H2", found


def _is_shouted(text: str, found: re.Match[str], banners: Banners) -> bool:
    """Whether a word stands in capitals, or as it is always written ("VS-NfD")."""
    start, end = found.span("marking")
    written = text[start:end]
    return is_label_case(written) or is_cut_short(text, start, end) or banners.is_spelt(written)


def _is_numbered(folded: str, found: re.Match[str], banners: Banners) -> bool:
    """Whether the copy's number stands behind a marking or below it, as only papers have it."""
    end = found.end("marking")
    return banners.numbered.match(folded, end, end + _COPY_REACH) is not None


def _has_capitals(text: str, found: re.Match[str]) -> bool:
    """Whether a word stands in capitals, of an alphabet that has any."""
    return text[slice(*found.span("marking"))].isupper()


def _is_a_sentence(suffix: str) -> bool:
    """Whether a sentence stands behind a marking; behind "//" stand those who may read it, however many they are."""
    return len(suffix.split()) >= _DISCLAIMER and not suffix.lstrip().startswith("//")


def _finding(code: str, place: str, found: re.Match[str], banners: Banners, *, in_prose: bool = False) -> Finding:
    kind = banners.kind(found["marking"])
    if kind is Kind.HELD:
        code, rule = "H2", "held.marking"
    elif code == "M1":
        rule = f"{kind}.in_marking_place"
    else:
        rule = f"{kind}.in_prose" if in_prose else f"{kind}.on_its_own_line"
    return Finding(code=code, rule=rule, place=place, start=found.start("marking"), end=found.end("marking"))
