"""Every sentence of the code is in every language, with the same placeholders."""

import ast
import re
import tomllib
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from string import Formatter

import pytest

from relay.delivery.catalogue import read_catalogue
from relay.errors import ConfigurationError
from relay.roster.countries import country_named
from relay.roster.definition import read_list

ROOT = Path(__file__).parents[3]
LANGUAGES = ("en", "fr", "es", "pt")


def shipped(language: str):
    return read_catalogue((ROOT / "config" / "locales" / f"{language}.po").read_text("utf-8"), language)


CATALOGUES = {language: shipped(language) for language in LANGUAGES}


def sentences_of_the_code() -> set[str]:
    """First arguments of `sentence(…)`, `catalogue.text(…)` and `catalogue.plural(…)` that are written out."""
    found = set()
    for path in (ROOT / "relay").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and asks_a_catalogue(node.func)
            ):
                found.add(node.args[0].value)
    return found


def asks_a_catalogue(called: ast.expr) -> bool:
    if isinstance(called, ast.Name):
        return called.id == "sentence"
    return (
        isinstance(called, ast.Attribute)
        and called.attr in {"text", "plural"}
        and "catalogue" in ast.unparse(called.value)
    )


def sentences_of_the_lists() -> set[str]:
    lists = [read_list(path.read_text("utf-8"), path.name, "relay.example") for path in (ROOT / "lists").glob("*.toml")]
    return {words for one in lists for words in (one.title, one.community, one.footer, one.integrity_contact)}


def regions_of_the_doors() -> set[str]:
    """The names of doors that are a region's, and so have one in every language; other names are proper names."""
    doors = tomllib.loads((ROOT / "config" / "channels" / "shared.toml").read_text("utf-8"))["channel"]
    return {door["name"] for door in doors if door["id"] == "rilo"}


def words(text: str) -> set[str]:
    return set(re.split(r"[\s,:.]+(?!GREEN)", text))


SENTENCES = sentences_of_the_code() | sentences_of_the_lists() | regions_of_the_doors()


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    assert len(SENTENCES) > 90
    assert sorted(SENTENCES - set(CATALOGUES[language].forms)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_over(language):
    assert sorted(set(CATALOGUES[language].forms) - SENTENCES) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders_and_the_command_words(language):
    commands = {"HELP", "REVIEW", "CONFIRM", "WITHDRAW", "SPILL", "NO", "TLP:GREEN"}
    for msgid, forms in CATALOGUES[language].forms.items():
        for form in forms:
            assert placeholders(form) == placeholders(msgid), form
            assert commands & words(form) == commands & words(msgid), form


def test_no_line_of_a_french_text_can_begin_with_its_punctuation():
    for forms in CATALOGUES["fr"].forms.values():
        for form in forms:
            assert not re.search(r" [:;?!»]|« ", form), form


@pytest.mark.parametrize("language", ["fr", "es", "pt"])
def test_translations_are_not_the_english(language):
    same = {msgid for msgid, forms in CATALOGUES[language].forms.items() if forms[0] == msgid}
    assert same <= {
        "message",
        "page {number}",
        "; ",
        "{category}: {places}",
        "{door}: {name}",
        "China",
        "Europe",
        "[{n} photo]",
        "[{n} document]",
    }


def test_numbers_choose_their_plural_in_each_language():
    said = {
        language: [CATALOGUES[language].plural("{n} member", "{n} members", n) for n in (0, 1, 2)]
        for language in LANGUAGES
    }
    assert said["en"] == ["0 members", "1 member", "2 members"]
    assert said["fr"] == ["0 membre", "1 membre", "2 membres"]
    assert said["es"] == ["0 miembros", "1 miembro", "2 miembros"]
    assert said["pt"] == ["0 membros", "1 membro", "2 membros"]


def test_what_a_catalogue_lacks_is_said_in_english():
    french = CATALOGUES["fr"]
    assert french.text("Hello {name}", name="{x}") == "Hello {x}"
    assert french.plural("{n} egg", "{n} eggs", 3) == "3 eggs"
    assert french.definition("Written {by} a site") == "Written {by} a site"


def test_countries_and_moments_are_said_in_the_language():
    french = CATALOGUES["fr"]
    assert french.country("CM") == "Cameroun"
    assert french.country("QQ") == "QQ"
    assert french.day(date(2026, 3, 1)) == "1er mars 2026"
    assert (
        french.moment(datetime(2026, 3, 1, 0, 5, tzinfo=timezone(timedelta(hours=1)))) == "28 février 2026, 23:05 UTC"
    )
    assert CATALOGUES["en"].moment(datetime(2026, 3, 1, 14, 2, tzinfo=UTC)) == "1 March 2026, 14:02 UTC"


def test_fuzzy_and_empty_translations_are_not_used():
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr ""\n'
    assert read_catalogue(text, "fr").forms == {}


def test_what_is_no_catalogue_is_refused():
    with pytest.raises(ConfigurationError, match=r"^fr\.po: this is not a message catalogue"):
        read_catalogue("Dear colleague\n", "fr")


LISTED = sorted(
    frozenset().union(
        *(
            read_list(path.read_text("utf-8"), path.name, "relay.example").countries
            for path in (ROOT / "lists").glob("*.toml")
        )
    )
)


@pytest.mark.parametrize("country", LISTED)
def test_a_countrys_name_is_one_that_its_officials_use_and_that_leads_back_to_it(country):
    for language, catalogue in CATALOGUES.items():
        name = catalogue.country(country)
        assert country_named(name) == country, (language, name)
        assert len(name) > 3
        assert not re.search(r"[()]| - |Kinshasa|Brazzaville", name)


@pytest.mark.parametrize(
    ("country", "names"),
    [
        ("CD", "Democratic Republic of the Congo; République démocratique du Congo; República Democrática del Congo; República Democrática do Congo"),
        ("CG", "Republic of the Congo; République du Congo; República del Congo; República do Congo"),
        ("MM", "Myanmar; Myanmar; Myanmar; Mianmar"),
        ("SZ", "Eswatini; Eswatini; Esuatini; Essuatíni"),
        ("MK", "North Macedonia; Macédoine du Nord; Macedonia del Norte; Macedónia do Norte"),
        ("CZ", "Czechia; Tchéquie; Chequia; Chéquia"),
        ("KE", "Kenya; Kenya; Kenia; Quénia"),
        ("MZ", "Mozambique; Mozambique; Mozambique; Moçambique"),
        ("GB", "United Kingdom; Royaume-Uni; Reino Unido; Reino Unido"),
        ("SS", "South Sudan; Soudan du Sud; Sudán del Sur; Sudão do Sul"),
    ],
)  # fmt: skip
def test_countries_are_called_as_they_are_called_today(country, names):
    assert [CATALOGUES[language].country(country) for language in LANGUAGES] == names.split("; ")
