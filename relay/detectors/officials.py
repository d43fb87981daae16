"""Who is named in a role: officials, experts, speakers, members whom others thank; and who is named in what was published."""

from bisect import bisect_left

import regex

from relay.detectors.marks import LINKS, Marks, NameKinds
from relay.detectors.reading import Reading
from relay.detectors.words import Signal
from relay.policy.shape import fold

_REACH = 9  # tokens between a role and its holder
_THROUGH = LINKS | frozenset(
    [
        ",",
        "(",
        ")",
        "-",
        "/",
        "mr",
        "mrs",
        "ms",
        "mme",
        "m",
        "sr",
        "and",
        "&",
        "et",
        "y",
        "e",
        "und",
        "ong",
        "ba",
        "anh",
        "chi",
    ]
)
_PARTING = frozenset(
    [
        ",",
        "(",
        "/",
        "of",
        "from",
        "de",
        "du",
        "von",
        "van",
        "at",
        "del",
        "da",
        "do",
        "dari",
        "wa",
        "с",
        "из",
        "من",
        "uit",
        "vom",
        "for",
    ]
)
_BETWEEN = frozenset(["our", "is", "was", "who", "est", "qui", "notre", "es", "o", "head", "as", "the"])
# What joins an office to its name; and whose officers are no officials.
_OF = frozenset(fold(one) for one in (
    "of", "the", "de", "du", "la", "des", "do", "da", "del", "der", "van", "het", "wa", "ya", "cha", "za", "cua", "for", "für", "voor", "untuk", "l", "d", "dari", "по", "с", "и",
    "seksi", "wilayah", "bidang", "balai", "kantor", "resor", "satuan", "باسم", "unit", "dinas", "kementerian", "direktorat", "provinsi", "kabupaten", "cabang",
))  # fmt: skip
_ADJECTIVE = regex.compile(
    r"(?:al|ale|ales|ais|el|elle|ique|ica|ico|if|ive|iva|ivo|aire|ario|aria|iere|ier|ero|era|ile|il|ar|ien|ienne|ano|ana|ois|oise|ense|ante|ente|ais|aise)$"
)
_COMPANIES = frozenset(fold(one) for one in (
    "фирмы", "компании", "банды", "группировки", "общества", "магазина", "شركة", "عصابة", "الشركة", "العصابة", "company", "firm",
    "gang", "ring", "cartel", "syndicate", "family", "network", "business", "shop", "societe", "entreprise", "gangs", "reseau",
    "bande", "famille", "boutique", "empresa", "compania", "firma", "banda", "familia", "tienda", "red", "rede", "loja",
    "unternehmen", "familie", "bedrijf", "zaak", "bende", "kampuni", "genge", "duka", "perusahaan", "sindikat", "keluarga", "toko",
    "cong", "đuong", "băng", "nhom", "truck", "lorry", "vehicle", "car", "boat", "camion", "vehicule", "voiture", "vehiculo",
    "coche", "wagen", "gari",
))  # fmt: skip
_AND = frozenset(("and", "&", "et", "y", "e", "и", "und", "en", "na", "dan", "va", "و", ",", "/", ";"))
_ACRONYM = regex.compile(r" ?\((?!TLP)\p{Lu}[\p{Lu}\-/&. ]{1,14}\)")
_AGENDA = regex.compile(r"[ \t>*-]*\d{1,2} ?[:.hч] ?\d{2}\b")


def with_officials(found: list[Signal], marks: Marks) -> list[Signal]:
    """The names, with those in a role known as such: from the role on, or joined to another such name in a list."""
    kinds = marks.kinds
    names: list[Signal] = []
    for one in found:
        first = bisect_left(marks.starts, one.start)
        last = bisect_left(marks.starts, one.end)
        accused = first and marks.marks[first - 1] & kinds.suspect
        start = None if accused else _role_before(first, marks)
        if start is not None and marks.before(bisect_left(marks.starts, start)) & kinds.head_before:
            continue  # a ship that is named after a captain
        if (
            start is None
            and not accused
            and (_role_after(last, marks) or _has_agency(one, last, marks) or (names and _joins(names[-1], one, marks)))
        ):
            start = one.start
        names.append(one if start is None else Signal(kinds.official_name, start, one.end))
    return names


