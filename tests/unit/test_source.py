"""Definitions as TOML: a fault names the file, the line and the nearest right key."""

from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import ConfigDict, Field

from relay.errors import ConfigurationError
from relay.source import check, keys_of, line_of, read_source


@dataclass(frozen=True, kw_only=True)
class Door:
    name: str
    floor: int = 0
    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class House:
    street: str
    door: tuple[Door, ...] = ()
    garden: Door | None = None
    number: Annotated[int, Field(ge=1)] = 1
    __pydantic_config__ = ConfigDict(extra="forbid")


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        check(read_source(text, "house.toml"), House)
    assert caught.value.file == "house.toml"
    return str(caught.value)


def test_a_document_becomes_a_value():
    house = check(read_source('street = "Elm"\n[[door]]\nname = "front"\n', "house.toml"), House)
    assert house == House(street="Elm", door=(Door(name="front"),))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("street = ", "house.toml:1: this is not valid TOML: "),
        ('street = "Elm"\nstreet = "Oak"', "house.toml:2: this is not valid TOML: "),
        ('street = "Elm', "house.toml:1: this is not valid TOML: "),
        ("", "house.toml:1: the key “street” is missing"),
        ("# nothing\n\n", "house.toml:1: the key “street” is missing"),
        ('stret = "Elm"', "house.toml:1: unknown key “stret”; did you mean “street”?"),
        ('street = "Elm"\nzzz = 1', "house.toml:2: unknown key “zzz”"),
        ("street = 1", "house.toml:1: street: input should be a valid string"),
        ('street = "Elm"\n\nnumber = 0 # none', "house.toml:3: number: input should be greater than or equal to 1"),
        ('street = "Elm"\n[[door]]\nname = "a"\n[[door]]\nfloor = 1', "house.toml:4: the key “door.name” is missing"),
        (
            'street = "Elm"\n[[door]]\nname = "a"\n[[door]]\nname = 1',
            "house.toml:5: door.name: input should be a valid string",
        ),
        (
            'street = "Elm"\n[[door]]\nname = "a"\nflor = 1',
            "house.toml:4: unknown key “door.flor”; did you mean “floor”?",
        ),
        (
            'street = "Elm"\n[garden]\n"name" = "g"\n\'floor\' = "x"',
            "house.toml:4: garden.floor: input should be a valid integer",
        ),
        ('street = "Elm"\ngarden.name = 1', "house.toml:2: garden.name: input should be a valid string"),
        ('street = "Elm"\ngarden = { name = 1 }', "house.toml:2: garden.name: input should be a valid string"),
        ('street = "Elm"\ndoor = 1', "house.toml:2: door: input should be a valid tuple"),
    ],
)
def test_a_fault_names_the_place_and_what_is_wrong(text, sentence):
    assert complaint(text).startswith(sentence)


def test_the_unclosed_end_of_a_document_counts_as_its_last_line():
    assert complaint('street = """\nElm\n').startswith("house.toml:3: this is not valid TOML")


def test_keys_are_found_at_any_depth():
    schema = {"properties": {"a": {"properties": {"b": {}}}}, "$defs": {"X": {"anyOf": [{"properties": {"c": {}}}, 1]}}}
    assert sorted(keys_of(schema)) == ["a", "b", "c"]


def test_a_line_is_found_for_a_key_or_its_nearest_table():
    text = "a = 1\n[b]\n  c = 2\n[[d]]\ne = 3\n[[d]]\ne = 4\n[d.f] # g\nh.i = 5\n"
    assert line_of(text, ("a",)) == 1
    assert line_of(text, ("b", "c")) == 3
    assert line_of(text, ("b", "missing")) == 2
    assert line_of(text, ("d", 0, "e")) == 5
    assert line_of(text, ("d", 1, "e")) == 7
    assert line_of(text, ("d", 1, "f", "h", "i")) == 9
    assert line_of(text, ("missing",)) == 1
    assert line_of("", ("a",)) == 1


def test_a_configuration_error_without_a_line_names_the_file_alone():
    assert str(ConfigurationError("it is wrong", file="a.toml")) == "a.toml: it is wrong"
    assert str(ConfigurationError("it is wrong")) == "it is wrong"
