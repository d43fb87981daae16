"""A text with what was written to be read by people only put back: digits one by one or in words (spoken.py), addresses with "(at)", codes.

It is a further way to read a text, made only where there is something to put back; what stands in it is found as in any other.
"""

import binascii
import re
from base64 import b64decode

import regex

from relay.detectors.spoken import in_digits
from relay.policy.shape import Version, fold, shape

_READABLE = 0.75  # of a decoded run's characters

# Digits one by one, with a sign or two between them, over the end of a line as well.
_APART = regex.compile(r"(?<![\d.,])\d(?:[ \t.,\-–_/·|*:;>\n]{1,3}\d){6,40}(?![\d])")
# Groups of digits, no date, with signs between them that numbers don't have, and a number that goes on in the next quoted line.
_GROUPED = regex.compile(
    r"(?<![\w.,/])(?!(?:19|20)\d\d[_·•]|\d\d?[_·•]\d\d?[_·•]\d{4}(?!\d))\d{1,4}(?:[_·•]\d{1,4}){2,7}(?![\w/])"
)
_BROKEN_QUOTE = regex.compile(r"(?<=\d)[ \t]{0,9}\n(?:[ \t]{0,3}>){1,20}[ \t]{0,9}(?=\d)")
# Chinese digits, those of accounts too.
_DIGITS = "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸两"
_NUMERALS = regex.compile(f"[{_DIGITS}]{{7,40}}")
# The same with other digits, a sign or a word between them: 四4零0三1零2, 幺三八，零零一三，再八零零零.
_MIXED = regex.compile(
    rf"(?<![\d{_DIGITS}])(?=[^{_DIGITS}]{{0,6}}[{_DIGITS}])[\d{_DIGITS}](?:[ ,，、\-–再末后]{{0,3}}[\d{_DIGITS}]){{6,40}}(?![\d{_DIGITS}十百千万])"
)
_FEWEST = 3  # Chinese digits among others, from which on a row of them is spelt
_IN_NUMERALS = str.maketrans(_DIGITS, "0012345678911234567892362")
# 一九八八年五月二十三日
_DATE_IN_NUMERALS = regex.compile(
    rf"(?<![{_DIGITS}十])(?:[{_DIGITS}]{{4}}(?=\s?年)|[{_DIGITS}十]{{1,2}}(?=\s?月\s?[{_DIGITS}十])|(?<=月\s?)[{_DIGITS}十]{{1,3}}(?=\s?[日号]))"
)
_BROKEN_WORD = regex.compile(r"(?<=\p{L}{2})[-‐]\n[> \t]*(?=\p{Ll}{2})")
_AT = regex.compile(
    r"(?<=[\w.])[ ]?[\[({<][ ]?(?:at|@|arroba|arobase|chez|собака|а т|a t)[ ]?[\])}>][ ]?(?=\w)", regex.IGNORECASE
)
_DOT = regex.compile(
    r"(?<=\w)[ ]?[\[({<][ ]?(?:dot|\.|punto|ponto|point|точка|punkt|punt|titik|nukta)[ ]?[\])}>][ ]?(?=\w)",
    regex.IGNORECASE,
)
# Quick looks, which most texts don't pass.
_IN_BRACKETS = regex.compile(
    r"[\[({<][ ]?(?:at|@|arro|chez|соб|а т|a t|dot|\.|pun|pont|poin|точ|tit|nuk)", regex.IGNORECASE
)
# Stops, strokes and at-signs of addresses that are told in words, as they stand in a shaped text: without accents.
_STOP = "dot|punto|ponto|point|punkt|punt|titik|nukta|cham|точка|نقطة|点|點"
_STROKE = "slash|barra|barre oblique|barre|schragstrich|garis miring|mkwaju|gach cheo|слэш|слеш|дробь|شرطة مائلة|سلاش|斜杠|斜線"
_SPOKEN_STOPS = tuple(fold(f" {one} ") for one in _STOP.split("|"))
_TOP = "com|net|org|info|co|fr|es|pt|br|cm|example|gmail|yahoo|ru|cn|nz|ly|gl|gle|app|io|nl|be|eu|vn|uk|za|ke|tz|cloud"
_SPOKEN_ADDRESS = regex.compile(
    rf"(?<=[\w.]{{3}}) (?P<at>at|arroba|arobase) (?=(?:[\w\-]+ (?:{_STOP}) )+\w{{2,12}})"
    rf"|(?<=\w) (?:{_STOP}) (?=(?:[\w\-]{{1,40}} (?:{_STOP}) ){{0,4}}(?:(?:{_TOP})\b|[\w\-]{{2,12}} (?:{_STROKE}) ))",
    regex.IGNORECASE,
)
_SPOKEN_PATH = regex.compile(rf"(?<=\w\.\w{{2,12}})(?: (?:{_STROKE}) [\w\-]{{1,40}}){{1,9}}", regex.IGNORECASE)
_SPOKEN_STROKE = regex.compile(f" (?:{_STROKE}) ", regex.IGNORECASE)
_RUN = regex.compile(r"(?<![\w+/=@.\-])(?:[A-Za-z0-9+/\-_]{16,}={0,2})(?![\w+/=@])")
_SHORTEST_RUN = 16
_HEXADECIMAL = regex.compile(r"(?:[0-9a-fA-F]{2}){8,}")


