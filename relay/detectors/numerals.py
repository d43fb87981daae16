"""What numbers are called in words: small letters, as shaped texts have them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from relay.policy.shape import shape


def _plain(word: str) -> str:
    return shape(word).lower()


def _words(text: str, values: Sequence[int] | range) -> dict[str, int]:
    """Words in the order of their values; "|" stands between words for the same."""
    return {_plain(one): value for some, value in zip(text.split(), values, strict=True) for one in some.split("|")}


_ONES, TENS, _HUNDREDS = range(20), range(20, 100, 10), range(100, 1000, 100)


def _in_one_word(
    small: str, ones: str, tens: str, joined: Callable[[str, str], str], century: str, millennium: str
) -> dict[str, int]:
    """Numbers of a language that says ones before tens, and its years, in one word each.

    Args:
        small: one to nineteen.
        ones: one to nine, as they stand before tens.
        tens: from twenty on.
        joined: a one and a ten.
        century: nineteen hundred.
        millennium: two thousand.
    """
    of_tens = _words(tens, TENS)
    below = _words(small, range(1, 20)) | of_tens
    for ten, value in of_tens.items():
        below |= {_plain(joined(one, ten)): value + number for number, one in enumerate(ones.split(), 1)}
    years = {f"{century}{word}": 1900 + value for word, value in below.items()}
    later = {f"{millennium}{word}": 2000 + value for word, value in below.items() if value <= 12}
    return below | years | later | {millennium: 2000}


def _german() -> dict[str, int]:
    numbers = _in_one_word(
        "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
        "ein zwei drei vier fünf sechs sieben acht neun",
        "zwanzig dreissig|dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        lambda one, ten: f"{one}und{ten}",
        "neunzehnhundert",
        "zweitausend",
    )
    days = {f"{word}{'ten' if value < 20 else 'sten'}": value for word, value in numbers.items() if value < 32}
    return numbers | days | _words("ersten dritten siebten achten", (1, 3, 7, 8))


def _dutch() -> dict[str, int]:
    ones = "een twee drie vier vijf zes zeven acht negen"
    return _in_one_word(
        f"{ones} tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien",
        ones,
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        lambda one, ten: f"{one}{'ën' if one[-1] == 'e' else 'en'}{ten}",
        "negentienhonderd",
        "tweeduizend",
    )


# What numbers are called, in small letters. No word is two numbers, though some are other words as well ("once"). A day's ordinal is a number as well.
VALUES: Mapping[str, int] = MappingProxyType(
    _words(
        "zero|oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", _ONES
    )
    | _words("twenty thirty forty fifty sixty seventy eighty ninety", TENS)
    | _words(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
        "seventeenth eighteenth nineteenth twentieth", range(1, 21)
    )
    | _words("zero un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize", range(17))
    | _words("vingt|vingts trente quarante cinquante soixante septante huitante|octante nonante", TENS)
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
    | _words("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa", TENS)
    | _words("cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos", _HUNDREDS)
    | _words("sifuri moja mbili tatu nne tano sita saba nane tisa kumi", range(11))
    | _words("ishirini thelathini arobaini hamsini sitini sabini themanini tisini", TENS)
    | _words("nol|kosong satu dua tiga empat lima enam tujuh delapan|lapan sembilan sepuluh sebelas", range(12))
    | {"seratus": 100, "seribu": 1000}
    | _words("không một|mốt hai ba bốn|tư năm|lăm sáu bảy|bẩy tám chín", range(10))
    | {"null": 0, "zwo": 2} | _german() | {"nul": 0} | _dutch()
    | _words(
        "ноль|нуль один|одна два|две три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать "
        "шестнадцать семнадцать восемнадцать девятнадцать", _ONES
    )
    | _words("двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто", TENS)
    | _words("сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот", _HUNDREDS)
    | _words(
        "первого второго третьего четвёртого|четвертого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого тринадцатого "
        "четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого", range(1, 20)
    )
    | _words("двадцатого тридцатого сорокового пятидесятого шестидесятого семидесятого восьмидесятого девяностого", TENS)
    | _words("صفر واحد|واحدة اثنان|اثنين|إثنان ثلاثة|ثلاث أربعة|أربع خمسة|خمس ستة|ست سبعة|سبع ثمانية|ثماني تسعة|تسع عشرة|عشر", range(11))
    | _words("عشرون|عشرين ثلاثون|ثلاثين أربعون|أربعين خمسون|خمسين ستون|ستين سبعون|سبعين ثمانون|ثمانين تسعون|تسعين", TENS)
    | _words("مائة|مئة مائتان|مئتان ثلاثمائة|ثلاثمئة أربعمائة|أربعمئة خمسمائة|خمسمئة ستمائة|ستمئة سبعمائة|سبعمئة ثمانمائة|ثمانمئة تسعمائة|تسعمئة", _HUNDREDS)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """A word that multiplies: the number before it, or, where `behind`, the one behind it."""

    by: int
    behind: bool = False


TIMES: Mapping[str, Times] = MappingProxyType(
    {_plain(word): Times(10) for word in ("puluh", "mươi")}
    | {_plain(word): Times(100) for word in ("hundred", "cent", "cents", "ratus", "trăm", "hundert", "honderd")}
    | {
        _plain(word): Times(1000)
        for word in [
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
        ]
    }
    | {"mia": Times(100, behind=True), "elfu": Times(1000, behind=True)}
)
TEENS = frozenset({"belas"})  # "dua belas" is 12
