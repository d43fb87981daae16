"""One shape for all the ways in which a word can be written, so that a marking is found however it is dressed up.

`shape` takes away accents, controls and invisible characters and makes circled, squared and full-width letters plain;
`fold` makes capitals small and look-alike letters of other alphabets Latin. Words of those alphabets are treated the
same way, so they still match themselves.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

# Letters that a reader takes for Latin ones (Unicode Technical Standard #39), of those that occur in labels; in small
# letters, because capitals are made small first.
_LOOK_ALIKES: dict[int, str] = {}
for _alphabet, _latin in (
    ("авсенієјкморѕтхуԁѡӏһԛԝɡ", "abcehiejkmopstxydwlhqwg"),  # Cyrillic
    ("αβεζηικμνορτυχϳ", "abezhikmnoptuxj"),  # Greek
    ("ꭰꭱꭲꭺꭻꭼꮇꮋꮃꮐꮢꮪꮩꮓꮯꮲꮮꮶꭵ", "drtajemhwgrsvzcplki"),  # Cherokee
    ("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpdtgkjczfmnlsrvhwxyaeiou"),  # Lisu
    ("ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡᴢıɩ℮", "abcdeghijklmnoprtuvwziie"),  # small capitals, and i without its dot
    ("ːꓽ", "::"),
    # Strokes and hooks; not đ, which tells Vietnamese "red" from English "do".
    ("łŧɍɇǥøƀⱥȼᵽꞧɗɖɓ", "ltregobacprddb"),
):
    _LOOK_ALIKES |= {ord(alike): letter for alike, letter in zip(_alphabet, _latin, strict=True)}
# Negative circled and squared capitals and regional indicators, which NFKD leaves alone.
_BOXED = {first + place: chr(ord("A") + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
_LOOK_ALIKE = re.compile(f"[{''.join(map(chr, _LOOK_ALIKES))}]")
_LINE_ENDS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_UNEVEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")  # both of them
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
_FEW = 40  # so many different characters are replaced faster one after another than all at once
# What both patterns do, for ASCII: a table of octets is ten times as fast, and most text is ASCII.
_ASCII_LINE_ENDS = bytes.maketrans(b"\r\x0b\x0c", b"\n\n\n")
_ASCII_CONTROLS = bytes((*range(9), *range(0x0E, 0x20), 0x7F))
_TO_THE_LEFT = re.compile("\u202e([^\u202c\n]*)")
# Letters one by one, with at most three of anything between: "T L P", "T.L.P.", "R - E - D". Cased letters only.
_LETTER = r"[A-Za-z\u00c0-\u052f\u13a0-\u13ff\ua4d0-\ua4ff\uab70-\uabbf]"
# Marks and signs among the letters' ranges stand for letters only: what could be both would be tried in every combination.
_BETWEEN = rf"(?:(?!{_LETTER})[^\w\n:=]|_)"
_SPELT_OUT = re.compile(rf"(?<!{_LETTER}){_LETTER}(?:{_BETWEEN}{{1,3}}{_LETTER}){{2,}}(?!{_LETTER})\.?")
# How such a word begins, for a quick look: most texts have none.
_BEGINS_SPELT_OUT = re.compile(rf"[^{_LETTER[1:]}{_LETTER}{_BETWEEN}{{1,3}}{_LETTER}{_BETWEEN}")
# The same for ASCII, faster still: octets are told apart only as letters (a), what may stand between two of them (a space)
# and what may not (0), because a pattern that begins with one known octet is fast.
_CLASSES = "".join(
    "a" if char.isalpha() else "0" if char.isdigit() or char in "\n:=" else " " for char in map(chr, range(128))
).encode() + bytes(128)
_BEGINS_IN_CLASSES = (re.compile(rb" a {1,3}a "), re.compile(rb"0a {1,3}a "))
_SPACED_HAN = re.compile(r"(?<![\u3400-\u9fff])[\u3400-\u9fff](?: {1,3}[\u3400-\u9fff])+(?![\u3400-\u9fff])")
# Letters one below the other, and how such a word begins, for a quick look.
_STACK = re.compile(r"(?m)^[ \t>|]{0,9}\S[ \t]{0,9}(?:\n[ \t>|]{0,9}\S?[ \t]{0,9}(?=\n|\Z)){4,200}")
_BEGINS_STACK = re.compile(r"\n[ \t>|]{0,9}\S[ \t]{0,9}\n[ \t>|]{0,9}\S?[ \t]{0,9}\n[ \t>|]{0,9}\S[ \t]{0,9}\n")
_REFERENCE = re.compile(r"&#?\w{1,8};")
_TAG = re.compile(r"<[^<>\n]{1,60}>")


@dataclass(frozen=True, slots=True)
class Version:
    """One way to read a text: shaped, and folded for comparing. Every character has the same place in both."""

    text: str
    folded: str


def versions_of(text: str, before: str = "") -> tuple[Version, ...]:
    """Every way to read a text: spelt-out words closed up, as it is written, as it is seen where it turns right to left, decoded, unstacked.

    They are made once for a text, whatever is looked for in it. `before` is read as if it stood before the text.
    """
    shaped = before + shape(text)
    turned, decoded = as_shown(text), shaped
    seen = before + shape(turned) if turned != text else shaped
    if "%" in shaped or "&" in shaped or "<" in shaped:  # addresses and pieces of pages that were pasted into a text
        plain = _REFERENCE.sub(lambda match: unescape(match.group()), unquote(shaped))
        decoded = shape(_TAG.sub("", plain))
    unstacked = _STACK.sub(_in_one_line, shaped) if _BEGINS_STACK.search(shaped) else shaped
    return tuple(
        [Version(one, fold(one)) for one in dict.fromkeys((close_up(shaped), shaped, seen, decoded, unstacked))]
    )


def shape(text: str) -> str:
    """Bring a text to the form in which it is read; line feeds stay, so that lines can be counted."""
    if text.isascii():
        return without_controls(text)
    if _UNEVEN.search(text):
        text = _CONTROLS.sub("", with_line_feeds(text))
    beyond = set("".join(_NOT_ASCII.findall(text)))
    shaped = {char: plain for char in beyond if (plain := _plain(char)) != char}
    if len(shaped) > _FEW:
        return text.translate({ord(char): plain for char, plain in shaped.items()})
    for char, plain in shaped.items():
        text = text.replace(char, plain)
    return text


def with_line_feeds(text: str) -> str:
    """The text with LF for every other end of a line."""
    return _LINE_ENDS.sub("\n", text.replace("\r\n", "\n"))


def without_controls(ascii_text: str) -> str:
    """An ASCII text with LF line ends and no controls but TAB and LF."""
    octets = ascii_text.encode("ascii")
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n")
    return octets.translate(_ASCII_LINE_ENDS, _ASCII_CONTROLS).decode("ascii")


def fold(shaped: str) -> str:
    """The form in which shaped texts and words are compared; every character keeps its place."""
    small = shaped.lower()
    return small if shaped.isascii() or not _LOOK_ALIKE.search(small) else small.translate(_LOOK_ALIKES)


def close_up(shaped: str) -> str:
    """The text with letters that are spelt out one by one put together as a word."""
    if shaped.isascii():
        classes = b"0" + shaped.encode("ascii").translate(_CLASSES)
        if not any(beginning.search(classes) for beginning in _BEGINS_IN_CLASSES):
            return shaped
    else:
        shaped = _close_up_han(shaped)
        if not _BEGINS_SPELT_OUT.search(f"\n{shaped}"):
            return shaped
    return _SPELT_OUT.sub(lambda match: re.sub(r"[\W_]", "", match.group()), shaped)


def _close_up_han(shaped: str) -> str:
    """The same for Chinese, which has no spaces: "机 密" is "机密"."""
    return _SPACED_HAN.sub(lambda match: match.group().replace(" ", ""), shaped)


def _in_one_line(stack: re.Match[str]) -> str:
    """Letters that stand one below the other as a word, with the line ends behind it, so that lines can be counted."""
    return "".join(re.findall(r"[^\s>|]", stack.group())) + "\n" * stack.group().count("\n")


def as_shown(text: str) -> str:
    """The text in the order in which it is seen, where controls turn a part of it right to left (Unicode Annex #9)."""
    return _TO_THE_LEFT.sub(lambda match: match.group(1)[::-1], text)


def is_label_case(label: str) -> bool:
    """Written in capitals, or in letters that have none."""
    return label.isupper() or not any(char.islower() for char in label)


def is_shouted(token: str) -> bool:
    """Written as labels are: in capitals, or with a digit among letters ("R3D")."""
    letters = [char for char in token if char.isalpha()]
    return len(token) > 1 and bool(letters) and (token.isupper() or any(char.isdigit() for char in token))


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """One character that is not ASCII, in the form in which it is read; "" for one that isn't seen."""
    if _is_ignorable(char):
        return ""
    if (digit := unicodedata.digit(char, None)) is not None and char.isdecimal():
        return str(digit)  # of any script
    normal = unicodedata.normalize("NFKD", _BOXED.get(ord(char), char))
    return "".join(one for one in normal if one.isascii() or not _is_ignorable(one))


def _is_ignorable(char: str) -> bool:
    """Accents, format controls (zero width, bidi, soft hyphen, tags), variation selectors, C1 controls, tatweel, fillers."""
    return (
        unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc", "Cs"}
        or unicodedata.combining(char) != 0
        or char in "\u0640\u115f\u1160\u3164\uffa0\u2800"
    )
