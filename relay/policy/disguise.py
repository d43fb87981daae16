"""Markings in disguise: spread letters, digits for letters, words over several lines, abbreviations that services use.

A text is read once more with everything undone that hides a marking of the tables, and only that: what comes out is judged
by its place like any other text (relay/policy/classified.py). Quick patterns leave most texts at once; everything is looked
at once, in pieces of bounded length, so that time stays linear.
"""

import re
from collections import Counter
from itertools import chain

from relay.mail.subject import REPLY_PREFIX
from relay.policy.sentence import is_prose
from relay.policy.shape import Version, fold
from relay.policy.spellings import ALIKE, ALONE, BEGINNING, Spellings, initials_of, squash

_WRITTEN_FIELDS = ("header keywords", "header comments")
_LINES = 500  # at each edge of a text, in which a marking over several lines is looked for
_LONGEST = 300  # characters of a line or a subject
_NARROW = 60  # characters of a marking's line
_JOINED = 4  # lines over which one marking is written
_FEWEST = 6  # letters of words written together that mean something by themselves
_SURELY = 7  # letters of abbreviations at the edge of a subject, where more words follow
_PARTS = re.compile(r"[^\W_]+")
_WORDY = re.compile(r"[^\W_]")
# A letter by itself (of Korean a syllable, which is two or three after shaping), and what stands between two of them.
_LETTER = r"(?:[\u1100-\u115f][\u1160-\u11a7][\u11a8-\u11ff]?|[^\W_])"
_GAP = r"(?:[^\w\n|]|_){1,12}"
_SPREAD = re.compile(rf"(?<![^\W_]){_LETTER}(?:{_GAP}{_LETTER}(?![^\W_]))+")
_BEGINS_SPREAD = re.compile(rf"(?<![^\W_]){_LETTER}{_GAP}{_LETTER}(?![^\W_])")
# The same for ASCII, faster: octets are told apart only as letters and digits (a), what parts lines and cells (0) and the rest.
_CLASSES = "".join(
    "a" if char.isalnum() else "0" if char in "\n|" else " " for char in map(chr, range(128))
).encode() + bytes(128)
_BEGINS_IN_CLASSES = (re.compile(rb" a {1,12}a {1,12}a"), re.compile(rb"0a {1,12}a {1,12}a"))
_PIECE = re.compile(rf"{_LETTER}|{_GAP}")
_SUBSTITUTED = re.compile(r"[0-9@$€!](?:(?=[^\W\d_])|(?<=[^\W\d_].))")  # begins with a sign, of which texts have few
_MIXED = re.compile(r"(?<![^\W_])(?<![@$€!])(?:[^\W\d_]++[0-9@$€!]|[0-9@$€!]++[^\W\d_])(?:[^\W_]|[@$€!])*+")  # "S3CR3T"
_PARTING_SIGNS = r"\n\t|\[\](){}<>*:;,·•«»\"“”★=#~_"
_PARTING = re.compile(  # " - ", "   " or signs; as each begins with one of a set of characters, others are left at once
    rf"([\s{_PARTING_SIGNS}](?:(?<=\s)[-–—/]\s|(?<= )[ ]{{2,}}|(?<=[{_PARTING_SIGNS}])[{_PARTING_SIGNS}]*))"
)
_COLUMNS = re.compile(r"[ ]{3,}|[\t|]")
_SHORTENED = re.compile(r"[^\W_]+\.?")
_ABBREVIATION = re.compile(r"(?<![^\W_])[^\W\d_]{1,6}\.")
_BEFORE_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,5}\.[ ]?\Z")
_REACH = 8
_EMPHASIS, _END_OF_EMPHASIS = frozenset("*_["), frozenset("*_]")
_FRAME = 20  # characters before a line's first word
_PREFIXES = re.compile(rf"\A(?:\s*+(?:{REPLY_PREFIX}|\[[^\]\n]{{0,100}}\]))*+", re.IGNORECASE)


def with_undisguised(versions: tuple[Version, ...], place: str, spellings: Spellings) -> tuple[Version, ...]:
    """The versions of a place that people write, and behind them those with hidden markings written out."""
    if not (is_prose(place) or place.endswith(", name") or place.startswith(_WRITTEN_FIELDS)):
        return versions
    further = [one for version in versions if (one := undisguised(version, place, spellings))]
    return tuple(dict.fromkeys((*versions, *further)))


