"""The papers on data protection say what the product does: its settings, times, commands and tables."""

import re
import tomllib
from pathlib import Path

import pytest
import typer

from relay.actions.spill import REASONS
from relay.cli.main import COMMANDS, command_line
from relay.store import breaches, deletions, spills
from relay.store.tables import metadata

ROOT = Path(__file__).parents[2]
PAPERS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs" / "data-protection").glob("*.md"))}
SETTINGS = tomllib.loads((ROOT / "config" / "relay.toml").read_text("utf-8"))
RECORD = PAPERS["record-of-processing.md"]


def commands(group=None, path=()):
    for name, one in (group or typer.main.get_command(command_line(*COMMANDS))).commands.items():
        yield from commands(one, (*path, name)) if hasattr(one, "commands") else [" ".join((*path, name))]


@pytest.mark.parametrize("name", PAPERS)
def test_a_setting_that_is_told_with_its_value_has_that_value(name):
    for section, key, value in re.findall(r"`(\w+)\.(\w+)` \(([^)]+)\)", PAPERS[name]):
        assert SETTINGS[section][key] == value, f"{section}.{key}"


@pytest.mark.parametrize("name", PAPERS)
def test_a_setting_that_is_named_is_one(name):
    sections = "|".join(SETTINGS)
    for section, key in re.findall(rf"`({sections})\.(\w+)`", PAPERS[name]):
        assert key in SETTINGS[section], f"{section}.{key}"


def test_every_retention_is_in_the_record_with_its_value():
    told = dict(re.findall(r"`retention\.(\w+)` \(([^)]+)\)", RECORD))
    assert told == SETTINGS["retention"]


def test_every_table_of_the_database_is_in_the_record():
    told = set(
        re.findall(
            r"`(\w+)`", "\n".join(line.rsplit("|", 2)[-2] for line in RECORD.splitlines() if line.startswith("|"))
        )
    )
    assert told == {table.name for table in metadata.sorted_tables}


@pytest.mark.parametrize("name", PAPERS)
def test_a_command_that_is_named_is_one(name):
    known = set(commands())
    for words in re.findall(r"wen-relay ([a-z]+(?: [a-z]+)?)", PAPERS[name]):
        assert words in known or words.partition(" ")[0] in known, words


def test_the_times_of_letters_are_those_of_the_code():
    def hours(spans):
        return [int(span.total_seconds() // 3600) for span in spans]

    text = PAPERS["README.md"]
    assert hours(spills.CALL_AGAIN) == [4, 24, 48, *(24 * day for day in range(3, 8))]
    assert "called again after 4, 24 and 48 hours, then daily for five days" in text
    assert hours(breaches.REMIND_AFTER) == [24, 48, 66, 72, *(24 * day for day in range(4, 8))]
    assert "after 24, 48, 66 and 72 hours, then daily for four days" in text
    assert (hours([breaches.CLOCK]), "Its 72 hours" in text) == ([72], True)
    assert [span.days for span in deletions.REMIND_AFTER] == [3, 7]
    for name in ("README.md", "rights.md"):
        assert "after 3 and 7 days" in PAPERS[name]


def test_the_reasons_for_destroying_a_post_are_those_of_the_code():
    assert all(f"`{one}`" in PAPERS["rights.md"] for one in REASONS)


def test_every_paper_is_linked_and_says_what_the_operator_must_fill_in():
    for name, text in PAPERS.items():
        assert name == "README.md" or f"({name})" in PAPERS["README.md"]
        assert "[operator: " in text
    for name in ("README.md", "SECURITY.md"):
        assert "docs/data-protection/README.md" in (ROOT / name).read_text("utf-8")
