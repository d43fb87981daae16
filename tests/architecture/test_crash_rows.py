"""Every fault in the table of tests/crash/README.md is shown by tests that there are, and each test module there by a row."""

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = re.findall(
    r"(?m)^\| (\d+) \| ([^|]+) \| [^|]+ \| ([^|]+) \|$", (TESTS / "crash" / "README.md").read_text("utf-8")
)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


@cache
def functions_of(file):
    return set(re.findall(r"(?m)^(?:async )?def (test_\w+)\(", (TESTS / file).read_text("utf-8")))


def test_the_table_is_whole():
    numbers = [int(number) for number, _, _ in ROWS]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(70, 84))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_fault_is_shown_by_tests_that_there_are(row):
    named = NAMED.findall(row[2])
    assert named
    assert [(file, name) for file, name in named if name not in functions_of(file)] == []


def test_every_module_of_crashes_shows_a_row():
    shown = {file for _, _, places in ROWS for file, _ in NAMED.findall(places)}
    assert {f"crash/{path.name}" for path in (TESTS / "crash").glob("test_*.py")} <= shown
