"""Dates in a text, as officers of many languages write them, against a given day: past, that very day, or still to come.

Words such as "tomorrow" are data (config/policy/detectors); here are the dates with numbers. A month without a day and a
weekday alone are no dates. A date without a year is the next one if that is near, else the last one. Of numbers the day is
the first; where that day is over and the month first would make it one to come, they say nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import regex

from relay.detectors.reading import Reading
from relay.detectors.words import Signal
from relay.policy.shape import fold, shape

# Kinds of signals that this module makes.
DATE_KINDS = ("date_past", "date_today", "date_future", "date_long_ago")

_LONG_AGO = 16  # years: so old is whoever is told of by a birthday, and hardly anything that happened
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
_NAME = rf"(?P<month>(?:{fold(shape('كانون|تشرين'))})\s\p{{L}}+|\p{{L}}{{3,12}})"  # looked up in the table above
_YEAR = r"(?P<year>(?:19|20)\d\d(?!\d)|['’]?\d\d(?![\d:h.]))"
_NUMBER = regex.compile(r"\d+")
_YEAR_FIRST = regex.compile(
    r"(?P<year>(?:19|20)\d\d)(?:[-/.]|\s?年\s?)(?P<month>[01]?\d)(?:[-/.]|\s?月\s?)(?P<day>[0-3]?\d)(?!\d)"
)
_DAY_MONTH = regex.compile(  # 3rd of December, 1er déc. 2026, 03-DEC-26
    rf"(?<![.,/:])(?P<day>[0-3]?\d)(?:(?:st|nd|rd|th|er|e|o|a|\.|-?{fold('го')})(?!\p{{L}}))?[\s\-/.,]{{0,2}}"
    rf"(?:(?:de|of)\s|d['’])?(?P<month>(?:{fold(shape('كانون|تشرين'))})\s\p{{L}}+|\p{{L}}{{3,12}})(?!\p{{L}})"
    rf"(?:[.,]?[\s\-/,.]{{1,2}}(?:(?:de|del|of)\s)?{_YEAR})?"
)
_MONTH_DAY = regex.compile(  # December 3rd, 2026
    rf"(?<=(?<!\p{{L}})(?P<month>[a-z]{{3,9}})\.?[\s\-])(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:,?[\s\-]{_YEAR})?"
)
_NUMERIC = regex.compile(  # 3/12/2026, 03.12.26
    r"(?<![.,/\-])(?P<first>[0-3]?\d)(?P<mark>[./\-])(?P<second>[0-3]?\d)(?P=mark)(?P<year>(?:19|20)\d\d|\d\d)(?![\d%]|[./\-]\d)"
)
_NO_YEAR = regex.compile(  # on 3/12
    r"(?<=(?<!\p{L})(?:on|by|until|from|since|eta|etd|le|du|au|el|del|al|dia|em|ate|desde|ngay|tarehe|tgl|tanggal|am|vom|bis|"
    rf"op|tot|{fold('на|до|с|к')})\s?[:(]?\s?)(?P<first>[0-3]?\d)(?P<mark>[./])(?P<second>[0-3]?\d)"
    r"(?![\d%]|[./,\-:]\d|\s?(?:kg|km|h\b))"
)
_MONTH_SIGN = regex.compile(rf"(?<!年)(?<!年 )(?P<month>1[0-2]|0?[1-9])\s?月\s?(?P<day>[0-3]?\d)\s?[{fold('日号號')}]")
_MONTH_WORD = regex.compile(  # 3 tháng 12 năm 2026
    r"(?<![.,/:])(?P<day>[0-3]?\d)\s(?:thang|mwezi wa)\s(?P<month>1[0-2]|0?[1-9])(?!\d)(?:[\s,](?:nam\s)?(?P<year>(?:19|20)\d\d))?"
)
# Which of them can begin at a number of one or two digits, by the character behind it.
_BY_NEXT = {
    ".": (_NUMERIC, _NO_YEAR, _DAY_MONTH, _MONTH_DAY),
    "/": (_NUMERIC, _NO_YEAR, _DAY_MONTH),
    "-": (_NUMERIC, _DAY_MONTH, _MONTH_DAY),
    " ": (_DAY_MONTH, _MONTH_DAY, _MONTH_WORD, _MONTH_SIGN),
    "月": (_MONTH_SIGN,),
}
_ELSE = (_DAY_MONTH, _MONTH_DAY)


def find_dates(reading: Reading, kinds: Mapping[str, int], on: date) -> list[Signal]:
    """Every date with a day in a text, as past (perhaps long ago), today or future against `on`; linear time."""
    text = reading.folded
    found: list[Signal] = []
    for number in _NUMBER.finditer(text):
        start, end = number.span()
        patterns = (
            _BY_NEXT.get(text[end : end + 1], _ELSE) if end - start <= 2 else (_YEAR_FIRST,) if end - start == 4 else ()
        )
        for pattern in patterns:
            if (match := pattern.match(text, start)) and (whens := _when(match.groupdict(), on)):
                found.append(Signal(sum(kinds[kind] for kind in whens), *match.span()))
                break
        if len(found) == _MATCHES:
            break
    return found


def _when(parts: Mapping[str, str | None], on: date) -> tuple[str, ...]:
    """The kinds of the date that the named parts of a match stand for, the day first; no side if they are none, or if it may be that day or ahead.

    Numbers of which the last is no year of these days ("12.03.85") may be a birthday, or a day and an hour or a weight: both count.
    """
    dates = list(_readings(parts, on))
    if not dates:
        return ()
    first, year = dates[0], parts.get("year") or ""
    is_born = parts.get("month") is None and len(year) == 2 and _year(year, on) is None
    if first >= on:
        sides = ["date_today" if first == on else "date_future"]
    else:
        is_born |= first.year <= on.year - _LONG_AGO
        sides = ["date_past"] if dates[-1] < on else []
    return (*sides, *["date_long_ago"] * is_born)


def _readings(parts: Mapping[str, str | None], on: date) -> Iterator[date]:
    """Each date as which the parts can be read."""
    year = _year(parts.get("year"), on)
    if (month := parts.get("month")) is None:
        first, second = int(parts["first"] or 0), int(parts["second"] or 0)
        pairs = [(first, second)] if parts["mark"] == "." else [(first, second), (second, first)]
    else:
        number = int(month) if month.isdigit() else _MONTH.get(month.replace("\n", " "), 0)
        if not number or (month in _DOUBTFUL and len(parts.get("year") or "") < 4):
            return
        pairs = [(int(parts["day"] or 0), number)]
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
