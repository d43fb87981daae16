"""Every row of tests/integration/hostile/README.md is claimed by a test that a reader can find."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLES = (TESTS / "integration" / "hostile" / "README.md").read_text("utf-8")
CLAIM = re.compile(r"\b(row|pitfall|evasion)s? ((?:\d+(?:, | and )?)+)", re.IGNORECASE)


def texts():
    """Every place where a test may claim a row: the docstrings of test functions, and the titles of dialogues."""
    for path in sorted(TESTS.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if CLAIM.search(text) else ():
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}", ast.get_docstring(node) or ""
    for path in sorted((TESTS / "dialogues").glob("*.txt")):
        for title in re.findall(r"(?m)^= (.*)$", path.read_text("utf-8")):
            yield path.name, title


def claims():
    found = defaultdict(list)
    for place, text in texts():
        for kind, numbers in CLAIM.findall(text):
            for number in re.findall(r"\d+", numbers):
                found[kind.lower(), int(number)].append(place)
    return found


CLAIMS = claims()
LAST = {"row": 90, "evasion": 14, "pitfall": 23}
ROWS = [(kind, number) for kind, last in LAST.items() for number in range(1, last + 1)]


def test_the_tables_are_whole():
    for table, (kind, last) in zip(re.split(r"(?m)^## ", TABLES)[1:], LAST.items(), strict=True):
        assert re.findall(r"(?m)^\| (\d+) \|", table) == [str(number) for number in range(1, last + 1)], kind


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row_is_claimed_by_a_test(row):
    assert row in CLAIMS


def test_nobody_claims_a_row_that_there_is_not():
    assert set(CLAIMS) <= set(ROWS)
