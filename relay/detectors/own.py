"""What is the author's own in a text: their name, their signature block, their ways to be reached. It never counts.

Who the author is comes from the member's record, or from the header where nobody asks for a record; the text alone is not
believed. A block of theirs begins with a line that is their name. Numbers that a duty desk is reached by are nobody's.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from relay.detectors.facts import Facts
from relay.detectors.reading import UNSPACED, Reading
from relay.detectors.words import ACCUSING, WAYS, Covered, Signal, kinds_named
from relay.policy.shape import fold, shape

_BLOCK_LINES = 8  # of a signature block below the author's name
_LINE = 80  # characters at most of a line that is a name, perhaps with a title
_BESIDE = 60  # characters between the author's name and a number that they sign with
_PERSONAL = ("name", "maybe_name", "lone_name", "capital", "published_name", *WAYS, "street", "handle", "house_number")
_OFFICE, _PARTIES = ("office_contact", "own_contact"), ("suspect", "third_party", "crime_role", "criminal_role")
_BEHIND_A_DESK, _BEFORE_A_DESK = 25, 100  # characters
_BESIDE_A_NAME = 4  # words: a title, a rank
_STRANGE = 2  # words of a name that the author's record doesn't have
_SENTENCE_ENDS = (".", "!", "?", ":")
_WORD = regex.compile(r"[^\W_]{2,}")
_LETTER = regex.compile(r"[^\W\d_]")
_LETTERS = regex.compile(r"[^\W\d_]{2,}|[oye]")
# Between the numbers of one person, and what is said of them.
_OR = frozenset(map(fold, map(shape, (
    "or", "and", "ou", "et", "oder", "und", "y", "o", "e", "of", "en", "или", "أو", "atau", "dan", "au", "na", "hoặc", "và", "tel", "tél",
    "mobile", "cell", "office", "fax", "whatsapp", "portable", "bureau", "celular", "móvil", "oficina", "telemóvel", "handy", "mobil",
    "büro", "mobiel", "моб", "раб", "جوال", "مكتب", "kantor", "ofisi", "di", "động",
))))  # fmt: skip
# Parts of many people's names, which prove nothing by themselves.
_PARTICLES = frozenset((
    "de", "da", "do", "dos", "das", "di", "du", "des", "del", "la", "le", "los", "las", "van", "der", "den", "von", "zu", "bin",
    "binti", "ben", "ibn", "al", "el", "بن", "ال",
))  # fmt: skip
_DEGREE = regex.compile(r"(?:\s*,?\s*(?:\p{L}{1,4}\.){1,3}\p{L}{0,4}\.?)+$")


def without_own(signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int], facts: Facts) -> list[Signal]:
    """The signals but those that are the author's own: their name anywhere, what identifies people in their block, and that again elsewhere."""
    personal, ways, accusing = (kinds_named(kinds, names) for names in (_PERSONAL, WAYS, (*ACCUSING, "resides")))
    beside = personal & ~kinds.get("name", 0)  # another's name stays one, whoever signs above it
    known = list(_known(facts))
    signals = _without_desks(signals, reading, kinds)
    if not known:
        return list(signals)
    signed = list(_mentions(reading, known))
    mentions = Covered(signed)
    # What accuses elsewhere is part of their name here.
    signals = [one for one in signals if not one.kind & accusing or not mentions.hold(one.start, one.end)]
    everything = set().union(*known)
    accusers = [one for one in signals if one.kind & accusing]
    accused = {reading.lines.of(one.start) for one in accusers}
    accused_in = {reading.sentences.of(one.start) for one in accusers}
    begun, blocks = _blocks(reading, known, accused)
    own = set()
    for one in signals:
        if not one.kind & personal:
            continue
        written = set(_WORD.findall(_plain_letters(reading.folded[one.start : one.end])))
        if one.kind & ways:
            theirs = bool(written) and written <= everything
        else:
            theirs = (bool(written) and written <= everything) or any(
                len((written & some) - _PARTICLES) >= 2
                for some in known
                if len(written - some - _PARTICLES) <= _STRANGE
                and reading.sentences.of(one.start) not in accused_in  # there one word more makes it another's
            )
            theirs = theirs or (reading.lines.of(one.start) in begun and mentions.touch(one.start, one.end))
        if theirs or (one.kind & beside and blocks.hold(one.start, one.start + 1)):
            own.add(id(one))
    closing = Covered((one.start, one.end) for one in signals if one.kind & kinds.get("closing", 0))
    own |= {id(one) for one in signals if one.kind & ways and _is_signed(one, signed, accusers, closing, reading)}
    own_ways = {_plain(reading, one) for one in signals if id(one) in own and one.kind & ways}
    own_ways |= {fold(shape(one)) for one in facts.addresses}
    return [one for one in signals if id(one) not in own and not (one.kind & ways and _plain(reading, one) in own_ways)]


