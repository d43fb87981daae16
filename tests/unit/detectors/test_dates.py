"""Dates of all languages against a day."""

import time
from datetime import date

import pytest

from relay.detectors.dates import DATE_KINDS, find_dates
from relay.detectors.reading import read
from relay.policy.shape import fold, shape
from tests.growth import assert_linear

ON = date(2026, 11, 24)
KINDS = {kind: 1 << place for place, kind in enumerate(DATE_KINDS)}


def _found(text: str) -> set[str]:
    shaped = shape(text)
    signals = find_dates(read(shaped, fold(shaped)), KINDS, ON)
    return {name.removeprefix("date_") for name, kind in KINDS.items() for one in signals if one.kind & kind}


@pytest.mark.parametrize(
    "text",
    [
        "on 3 December 2026", "3rd of December", "December 3rd, 2026", "03-DEC-26", "Dec 3", "2026-12-03", "03/12/2026",
        "le 1er décembre", "le 3 déc. 2026", "le 3/12", "del 3 de diciembre de 2026", "el 3 de enero", "dia 3 de dezembro",
        "3 de dez. de 2026", "3 декабря 2026 г.", "до 03.12.2026", "3-го декабря", "до 3.12", "3 ديسمبر 2026", "٣ ديسمبر",
        "3 كانون الأول 2026", "2026年12月3日", "12月3日", "１２月３号", "ngày 3 tháng 12 năm 2026", "ngày 3/12", "tarehe 3 Desemba",
        "tanggal 3 Desember 2026", "3. Dezember 2026", "am 3.12.2026", "am 3.12.", "3 december", "op 3 dec 2026", "ETA 3/12",
        "12/25/2026", "26-11-2026", "25 November", "12 May 2027", "3–5 December", "15 January", "ETA: 03.12.26",
    ],
)  # fmt: skip
def test_a_day_to_come_is_known_in_every_notation(text: str) -> None:
    assert _found(text) == {"future"}


@pytest.mark.parametrize(
    "text",
    [
        "on 3 October 2026", "12 October", "Oct 3rd", "2025-12-03", "15/11/2026", "le 3 octobre", "3 mars 2026", "3 de octubre",
        "3 de outubro de 2026", "3 октября", "15.11.2026", "3 أكتوبر", "10月3日", "2024年12月3日", "ngày 3 tháng 10", "3 Oktoba 2025",
        "3 Oktober 2026", "3. Juni 2026", "3 maart", "on 1/2/26", "12 May 2026", "3 March", "23 November",
    ],
)  # fmt: skip
def test_a_day_that_is_over_is_known_in_every_notation(text: str) -> None:
    assert _found(text) == {"past"}


@pytest.mark.parametrize("text", ["12.03.85", "DOB 12/3/90", "née le 03-11-62", "ON 7.9.99", "1985-03-12", "4/12/49"])
def test_a_birthday_is_long_ago_also_by_two_digits_of_its_year(text: str) -> None:
    assert "long_ago" in _found(text)


@pytest.mark.parametrize(
    "text", ["3/12/40", "15/01/30", "26-12-03", "12.01.30", "3.12.45 Uhr", "3-12-40kg", "24.11.85:00", "24/11/85"]
)
def test_what_may_be_a_birthday_takes_no_day_to_come_away(text: str) -> None:
    assert _found(text) & {"future", "today"}


@pytest.mark.parametrize(
    "text", ["24 November 2026", "24/11/2026", "2026年11月24日", "24 ноября", "ngày 24 tháng 11", "24.11.26"]
)
def test_the_day_itself_is_neither(text: str) -> None:
    assert _found(text) == {"today"}


@pytest.mark.parametrize(
    "text",
    [
        "December 2026", "in June", "Monday", "in 2027", "the 12 may have been older", "12 des 30 pangolins", "3/4 of the load",
        "31/31/2026", "0.5 kg", "HS 0507.10.00", "version 1.2.3", "1 200 kg", "set 12 traps", "tel. 01.02.03.04.05",
        "12.05.2026.11", "Notification 2026/045", "Res. Conf. 10.10", "44 December", "30 February 2026", "12/05/2026",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_date_or_can_be_two_is_none(text: str) -> None:
    assert _found(text) == set()


def test_a_day_that_may_be_this_one_is_not_over() -> None:
    assert find_dates(read("12/11/2026", "12/11/2026"), KINDS, date(2026, 12, 11)) == []


def _seconds(text: str) -> float:
    reading = read(text, fold(text))
    begin = time.process_time()
    find_dates(reading, KINDS, ON)
    return time.process_time() - begin


@pytest.mark.parametrize("piece", ["1", "1 ", "3 de ", "1/2/", "mar ", "12月", "3 dec 2026 ", "ngay 1/"])
def test_finding_dates_takes_linear_time(piece: str) -> None:
    assert_linear(_seconds, piece * 250, piece * 2_000)


@pytest.mark.parametrize(
    "text",
    ["03.02.1979", "27-11-1969", "1994年8月2日", "1996-04-07", "17 août 1979", "23 сентября 1967", "ngày 3 tháng 2 năm 1988", "30 september 1994", "4. Juli 1983"],
)  # fmt: skip
def test_a_day_of_which_a_grown_person_can_be_born_is_long_ago(text: str) -> None:
    assert _found(text) == {"past", "long_ago"}


@pytest.mark.parametrize("text", ["03.02.2019", "3 October 2026", "12 мая 2015"])
def test_a_later_day_is_not_long_ago(text: str) -> None:
    assert _found(text) == {"past"}
