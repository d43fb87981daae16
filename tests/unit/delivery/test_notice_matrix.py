"""Kinds of agency × codes × countries × languages: what POLICY promises of every notice, for all shipped lists and doors.

What is expected is written out here from POLICY, in the words of each language, and not taken from the code's tables.
The countries' doors are read here from the shared file itself.
"""

import quopri
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, cycle, product
from pathlib import Path

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.delivery.notice import compose_notice
from relay.delivery.notice_facts import NoticeFacts
from relay.delivery.wording import advice_lines
from relay.mail.address import Address
from relay.policy.channels import Advice, advise, what_may_be_sent_again
from relay.policy.decision import Reason
from relay.policy.directory import read_directory
from relay.roster.definition import read_list
from relay.roster.member import AgencyType

ROOT = Path(__file__).parents[3]
LANGUAGES = ("en", "fr", "es", "pt")
CATALOGUES = {
    one: read_catalogue((ROOT / "config" / "locales" / f"{one}.po").read_text("utf-8"), one) for one in LANGUAGES
}
LISTS = [
    read_list(path.read_text("utf-8"), path.name, "relay.example") for path in sorted((ROOT / "lists").glob("*.toml"))
]
COUNTRIES = sorted(frozenset().union(*(one.countries for one in LISTS)))
SHARED = (ROOT / "config" / "channels" / "shared.toml").read_text("utf-8")
DIRECTORY = read_directory([], ("shared.toml", SHARED))
NOW = datetime(2026, 12, 1, 14, 2, tzinfo=UTC)

# POLICY's three groups and the others, by the rules 6–10.
GROUPS = {
    "customs": "customs",
    "police": "police",
    "ranger": "field",
    "environment": "field",
    "veterinary": "field",
    "cites": "field",
    "prosecutor": "justice",
    "judge": "justice",
    "expert": "adviser",
    "ngo": "adviser",
    "igo": "adviser",
}
WITHHELD = ("T1", "M1c", "M1", "N1", "N2", "O1", "O2", "O3")  # M1c: the marking of a classification scheme
HELD = tuple(f"H{number}" for number in range(1, 10))
CODES = WITHHELD + HELD

# How each national door is called. The first door of every notice is one of these.
DOORS = {
    "emergency": ("emergency number", "numéro d'urgence", "número de emergencias", "número de emergência"),
    "operations": ("operations room", "salle d'opérations", "sala de operaciones", "sala de operações"),
    "ncb": (
        "INTERPOL National Central Bureau",
        "Bureau central national",
        "Oficina Central Nacional",
        "Gabinete Central Nacional",
    ),
    "cen": (
        "CEN National Contact Point",
        "point de contact national CEN",
        "punto de contacto nacional CEN",
        "ponto de contacto nacional CEN",
    ),
    "police": ("police focal point", "point focal de la police", "punto focal de la policía", "ponto focal da polícia"),
    "focal": ("national focal point", "point focal national", "punto focal nacional", "ponto focal nacional"),
}
EVERYDAY = {"customs": "cen", "police": "ncb", "field": "police", "justice": "ncb", "adviser": "focal"}
OWN_DOORS = (
    *DOORS["emergency"],
    *DOORS["operations"],
    "chain of command",
    "hiérarchie",
    "cadena de mando",
    "cadeia hierárquica",
)
UNCONFIRMED = {"en": "unconfirmed", "fr": "non confirmé", "es": "sin confirmar", "pt": "não confirmado"}
SEND_AGAIN = {
    "nothing": (
        "send nothing about this matter to the list",
        "N'envoyez rien à la liste",
        "No envíe nada sobre este asunto",
        "Não envie nada sobre este assunto",
    ),
    "without": (
        "send it again without these details",
        "renvoyer sans ces éléments",
        "enviarlo sin estos datos",
        "enviá-la sem estes elementos",
    ),
}
INTEGRITY = {
    "en": "concerns a colleague or your own chain of command",
    "fr": "concerne un collègue ou votre propre hiérarchie",
    "es": "afecta a un colega o a su propia cadena de mando",
    "pt": "respeito a um colega ou à sua própria cadeia hierárquica",
}

