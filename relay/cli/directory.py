"""`wen-relay directory`: the doors of countries, who is asked to confirm them, and all of it to be handed on."""

import sys
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from relay.actions.directory import ask_now, countries_shown, directory_entries
from relay.actions.open import opened, operator_name, wake_service
from relay.cli.output import ConfigOption, JsonOption, print_json, say
from relay.cli.rows import print_rows
from relay.delivery.directory_page import CountryEntry, directory_page
from relay.delivery.wording import is_confirmed
from relay.errors import Invalid
from relay.resources import LANGUAGES
from relay.roster.roll import write_roll

app = typer.Typer(no_args_is_help=True)

CountryOption = Annotated[str, typer.Option(metavar="CC", help="Only this country, such as CM.")]
_COLUMNS = ("country", "channel", "name", "how", "as_of", "confirmed")


@app.command("list")
def list_(country: CountryOption = "", as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """List the doors of the countries of the active lists and of members, as they stand today.

    Example: wen-relay directory list --country CM
    """
    rows = _rows(_read(country, config)[0])
    print_rows(rows, as_json=as_json, columns=_COLUMNS, nothing="Nothing is written down.")


@app.command()
def ask(country: CountryOption = "", as_json: JsonOption = False, config: ConfigOption = "") -> None:
    """Ask the focal points of a country, or of all countries that have members, at once to confirm their doors.

    Example: wen-relay directory ask --country CM
    """
    with opened(config) as resources:
        told = ask_now(resources, country, operator_name(), datetime.now(UTC))
        wake_service(resources.settings)
    if as_json:
        for code, letters in sorted(told.items()):
            print_json({"country": code, "letters": letters})
        return
    say(f"Letters written: {sum(told.values())}, in {sum(map(bool, told.values()))} countries.")
    if silent := [code for code, letters in sorted(told.items()) if not letters]:
        say(f"No focal point to ask: {', '.join(silent)}.")


@app.command()
def export(
    form: Annotated[
        Literal["csv", "html"], typer.Option("--format", help="csv, or html: print that to PDF from a browser.")
    ] = "csv",
    country: CountryOption = "",
    language: Annotated[str, typer.Option(metavar="xx", help="Of the HTML page; default: the relay's own.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = "",
) -> None:
    """Print the directory: functions and days, never a person.

    Example: wen-relay directory export --format html --language fr > doors.html
    """
    if language and language not in LANGUAGES:
        raise Invalid(f"“{language}” is not a language of the notices: use one of {', '.join(LANGUAGES)}")
    entries, page = _read(country, config, language)
    rows = _rows(entries)
    if as_json:
        print_rows(rows, as_json=True, columns=(), nothing="")
    elif form == "html":
        sys.stdout.write(page)
    else:
        sys.stdout.write(write_roll(({name: _text(row[name]) for name in _COLUMNS} for row in rows), _COLUMNS))


def _read(country: str, config: str, language: str = "") -> tuple[list[CountryEntry], str]:
    """The entries, and their page."""
    now = datetime.now(UTC)
    with opened(config) as resources:
        entries = directory_entries(resources, countries_shown(resources, country, now))
        catalogue = resources.catalogue(language or resources.settings.relay.language)
    return entries, directory_page(entries, now.date(), catalogue)


def _rows(entries: list[CountryEntry]) -> list[dict[str, object]]:
    today = datetime.now(UTC).date()
    return [
        {
            "country": entry.country,
            "channel": door.channel.value,
            "name": door.name,
            "how": door.how,
            "as_of": door.as_of.isoformat(),
            "confirmed": is_confirmed(door, today),
        }
        for entry in entries
        for door in entry.doors
        if door.as_of
    ]


def _text(value: object) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
