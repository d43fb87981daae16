"""Local parts with letters outside ASCII (RFC 6531 §3.3): which of them one may have here.

A member is known by an address, so none may look like another one, be written in two ways, or be compared with more than one
as equal. What is left are words in the small set of forms in which people write names: letters of one script, composed, with
the marks that belong to it; no digits, spaces and signs but ASCII's. UTS #39 calls this “highly restrictive”, and leaves look-alikes
within a script and whole words of look-alikes to who knows more; here they are refused.
"""

import re
import unicodedata

OCTETS = 64  # RFC 5321 §4.5.3.1.1, which RFC 6531 §3.2 leaves as it is

_WORDS = re.compile(r"(?:[A-Za-z0-9#$&'*+/=?^_`{|}~-]|[\u0080-\U0010ffff])+")
_KINDS = frozenset({"Ll", "Lu", "Lo", "Lm", "Mn", "Mc"})  # letters, and marks that stand with them
# Scripts that are written together, by the first word of their characters' names.
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_LOOK_LATIN_ALL = frozenset({"CHEROKEE", "COPTIC", "LISU"})  # as a whole, to somebody who can't read them
# Latin letters of today's languages: those with accents (U+00C0 to U+017F without ı, İ, ĸ and ŀ, which pass for others), Vietnamese,
# Romanian, and those of African alphabets that look like no other.
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u012f\u0132-\u0137\u0139-\u013e\u0141-\u017eƠơƯưȘ-țẠ-ỹƐɛƆɔƉɖƁɓƊɗƘƙƳƴƔɣƲʋƑƒ]+")
# Small letters of other scripts that pass for Latin ones: a word of these alone is somebody's trick, or easily taken for one.
_LOOK_LATIN = frozenset("асеорхуіјѕһԁԛԝѵӏкηονιυραχκγωօսոհցզ")


def is_local_part(text: str) -> bool:
    """Whether a text, with letters outside ASCII among its own, may stand before the @ of an address.

    Case is folded by `str.lower` wherever addresses are compared, not by `str.casefold`: that would take `ß` for `ss`, two
    mailboxes for one.
    """
    if len(text.encode("utf-8", "surrogatepass")) > OCTETS or unicodedata.normalize("NFKC", text) != text:
        return False
    if "=?" in text or not all(map(_WORDS.fullmatch, text.split("."))):
        return False
    small = text.lower()
    if unicodedata.normalize("NFC", small) != small or any(word[0] in _marks(text) for word in text.split(".")):
        return False
    beyond = [char for char in text if not char.isascii()]
    return all(unicodedata.category(char) in _KINDS for char in beyond) and _is_one_script(text, beyond)


def _marks(text: str) -> frozenset[str]:
    return frozenset(char for char in text if unicodedata.category(char).startswith("M"))


def _is_one_script(text: str, beyond: list[str]) -> bool:
    """Whether all letters and marks are of one script, or of those that are written together, and don't pass for others."""
    letters = [char for char in text if char.isascii() and char.isalpha()]
    scripts = {unicodedata.name(char, "").partition(" ")[0] for char in (*letters, *beyond)}
    if (
        "" in scripts
        or scripts & _LOOK_LATIN_ALL
        or not (len(scripts) == 1 or any(scripts <= one for one in _TOGETHER))
    ):
        return False
    if scripts == {"LATIN"}:
        return all(map(_LATIN.fullmatch, beyond))
    return not _LOOK_LATIN.issuperset(char.lower() for char in beyond)