# Words of one service's door that another must never be pointed to. Rules 1 and 3 name no channel at all.
CHANNEL = r"I-24/7|CENcomm|Ecomessage|SIENA|AFRIPOL|ASEANAPOL|ENVIRONET|RILO|BRLR|ORIE|INTERPOL|ARIN|Eurojust|NCB|BCN|OCN|CARIN|RRAG|Europol"
CUSTOMS_OWN = r"CENcomm|RILO|BRLR|ORIE"
POLICE_OWN = r"I-24/7|SIENA|AFRIPOL|ASEANAPOL"
FORBIDDEN = {
    "customs": rf"{POLICE_OWN}|ENVIRONET|Eurojust|ARIN\b|ARINSA|CARIN|RRAG",
    "police": rf"{CUSTOMS_OWN}|ENVIRONET|Eurojust|ARIN\b|ARINSA|CARIN|RRAG",
    # A focal point sends by Ecomessage or CENcomm: these two are said of it, never of the officer.
    "field": rf"{POLICE_OWN}|RILO|BRLR|ORIE|Eurojust|ARIN\b|ARINSA|CARIN|RRAG",
    "justice": rf"{POLICE_OWN}|{CUSTOMS_OWN}|ENVIRONET",
    "adviser": rf"{CHANNEL}",
}
# The doors as the shared file has them: door → country → entry.
BY_DOOR = defaultdict(dict)
for shared_door in tomllib.loads(SHARED)["channel"]:
    whose = shared_door.get("names") or shared_door["countries"]
    for code in COUNTRIES if whose == "all" else whose:
        BY_DOOR[shared_door["id"]][code] = shared_door


def reason(code: str) -> Reason:
    return Reason("M1", "classified.eu", "subject") if code == "M1c" else Reason(code, "a.rule", "subject")


def ask(country: str, agency_type: str, *codes: str) -> Advice:
    reasons = map(reason, codes)
    return advise(reasons, agency_type=AgencyType(agency_type), country=country, directory=DIRECTORY)


@cache
def lines(advice: Advice, language: str) -> tuple[str, ...]:
    return tuple(advice_lines(advice, NOW.date(), CATALOGUES[language]))


