"""Numbers in words, put back into digits: what is long enough to be somebody's number, and a date's year and day.

Each word adds to what was said before it as people say numbers: "four hundred twelve", "quatre-vingt-huit", "tisa mia" …
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import regex

from relay.policy.shape import shape

_LONG = 7  # digits, from which on a row of them is a number somebody spelt
_BIRTHS = range(
    1930, 2013
)  # years in which people were born who are spoken of; a year in words is hardly of something else
_YEAR, _DAYS = 4, 31  # digits of a year; days of a month
_BEFORE_YEAR = 40  # characters before a year in words, in which a day in words stands
_WORD = regex.compile(r"\p{L}+")
_PARTED = str.maketrans(",.-–/;:", "       ")
_JOINING = frozenset({"et", "y", "e", "and", "na", "و"})
_BETWEEN = regex.compile(r"[\s,.\-–/>]*(?:(?:et|y|e|and|na|و)\s+)?")
_FEWEST = 3  # words of which a long number consists
_AND = "و"  # written as one word with what follows


def _plain(word: str) -> str:
    return shape(word).lower()


def _words(text: str, values: Sequence[int] | range) -> dict[str, int]:
    """Words in the order of their values; "|" stands between words for the same."""
    return {_plain(one): value for some, value in zip(text.split(), values, strict=True) for one in some.split("|")}


_ONES, _TENS, _HUNDREDS = range(20), range(20, 100, 10), range(100, 1000, 100)


def _german() -> dict[str, int]:
    """Ones before tens, and the hundreds of years, in one word."""
    ones = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
    tens = "zwanzig dreissig|dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
    teens = ["zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"]
    below = _words("eins " + " ".join(ones[1:] + teens), range(1, 20)) | _words(tens, _TENS)
    for ten, value in _words(tens, _TENS).items():
        below |= {f"{_plain(one)}und{ten}": value + number for number, one in enumerate(ones, 1)}
    days = {f"{word}{'ten' if value < 20 else 'sten'}": value for word, value in below.items() if value < 32}
    days |= _words("ersten dritten siebten achten", (1, 3, 7, 8))
    years = {f"neunzehnhundert{word}": 1900 + value for word, value in below.items()}
    return below | days | years | {f"zweitausend{word}": 2000 + value for word, value in below.items() if value <= 12}


def _dutch() -> dict[str, int]:
    ones = ["een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"]
    tens = "twintig dertig veertig vijftig zestig zeventig tachtig negentig"
    teens = [
        "tien",
        "elf",
        "twaalf",
        "dertien",
        "veertien",
        "vijftien",
        "zestien",
        "zeventien",
        "achttien",
        "negentien",
    ]
    below = _words(" ".join(ones + teens), range(1, 20)) | _words(tens, _TENS)
    for ten, value in _words(tens, _TENS).items():
        below |= {
            _plain(f"{one}{'ën' if one[-1] == 'e' else 'en'}{ten}"): value + number
            for number, one in enumerate(ones, 1)
        }
    return below | {f"negentienhonderd{word}": 1900 + value for word, value in below.items()}


# What numbers are called, in small letters; the languages don't contradict each other. A day's ordinal is a number as well.
_VALUES: Mapping[str, int] = MappingProxyType(
    _words(
        "zero|oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", _ONES
    )
    | _words("twenty thirty forty fifty sixty seventy eighty ninety", _TENS)
    | _words(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
        "seventeenth eighteenth nineteenth twentieth", range(1, 21)
    )
    | _words("zero un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize", range(17))
    | _words("vingt|vingts trente quarante cinquante soixante septante huitante|octante nonante", _TENS)
    | {"premier": 1}
    | _words(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve", _ONES
    )
    | _words("veinte veintiun|veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve", range(20, 30))
    | _words("treinta cuarenta cincuenta sesenta setenta ochenta noventa", range(30, 100, 10))
    | _words("ciento|cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos", _HUNDREDS)
    | _words(
        "zero um|uma dois|duas tres quatro cinco seis|meia sete oito nove dez onze doze treze catorze|quatorze quinze dezasseis|dezesseis "
        "dezassete|dezessete dezoito dezanove|dezenove", _ONES
    )
    | _words("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", _TENS)
    | _words("cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos", _HUNDREDS)
    | _words("sifuri moja mbili tatu nne tano sita saba nane tisa kumi", range(11))
    | _words("ishirini thelathini arobaini hamsini sitini sabini themanini tisini", _TENS)
    | _words("nol|kosong satu dua tiga empat lima enam tujuh delapan|lapan sembilan sepuluh sebelas", range(12))
    | {"seratus": 100, "seribu": 1000}
    | _words("không một|mốt hai ba bốn|tư năm|lăm sáu bảy|bẩy tám chín mười", range(11))
    | {"null": 0, "zwo": 2} | _german() | {"nul": 0} | _dutch()
    | _words(
        "ноль|нуль один|одна два|две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать "
        "шестнадцать семнадцать восемнадцать девятнадцать", _ONES
    )
    | _words("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто", _TENS)
    | _words("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот", _HUNDREDS)
    | _words(
        "первого второго третьего четвёртого|четвертого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого тринадцатого "
        "четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого", range(1, 20)
    )
    | _words("двадцатого тридцатого сорокового пятидесятого шестидесятого семидесятого восьмидесятого девяностого", _TENS)
    | _words("صفر واحد|واحدة اثنان|اثنين|إثنان ثلاثة|ثلاث أربعة|أربع خمسة|خمس ستة|ست سبعة|سبع ثمانية|ثماني تسعة|تسع عشرة|عشر", range(11))
    | _words("عشرون|عشرين ثلاثون|ثلاثين أربعون|أربعين خمسون|خمسين ستون|ستين سبعون|سبعين ثمانون|ثمانين تسعون|تسعين", _TENS)
    | _words("مائة|مئة مائتان|مئتان ثلاثمائة|ثلاثمئة أربعمائة|أربعمئة خمسمائة|خمسمئة ستمائة|ستمئة سبعمائة|سبعمئة ثمانمائة|ثمانمئة تسعمائة|تسعمئة", _HUNDREDS)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """A word that multiplies: the number before it, or, where `behind`, the one behind it."""

    by: int
    behind: bool = False


_TIMES: Mapping[str, Times] = MappingProxyType(
    {_plain(word): Times(10) for word in ("puluh", "mươi")}
    | {_plain(word): Times(100) for word in ("hundred", "cent", "cents", "ratus", "trăm", "hundert", "honderd")}
    | {
        _plain(word): Times(1000)
        for word in (
            "thousand",
            "mil",
            "mille",
            "ribu",
            "nghìn",
            "ngàn",
            "tausend",
            "duizend",
            "тысяча",
            "тысячи",
            "ألف",
        )
    }
    | {"mia": Times(100, behind=True), "elfu": Times(1000, behind=True)}
)
_TEENS = frozenset({"belas"})  # "dua belas" is 12
# These are other words as well.
_NO_NUMBERS = frozenset(
    ["un", "une", "uno", "one", "um", "uma", "een", "nam", "ba", "sau", "tu", "cent", "mil", "second", "mia"]
)
_SAID = frozenset([*_VALUES, *_TIMES]) - _NO_NUMBERS


@dataclass(slots=True)
class _Number:
    """One number as far as it is said, and where; `waiting` is a multiplier whose number comes behind it."""

    value: int
    start: int
    end: int
    waiting: int = 0

    def add(self, word: str, *, joined: bool) -> bool:
        """Let a word go on with the number; False if it begins another. `joined` words come with an "and" (Arabic: 8 and 80)."""
        if times := _TIMES.get(word):
            return self._multiply(times)
        value, small = _VALUES.get(word, 10), self.value % 100  # 10 for what makes teens
        if self.waiting and 0 < value < 10:
            self.value += value * self.waiting
            self.waiting = 0
        elif value == 20 and small == 4:
            self.value += 76  # "quatre-vingt"
        elif word in _TEENS or self._takes(value) or (joined and 0 < small < 10 and value in _TENS):
            self.value += value
        else:
            return False
        return True

    def _multiply(self, times: Times) -> bool:
        last, small = self.value, self.value % 100
        thousands = last > 0 and last % 1000 == 0
        if self.waiting:
            return False
        if times.behind:
            self.waiting = times.by if thousands else 0
            return thousands
        if times.by == 1000 and 0 < last < 1000:
            self.value *= 1000
        elif times.by < 1000 and 0 < small < 10:
            self.value += small * (times.by - 1)
        elif times.by == 100 and thousands:
            self.value += 100
        else:
            return False
        return True

    def _takes(self, value: int) -> bool:
        """Whether a word of this value adds to the number: twenty + 4, 900 + 17, sixty + 12 (as in French)."""
        last, small = self.value, self.value % 100
        if value <= 0 or self.waiting:
            return False
        if last and last % 1000 == 0:
            return value < 1000
        if last >= 100 and small == 0:
            return value < 100
        return (small >= 20 and small % 10 == 0 and value < 10) or (small in {60, 80} and 10 <= value < 20)


def in_digits(text: str) -> str:
    """The text with numbers in words written as digits; itself when it has none that matter."""
    words = text.lower().translate(_PARTED).split()
    if sum(word in _SAID or word.removeprefix(_AND) in _SAID for word in words) < _FEWEST and not any(
        map(_is_year, words)
    ):
        return text  # a quick look, which most texts don't pass
    pieces: list[str] = []
    copied = 0
    for start, end, digits in _replaced(list(_rows(text))):
        pieces += [text[copied:start], digits]
        copied = end
    return "".join([*pieces, text[copied:]]) if pieces else text


def _is_year(word: str) -> bool:
    return _VALUES.get(word, 0) in _BIRTHS


def _digits(row: Sequence[_Number]) -> str:
    return "".join(str(one.value) for one in row)


def _replaced(rows: Sequence[list[_Number]]) -> Iterator[tuple[int, int, str]]:
    """Rows that are long, years at the end of others, and days before years."""
    years = [_year_in(row) for row in rows]
    begun = [year[0].start for year in years if year]
    for row, year in zip(rows, years, strict=True):
        digits, day = _digits(row), row[0]
        if len(digits) >= _LONG:
            yield row[0].start, row[-1].end, digits
        elif year:
            yield year[0].start, year[-1].end, _digits(year)
        elif len(row) == 1 and day.value <= _DAYS and any(0 < at - day.end < _BEFORE_YEAR for at in begun):
            yield day.start, day.end, digits


def _year_in(row: list[_Number]) -> list[_Number]:
    """The numbers at the end of a row that make a year: 1988; 19 and 88; 1, 9, 8 and 8."""
    tails = (row[-length:] for length in (1, 2, 4) if length <= len(row))
    return next((some for some in tails if len(_digits(some)) == _YEAR and int(_digits(some)) in _BIRTHS), [])


def _rows(text: str) -> Iterator[list[_Number]]:
    """Numbers that are said one after the other."""
    row: list[_Number] = []
    for match in _WORD.finditer(text):
        word = match.group().lower()
        joined = not _known(word) and _known(word.removeprefix(_AND))
        word = word.removeprefix(_AND) if joined else word
        known = _known(word) or (word in _TEENS and bool(row))
        if row and (not known or not _BETWEEN.fullmatch(text, row[-1].end, match.start())):
            if word in _JOINING:
                continue
            yield row
            row = []
        if not known:
            continue
        if row and row[-1].add(word, joined=joined):
            row[-1].end = match.end()
        else:
            times = _TIMES.get(word, Times(1))
            value = 0 if times.behind else _VALUES.get(word, times.by)
            row.append(_Number(value, match.start(), match.end(), waiting=times.by if times.behind else 0))
    if row:
        yield row


def _known(word: str) -> bool:
    return word in _VALUES or word in _TIMES
