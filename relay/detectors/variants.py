"""A text with what was written to be read by people only put back: digits one by one or in words, addresses with "(at)", codes.

It is a further way to read a text, made only where there is something to put back; what stands in it is found as in any other.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import regex

from relay.policy.shape import Version, fold, shape

_LETTER_BY_LETTER = 7  # digits, from which on a row of them is a number somebody spelt
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
_IN_NUMERALS = str.maketrans(_DIGITS, "0012345678911234567892362")
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
_SPOKEN_DOT = regex.compile(r" (?:dot|punto|ponto|point) ", regex.IGNORECASE)
_SPOKEN_ADDRESS = regex.compile(
    r"(?<=[\w.]{3}) (?:at|arroba|arobase) (?=(?:[\w\-]+ (?:dot|punto|ponto|point) )+\w{2,12})|(?<=\w) (?:dot|punto|ponto|point) (?=(?:com|net|org|info|co|fr|es|pt|br|cm|example|gmail|yahoo)\b)",
    regex.IGNORECASE,
)
_RUN = regex.compile(r"(?<![\w+/=@.\-])(?:[A-Za-z0-9+/\-_]{16,}={0,2})(?![\w+/=@])")
_SHORTEST_RUN = 16
_HEXADECIMAL = regex.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_WORD = regex.compile(r"\p{L}+")


def _numbers(units: str, tens: str = "") -> dict[str, int]:
    values = {_plain(word): value for value, words in enumerate(units.split()) for word in words.split("|")}
    return values | {
        _plain(word): 10 * value for value, words in enumerate(tens.split(), start=2) for word in words.split("|")
    }


def _plain(word: str) -> str:
    return shape(word).lower()


# What numbers up to ninety-nine are called, folded; the languages don't contradict each other.
_SPOKEN: Mapping[str, int] = MappingProxyType(
    _numbers(
        "zero|oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    )
    | _numbers(
        "zero un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
        "vingt|vingts trente quarante cinquante soixante septante huitante|octante nonante",
    )
    | _numbers(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve",
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    )
    | _numbers(
        "zero um|uma dois|duas tres quatro cinco seis|meia sete oito nove dez onze doze treze catorze|quatorze quinze dezasseis|dezesseis dezassete|dezessete dezoito dezanove|dezenove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    )
    | _numbers("sifuri moja mbili tatu nne tano sita saba nane tisa kumi", "ishirini thelathini arobaini hamsini sitini sabini themanini tisini")
    | _numbers("nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh")
    | _numbers("không một|mốt hai ba bốn|tư năm|lăm sáu bảy|bẩy tám chín")
    | _numbers("null eins zwei|zwo drei vier fünf sechs sieben acht neun zehn elf zwölf")
    | _numbers("nul een twee drie vier vijf zes zeven acht negen tien elf twaalf")
    | _numbers(
        "ноль|нуль один|одна два|две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать "
        "шестнадцать семнадцать восемнадцать девятнадцать",
        "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
    )
    | _numbers("صفر واحد|واحدة اثنان|اثنين|إثنان ثلاثة|ثلاث أربعة|أربع خمسة|خمس ستة|ست سبعة|سبع ثمانية|ثماني تسعة|تسع")
    | {f"veinti{word}": 20 + value for value, word in enumerate(["un", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"], start=0)}
    | {"veintiuno": 21, "veintidos": 22, "veintitres": 23}
)  # fmt: skip
_SPOKEN_WORDS = 3  # at least so many words make a number of this length
# These are other words as well.
_OFTEN_SPOKEN = frozenset(_SPOKEN) - frozenset(
    ["un", "une", "uno", "one", "um", "uma", "a", "een", "nam", "ba", "sau", "tu"]
)
_PARTED = str.maketrans(",.-–/;:", "       ")
_BETWEEN_NUMBERS = regex.compile(r"[\s,.\-–/>]*(?:(?:et|y|e|and|na)\s+)?")


def put_back(version: Version) -> Version | None:
    """The text as it is meant; None when it hides nothing in these ways."""
    text = _BROKEN_WORD.sub("", version.text)
    if _IN_BRACKETS.search(text):
        text = _DOT.sub(".", _AT.sub("@", text))
    if _SPOKEN_DOT.search(text):
        text = _SPOKEN_ADDRESS.sub(lambda match: "@" if "a" in match.group().lower() else ".", text)
    text = _BROKEN_QUOTE.sub(" ", text)
    if "_" in text or "·" in text or "•" in text:
        text = _GROUPED.sub(lambda match: regex.sub(r"\D", " ", match.group()), text)
    if not text.isascii():
        text = _NUMERALS.sub(lambda match: match.group().translate(_IN_NUMERALS), text)
    text = _APART.sub(lambda match: regex.sub(r"\D", "", match.group()), text)
    text = _in_digits(text)
    if _has_long_word(text):
        text = _RUN.sub(_decoded, text)
    return None if text == version.text else Version(text, fold(text))


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


def _in_digits(text: str) -> str:
    """The text with rows of spoken numbers written as digits."""
    words = text.lower().translate(_PARTED).split()
    if sum(map(_OFTEN_SPOKEN.__contains__, words)) < _SPOKEN_WORDS:
        return text  # a quick look, which most texts don't pass
    pieces: list[str] = []
    copied = 0
    for start, end, digits in _spoken_rows(text):
        pieces += [text[copied:start], digits]
        copied = end
    return "".join([*pieces, text[copied:]]) if pieces else text


def _spoken_rows(text: str) -> Iterator[tuple[int, int, str]]:
    """Where at least so many digits are spoken in a row, and which."""
    row: list[int] = []
    start = end = 0
    for match in _WORD.finditer(text):
        value = _SPOKEN.get(match.group().lower())
        if row and (value is None or not _BETWEEN_NUMBERS.fullmatch(text, end, match.start())):
            if match.group().lower() in _JOINING:
                continue
            if len(digits := _spoken(row)) >= _LETTER_BY_LETTER:
                yield start, end, digits
            row = []
        if value is not None:
            start = start if row else match.start()
            row.append(value)
            end = match.end()
    if len(digits := _spoken(row)) >= _LETTER_BY_LETTER:
        yield start, end, digits


_JOINING = frozenset({"et", "y", "e", "and", "na"})


def _spoken(row: list[int]) -> str:
    """The digits of numbers as they are spoken: "soixante dix sept" is 77, "quatre vingt" 80, "thirty four" 34."""
    digits: list[int] = []
    for value in row:
        last = digits[-1] if digits else -1
        if value == 20 and last == 4:
            digits[-1] = 80
        elif (last >= 20 and last % 10 == 0 and 0 < value < 10) or (last in {60, 80} and 10 <= value < 20):
            digits[-1] = last + value
        else:
            digits.append(value)
    return "".join(map(str, digits))
