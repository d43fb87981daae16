"""Whatever stands in the record leaves as CSV that no spreadsheet runs, and comes back as it was."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from relay.roster.roll import COLUMNS, read_roll, write_roll

VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
    st.text("'=+-@\t\r\n ;,\"＝x", max_size=8),
)
ROWS = st.lists(
    st.fixed_dictionaries(dict.fromkeys(COLUMNS, VALUES)).filter(lambda row: any(map(str.strip, row.values()))),
    min_size=1,
    max_size=4,
)


@given(ROWS)
def test_what_is_written_is_read_as_it_was(rows):
    assert [dict(row.cells) for row in read_roll(write_roll(rows).encode())] == rows


@given(ROWS)
def test_no_cell_that_leaves_begins_as_a_formula_does(rows):
    cells = [cell for line in csv.reader(io.StringIO(write_roll(rows), newline="")) for cell in line]
    assert not [
        cell for cell in cells if cell.startswith(("\t", "\r", "\n")) or cell.lstrip().startswith(("=", "+", "-", "@"))
    ]
