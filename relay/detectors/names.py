"""Runs of words that name a person, in the scripts that officers write: how sure that is, and whether it is an official.

A run is cut at words that are no part of a name; what is left is weighed by the lists of names, by its shape and by what
stands beside it. Lists never suffice, so a run that no list knows is still a `maybe_name`, which counts where something
says that a person comes here.
"""

from collections.abc import Iterator

import regex

from relay.detectors.arabic import find_arabic_names
from relay.detectors.capitals import BROKEN, RUN
from relay.detectors.marks import Marks, NameKinds, Word
from relay.detectors.reading import Reading
from relay.detectors.words import Signal

_INSIDE = frozenset((
    "de", "du", "des", "da", "do", "dos", "das", "del", "della", "di", "la", "le", "los", "las", "van", "der", "den", "het", "ter",
    "ten", "von", "zu", "bin", "ben", "ibn", "al", "el", "y",
))  # fmt: skip
_PATRONYMIC = regex.compile(r"(?:ович|евич|ич|овна|евна|ична)(?:а|у|ем|ом|е|ы|и|ои|ю)?$")
_SLAVIC = regex.compile(
    r"(?:[оеё]в|[иы]н|ск[иоа][ийея]?|енко|чук|[аяо]?дзе|швили|[ая]нян?|баев|[оеиы][вн](?:а|у|ым|ои|е|ых))$"
)


def find_names(marks: Marks) -> list[Signal]:
    """Every run of words that may be a person's name, with how sure that is, in order."""
    reading = marks.reading
    found: list[Signal] = []
    flat: dict[int, bool] = {}
    known = marks.kinds.given | marks.kinds.surname
    for match in RUN.finditer(reading.text):
        kind = marks.at(match.start())
        if kind & marks.kinds.stops and not kind & known and match.group().isalpha():
            continue  # one word that begins a sentence, most often
        line = reading.lines.of(match.start())
        if line not in flat:
            flat[line] = _is_flat(line, reading)
        segments = _segments(marks.words(*match.span()), marks)
        found += [one for segment in segments if (one := _weigh(segment, marks, flat=flat[line]))]
    if "\n" in reading.text:
        found += _broken(marks)
    found += _small(marks)
    found += find_arabic_names(marks)
    found.sort(key=lambda one: one.start)
    return found


def _broken(marks: Marks) -> Iterator[Signal]:
    """Names over the end of a line: the lists know one of the two words, and both may be parts of a name."""
    kinds = marks.kinds
    for match in BROKEN.finditer(marks.reading.text):
        words = marks.words(*match.span())
        segments = list(_segments(words, marks))
        whole = len(segments) == 1 and len(segments[0]) == len(words) > 1
        known = any(one.kinds & (kinds.given | kinds.surname) for one in words)
        if whole and known and (weighed := _weigh(words, marks, flat=False)) is not None:
            yield weighed


def _is_flat(line: int, reading: Reading) -> bool:
    """Whether a line's capitals say nothing: all letters are capitals, or nearly all words begin with one (a headline)."""
    starts = reading.lines.starts
    text = reading.text[starts[line] : starts[line + 1] if line + 1 < len(starts) else None]
    words = [one for one in text.split() if one[0].isalpha()]
    large = sum(map(str.isupper, [one[0] for one in words]))
    if len(words) < 4 or large * 10 < len(words) * 7:
        return False
    return (len(words) >= 5 and large * 10 >= len(words) * 8) or sum(map(str.isupper, words)) * 10 >= len(words) * 7


def _segments(words: list[Word], marks: Marks) -> Iterator[list[Word]]:
    """A run cut at the words that are no name; what belongs to a place or a thing left out."""
    kinds = marks.kinds
    named = kinds.given | kinds.surname
    segment: list[Word] = []
    # "tàu Ocean Bright": what begins with a common word is a ship as well.
    stopped = marks.before(words[0].first) if words else 0
    if stopped & kinds.suspect:
        stopped = 0
    for place, word in enumerate(words):
        if marks.tokens[word.first] in _INSIDE and word.last - word.first == 1 and not word.kinds & named:
            continue
        if (
            not word.kinds & kinds.stops
            or _is_initial(word, marks)
            or (word.kinds & named and not word.kinds & (kinds.suspect | kinds.role | kinds.greeting))
        ):
            segment.append(word)
            continue
        if (
            segment
            and marks.token(word.first - 1) in _INSIDE
            and word.kinds & (kinds.head | (kinds.place if marks.token(word.first - 1) in {"von", "van", "zu"} else 0))
        ):  # "van Dam"
            segment.append(word)
            continue
        if segment and not _is_of_a_body(words[place : place + 3], kinds) and not stopped & kinds.head_before:
            yield segment
        segment, stopped = [], word.kinds | (stopped & kinds.head_before if not segment and not place else 0)
    if segment and not stopped & kinds.head_before:
        yield segment