def _role_before(number: int, marks: Marks) -> int | None:
    """Where the role begins that the name at a token stands in; None if there is none."""
    kinds = marks.kinds
    through = kinds.title | kinds.agency | kinds.place | kinds.locative | kinds.head | kinds.from_where
    text = marks.reading.text
    titled = agency = False
    joined = True
    unknown = 0
    for back in range(number - 1, max(-1, number - _REACH), -1):
        kind, initial = marks.marks[back], text[marks.starts[back]]
        if kind & kinds.suspect or (kind & (kinds.naming | kinds.press) and not kind & kinds.role):
            return None  # "according to the Daily Nation"
        if kind & kinds.role and (joined or marks.token(back + 1) in _OF):
            begin = back
            while begin and marks.marks[begin - 1] & kinds.role:
                begin -= 1
            return marks.starts[begin]
        if marks.is_parted(back, number) and marks.token(number - 1) not in {",", ":"}:
            break
        titled = titled or bool(kind & kinds.title)
        agency = agency or bool(kind & kinds.agency)
        if not (kind & through or marks.token(back) in _THROUGH or initial.isupper()):
            # the rest of an office's name: "эксперт Зоологического музея", "chef de la brigade mobile"
            if marks.token(back) in _OF:
                continue
            unknown += 1
            token = marks.token(back)
            genitive = "а" <= initial <= "я" or token.startswith("ال")
            # the second syllable of a body's name: "Bộ Môi trường"
            genitive = genitive or ("đ" in marks.reading.folded and text[marks.starts[back - 1]].isupper())
            joined = joined and genitive
            plain = (
                token.isalpha()
                and not token.startswith(("men", "mem", "di"))
                and token not in _COMPANIES
                and not kind & (kinds.consign | kinds.kin)
            )
            if not plain or unknown > 2 + genitive:
                break
            if unknown == 1 and not (genitive or marks.token(back - 1) in _OF or _ADJECTIVE.search(token)):
                break
    return marks.starts[number] if titled and agency else None


def _role_after(number: int, marks: Marks) -> bool:
    """Whether behind a name, at a token, stands the role that it is named in."""
    kinds = marks.kinds
    parted = False
    for place in range(number, min(number + 5, len(marks.marks))):
        kind, token = marks.marks[place], marks.token(place)
        if kind & kinds.role:
            return True
        if kind & kinds.suspect:
            return False
        if kind & kinds.agency and (
            len(token) > 4 or not marks.reading.text[marks.starts[place]].islower()
        ):  # not "who"
            return parted
        if token in _PARTING:
            parted = True
        elif not parted and place < number + 2 and marks.reading.text[marks.starts[place]].isupper():
            continue  # the rest of the name
        elif token not in _THROUGH and token not in _BETWEEN:
            return False
    return False


def _has_agency(one: Signal, last: int, marks: Marks) -> bool:
    """Whether a name has an acronym in brackets behind it, or stands in a line of a programme, behind the hour."""
    text, lines = marks.reading.text, marks.reading.lines
    if marks.over(last, last + 2) & marks.kinds.suspect:
        return False
    begin = lines.starts[lines.of(one.start)]
    if _AGENDA.match(text, begin, one.start):
        before = marks.over(bisect_left(marks.starts, begin), bisect_left(marks.starts, one.start))
        return not before & marks.kinds.suspect
    return bool(_ACRONYM.match(text, one.end))


def _joins(before: Signal, one: Signal, marks: Marks) -> bool:
    """Whether a name goes on with a list of officials: "Inspectors A and B"."""
    if before.kind != marks.kinds.official_name or one.start - before.end > 20:
        return False
    return _ACRONYM.sub("", marks.reading.text[before.end : one.start]).strip().lower() in _AND


def as_published(signals: list[Signal], reading: Reading, kinds: NameKinds) -> list[Signal]:
    """The signals, with names known as published where their paragraph cites the press, a judgment or a wanted notice."""
    cited = {reading.paragraphs.of(one.start) for one in signals if one.kind & kinds.press}
    if not cited:
        return signals
    return [
        Signal(kinds.published_name, one.start, one.end)
        if one.kind & kinds.name and reading.paragraphs.of(one.start) in cited
        else one
        for one in signals
    ]