def undisguised(version: Version, place: str, spellings: Spellings) -> Version | None:
    """The version with disguised markings written out; None when it has none. Every line keeps its number.

    Args:
        version: one way to read a text.
        place: the view's; in a subject more words may follow an abbreviation.
        spellings: the markings'.
    """
    text, folded = version.text, version.folded
    if _has_spread(text):
        text = _SPREAD.sub(lambda run: _closed_up(run.group(), spellings), text)
    if _SUBSTITUTED.search(text):
        text = _MIXED.sub(lambda token: _with_letters(token.group(), spellings), text)
    text = _written_out(text, folded if text == version.text else fold(text), spellings)
    if place.startswith(("subject", "header subject")) and "." in text:
        text = _at_edges(text[:_LONGEST], spellings) + text[_LONGEST:]
    if "\n" in text:
        text = _joined(text, spellings)
    return None if text == version.text else Version(text, fold(text))


def is_cut_short(text: str, start: int, end: int) -> bool:
    """Whether abbreviations stand in a marking, beside which large first letters are enough: "Stg. Geheim"."""
    if "." not in text[start:end]:
        return False
    rest, count = _ABBREVIATION.subn("", text[start : end + text.startswith(".", end)])
    return count > 0 and not any(word[0].islower() for word in _PARTS.findall(rest))


def abbreviation_before(text: str, start: int) -> int:
    """Where the abbreviation starts that stands right before a word; the word's own place when there is none."""
    found = _BEFORE_WORD.search(text, max(0, start - _REACH), start)
    return found.start() if found else start


def _has_spread(text: str) -> bool:
    """Whether letters may be spread in a text; octets are told apart faster than characters."""
    if not text.isascii():
        return _BEGINS_SPREAD.search(text) is not None
    classes = b"0" + text.encode("ascii").translate(_CLASSES)
    return any(beginning.search(classes) for beginning in _BEGINS_IN_CLASSES)


def _closed_up(run: str, spellings: Spellings) -> str:
    """Spread letters as words: those of a marking, else parted where the gap is another one than most."""
    pieces = _PIECE.findall(run)
    letters, gaps = pieces[::2], pieces[1::2]
    joined = "".join(letters)
    if sum(map(str.isalpha, letters)) * 2 < len(letters):
        return run  # a row of numbers
    if key := spellings.squashed.get(squash(letters)):
        return _parted(joined, key)
    if len(letters) <= 2:
        return run  # "à 3"
    if key := spellings.squashed.get(squash(letters[1:])):  # "à  S E C R E T"
        return f"{letters[0]} {_parted(joined[len(letters[0]) :], key)}"
    common = Counter(gaps).most_common(1)[0][0]
    between = ["" if gap == common else f" {signs} " if (signs := gap.strip()) else " " for gap in gaps]
    return "".join(chain.from_iterable(zip(letters, [*between, ""], strict=True)))


def _parted(joined: str, key: str) -> str:
    """Words written together, with blanks where their marking has them."""
    words, start = [], 0
    for part in key.split(" "):
        words.append(joined[start : start + len(part)])
        start += len(part)
    return " ".join(words)


def _with_letters(token: str, spellings: Spellings) -> str:
    """A word with digits or signs among its letters ("S3CR3T") as a marking's word, if it looks like one."""
    if len(token) > _NARROW or (part := spellings.parts.get(fold(token).translate(ALIKE))) is None:
        return token
    return part.upper() if sum(map(str.islower, token)) <= 1 else part


def _written_out(text: str, folded: str, spellings: Spellings) -> str:
    """The text with every piece between separators that is nothing but a marking in disguise as the marking."""
    pieces = _PARTING.split(folded)
    written: list[str] = []
    start = end = 0
    for place, piece in enumerate(pieces):
        if not place % 2 and 1 < len(piece) <= _NARROW and _may_mark(piece, spellings):
            emphasised = pieces[place + 1 : place + 2] and pieces[place + 1][0] in _END_OF_EMPHASIS
            as_written = text[start : start + len(piece)]
            meant = _meant(as_written, spellings, emphasised=bool(emphasised) and _opens_line(text, start))
            if meant != as_written:
                written += [text[end:start], meant]
                end = start + len(piece)
        start += len(piece)
    return "".join([*written, text[end:]]) if written else text


def _may_mark(piece: str, spellings: Spellings) -> bool:
    """Whether a folded piece begins as some marking does, or as one looks."""
    first = piece.lstrip(" .-'>")[: 2 * BEGINNING].replace(" ", "")[:BEGINNING]
    return first in spellings.heads or (not first.isalpha() and first.translate(ALIKE) in spellings.beginnings)


def _opens_line(text: str, start: int) -> bool:
    """Whether emphasis or a bracket begins right before a place, and nothing but it stands before in the line."""
    before = text[max(0, start - _FRAME) : start]
    line = before.rpartition("\n")[2]
    is_whole = start <= _FRAME or line != before
    return is_whole and line[-1:] in _EMPHASIS and _WORDY.search(line) is None