def _is_of_a_body(behind: list[Word], kinds: NameKinds) -> bool:
    """Whether the words behind a name make it a place's or a body's: "David Sheldrick Wildlife Trust"."""
    for word in behind:
        if word.kinds & (kinds.head | kinds.agency):
            return True
        if not word.kinds & kinds.common or word.kinds & (kinds.place | kinds.suspect | kinds.role):
            return False
    return False


def _is_initial(word: Word, marks: Marks) -> bool:
    """One capital letter with a stop behind it, or within a name."""
    text = marks.reading.text
    return word.end - word.start == 1 and (
        text[word.end : word.end + 1] == "." or text[word.end + 1 : word.end + 2].isupper()
    )


def _weigh(segment: list[Word], marks: Marks, *, flat: bool) -> Signal | None:
    """What a segment is, by its words and by what stands around it; None for nothing."""
    kinds = marks.kinds
    before = marks.before(segment[0].first)
    after = marks.marks[segment[-1].last] if segment[-1].last < len(marks.marks) else 0
    if before & kinds.suspect:
        before &= ~kinds.head_before  # "cão" and "bị cáo"
    if before & (kinds.head_before | kinds.greeting) or after & kinds.head or _is_author(segment, marks):
        return None
    folded, (_, _, start, end, _) = marks.reading.folded, segment[-1]
    if folded.endswith(_STREETS, start, end) or _SHIP.match(folded, end):
        return None
    elsewhere = kinds.place | kinds.carrier
    if segment[0].kinds & elsewhere and all(one.kinds & elsewhere for one in segment):
        return None
    if flat and not (segment := _sure(segment, marks)):
        return None
    kind = _kind_of(segment, marks)
    if (
        not kind
        and before & (kinds.suspect | kinds.naming | kinds.alias)
        and segment[0].kinds & (kinds.given | kinds.surname)
    ):
        kind = kinds.lone_name
    titled = before & kinds.title
    if titled and kind in (kinds.maybe_name, kinds.lone_name, kinds.capital):
        kind = kinds.name
    introduced = (
        before & (kinds.suspect | kinds.naming | kinds.kin | kinds.consign | kinds.title)
        or marks.token(segment[-1].last) == "s"
    )
    if (before & kinds.locative and not titled) or (
        before & kinds.from_where and kind != kinds.name and not introduced
    ):
        return None
    return Signal(kind, segment[0].start, segment[-1].end) if kind else None


def _kind_of(segment: list[Word], marks: Marks) -> int:
    """How sure a segment is a name, by its words alone."""
    kinds = marks.kinds
    sure = kinds.stops & ~kinds.title
    if len(segment) == 1 and segment[0].end - segment[0].start > 1:  # as most are
        if not segment[0].kinds & (kinds.given | kinds.surname):
            return kinds.capital
        return 0 if segment[0].kinds & sure else kinds.lone_name
    known, count = [one.kinds for one in segment], len(segment)
    given = sum([bool(one & kinds.given) and not one & sure for one in known])
    surname = sum([bool(one & kinds.surname) and not one & (sure | kinds.given) for one in known])
    soft = sum([bool(one & (kinds.given | kinds.surname)) and bool(one & sure) for one in known])
    initials = sum([one.end - one.start == 1 for one in segment])
    slavic = sum([_slavic(one, marks) for one in segment])
    if count == initials:
        return kinds.capital if count > 1 else 0
    if count > 1 and any(_PATRONYMIC.search(marks.reading.text[one.start : one.end].lower()) for one in segment):
        return kinds.name
    if count - initials == 1:
        return kinds.name if given or surname or slavic else kinds.maybe_name
    starts_sentence = segment[0].start in marks.reading.sentences.starts and not segment[0].kinds
    if count <= 6 and (
        given + surname >= 2 or (given + surname and soft + slavic) or (given + surname and count > 2)
        or ((given + surname or slavic) and not starts_sentence)
    ):  # fmt: skip
        return kinds.name
    return kinds.maybe_name if count <= 5 else 0


def _slavic(word: Word, marks: Marks) -> bool:
    """Whether a Cyrillic word ends as surnames do."""
    if marks.reading.text[word.start] < "А":  # most words are Latin
        return False
    written = marks.reading.text[word.start : word.end].lower()
    return len(written) > 4 and "а" <= written[0] <= "я" and bool(_SLAVIC.search(written))


