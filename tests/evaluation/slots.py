"""What the slots of a skeleton are filled with: names and values of one half, in the skeleton's language, drawn with a seed.

A slot is `{name}`, `{name2}`, `{name3}` for further values of the same kind, and may end with how it is typed:
`{person|upper}`, `{person|lower}`, `{person|plain}` (no accents). One slot has one value in a whole message. The names:

    people     author author_title author_phone author_email · person given surname initials_person · official · agency company
    places     town port country address coordinates
    goods      species species_common quantity permit hs container vessel imo awb flight case_number
    days       date_past date_future dob time
    numbers    phone phone_national email handle iban card mrz passport national_id imei plate wallet
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

from tests.evaluation import numbers

Half = Literal["tune", "weigh", "test"]
HALVES: tuple[Half, ...] = ("tune", "weigh", "test")
REGIONS: Mapping[Half, Mapping[str, Any]] = {
    half: tomllib.loads((Path(__file__).parent / "regions" / f"{half}.toml").read_text("utf-8")) for half in HALVES
}
LANGUAGES = tuple(REGIONS["tune"]["language"])

_SLOT = re.compile(r"\{([a-z_]+?)(\d?)(?:\|(upper|lower|plain))?\}")
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "sw": "Januari Februari Machi Aprili Mei Juni Julai Agosti Septemba Oktoba Novemba Desemba",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_LONG_DATES = {"es": "{0} de {1} de {2}", "pt": "{0} de {1} de {2}", "de": "{0}. {1} {2}", "ru": "{0} {1} {2} г."}
_POINTED = frozenset({"de", "ru"})  # languages that write 12.03.2026


def plain(text: str) -> str:
    """Without accents, as typed on a foreign keyboard."""
    text = text.replace("đ", "d").replace("Đ", "D").replace("ß", "ss")
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody invented, and the way the full name is written."""

    given: str
    surname: str
    full: str


