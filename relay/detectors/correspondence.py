"""Who else writes: senders and receivers of quoted mail, who is greeted, and who signs. They are members, not parties.

A text is not believed to be its author's; but whoever a quoted header, a line "On … wrote:" or a farewell names is named as
one who writes. Where something accuses in the same line, they aren't. Where the header names a desk, or writes in another
script, the last block of what is new is a signature by its shape: a name with nothing else, or with an office or a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import regex

from relay.detectors.facts import Facts
from relay.detectors.reading import UNSPACED, Reading
from relay.detectors.words import WAYS, Signal, kinds_named
from relay.policy.shape import fold, shape

_FIELD = regex.compile(
    r"(?i)[> \t*]*(?:(?P<who>from|to|cc|bcc|reply-to|sender|de|a|à|para|cco|cci|von|an|van|aan|от|от кого|от|кому|копия|من|إلى|الى|نسخة|المرسل|发件人|收件人|"
    r"抄送|tu|đen|gui|nguoi gui|nguoi nhan|đong gui|dari|kepada|tembusan|kutoka|kwa|nakala|expediteur|destinataire|remitente|destinatario|remetente|absender|"
    r"empfanger|afzender|отправитель|получатель)|(?P<what>sent|date|subject|envoyee?|objet|date d'envoi|enviad[oa]|enviado el|enviad[oa] em|fecha|asunto|"
    r"assunto|data|gesendet|datum|betreff|verzonden|verstuurd|onderwerp|отправлено|дата|тема|تاريخ|التاريخ|أرسل|ارسل|تاريخ الإرسال|تاريخ الارسال|الموضوع|"
    r"发送时间|发送日期|日期|主题|时间|ngay|ngay gui|đa gui|chu đe|tieu đe|tanggal|perihal|dikirim|terkirim|tarehe|mada|iliyotumwa|imetumwa|somo))\*?[ \t]?[:：]"
)
_WROTE = regex.compile(
    r"(?i)(?:wrote|writes|a ecrit|escribio|escreveu|schrieb|schreef|написала?|пишет|пише|đa viet|viet|aliandika|ameandika|menulis|كتب|كتبت|写道)[ \t]*"
    r"(?:<[^>\n]*>)?[ \t]*[:：]?[ \t]*$|"
    # with the verb before the name
    r"(?:schrieb|schreef|escribio|escreveu|menulis|كتبت?|написала?|пишет)[ \t][\p{L}\p{M}.'’\- ,]{3,50}(?:<[^>\n]*>)?[ \t]*[:：][ \t]*$"
)
# A quick look: most texts quote nobody.
_CORRESPONDENCE = regex.compile(rf"(?m)^{_FIELD.pattern[4:]}|{_WROTE.pattern[4:]}|^[> \t]*--[ \t]*$", regex.IGNORECASE)
_DELIMITER = regex.compile(r"[> \t]*--[ \t]*$")
_SHORT, _BLOCK, _LAST = 70, 6, 4000
_NAMED = ("name", "maybe_name", "lone_name", "capital", "published_name")
_ACCUSING = (
    "suspect", "alias", "third_party", "crime_role", "criminal_role", "named_person", "kin_theirs", "birth_label", "id_label", "name_label",
    "person_label", "consign", "naming",
)  # fmt: skip
# Words that name a desk and nobody.
_DESK = frozenset(
    [
        "duty",
        "desk",
        "office",
        "officer",
        "unit",
        "team",
        "service",
        "bureau",
        "brigade",
        "direction",
        "directorate",
        "department",
        "section",
        "agency",
        "customs",
        "police",
        "central",
        "operations",
        "ops",
        "cell",
        "info",
        "information",
        "hq",
        "headquarters",
        "station",
        "post",
        "control",
        "room",
        "secretariat",
        "secretaria",
        "secretaría",
        "secretariat",
        "focal",
        "point",
        "contact",
        "alerts",
        "intelligence",
        "wildlife",
        "cites",
        "permanence",
        "poste",
        "garde",
        "douane",
        "douanes",
        "police",
        "unite",
        "unidad",
        "oficina",
        "guardia",
        "mesa",
        "turno",
        "aduana",
        "aduanas",
        "policia",
        "dienst",
        "zentrale",
        "zoll",
        "polizei",
        "meldkamer",
        "douane",
        "piket",
        "posko",
        "kantor",
        "pusat",
        "the",
        "of",
        "de",
        "la",
        "du",
        "del",
        "do",
        "da",
        "el",
        "le",
    ]
)
_BULLET = regex.compile(r"[ \t]*(?:[-*•–·+]|\(?\d{1,3}[.):]|\(?\p{L}[.)])[ \t]")
_QUOTED = regex.compile(r"[ \t]*(?:>|--|__|==|\*\*\*|-{3,})")
_ENDED = (".", "!", "?", "。", "！", "？", "؟", "…", ")", "]")


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
    last = _last_block(signals, reading, starts, kinds, facts)
    if last is None and not any(one.kind & closing for one in signals) and not _CORRESPONDENCE.search(reading.text):
        return list(signals)
    lines = _kinds_of_lines(signals, reading)
    fields, signed = (
        set(_header_lines(reading, starts)),
        dict.fromkeys(_signed(reading, starts, lines, closing, accusing), 0),
    )
    for first, block in signed.items():
        signed[first] = block | (
            office if any(lines.get(one, 0) & office for one in range(first, first + _BLOCK)) else 0
        )
    if last is not None:
        signed[last] = True
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


def _last_block(
    signals: Sequence[Signal], reading: Reading, starts: Sequence[int], kinds: Mapping[str, int], facts: Facts
) -> int | None:
    """The line with which the last block of what is new begins, if the block is a signature by its shape, of an author whose name nothing tells."""
    text = reading.text
    if not _is_unnamed(text[-_LAST:], facts):
        return None
    end = next(
        (number for number, start in enumerate(starts[:-1]) if number and _is_old(reading, start)), len(starts) - 1
    )
    written = [number for number in range(end) if text[starts[number] : starts[number + 1]].strip()]
    first = len(written) - 1
    while first > 0 and written[first] - written[0] and not _is_apart(text, starts[written[first]]):
        first -= 1
    lines = _kinds_of_lines(signals, reading)
    office = kinds_named(kinds, ("role", "agency", "official_name", *WAYS))
    accusing, another = kinds_named(kinds, _ACCUSING), kinds_named(kinds, ("name", "published_name"))
    for place in range(max(1, first, len(written) - _BLOCK), len(written)):
        block = written[place:]
        above = text[starts[written[place - 1]] : starts[written[place - 1] + 1]].strip()
        if not above.endswith(_ENDED) and not (
            _is_apart(text, starts[block[0]]) and not above.endswith((":", "：", ","))
        ):
            continue
        if lines.get(written[place - 1], 0) & accusing and not above.endswith(_ENDED):
            continue
        if any(lines.get(one, 0) & accusing or starts[one + 1] - starts[one] > _SHORT + 10 for one in block):
            continue
        if any(lines.get(one, 0) & another for one in block[1:]) or _BULLET.match(text, starts[block[0]]):
            return None
        line = text[starts[block[0]] : starts[block[0] + 1]].strip()
        if _is_name_line(
            line, starts[block[0]], signals, kinds, office=any(lines.get(one, 0) & office for one in block)
        ):
            return block[0] if _is_unnamed(line, facts) else None
    return None


def _is_old(reading: Reading, start: int) -> bool:
    """Whether a quotation, a delimiter or a footer begins here."""
    end = reading.text.find("\n", start)
    line = reading.text[start : end if end >= 0 else None]
    return bool(_QUOTED.match(line) or is_header(reading, start) or (len(line) < 200 and _WROTE.search(fold(line))))


def _is_apart(text: str, start: int) -> bool:
    """Whether an empty line stands before this one."""
    return text[:start].rstrip(" \t>").endswith("\n\n")


def _is_name_line(line: str, start: int, signals: Sequence[Signal], kinds: Mapping[str, int], *, office: bool) -> bool:
    """Whether a line is a name with nothing else, or with what people sign with: a title before, an office or a number behind."""
    if len(line) >= _SHORT or line.endswith((":", "：", "?", ";")):
        return False
    if UNSPACED.search(line):
        return office and len(regex.sub(r"[^\p{Han}]", "", line)) <= 12 and not regex.search(r"[，。,]", line[:4])
    named = kinds_named(kinds, ("name", "maybe_name", "published_name", "official_name"))
    for one in signals:
        if not one.kind & named or not start <= one.start < start + len(line):
            continue
        before, behind = line[: one.start - start].strip(" *-–—,"), line[one.end - start :].strip(" *.")
        if len(before.split()) <= 4 and len(before) <= 40 and not before.endswith((":", "：")):
            return not behind or behind[0] in ",(|/–—-+0123456789" or (office and len(behind.split()) <= 2)
    return False


def _is_unnamed(line: str, facts: Facts) -> bool:
    """Whether no name of the author's is known that could stand in this text: none at all, a desk's, or one in another script."""
    for name in facts.names:
        words = set(regex.findall(r"[^\W\d_]{2,}", fold(shape(name))))
        if words <= _DESK:
            continue
        if all(script.search(name) or not script.search(line) for script in _SCRIPTS):
            return False
    return True


_SCRIPTS = tuple(regex.compile(rf"\p{{{one}}}") for one in ("Cyrillic", "Arabic", "Han"))
