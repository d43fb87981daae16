"""Who else writes: senders and receivers of quoted mail, who is greeted, and who signs. They are members, not parties.

A text is not believed to be its author's; but whoever a quoted header, a line "On … wrote:" or a farewell names is named as
one who writes. Where something accuses in the same line, they aren't.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from relay.detectors.reading import Reading
from relay.detectors.words import WAYS, Signal, kinds_named

_FIELD = regex.compile(
    r"(?i)[> \t*]*(?:(?P<who>from|to|cc|bcc|reply-to|de|a|à|para|von|an|van|aan|от|от кого|кому|копия|من|إلى|الى|نسخة|发件人|收件人|抄送|tu|"
    r"đen|gui|nguoi gui|nguoi nhan|dari|kepada|kutoka|kwa)|(?P<what>sent|date|subject|envoye|objet|date d'envoi|enviado|enviado el|fecha|asunto|"
    r"assunto|data|gesendet|datum|betreff|verzonden|onderwerp|отправлено|дата|тема|تاريخ|التاريخ|الموضوع|发送时间|日期|主题|时间|ngay|chu đe|tieu đe|"
    r"tanggal|perihal|dikirim|terkirim|tarehe|mada|iliyotumwa))\*?[ \t]?[:：]"
)
_WROTE = regex.compile(
    r"(?i)(?:wrote|a ecrit|escribio|escreveu|schrieb|schreef|написала?|пишет|пише|đa viet|viet|aliandika|ameandika|menulis|كتب|كتبت|写道)[ \t]*(?:<[^>\n]*>)?[ \t]*[:：]?[ \t]*$"
)
# A quick look: most texts quote nobody.
_CORRESPONDENCE = regex.compile(rf"(?m)^{_FIELD.pattern[4:]}|{_WROTE.pattern[4:]}|^[> \t]*--[ \t]*$", regex.IGNORECASE)
_DELIMITER = regex.compile(r"[> \t]*--[ \t]*$")
_SHORT, _BLOCK = 70, 6


def is_header(reading: Reading, start: int) -> bool:
    """Whether a line that begins here is a field of a quoted header."""
    return bool(_FIELD.match(reading.text, start))


def without_writers(signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int]) -> list[Signal]:
    """The signals without those that name who writes or receives a quoted message, or who signs."""
    named = kinds_named(kinds, ("name", "maybe_name", "lone_name", "capital"))
    ways, closing = kinds_named(kinds, WAYS), kinds.get("closing", 0)
    accusing = kinds_named(kinds, ("suspect", "alias"))
    office = kinds_named(kinds, ("role", "agency", "official_name"))
    if not any(one.kind & closing for one in signals) and not _CORRESPONDENCE.search(reading.text):
        return list(signals)
    lines = _kinds_of_lines(signals, reading)
    starts = [*reading.lines.starts, len(reading.text)]
    fields, signed = (
        set(_header_lines(reading, starts)),
        dict.fromkeys(_signed(reading, starts, lines, closing, accusing), 0),
    )
    for first, block in signed.items():
        signed[first] = block | (
            office if any(lines.get(one, 0) & office for one in range(first, first + _BLOCK)) else 0
        )
    kept = []
    for one in signals:
        number = reading.lines.of(one.start)
        if one.kind & (named | ways) and number in fields and not lines.get(number, 0) & accusing:
            continue
        begun = next((first for first in range(number, number - _BLOCK, -1) if first in signed), None)
        theirs = begun is not None and (one.kind & named or (one.kind & ways and signed[begun]))
        if theirs and not lines.get(number, 0) & accusing:
            continue
        kept.append(one)
    return kept


def _kinds_of_lines(signals: Sequence[Signal], reading: Reading) -> dict[int, int]:
    lines: dict[int, int] = {}
    for one in signals:
        number = reading.lines.of(one.start)
        lines[number] = lines.get(number, 0) | one.kind
    return lines


def _header_lines(reading: Reading, starts: Sequence[int]) -> Iterator[int]:
    """The lines of quoted headers that name people: two fields or more, of both sorts; and the lines "On … wrote:"."""
    run: list[tuple[int, bool]] = []
    what = False
    for number, (start, end) in enumerate(pairwise(starts)):
        if match := _FIELD.match(reading.text, start, end):
            run.append((number, match["who"] is not None))
            what = what or match["what"] is not None
            continue
        if what and any(who for _, who in run):
            yield from (line for line, who in run if who)
        run, what = [], False
        line = reading.text[start:end].rstrip()
        if len(line) < 200 and _WROTE.search(line):
            yield from (number, number - 1) if len(line) < 40 else (number,)
    if what and any(who for _, who in run):
        yield from (line for line, who in run if who)


def _signed(
    reading: Reading, starts: Sequence[int], lines: Mapping[int, int], closing: int, accusing: int
) -> Iterator[int]:
    """The lines with which a signature begins: the next one after a farewell or a delimiter."""
    for number, (start, end) in enumerate(pairwise(starts)):
        text = reading.text[start:end].strip("> \t\n,.!")
        farewell = lines.get(number, 0) & closing and len(text) < 45
        if not (farewell or _DELIMITER.match(reading.text, start, end)) or number + 2 >= len(starts):
            continue
        following = reading.text[starts[number + 1] : starts[number + 2]].strip()
        if len(following) < _SHORT and not following.endswith(":") and not lines.get(number + 1, 0) & accusing:
            yield number + 1
