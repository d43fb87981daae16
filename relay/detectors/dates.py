"""Dates in a text, as officers of many languages write them, against a given day: past, that very day, or still to come.

Words such as "tomorrow" are data (config/policy/detectors); here are the dates with numbers. A month without a day and a
weekday alone are no dates. A date without a year is the next one if that is near, else the last one. Where day and month
can be told apart in two ways, one of them still to come, the date is still to come.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import regex

from relay.detectors.reading import Reading
from relay.detectors.words import Signal
from relay.policy.shape import fold, shape

# Kinds of signals that this module makes.
DATE_KINDS = ("date_past", "date_today", "date_future")

_NEAR = timedelta(days=75)  # a date without a year is so far ahead at most: a ship's voyage, an operation's plan
_MATCHES = 200  # in one text

# Names of the months, January first, of all languages that are read: full names and what they are cut to.
_MONTHS = (
    "january jan januar jänner janvier janv enero ene janeiro januari января январь янв يناير جانفي كانون_الثاني",
    "february feb februar février févr febrero fevereiro fev februari pebruari февраля февраль февр фев فبراير فيفري شباط",
    "march mar mars märz mär mrz marzo março machi maret maart mrt марта март мар مارس آذار",
    "april apr avril avr abril abr aprili апреля апрель апр أبريل ابريل أفريل نيسان",
    "may mai mayo maio mei мая май مايو ماي أيار",
    "june jun juin junio junho juni июня июнь июн يونيو جوان حزيران",
    "july jul juillet juil julio julho juli julai июля июль июл يوليو جويلية يوليوز تموز",
    "august aug août agosto ago agosti agustus agt augustus августа август авг أغسطس أوت غشت آب",
    "september sept sep septembre septiembre setiembre setembro set septemba сентября сентябрь сент сен سبتمبر شتنبر أيلول",
    "october oct octobre octubre outubro out oktoba oktober okt октября октябрь окт أكتوبر تشرين_الأول",
    "november nov novembre noviembre novembro novemba nopember ноября ноябрь нояб ноя نوفمبر نونبر تشرين_الثاني",
    "december dec décembre diciembre dezembro dezember dez desemba desember des декабря декабрь дек ديسمبر دجنبر كانون_الأول",
)
_MONTH = {
    fold(shape(name)).replace("_", " "): number for number, names in enumerate(_MONTHS, 1) for name in names.split()
}
# These are words of their own in some language ("12 des 30", "set", "the 12 may"), so they name a month only with a year.
_DOUBTFUL = frozenset(fold(shape(name)) for name in ("mar", "may", "ago", "set", "out", "des", "mei", "мая", "мар"))
_NAMES = "|".join(sorted((name.replace(" ", r"\s") for name in _MONTH), key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d(?!\d)|['’]?\d\d(?![\d:h.]))"
_DAY = r"(?<![\d.,/:])(?P<day>[0-3]?\d)"

_WRITTEN_OUT = regex.compile(
    rf"{_DAY}(?:st|nd|rd|th|er|e|o|a|\.|-?{fold('го')})?[\s\-/.,]{{0,2}}(?:(?:de|of|d['’])\s?)?(?P<month>{_NAMES})(?!\p{{L}})"
    rf"(?:[.,]?[\s\-/,.]{{1,2}}(?:(?:de|del|of)\s)?{_YEAR})?"
)
_MONTH_FIRST = regex.compile(
    rf"(?<!\p{{L}})(?P<month>{_NAMES})\.?[\s\-](?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:,?[\s\-]{_YEAR})?"
)
_YEAR_FIRST = regex.compile(
    r"(?<!\d)(?P<year>20\d\d)(?:[-/.]|\s?年\s?)(?P<month>[01]?\d)(?:[-/.]|\s?月\s?)(?P<day>[0-3]?\d)(?!\d)"
)
_ASIAN = regex.compile(
    rf"(?<!\d)(?<!年)(?<!年 )(?P<month>1[0-2]|0?[1-9])\s?月\s?(?P<day>[0-3]?\d)\s?[{fold('日号號')}]"
)
_VIETNAMESE = regex.compile(
    rf"{_DAY}\s(?:thang|mwezi wa)\s(?P<month>1[0-2]|0?[1-9])(?!\d)(?:[\s,](?:nam\s)?(?P<year>20\d\d))?"
)
_NUMERIC = regex.compile(
    r"(?<![\d.,/\-])(?P<first>[0-3]?\d)(?P<mark>[./\-])(?P<second>[0-3]?\d)(?P=mark)(?P<year>20\d\d|\d\d)(?![\d%]|[./\-]\d)"
)
_NO_YEAR = regex.compile(
    r"(?<!\p{L})(?:on|by|until|from|since|eta|etd|le|du|au|el|del|al|dia|em|ate|desde|ngay|tarehe|tgl|tanggal|am|vom|bis|op|tot|"
    rf"{fold('на|до|с|к')})\s?[:(]?\s?(?P<first>[0-3]?\d)(?P<mark>[./])(?P<second>[0-3]?\d)(?![\d%]|[./,\-:]\d|\s?(?:kg|km|h\b))"
)
_PATTERNS = (_WRITTEN_OUT, _MONTH_FIRST, _YEAR_FIRST, _ASIAN, _VIETNAMESE, _NUMERIC, _NO_YEAR)
_DIGIT = regex.compile(r"\d")


def find_dates(reading: Reading, kinds: Mapping[str, int], on: date) -> list[Signal]:
    """Every date with a day in a text, as past, today or future against `on`; each span once, linear time."""
    if not _DIGIT.search(reading.folded):
        return []
    found: dict[tuple[int, int], Signal] = {}
    for pattern in _PATTERNS:
        for count, match in enumerate(pattern.finditer(reading.folded)):
            if count == _MATCHES:
                break
            if when := latest(match.groupdict(), on):
                kind = "date_past" if when < on else "date_today" if when == on else "date_future"
                found.setdefault(match.span(), Signal(kinds[kind], *match.span()))
    return list(found.values())


def latest(parts: Mapping[str, str | None], on: date) -> date | None:
    """The date that the named parts of a match stand for, the latest one it can be; None if they are none."""
    return max(_readings(parts, on), default=None)


def _readings(parts: Mapping[str, str | None], on: date) -> Iterator[date]:
    """Each date as which the parts can be read."""
    year = _year(parts.get("year"), on)
    if (month := parts.get("month")) is None:
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        pairs = [(first, second), (second, first)]
    else:
        name = regex.sub(r"\s", " ", month)
        if name in _DOUBTFUL and len(parts.get("year") or "") < 4:
            return
        pairs = [(int(parts["day"] or 0), int(month) if month.isdigit() else _MONTH[name])]
    for day, number in pairs:
        if when := _nearest(number, day, on) if year is None else _date(year, number, day):
            yield when


def _year(written: str | None, on: date) -> int | None:
    """A year of two or four digits; None for none, or for two digits that are hardly a year ("3 Dec 40 tusks")."""
    if written is None:
        return None
    number = int(written.lstrip("'’"))
    if number > 99:
        return number
    number += on.year // 100 * 100
    return number if on.year - 20 <= number <= on.year + 3 else None


def _nearest(month: int, day: int, on: date) -> date | None:
    """The next such day if it is near, else the last one."""
    for year in (on.year + 1, on.year, on.year - 1):
        if (when := _date(year, month, day)) and when <= on + _NEAR:
            return when
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