def _meant(piece: str, spellings: Spellings, *, emphasised: bool) -> str:
    """A piece that is nothing but a marking written together, abbreviated or emphasised, as the marking; else as it is."""
    substituted = _SUBSTITUTED.search(piece) or piece.replace("l", "I").isupper()
    if not (substituted or _begins_marking(piece, spellings)):
        return piece
    tokens = _PARTS.findall(piece)
    squashed = squash(tokens)
    if key := spellings.squashed.get(squashed):
        if (emphasised or is_cut_short(piece, 0, len(piece))) and key in spellings.distinct:
            return key.upper()
        is_known = " ".join(map(fold, tokens)) == key
        return piece if is_known or len(squashed) < _FEWEST else _parted("".join(tokens), key)
    if (  # "V5-NfD", "CONFlDENTIAL"
        substituted and (key := spellings.alike.get(squashed.translate(ALIKE))) and not any(map(str.isdigit, tokens))
    ):
        return key.upper() if sum(map(str.islower, piece)) <= 1 + piece.count("l") else key
    if "." in piece and (key := _abbreviated(_SHORTENED.findall(piece), spellings, ALONE)):
        blanks = len(piece) - len(piece.lstrip())
        return piece[:blanks] + key.upper() + piece[len(piece.rstrip()) :]
    return piece


def _begins_marking(piece: str, spellings: Spellings) -> bool:
    """Whether a piece's first word, or what is left of it, begins a marking or is one."""
    word = _PARTS.search(piece)
    first = squash(word.group()) if word else ""
    return len(first) < BEGINNING or first in spellings.heads or first in spellings.squashed


def _abbreviated(tokens: list[str], spellings: Spellings, fewest: int) -> str | None:
    """The marking whose words are cut short with stops: "Conf. Déf."; a single word only when much of it is left."""
    words = [token.rstrip(".") for token in fold(" ".join(tokens)).split(" ")]
    if sum(map(len, words)) < fewest and " ".join(words) not in spellings.cut:
        return None
    for key in spellings.initials.get(initials_of(words), ()):
        parts = key.split(" ")
        fits = (
            part.startswith(word) if token.endswith(".") else part == word
            for token, word, part in zip(tokens, words, parts, strict=True)
        )
        if words != parts and all(fits):
            return key
    return None


def _at_edges(subject: str, spellings: Spellings) -> str:
    """A subject with the abbreviations of several words at its beginning or its end written out."""
    prefixes = _PREFIXES.match(subject)
    tokens = list(_SHORTENED.finditer(subject, prefixes.end() if prefixes else 0))
    for count in range(min(_JOINED, len(tokens)), 1, -1):
        for some in (tokens[:count], tokens[-count:]):
            if key := _abbreviated([one.group() for one in some], spellings, _SURELY):
                return f"{subject[: some[0].start()]}{key.upper()}{subject[some[-1].end() :]}"
    return subject


def _joined(text: str, spellings: Spellings) -> str:
    """The text with markings that are written over several lines, and the copy's number below them, in their first line."""
    lines = text.split("\n")
    count = len(lines)
    for number in chain(range(min(count, _LINES)), range(max(_LINES, count - _LINES), count)):
        cell = _last_cell(lines[number])
        if not cell or squash(letters := "".join(_PARTS.findall(cell))) not in spellings.heads:
            continue
        key, end, last = "", number, number
        for _ in range(_JOINED - 1):
            if not (last := _next_with_words(lines, last)) or not (cell := _last_cell(lines[last])):
                break
            letters += "".join(_PARTS.findall(cell))
            if len(letters) >= _FEWEST and (longer := spellings.squashed.get(squash([letters]))):
                key, end = _parted(letters, longer), last
            elif squash([letters]) not in spellings.heads:
                break
        if key:
            copy = _next_with_words(lines, end)
            if copy and spellings.copy.match(fold(below := _last_cell(lines[copy]))):
                key, end = f"{key} {below}", copy
            lines[number : end + 1] = [key, *[""] * (end - number)]
    return "\n".join(lines)


def _next_with_words(lines: list[str], number: int) -> int:
    """The next line with a word, of the two behind a line; 0 for none."""
    for following in range(number + 1, min(number + 3, len(lines))):
        if _WORDY.search(lines[following], 0, _LONGEST):
            return following
    return 0


def _last_cell(line: str) -> str:
    """What stands at the right edge of a line, "" where that is no marking's."""
    if len(line) > _LONGEST:
        return ""
    if "   " in line or "|" in line or "\t" in line:
        line = next((cell for cell in reversed(_COLUMNS.split(line)) if _WORDY.search(cell)), "")
    return line.strip(" >*") if len(line) <= _NARROW else ""
