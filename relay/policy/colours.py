"""Labels without the scheme's name: "please handle this mail as Amber", "everything below is AMBER".

A colour alone is mostly a thing's. It is a label where its sentence speaks of this message, of what stands in it or comes with it,
and says that this is so, is of that level, or is to be treated so. Such a sentence raises, as any other in which a label stands.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from relay.policy.pointing import Pointing, colour_words, pointing
from relay.policy.sentence import sentence_around, stands_out
from relay.policy.shape import Version, fold, shape
from relay.policy.vocabulary import SHORT_NAME
from relay.roster.mailing_list import Tlp

_LABELS = {"amber": Tlp.AMBER, "red": Tlp.RED}
# Characters before a colour, right before it and behind it in which stands what says that it is a level.
_NEAR, _NEARER, _BEHIND = 40, 15, 12
_LOOKED_AT = 10_000  # colours of one first letter in a text: no page has so many that mark
_QUOTED = re.compile(r"[\s\"'»”)\]]*")
_CLAUSE_ENDS = re.compile(r"[.,;:!?。、،؛(–—/|=…]|-(?!\w)|\Z")
_OPENING = ("(", "[")
# What a thing's colour stands behind, what it is made of, and a name.
_THINGS = fold(shape("colour color couleur cor farbe kleur warna rangi цвет цвета цветом màu vàng لون لونها"))
_OF_A_THING = re.compile(
    rf"(?:(?<!\w)(?:{_THINGS.replace(' ', '|')})(?!\w).{{0,9}}|颜色.{{0,3}}|[\"“«„‘]|(?<!\w)(?:of|aus|van|{fold('из')}|de) )\Z"
)
_NAME = re.compile(rf"(?<!\w){SHORT_NAME}(?!\w)")
_BESIDE = re.compile(rf"(?<!\w)(?:{SHORT_NAME}|pap)\W{{0,6}}\Z")  # whose label is found by that
# A name's: "Operación Pico Rojo", "Dear Amber", "MV Amber", "Croix-Rouge", "Palang Merah", "in the red", "de la RED".
_IN_A_NAME = re.compile(
    r"[A-Z](?!ivel|odigo|nforma|ensa|orreo|lasific|lassific|lerta|arca)[^\W\d_]+ (?:Roj[oa]|Vermelh[oa])\Z"
    r"|(?i:(?<!\w)(?:dear|hi|hello|thanks|thank you|mv|vessel|ship|operation|op|from|by|contact|colleague|ms|mrs|mr|frau|herrn?|sr|sra|senora?|"
    r"colega|barco|agente|chere?|lieber?|hola|ola|operacion|operacao|операци[яюи]|laut|palang|daftar|in the|de la)\W{1,3}|-)"
    r"[^\W\d_]+\Z"
)  # over texts without accents
# Who corrects a text does so in red.
_CORRECTING = (
    "change|changes|comment|comments|correction|corrections|cambios|modificaciones|correcciones|alterações|correções|änderungen|"
    "anmerkungen|korrekturen|wijzigingen|opmerkingen|modifications|правки|изменения|perubahan|koreksi|mabadiliko|thay đổi"
)
_CORRECTED = re.compile(rf"(?<!\w)(?:{fold(shape(_CORRECTING))})(?!\w)|修改|更改|{fold(shape('تعديلات'))}")
_LOWER = re.compile(
    rf"(?<!\w)(?:{fold(shape('green|vert|verde|grün|groen|зеленый|зеленая|зеленое|зеленого|зеленым|أخضر|الأخضر|xanh|kijani|hijau'))})(?!\w)|绿"
)
_MESSAGE = re.compile(r"[ -](?:e-?mail|mail|message|nachricht|informati\w+|informa[cç]\w+)(?!\w)")
_STRICT = re.compile(r"[\s/+_-]{1,3}strict(?!\w)")


def colours(version: Version) -> Iterator[tuple[str, int, int]]:
    """The labels of a text that stand without their scheme's name, with where they start and end; linear time."""
    text, folded = version.text, version.folded
    for found in chain.from_iterable(islice(one.finditer(folded), _LOOKED_AT) for one in colour_words()):
        start, end = found.span()
        if _BESIDE.search(folded, max(0, start - 16), start) or _IN_A_NAME.search(text[max(0, start - 30) : end]):
            continue
        first, last = sentence_around(folded, start, end)
        is_shouted = stands_out(text, start, end)
        colour = _told(text[start:end], folded[first:start], folded[end:last], is_shouted=is_shouted)
        if colour:
            yield _LABELS[colour], start, end


def _told(written: str, before: str, after: str, *, is_shouted: bool) -> str | None:
    """Which label the sentence around a colour tells; None for none. A sentence that compares colours has to say more."""
    word, around = fold(written), f"{before} · {after}"
    is_shouted = _STRICT.match(after) is not None or (written.isascii() and is_shouted)
    without_strict, after = _STRICT.sub("", around), _STRICT.sub("", after, count=1)
    compared = _LOWER.search(around) or any(one.search(without_strict) for one in colour_words())
    is_other = bool(compared or _OF_A_THING.search(before))
    named = _NAME.search(around) is not None and not is_other
    for language in pointing():
        colour = language.colour(word)
        if colour is None or (word == "red" and not (is_shouted or language.is_english)):
            continue
        if colour == "red" and not is_shouted and _CORRECTED.search(around):
            continue
        is_sure = colour == "amber" or is_shouted or (bool(before.strip()) and written[0].isupper())
        if _tells(language, before, after, is_sure=is_sure, is_other=is_other, named=named):
            return colour
    return None


def _tells(language: Pointing, before: str, after: str, *, is_sure: bool, is_other: bool, named: bool) -> bool:
    """Whether a sentence around a colour of this language says that this message, or what stands in it, is of that level."""
    behind = _QUOTED.sub("", after, count=1)
    alone = _CLAUSE_ENDS.match(behind) or language.sorts["then"].match(behind)
    if not alone and not _MESSAGE.match(after):
        return False  # it describes the thing that follows
    sentence, near = f"{before} · {after}", before[-_NEAR:]
    points, speaks, keeps, whole = (language.has(sort, sentence) for sort in ("point", "noun", "keep", "all"))
    if not alone and not (is_sure or keeps):
        return False
    is_so, marks = language.has("is", before[-_NEARER:]), language.has("mark", f"{near} · {after[:_BEHIND]}")
    is_level = (
        is_so
        or marks
        or language.has("all", near)
        or (language.nothing_between and language.has("point", near))
        or before.rstrip().endswith(_OPENING)
    )
    if is_sure and not is_other:  # hardly a thing's
        return points or speaks or keeps or is_level
    here = (points and speaks) or whole or named
    return is_level and (here or (keeps and (points or speaks or is_so)))
