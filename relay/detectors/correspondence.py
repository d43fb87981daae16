"""Who else writes: senders and receivers of quoted mail, who is greeted, and who signs. They are members, not parties.

A text is not believed to be its author's; but whoever a quoted header, a line "On … wrote:" or a farewell names is named as
one who writes. Where something accuses in the same line, they aren't.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from relay.detectors.facts import Facts
from relay.detectors.reading import Reading
from relay.detectors.signing import kinds_of_lines, last_signature
from relay.detectors.words import WAYS, Signal, kinds_named

_FIELD = regex.compile(
    r"(?i)[> \t*]*(?:(?P<who>from|to|cc|bcc|reply-to|sender|de|a|à|para|cco|cci|von|an|van|aan|от|от кого|от|кому|копия|من|إلى|الى|نسخة|المرسل|发件人|收件人|"
    r"抄送|tu|đen|gui|nguoi gui|nguoi nhan|đong gui|dari|kepada|tembusan|kutoka|kwa|nakala|expediteur|destinataire|remitente|destinatario|remetente|absender|"
    r"empfanger|afzender|отправитель|получатель)|(?P<what>sent|date|subject|envoyee?|objet|date d'envoi|enviad[oa]|enviado el|enviad[oa] em|fecha|asunto|"
    r"assunto|data|gesendet|datum|betreff|verzonden|verstuurd|onderwerp|отправлено|дата|тема|تاريخ|التاريخ|أرسل|ارسل|تاريخ الإرسال|تاريخ الارسال|الموضوع|"
    r"发送时间|发送日期|日期|主题|时间|ngay|ngay gui|đa gui|chu đe|tieu đe|tanggal|perihal|dikirim|terkirim|tarehe|mada|iliyotumwa|imetumwa|somo))\*?[ \t]?[:：]"
)
_WROTE = regex.compile(
    r"(?i)(?:wrote|writes|a ecrit|escribio|escreveu|schrieb|schreef|написала?|писала?(?:\(а\))?|пишет|пише|đa viet|viet|aliandika|ameandika|menulis|كتب|كتبت|写道)[ \t]*"
    r"(?:<[^>\n]*>)?[ \t]*[:：]?[ \t]*$|"
    # with the verb before the name
    r"(?:schrieb|schreef|escribio|escreveu|menulis|كتبت?|написала?|писала?|пишет)[ \t][\p{L}\p{M}.'’\- ,]{3,50}(?:<[^>\n]*>)?[ \t]*[:：][ \t]*$"
)
# A quick look: most texts quote nobody.
_CORRESPONDENCE = regex.compile(rf"(?m)^{_FIELD.pattern[4:]}|{_WROTE.pattern[4:]}|^[> \t]*--[ \t]*$", regex.IGNORECASE)
_DELIMITER = regex.compile(r"[> \t]*--[ \t]*$")
_QUOTED = regex.compile(r"[ \t]*(?:>|--|__|==|\*\*\*|-{3,})")
_DISCLAIMER = regex.compile(
    r"(?i)[ \t*]*(?:[\p{L}’']+[ \t]+){0,4}(?:confidential|confidencial|vertraulich|vertrouwelijk|disclaimer|kerahasiaan|rahasia|bao mat|usiri|siri|"
    r"конфиденциальн|السرية|سرية|بالسرية|保密|机密)"
)
_SHORT, _BLOCK = 70, 6
_NAMED = ("name", "maybe_name", "lone_name", "capital", "published_name")


def is_header(reading: Reading, start: int) -> bool:
    """Whether a line that begins here is a field of a quoted header."""
    return bool(_FIELD.match(reading.text, start))


def without_writers(
    signals: Sequence[Signal], reading: Reading, kinds: Mapping[str, int], facts: Facts
) -> list[Signal]:
    """The signals without those that name who writes or receives a quoted message, or who signs."""
    named = kinds_named(kinds, _NAMED)
    ways, closing = kinds_named(kinds, WAYS), kinds.get("closing", 0)
    accusing = kinds_named(kinds, ("suspect", "alias"))
    office = kinds_named(kinds, ("role", "agency", "official_name"))
    starts = [*reading.lines.starts, len(reading.text)]
    old = next(
        (number for number, start in enumerate(starts[:-1]) if number and _is_old(reading, start)), len(starts) - 1
    )
    last = last_signature(signals, reading, starts[: old + 1], kinds, facts)
    if last is None and not any(one.kind & closing for one in signals) and not _CORRESPONDENCE.search(reading.text):
        return list(signals)
    lines = kinds_of_lines(signals, reading)
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
        if last and one.kind & (named | ways) and last[0] <= one.start < last[1]:
            continue
        theirs = begun is not None and (one.kind & named or (one.kind & ways and signed[begun]))
        if theirs and not lines.get(number, 0) & accusing:
            continue
        kept.append(one)
    return kept


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


def _is_old(reading: Reading, start: int) -> bool:
    """Whether a quotation, a delimiter or a footer begins here."""
    end = reading.text.find("\n", start)
    line = reading.text[start : end if end >= 0 else None]
    return bool(
        _DISCLAIMER.match(line)
        or _QUOTED.match(line)
        or is_header(reading, start)
        or (len(line) < 200 and _WROTE.search(reading.folded[start : start + len(line)]))
    )
