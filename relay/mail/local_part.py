"""Local parts with letters outside ASCII (RFC 6531 §3.3): which of them one may have here.

A member is known by an address, so none may look like another one, be written in two ways, or be compared with more than one
as equal. What is left are words in the small set of forms in which people write names: letters of one script, composed, with
the marks that belong to it; no digits, spaces and signs but ASCII's. That is stricter than UTS #39's “highly restrictive”: a word
whose letters all pass for Latin ones, in small letters or in capitals, is refused too. Letters of one script may look alike all the same.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise

OCTETS = 64  # RFC 5321 §4.5.3.1.1, which RFC 6531 §3.2 leaves as it is

_WORDS = re.compile(r"(?:[A-Za-z0-9#$&'*+/=?^_`{|}~-]|[\u0080-\U0010ffff])+")
_KINDS = frozenset({"Ll", "Lu", "Lo", "Lm", "Mn", "Mc"})  # letters, and marks that stand with them
# The scripts of today's languages (UAX #31, table 5), by the first word of their characters' names. Old ones have letters that pass
# for Latin ones, and nobody's name.
_SCRIPTS = frozenset(
    {
        *("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "THAANA", "ETHIOPIC"),
        *(
            "DEVANAGARI",
            "BENGALI",
            "GURMUKHI",
            "GUJARATI",
            "ORIYA",
            "TAMIL",
            "TELUGU",
            "KANNADA",
            "MALAYALAM",
            "SINHALA",
        ),
        *("THAI", "LAO", "TIBETAN", "MYANMAR", "KHMER", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"),
    }
)
# Of those, what is written together and doesn't look alike: signs of katakana do, beside Chinese ones.
_TOGETHER = ({"CJK", "HIRAGANA"}, {"CJK", "HANGUL"}, {"KATAKANA", "KATAKANA-HIRAGANA"})
# Letters and marks that show nothing, or only stretch a word: Hangul's fillers and single strokes, Khmer's inherent vowels, tatweel.
_UNSEEN = re.compile(r"[\u0640\u1100-\u11ff\u17b4\u17b5\ua960-\ua97f\ud7b0-\ud7ff]")
# Latin letters of today's languages: those with accents (U+00C0 to U+017F without ı, İ, ĸ and ŀ, which pass for others), Vietnamese,
# Romanian, and those of African alphabets that look like no other.
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u012f\u0132-\u0137\u0139-\u013e\u0141-\u017eƠơƯưȘ-țẠ-ỹƐɛƆɔƉɖƁɓƊɗƘƙƳƴƔɣƲʋƑƒ]+")
# Letters of other scripts that pass for Latin ones, or digits: a word of these alone is somebody's trick, or easily taken for one.
_LOOK_LATIN = frozenset("асеорхуіјѕһԁԛԝѵѡӏүьгзбАВСЕНІЈКМОРЅТХУԌԚԜѴѠӀҮЬЗκηονιυραχκγωϳσΑΒΕΖΗΙΚΜΝΟΡΤΥΧͿօոսհցզայՕՍՏԼဝഠଠ")
_ACCENTS = re.compile(r"[\u0300-\u036f]+")  # Latin letters have the same ones


def is_local_part(text: str) -> bool:
    """Whether a text, with letters outside ASCII among its own, may stand before the @ of an address.

    Case is folded by `str.lower` wherever addresses are compared, not by `str.casefold`: that would take `ß` for `ss`, two
    mailboxes for one.
    """
    if len(text.encode("utf-8", "surrogatepass")) > OCTETS or unicodedata.normalize("NFKC", text) != text:
        return False
    if "=?" in text or not all(map(_WORDS.fullmatch, text.split("."))):
        return False
    small, beyond = text.lower(), [char for char in text if not char.isascii()]
    if unicodedata.normalize("NFC", small) != small or _UNSEEN.search(text):
        return False
    kinds = {char: unicodedata.category(char) for char in beyond}
    if not _KINDS.issuperset(kinds.values()) or _is_badly_marked(text, kinds):
        return False
    return _is_one_script(text, beyond)


def _is_badly_marked(text: str, kinds: Mapping[str, str]) -> bool:
    """Whether a mark stands on no letter of its script, or twice on one, where the second can't be seen."""
    marks = {char for char, kind in kinds.items() if kind.startswith("M")}
    pairs = pairwise(f".{text}")
    return any(
        mark in marks and (before.isascii() or (before == mark and kinds[mark] == "Mn")) for before, mark in pairs
    )


def _is_one_script(text: str, beyond: Collection[str]) -> bool:
    """Whether all letters and marks are of one script, or of those that are written together, and don't pass for others."""
    letters = [char for char in text if char.isascii() and char.isalpha()]
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in (*letters, *beyond)}
    if not scripts <= _SCRIPTS or not (len(scripts) == 1 or any(scripts <= one for one in _TOGETHER)):
        return False
    if scripts == {"LATIN"}:
        return all(map(_LATIN.fullmatch, beyond))
    # An address is the same in small letters and in capitals, and people write it in either.
    foreign = "".join(beyond)
    return not any(map(_passes_for_latin, (foreign, foreign.lower(), foreign.upper())))


def _passes_for_latin(letters: str) -> bool:
    return _LOOK_LATIN.issuperset(_ACCENTS.sub("", unicodedata.normalize("NFD", letters)))