def put_back(version: Version) -> Version | None:
    """The text as it is meant; None when it hides nothing in these ways."""
    text, folded = version.text, version.folded
    if "-\n" in text or "‐\n" in text:
        text = _BROKEN_WORD.sub("", text)
        folded = fold(text)
    if any(sign in text for sign in "[({<") and _IN_BRACKETS.search(text):
        text = _DOT.sub(".", _AT.sub("@", text))
    if any(stop in folded for stop in _SPOKEN_STOPS):
        text = _SPOKEN_ADDRESS.sub(lambda match: "@" if match["at"] else ".", text)
        text = _SPOKEN_PATH.sub(lambda match: _SPOKEN_STROKE.sub("/", match.group()), text)
    if ">" in text:
        text = _BROKEN_QUOTE.sub(" ", text)
    if "_" in text or "·" in text or "•" in text:
        text = _GROUPED.sub(lambda match: regex.sub(r"\D", " ", match.group()), text)
    if not text.isascii():
        text = _DATE_IN_NUMERALS.sub(_of_date, text)
        text = _NUMERALS.sub(lambda match: match.group().translate(_IN_NUMERALS), text)
        text = _MIXED.sub(_unmixed, text)
    text = _APART.sub(lambda match: regex.sub(r"\D", "", match.group()), text)
    text = in_digits(text)
    if _has_long_word(text):
        text = _RUN.sub(_decoded, text)
    return None if text == version.text else Version(text, fold(text))


def _unmixed(match: regex.Match[str]) -> str:
    """Digits of which some are Chinese in others, without signs; an amount with one Chinese digit stays."""
    row: str = match.group()
    spelt = sum(sign in _DIGITS for sign in row) >= _FEWEST
    return regex.sub(r"\D", "", row.translate(_IN_NUMERALS)) if spelt else row


def _of_date(match: regex.Match[str]) -> str:
    """A year, month or day in digits: 一九八八 is 1988, 十二 is 12, 二十三 is 23."""
    tens, ten, ones = match.group().translate(_IN_NUMERALS).rpartition("十")
    return f"{tens or 1}{ones or 0}" if ten else ones


def decoded_runs(text: str) -> str:
    """What the runs of base64 and hexadecimal in a text stand for, a line for each; "" when it has none."""
    if not _has_long_word(text):
        return ""
    decoded = ((match.group(), _decoded(match)) for match in _RUN.finditer(text))
    return "\n".join(plain for run, plain in decoded if plain != run)


def _has_long_word(text: str) -> bool:
    """Whether anything is long enough for a run: looking for runs takes long, and most texts have none."""
    return max(map(len, text.split()), default=0) >= _SHORTEST_RUN


def _decoded(match: re.Match[str]) -> str:
    """A run of base64 or hexadecimal as the text that it stands for, in one line; itself when it stands for none."""
    run: str = match.group()
    if run.isdigit() or (run.isalpha() and (run.islower() or run.isupper())):
        return run
    octets = b""
    try:
        if _HEXADECIMAL.fullmatch(run):
            octets = bytes.fromhex(run)
        else:
            octets = b64decode(run.replace("-", "+").replace("_", "/").rstrip("=") + "=" * (-len(run.rstrip("=")) % 4))
        plain = octets.decode("utf-8")
    except (binascii.Error, ValueError):
        return run
    readable = sum(char.isalnum() or char.isspace() for char in plain)
    if readable < _READABLE * len(plain) or "\x00" in plain:
        return run
    return shape(plain).replace("\n", " ")
