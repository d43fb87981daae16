"""The roll: members as a CSV file, octets to rows and rows to text. What the rows mean is judged elsewhere.

A file comes from a spreadsheet as often as from us: with a byte order mark, with semicolons where the comma is a decimal sign, with
line breaks inside quotes. What would run as a formula in a spreadsheet goes out behind an apostrophe, which is taken away
when the file comes back: every value comes back as it was.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from relay.errors import Invalid
from relay.source import did_you_mean

COLUMNS = (
    "address",
    "name",
    "agency",
    "agency_type",
    "country",
    "language",
    "lists",
    "nominated_by",
    "confirmed_by",
    "role",
    "valid_until",
    "free_mail_waiver",
    "state",
)
VOUCHED = COLUMNS[:9]  # what a nomination needs
PERSONAL = COLUMNS[:7]  # what a person who is vouched for already needs
OCTETS = 8 * 1024 * 1024  # of a file: some forty thousand people
_CELL = 2000  # characters

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (";", "\t")  # instead of the comma, as spreadsheets write them where the comma is a decimal sign
_SAVE_AS = "save it as “CSV UTF-8”"
# What spreadsheets take for a formula (OWASP, CSV Injection), with the wide forms that some of them read alike; and the same behind
# apostrophes of ours or of the value's own, so that one apostrophe more can be told from none.
_RUNS = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")
_RAN = re.compile(r"'(?='*(?:[\t\r\n]|\s*[=+\-@＝＋－＠]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person's cells by column, and the line of the file on which they begin; the header is line 1."""

    line: int
    cells: Mapping[str, str]


def read_roll(octets: bytes, required: Sequence[str] = VOUCHED) -> tuple[Row, ...]:
    """Read a CSV file.

    Args:
        octets: the file, UTF-8.
        required: columns that the header must have; the others of COLUMNS may be there, in any order.

    Raises:
        Invalid: “line N: …”, or what the file is instead of UTF-8 text.
    """
    text = _text(octets)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    line = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, required)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line=line, cells=_cells(header, cells, line)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"line {line}: this is not CSV: {error}") from None
    if not rows:
        raise Invalid("line 1: the file names nobody")
    return tuple(rows)


def write_roll(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """Write rows as CSV that a spreadsheet can open without running anything in it, and that `read_roll` takes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)  # nothing in a cell can end it
    writer.writerow(columns)
    writer.writerows([harmless(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def harmless(value: str) -> str:
    """The value as a cell that no spreadsheet runs as a formula."""
    return f"'{value}" if _RUNS.match(value) else value


def as_meant(cell: str) -> str:
    """The value of a cell that `harmless` made; any other cell as it is."""
    return _RAN.sub("", cell, count=1) if cell.startswith("'") and _RAN.match(cell) else cell


def _text(octets: bytes) -> str:
    """The file's text, if it is UTF-8."""
    if len(octets) > OCTETS:
        raise Invalid(f"the file is larger than {OCTETS // 1024 // 1024} MB: divide it")
    if octets.startswith(_UTF16):
        raise Invalid(f"the file is UTF-16: {_SAVE_AS}")
    if (place := octets.find(0)) >= 0:
        raise Invalid(f"line {_line_at(octets, place)}: a NUL octet stands here, so this is no text: {_SAVE_AS}")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line_at(octets, error.start)
        raise Invalid(f"line {line}: this is not UTF-8 but perhaps Latin-1 or Windows-1252: {_SAVE_AS}") from None


def _line_at(octets: bytes, place: int) -> int:
    return octets.count(b"\n", 0, place) + 1


def _delimiter(text: str) -> str:
    """The delimiter that the header shows: no column's name holds one."""
    header = text.partition("\n")[0].partition("\r")[0]
    return next((one for one in _DELIMITERS if one in header and "," not in header), ",")


def _check_header(names: Sequence[str], required: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in COLUMNS]:
        hint = did_you_mean(unknown[0], COLUMNS) or f": the columns are {', '.join(COLUMNS)}"
        raise Invalid(f"line 1: unknown column “{unknown[0]}”{hint}")
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise Invalid(f"line 1: the column “{twice[0]}” stands there twice: which one counts?")
    if missing := [name for name in required if name not in names]:
        raise Invalid(f"line 1: the column “{missing[0]}” is missing")


def _cells(header: Sequence[str], cells: Sequence[str], line: int) -> dict[str, str]:
    if len(cells) != len(header):
        raise Invalid(f"line {line}: the line has more or fewer cells than the header")
    if too_long := [name for name, cell in zip(header, cells, strict=True) if len(cell) > _CELL]:
        raise Invalid(f"line {line}: “{too_long[0]}” has more than {_CELL} characters: is a quotation mark missing?")
    return {name: as_meant(cell) for name, cell in zip(header, cells, strict=True)}