@cache
def told(agency_type: str, code: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What officers of a kind are told about a code: the country, the language, the rule's words and its doors."""
    return [
        (country, language, lines(advice, language))
        for country in COUNTRIES
        for advice in [ask(country, agency_type, code)]
        for language in LANGUAGES
    ]


def doors_in(said: Iterable[str]) -> list[str]:
    """The doors as the notice lists them."""
    return [line[2:] for line in said if line.startswith("- ")]


def first_door(group: str, code: str) -> str | None:
    """POLICY, rules 0–10: the door that is named first; None where no door is named."""
    match code:
        case "T1":
            return "emergency"
        case "M1c" | "O1":
            return None
        case "O2":
            return "operations"
        case _:
            return EVERYDAY[group]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("agency_type", GROUPS)
def test_the_national_door_stands_first_in_every_country_and_language(agency_type, code):
    expected = first_door(GROUPS[agency_type], code)
    for country, language, said in told(agency_type, code):
        doors = doors_in(said)
        if expected is None:
            assert doors == []
        else:
            assert DOORS[expected][LANGUAGES.index(language)] in doors[0], (country, language, doors)
            assert len(doors) == len(set(doors))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("agency_type", GROUPS)
def test_nobody_is_pointed_to_a_door_of_another_service(agency_type, code):
    words = CHANNEL if first_door(GROUPS[agency_type], code) is None else FORBIDDEN[GROUPS[agency_type]]
    if code in {"T1", "O2"}:  # rules 0 and 4 name the National Central Bureau to everybody
        words = words.replace("INTERPOL|", "").replace("NCB|BCN|OCN|", "")
    if code != "H9":  # ENVIRONET is for what names nobody
        words += "|ENVIRONET"
    forbidden = re.compile(words)
    for country, language, said in told(agency_type, code):
        assert not forbidden.search("\n".join(said)), (country, language, said)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("agency_type", GROUPS)
def test_a_door_says_that_nobody_has_confirmed_it_but_not_of_an_officers_own_service(agency_type, code):
    for country, language, said in told(agency_type, code):
        for door in doors_in(said):
            own = any(one in door for one in OWN_DOORS)
            assert door.endswith(f"{UNCONFIRMED[language]})") is not own, (country, door)


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_day_that_is_shown_is_the_one_that_is_written(country):
    for agency_type, code in product(GROUPS, CODES):
        advice = ask(country, agency_type, code)
        doors = (*advice.doors, *advice.originator_doors)
        for language in LANGUAGES:
            for door, text in zip(doors, doors_in(lines(advice, language)), strict=True):
                written = BY_DOOR[door.channel.value].get(country)
                days = re.findall(r"\b(?:[1-9]|[12]\d|3[01])(?:er)?\b.*?\b((?:19|20)\d\d)\b", text)
                assert days == ([str(written["as_of"].year)] if written else []), (text, written)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_countrys_own_bodies_are_named_to_its_own_services(country):
    for language in LANGUAGES:

        def doors(agency_type: str, code: str, language: str = language) -> str:
            return " ".join(doors_in(lines(ask(country, agency_type, code), language)))

        police = doors("police", "N1")
        for word, door in (("SIENA", "siena"), ("AFRIPOL", "afripol"), ("ASEANAPOL", "aseanapol")):
            assert (word in police) is (country in BY_DOOR[door])
        assert BY_DOOR["ncb"][country]["names"][country] in police
        assert "AFSECOM" not in police  # AFRIPOL's own page calls it planned
        assert ("Eurojust" in doors("judge", "N1")) is (country in BY_DOOR["eurojust"])
        assert "RILO" in doors("customs", "O3")
        assert "RILO CA" not in doors("customs", "O3")
        assert "ENVIRONET" in doors("ranger", "H9")


# — whole notices —


def notice(agency_type: str, codes: tuple[str, ...], country: str, language: str, kind: str) -> str:
    reasons = tuple(map(reason, codes))
    lists = next((one,) for one in LISTS if country in one.countries)
    facts = NoticeFacts(
        kind=kind,
        reference=f"{lists[0].tag}-2026-000123",
        recipient=Address(local="i.ekotto", domain="customs.example"),
        recipient_name="Inès Ékotto",
        domain="relay.example",
        written_at=NOW,
        queued_at=NOW,
        lists=lists,
        received_at=NOW,
        reasons=reasons,
        advice=ask(country, agency_type, *codes),
        send_again=what_may_be_sent_again(reasons),
        held_until=NOW if kind == "hold" else None,
    )
    octets = compose_notice(facts, CATALOGUES[language]).partition(b"\r\n\r\n")[2]
    return " ".join(quopri.decodestring(octets).decode("utf-8").split())


def english() -> set[str]:
    """Every stretch of the English sentences that is long enough to be known again."""
    pieces = {piece.strip() for msgid in CATALOGUES["en"].forms for piece in re.split(r"\{\w+\}", msgid)}
    translated = {form for one in ("fr", "es", "pt") for forms in CATALOGUES[one].forms.values() for form in forms}
    return {piece for piece in pieces if len(piece) > 11 and not any(piece in form for form in translated)}


ENGLISH = english()
PROPER_NAMES = {entry["name"] for entry in BY_DOOR["national_focal_point"].values()}
EVERY_COUNTRY = cycle(COUNTRIES)


def english_in(said: str) -> list[str]:
    for name in PROPER_NAMES:
        said = said.replace(name, "")
    return [piece for piece in ENGLISH if piece in said]


def what_may_go(codes: tuple[str, ...]) -> str | None:
    """POLICY “What may be sent again”; None where the codes have an answer of their own."""
    if set(codes) & {"T1", "M1", "M1c", "O1", "O2", "O3"}:
        return "nothing"
    # H8, a link to files elsewhere, is answered as what could stand in them.
    return "without" if set(codes) & {"N1", "N2", "H3", "H4", "H5", "H6", "H8", "H9"} else None


def what_is_said(said: str, language: str) -> str | None:
    found = [answer for answer, texts in SEND_AGAIN.items() if texts[LANGUAGES.index(language)] in said]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_a_notice_of_every_code_says_all_that_it_must_in_the_authors_language(code, language):
    kinds = ["hold", "expiry"] if code in HELD else ["withhold", "hold", "expiry"]
    for agency_type, kind in product(GROUPS, kinds):
        said = notice(agency_type, (code,), next(EVERY_COUNTRY), language, kind)
        assert "{" not in said
        assert "}" not in said
        assert (INTEGRITY[language] in said) is (code in {"T1", "N1", "O1"})
        assert what_is_said(said, language) == (None if kind == "expiry" else what_may_go((code,)))
        assert language == "en" or english_in(said) == []


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_its_notice_in_every_language(country):
    for language in LANGUAGES:
        said = notice("police", ("N1",), country, language, "withhold")
        assert f": {BY_DOOR['ncb'][country]['names'][country]} (" in said.replace("\xa0", " ")
        assert language == "en" or english_in(said) == []


def test_english_is_found_where_it_stands():
    assert len(ENGLISH) > 80
    assert len(english_in(notice("police", ("N1",), "CM", "en", "withhold"))) > 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_two_codes_the_stricter_says_what_may_be_sent_again(language):
    for codes in combinations(CODES, 2):
        said = notice("customs", codes, next(EVERY_COUNTRY), language, "withhold")
        assert what_is_said(said, language) == what_may_go(codes), codes


def test_the_matrix_is_complete():
    assert set(GROUPS) == set(AgencyType)
    assert len(COUNTRIES) > 100
    assert set(LANGUAGES) == {path.stem for path in (ROOT / "config" / "locales").glob("*.po")}
