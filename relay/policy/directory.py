"""Reads every country's doors (config/channels/): those that many countries share, and each country's own before them.

The format and its reasons for users: config/channels/README.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import ConfigDict

from relay.errors import ConfigurationError
from relay.policy.channels import Channel, ChannelEntry, CountryChannels, Directory
from relay.roster.countries import COUNTRIES
from relay.source import check, line_of, read_source


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedEntry(ChannelEntry):
    """A door that many countries have: under one name in `countries`, or under the name that `names` gives each of them."""

    countries: tuple[str, ...] | Literal["all"] = ()
    names: dict[str, str] = field(default_factory=dict)
    __pydantic_config__ = ConfigDict(extra="forbid")

    def by_country(self) -> dict[str, str]:
        """The door's name in each country that has it."""
        return dict.fromkeys(COUNTRIES if self.countries == "all" else self.countries, self.name) | self.names


@dataclass(frozen=True, slots=True, kw_only=True)
class _SharedFile:
    channel: tuple[SharedEntry, ...] = ()
    __pydantic_config__ = ConfigDict(extra="forbid")


def read_country(text: str, file: str) -> CountryChannels:
    """Read one config/channels/CC.toml.

    Raises:
        ConfigurationError: a fault, with file and line.
    """
    country = check(read_source(text, file), CountryChannels)
    _must_be_countries([country.country], text, file, ("country",))
    seen: set[Channel] = set()
    for place, entry in enumerate(country.channel):
        if entry.id in seen:
            raise ConfigurationError(
                f"the channel “{entry.id}” stands here twice", file=file, line=line_of(text, ("channel", place, "id"))
            )
        seen.add(entry.id)
    return country


def read_shared(text: str, file: str) -> dict[str, dict[Channel, ChannelEntry]]:
    """Read config/channels/shared.toml: the doors of each country.

    Raises:
        ConfigurationError: a fault, with file and line; also a door without countries, or two of a kind for one country.
    """
    doors: dict[str, dict[Channel, ChannelEntry]] = {}
    for place, shared in enumerate(check(read_source(text, file), _SharedFile).channel):
        here = ("channel", place, "id")
        by_country = shared.by_country()
        _must_be_countries(by_country, text, file, here)
        if not by_country or (shared.countries and shared.names):
            sentence = "needs either `countries` or `names`: which countries have it?"
            raise ConfigurationError(f"the channel “{shared.id}” {sentence}", file=file, line=line_of(text, here))
        for country, name in by_country.items():
            if shared.id in doors.setdefault(country, {}):
                raise ConfigurationError(
                    f"the channel “{shared.id}” of {country} stands here twice", file=file, line=line_of(text, here)
                )
            doors[country][shared.id] = replace(shared, name=name)
    return doors


def read_directory(countries: Iterable[tuple[str, str]], shared: tuple[str, str]) -> Directory:
    """Read all doors; a country's own come before those that it shares.

    Args:
        countries: (file name, TOML text) of each country's file.
        shared: the same of the file that holds what many countries share.

    Raises:
        ConfigurationError: a fault in a file, or two files for one country.
    """
    file, text = shared
    doors = read_shared(text, file)
    own: dict[str, CountryChannels] = {}
    for file, text in countries:
        country = read_country(text, file)
        if country.country in own:
            raise ConfigurationError(
                f"another file already holds the channels of {country.country}: keep one", file=file
            )
        own[country.country] = country
    return Directory(
        countries={
            code: _together(own.get(code) or CountryChannels(country=code), doors.get(code, {}))
            for code in own.keys() | doors.keys()
        }
    )


def _together(own: CountryChannels, shared: dict[Channel, ChannelEntry]) -> CountryChannels:
    """A country's own doors, and those it shares of which it has none of its own."""
    return CountryChannels(
        country=own.country,
        channel=tuple((shared | {entry.id: entry for entry in own.channel}).values()),
        police_powers=own.police_powers,
    )


def _must_be_countries(codes: Iterable[str], text: str, file: str, key: tuple[str | int, ...]) -> None:
    if unknown := sorted(set(codes) - COUNTRIES):
        raise ConfigurationError(
            f"“{unknown[0]}” is not an ISO 3166 country code such as CM", file=file, line=line_of(text, key)
        )