def _without_desks(signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int]) -> Sequence[Signal]:
    """The signals without the numbers right behind a word for a desk or a duty, where no party stands before that word."""
    ways, office, party = (kinds_named(kinds, names) for names in (WAYS, _OFFICE, _PARTIES))
    desks = [one for one in signals if one.kind & office]
    if not desks or not any(one.kind & ways for one in signals):
        return signals
    parties = [one for one in signals if one.kind & party]

    def is_of_a_desk(one: Signal) -> bool:
        return any(
            0 <= one.start - desk.end <= _BEHIND_A_DESK
            and "\n\n" not in reading.text[desk.end : one.start]
            and not any(_before(desk.start, reading) <= some.start < one.start for some in parties)
            for desk in desks
        )

    return [one for one in signals if not one.kind & ways or not is_of_a_desk(one)]


def _before(place: int, reading: Reading) -> int:
    """Where what belongs to a word for a desk begins, in its sentence."""
    return max(place - _BEFORE_A_DESK, reading.sentences.starts[reading.sentences.of(place)])


def _known(facts: Facts) -> Iterator[set[str]]:
    """The words of each name and address of the author's."""
    for one in (*facts.names, *(address.partition("@")[0].replace("_", " ") for address in facts.addresses)):
        if words := set(_WORD.findall(_plain_letters(fold(shape(one))))):
            yield words


def _plain_letters(folded: str) -> str:
    """Letters as an address writes them; each keeps its place."""
    return folded.replace("đ", "d")


def _mentions(reading: Reading, known: Sequence[set[str]]) -> Iterator[tuple[int, int]]:
    """Where the author's name stands: two words of it in a row, or the whole of a name of one word."""
    text = _plain_letters(reading.folded)
    words: list[regex.Match[str]] = []
    for some in known:
        if not any(word in text for word in some):
            continue  # a quick look
        if len(some) == 1 and UNSPACED.search(name := next(iter(some))):
            yield from ((one.start(), one.end()) for one in regex.finditer(regex.escape(name), text))
            continue
        run: list[tuple[int, int]] = []
        seen: set[str] = set()
        words = words or list(_WORD.finditer(text))
        for one in (*[word for word in words if word.group() in some], None):  # others between them keep two apart
            near = one and (
                not run or (not _LETTER.search(text, run[-1][1], one.start()) and one.start() - run[-1][1] < 4)
            )
            if one and near:
                run.append(one.span())
                seen.add(one.group())
                continue
            if len(seen) >= min(2, len(some)) and seen - _PARTICLES and text[run[-1][1] : run[-1][1] + 1] != "@":
                yield run[0][0], run[-1][1]
            run, seen = ([one.span()], {one.group()}) if one else ([], set())


def _is_signed(
    one: Signal, signed: Sequence[tuple[int, int]], accusers: Sequence[Signal], closing: Covered, reading: Reading
) -> bool:
    """Whether a number stands beside the author's name, with nothing between that accuses, nor before both in their sentence; and where it stands before the name, in another sentence, with no other words between than those before a signature."""
    for start, end in signed:
        if (
            not start - _BESIDE <= one.start < end + _BESIDE
            or "\n\n" in reading.text[min(start, one.start) : one.start]
        ):
            continue
        if reading.sentences.of(one.start) != reading.sentences.of(start) and not all(
            closing.hold(*word.span()) or word.group() in _OR
            for word in _LETTERS.finditer(reading.folded, one.end, start)
        ):
            continue
        first = max(
            min(start, one.start) - 2 * _BESIDE, reading.sentences.starts[reading.sentences.of(min(start, one.start))]
        )
        if not any(first <= some.start < max(end, one.end) for some in accusers):
            return True
    return False


def _plain(reading: Reading, signal: Signal) -> str:
    """A number or address as it is compared: the last digits, because the beginning is written in several ways."""
    written = reading.folded[signal.start : signal.end]
    return written if "@" in written else regex.sub(r"\D", "", written)[-8:]


def _blocks(reading: Reading, known: Sequence[set[str]], accused: set[int]) -> tuple[set[int], Covered]:
    """The signature blocks and the lines that they begin with: a short line that is the author's name, a few short lines on, as long as nothing accuses."""
    starts = [*reading.lines.starts, len(reading.folded)]
    begun, blocks = set(), []
    everything = set().union(*known)
    text = _plain_letters(reading.folded)
    named = any(word in text for word in everything)
    for number, (start, end) in enumerate(pairwise(starts) if named else ()):
        line = text[start:end].strip()
        if len(line) > _LINE or number in accused:
            continue
        words = set(_WORD.findall(line))
        if not words & everything:
            continue
        strange = min(len(words - one) for one in known)
        if line.endswith(_SENTENCE_ENDS) and strange > 1 and not _DEGREE.search(line):
            continue
        if any(len(words & one) >= min(2, len(one)) and len(words - one) <= _BESIDE_A_NAME for one in known):
            last = number + 1
            while last < min(number + _BLOCK_LINES, len(starts) - 1) and last not in accused:
                if starts[last + 1] - starts[last] > _LINE:
                    break
                last += 1
            begun.add(number)
            blocks.append((start, starts[last]))
    return begun, Covered(blocks)