def _sure(segment: list[Word], marks: Marks) -> list[Word]:
    """Where capitals say nothing: a given name with the word behind it, or two words that are names."""
    kinds = marks.kinds
    named = kinds.given | kinds.surname
    for place, word in enumerate(segment):
        if word.kinds & named and not word.kinds & kinds.stops:
            first = place
            if place and (word.kinds & kinds.surname or not word.kinds & kinds.given):
                first = place - 1
            return segment[first : place + 2 if first == place else place + 1]
    stops = marks.before(segment[0].first)
    headed = marks.token(segment[0].first - 1) == ":"
    loud = marks.reading.text[segment[0].start : segment[-1].end].isupper()
    said = stops & (kinds.naming | kinds.alias | kinds.title | (kinds.suspect if loud or headed else 0)) or (
        _is_initial(segment[0], marks) and len(segment) > 1
    )
    # In capitals a case of a noun ends as surnames do.
    slavic = [one for one in segment if _slavic(one, marks)]
    if loud and not said:
        slavic = [one for one in slavic if one.kinds & kinds.surname]
    return segment[:2] if said or slavic else []


def _is_author(segment: list[Word], marks: Marks) -> bool:
    """Whether a run is who first described a species: behind its two or three Latin words, or with a year behind it."""
    text = marks.reading.text
    first = segment[0].first
    if marks.marks[max(0, first - 2)] & marks.kinds.suspect:  # "The dealer (Ana Example)"
        return False
    if marks.over(first - 3, first - 1) & marks.kinds.taxon:
        return text[marks.starts[first - 1]].islower() or text[marks.starts[first - 1]] in "(."
    if "(" not in (before := text[max(0, segment[0].start - 60) : segment[0].start]):
        return False
    return bool(_BINOMIAL.search(before) and (len(segment) < 4 or _YEAR.match(text, segment[-1].end))) or bool(
        before.endswith("(") and _YEAR.match(text, segment[-1].end)
    )


_BINOMIAL = regex.compile(  # from its end, at which it stands, in a quarter of the time
    r"(?r)(?:^|[\s(*_])\p{Lu}(?:\.|\p{Ll}{2,})[*_]? [*_]?\p{Ll}{4,}(?:[ ](?:ssp\.|subsp\.|var\.)?[ ]?\p{Ll}{4,})?[*_]?,? ?"
    r"(?:\([^()\n]{1,40}\) ?|\((?:[\p{L}., ]{1,30}(?:&|et|,) ?)?)$"
)
_YEAR = regex.compile(r"(?: (?:&|et|and|in) [\p{L}.]+){0,2},? ?(?:1[789]|20)\d\d\b")


def _small(marks: Marks) -> Iterator[Signal]:
    """Names that were typed without capitals: a given name and another name, or what something says is a name."""
    kinds = marks.kinds
    named, said = kinds.given | kinds.surname, kinds.naming | kinds.alias
    text = marks.reading.text
    if "đ" in marks.reading.folded:  # Vietnamese, whose words are names as well
        return
    for number in [number for number, kind in enumerate(marks.marks) if kind & (named | said)]:
        kind = marks.marks[number]
        if kind & said and _is_said_small(number + 1, marks):
            yield Signal(
                kinds.capital, marks.starts[number + 1], marks.starts[number + 1] + len(marks.token(number + 1))
            )
        if not kind & named or kind & kinds.stops or not text[marks.starts[number]].islower():
            continue
        token, last = marks.token(number), number + 1
        while marks.token(last) in _INSIDE:
            last += 1
        other = marks.token(last)
        if len(token) < 4 or len(other) < 4 or len(token) + len(other) < 10 or not text[marks.starts[last]].islower():
            continue
        if not text[marks.starts[number] + len(token) : marks.starts[last]].replace(" ", "x").isalpha():
            continue
        following = marks.marks[last]
        end = marks.starts[last] + len(other)
        told = marks.before(number) & (said | kinds.suspect | kinds.title)
        both = following & named and not following & kinds.stops
        if kind & kinds.given and (both or (told and not following & ~named and other.isalpha())):
            yield Signal(kinds.name, marks.starts[number], end)


def _is_said_small(number: int, marks: Marks) -> bool:
    """Whether a word that nothing else knows stands behind one that says a name comes, in a line without capitals."""
    if len(marks.token(number)) < 4 or marks.marks[number] & ~(marks.kinds.given | marks.kinds.surname):
        return False
    text, lines = marks.reading.text, marks.reading.lines.starts
    line = marks.reading.lines.of(marks.starts[number])
    written = text[lines[line] : lines[line + 1] if line + 1 < len(lines) else None].strip()
    return text[marks.starts[number]].islower() and written[1:].islower()


_SHIP = regex.compile(
    r"[\"”“»’' ]{0,3}(?:\d{1,3}[\"”“»’']?)?[ ,]{0,2}\(?(?:imo|omi|имо|mmsi)(?: no\.?| n\.?º?| number)? ?:?\d"
)
_STREETS = (
    "laan", "straat", "plein", "weg", "gracht", "kade", "straße", "strasse", "platz", "gasse", "allee", "damm", "ufer",
)  # fmt: skip