class Slots:
    """The values of one message; each is drawn when it is first asked for."""

    def __init__(self, language: str, half: Half, chance: Random, today: date) -> None:
        self.language, self.today = language, today
        self._regions = REGIONS[half]
        self._chance = chance
        self._known: dict[str, str] = {}
        self._people: set[str] = set()
        self._persons: dict[str, Person] = {}

    def fill(self, text: str) -> str:
        """The text with every slot filled; raises KeyError for a slot that doesn't exist."""
        return _SLOT.sub(lambda found: self._typed(self.value(found[1], found[2]), found[3]), text)

    def value(self, name: str, number: str = "") -> str:
        """The value of a slot."""
        key = name + number
        if key not in self._known:
            own = self._OWN.get(name)
            self._known[key] = own(self, number) if own else self._of_language(name)
        return self._known[key]

    @staticmethod
    def _typed(value: str, how: str | None) -> str:
        match how:
            case "upper":
                return value.upper()
            case "lower":
                return value.lower()
            case "plain":
                return plain(value)
            case _:
                return value

    def _pick(self, entries: list[str]) -> str:
        """An entry, if it can be one that this message doesn't have yet."""
        return self._chance.choice([one for one in entries if one not in self._known.values()] or entries)

    def _of_language(self, name: str) -> str:
        return self._pick(self._regions["language"][self.language][name])

    def _shared(self, name: str) -> str:
        return self._pick(self._regions["shared"][name])

    # — people —

    def _person(self, abroad: float) -> Person:
        language = self._regions["language"][self.language]
        region = self._chance.choice(language["abroad" if self._chance.random() < abroad else "home"])
        names = self._regions["people"][region]
        given, surname = (
            self._chance.choice([one for one in names[kind] if one not in self._people])
            for kind in ("given", "surname")
        )
        self._people |= {given, surname}
        return Person(given=given, surname=surname, full=self._written(given, surname, names.get("order", "")))

    def _written(self, given: str, surname: str, order: str) -> str:
        if order == "surname-first-joined":
            return surname + given
        if given == surname:
            return given
        if order == "surname-first":
            return f"{self._chance.choice([surname, surname, surname.upper()])} {given}"
        way = self._chance.random()
        if way < 0.14 and surname.upper() != surname:
            return f"{surname.upper()} {given}"
        if way < 0.26:
            return f"{given} {surname.upper()}"
        return f"{given} {surname}"

    def _full_name(self, number: str) -> str:
        return self._whose(number).full

    def _whose(self, number: str) -> Person:
        if number not in self._persons:
            self._persons[number] = self._person(abroad=0.25)
        return self._persons[number]

    def _initials(self, _: str) -> str:
        person = self._person(abroad=0.0)
        if self.language in {"zh", "ar"}:  # they have no initials
            return person.full
        middle = self._chance.choice("АВЕНС" if self.language == "ru" else "AEJMP")
        return f"{person.given[0]}. {middle}. {person.surname}"

    def _author_email(self, _: str) -> str:
        words = re.findall("[a-z]+", plain(self.value("author")).lower())
        return f"{'.'.join(words[:2]) or 'officer.' + numbers.digits(self._chance, 2)}@{self._shared('agency_domain')}"

    def _email(self, _: str) -> str:
        return f"{self._shared('mailbox')}{self._chance.choice(['', '88', '.01'])}@{self._shared('host')}"

    def _mrz(self, number: str) -> str:
        person = self._whose(number)
        latin = re.sub("[^A-Z ]", " ", plain(f"{person.surname}/{person.given}".replace("/", " ")).upper()).split()
        return numbers.mrz(self._chance, (latin or ["HUANG"])[0], " ".join(latin[1:]) or "WEI")

    # — days —

    def _day(self, day: date) -> str:
        language = self.language
        if language == "zh":
            return self._chance.choice([f"{day.year}年{day.month}月{day.day}日", f"{day.month}月{day.day}日"])
        if language == "vi":
            return self._chance.choice(
                [f"{day.day}/{day.month}/{day.year}", f"{day.day} tháng {day.month} năm {day.year}"]
            )
        month = _MONTHS[language].split()[day.month - 1]
        long = _LONG_DATES.get(language, "{0} {1} {2}").format(day.day, month, day.year)
        mark = "." if language in _POINTED else "/"
        return self._chance.choice([long, long, f"{day:%d}{mark}{day:%m}{mark}{day:%Y}", day.isoformat()])

    def _date_of_birth(self, _: str) -> str:
        return self._day(
            date(self._chance.randint(1961, 2004), self._chance.randint(1, 12), self._chance.randint(1, 28))
        )

    def _time(self, _: str) -> str:
        hour, minute = self._chance.randint(5, 22), self._chance.randint(10, 55)
        return f"{hour}h{minute}" if self.language in {"fr", "pt"} else f"{hour:02}:{minute}"

    def _quantity_of_digits(self, pattern: str) -> str:
        return "".join(str(self._chance.randint(1, 9)) if char == "#" else char for char in pattern)

    def _flight(self, _: str) -> str:
        return self._chance.choice(["ET", "KQ", "QR", "TK", "AF", "EK", "TP"]) + self._quantity_of_digits(
            self._chance.choice(["###", " ###", "####"])
        )

    def _permit(self, _: str) -> str:
        return self._quantity_of_digits(
            self._chance.choice(["26CM00####/A", "ZA ######", "FR26075####-I", "26/VN-####", "KE/CITES/26/####"])
        )

    def _hs(self, _: str) -> str:
        return self._chance.choice(["0507.10", "0507.90.00", "4403.49", "0106.20.00.90", "9705.31", "0301.92"])

    _OWN: Mapping[str, Callable[["Slots", str], str]] = {
        "author": lambda self, _: self._person(abroad=0.0).full,
        "author_title": lambda self, _: self._of_language("title"),
        "author_phone": lambda self, _: numbers.phone(self._chance, self.language),
        "author_email": _author_email,
        "person": _full_name,
        "given": lambda self, number: self._whose(number).given,
        "surname": lambda self, number: self._whose(number).surname,
        "initials_person": _initials,
        "official": lambda self, _: self._person(abroad=0.0).full,
        "species": lambda self, _: self._shared("species"),
        "vessel": lambda self, _: self._shared("vessel"),
        "handle": lambda self, _: "@" + self._shared("handle"),
        "email": _email,
        "date_past": lambda self, _: self._day(self.today - timedelta(days=self._chance.randint(2, 75))),
        "date_future": lambda self, _: self._day(self.today + timedelta(days=self._chance.randint(2, 12))),
        "dob": _date_of_birth,
        "time": _time,
        "phone": lambda self, _: numbers.phone(self._chance, self.language),
        "phone_national": lambda self, _: numbers.phone_national(self._chance, self.language),
        "iban": lambda self, _: numbers.iban(self._chance, self.language),
        "card": lambda self, _: numbers.card(self._chance),
        "mrz": _mrz,
        "passport": lambda self, _: numbers.passport(self._chance, self.language),
        "national_id": lambda self, _: numbers.national_id(self._chance, self.language),
        "imei": lambda self, _: numbers.imei(self._chance),
        "plate": lambda self, _: numbers.plate(self._chance, self.language),
        "container": lambda self, _: numbers.container(self._chance),
        "imo": lambda self, _: numbers.imo(self._chance),
        "awb": lambda self, _: numbers.awb(self._chance),
        "flight": _flight,
        "coordinates": lambda self, _: numbers.coordinates(self._chance, self.language),
        "case_number": lambda self, _: self._of_language("case"),
        "permit": _permit,
        "hs": _hs,
        "wallet": lambda self, _: numbers.wallet(self._chance),
    }
