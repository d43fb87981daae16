"""The signature that ends a text, known by its shape where nothing tells the author's name.

Where the header names a desk or nobody, or writes in another script, the last block of what is new is a signature if it
is a name with nothing else, or with an office or a number. A list of people, or a name that something accuses, is none.
"""

from collections.abc import Mapping, Sequence

import regex

from relay.detectors.facts import Facts
from relay.detectors.reading import SCRIPTS, UNSPACED, Reading
from relay.detectors.words import ACCUSING, WAYS, Signal, kinds_named
from relay.policy.shape import fold, shape

_SHORT, _BLOCK, _LAST = 70, 6, 4000
_ACCUSING = (*ACCUSING, "name_label", "person_label", "consign", "naming")
# Words that name a desk and nobody.
_DESK = frozenset((
    "duty", "desk", "office", "officer", "unit", "team", "service", "bureau", "brigade", "direction", "directorate", "department",
    "section", "agency", "customs", "police", "central", "operations", "ops", "cell", "info", "information", "hq", "headquarters",
    "station", "post", "control", "room", "secretariat", "secretaria", "secretaría", "focal", "point", "contact", "alerts",
    "intelligence", "wildlife", "cites", "permanence", "poste", "garde", "douane", "douanes", "unite", "unidad", "oficina",
    "guardia", "mesa", "turno", "aduana", "aduanas", "policia", "dienst", "zentrale", "zoll", "polizei", "meldkamer", "piket",
    "posko", "kantor", "pusat", "the", "of", "de", "la", "du", "del", "do", "da", "el", "le",
))  # fmt: skip
_BULLET = regex.compile(r"[ \t]*(?:[-*•–·+]|\(?\d{1,3}[.):]|\(?\p{L}[.)])[ \t]")
_ENDED = (".", "!", "?", "。", "！", "？", "؟", "…", ")", "]")


def kinds_of_lines(signals: Sequence[Signal], reading: Reading) -> dict[int, int]:
    """The kinds of the signals in each line that has some."""
    lines: dict[int, int] = {}
    for one in signals:
        number = reading.lines.of(one.start)
        lines[number] = lines.get(number, 0) | one.kind
    return lines


def last_signature(
    signals: Sequence[Signal], reading: Reading, starts: Sequence[int], kinds: Mapping[str, int], facts: Facts
) -> tuple[int, int] | None:
    """Where the signature stands that ends what is new in a text, by its shape, of an author whose name nothing tells.

    Args:
        signals: of the whole text.
        reading: the text.
        starts: of the lines of what is new, and where the last one ends.
        kinds: of signals, by name.
        facts: who the author is.
    """
    text = reading.text
    if not _is_unnamed(text[-_LAST:], facts):
        return None
    end = len(starts) - 1
    written = [number for number in range(end) if text[starts[number] : starts[number + 1]].strip()]
    first = len(written) - 1
    while first > 0 and written[first] - written[0] and not _is_apart(text, starts[written[first]]):
        first -= 1
    lines = kinds_of_lines(signals, reading)
    office = kinds_named(kinds, ("role", "agency", "official_name", *WAYS))
    accusing, another = kinds_named(kinds, _ACCUSING), kinds_named(kinds, ("name", "published_name"))
    for place in range(max(1, first, len(written) - _BLOCK), len(written)):
        block = written[place:]
        above = text[starts[written[place - 1]] : starts[written[place - 1] + 1]].strip()
        if not above.endswith(_ENDED) and not (
            _is_apart(text, starts[block[0]]) and not above.endswith((":", "：", ","))
        ):
            continue
        if lines.get(written[place - 1], 0) & accusing:
            continue
        if any(lines.get(one, 0) & accusing or starts[one + 1] - starts[one] > _SHORT + 10 for one in block):
            continue
        if any(lines.get(one, 0) & another for one in block[1:]) or _BULLET.match(text, starts[block[0]]):
            return None
        line = text[starts[block[0]] : starts[block[0] + 1]].strip()
        if _is_name_line(
            line, starts[block[0]], signals, kinds, office=any(lines.get(one, 0) & office for one in block)
        ):
            return (starts[block[0]], starts[-1]) if _is_unnamed(line, facts) else None
    return _last_sentence(signals, reading, starts[-1], kinds, facts)


def _last_sentence(
    signals: Sequence[Signal], reading: Reading, end: int, kinds: Mapping[str, int], facts: Facts
) -> tuple[int, int] | None:
    """The last sentence, if it is a name and nothing else, perhaps with a number: "Thanks for any help. Ana Example"."""
    text = reading.text
    start = reading.sentences.starts[reading.sentences.of(max(0, len(text[:end].rstrip()) - 1))]
    line, above = text[start:end].strip(), text[:start].rstrip()
    if not above.endswith(_ENDED[:8]) or len(line) > _SHORT or not _is_unnamed(line, facts):
        return None
    accusing, named = kinds_named(kinds, _ACCUSING), kinds_named(kinds, ("name", "maybe_name", "published_name"))
    inside = [one for one in signals if start <= one.start < end]
    if any(one.kind & accusing for one in inside):
        return None
    for one in inside:
        behind = text[one.end : end].strip(" \n.,،-–")
        if one.kind & named and one.start == start and not any(char.isalpha() for char in behind):
            return start, end
    return None


def _is_apart(text: str, start: int) -> bool:
    """Whether an empty line stands before this one."""
    return text[:start].rstrip(" \t>").endswith("\n\n")


def _is_name_line(line: str, start: int, signals: Sequence[Signal], kinds: Mapping[str, int], *, office: bool) -> bool:
    """Whether a line is a name with nothing else, or with what people sign with: a title before, an office or a number behind."""
    if len(line) >= _SHORT or line.endswith((":", "：", "?", ";")):
        return False
    named = kinds_named(kinds, ("name", "maybe_name", "published_name", "official_name"))
    if UNSPACED.search(line) and not any(one.kind & named and one.start == start for one in signals):
        return office and len(regex.sub(r"[^\p{Han}]", "", line)) <= 12 and not regex.search(r"[，。,]", line[:4])
    for one in signals:
        if not one.kind & named or not start <= one.start < start + len(line):
            continue
        before, behind = line[: one.start - start].strip(" *-–—,"), line[one.end - start :].strip(" *.")
        if len(before.split()) <= 4 and len(before) <= 40 and not before.endswith((":", "：")):
            return not behind or behind[0] in ",،、(|/–—-+0123456789" or (office and len(behind.split()) <= 2)
    return False


def _is_unnamed(line: str, facts: Facts) -> bool:
    """Whether no name of the author's is known that could stand in this text: none at all, a desk's, or one in another script."""
    for name in facts.names:
        words = set(regex.findall(r"[^\W\d_]{2,}", fold(shape(name))))
        if words <= _DESK:
            continue
        if all(script.search(name) or not script.search(line) for script in SCRIPTS.values()):
            return False
    return True
