"""The roll as CSV: what spreadsheets do to a file, and a sentence with its line for what can't be read."""

import pytest

from relay.errors import Invalid
from relay.roster.roll import COLUMNS, OCTETS, PERSONAL, as_meant, harmless, read_roll, write_roll

HEADER = "address,name,agency,agency_type,country,language,lists,nominated_by,confirmed_by"
ANA = "ana@douanes.example,Ana Example,Douanes,customs,CM,fr,central-africa;species-id,a@n.example,b@n.example"


def refused(text, **options):
    with pytest.raises(Invalid) as error:
        read_roll(text if isinstance(text, bytes) else text.encode(), **options)
    return str(error.value)


def test_a_row_has_its_cells_by_column_and_its_line():
    [row] = read_roll(f"{HEADER}\n{ANA}\n".encode())
    assert (row.line, row.cells["name"], row.cells["lists"]) == (2, "Ana Example", "central-africa;species-id")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_from_a_spreadsheet_are_read_like_commas(delimiter):
    header = delimiter.join(HEADER.split(","))
    line = delimiter.join(f'"{cell}"' if ";" in cell else cell for cell in ANA.split(","))
    assert read_roll(f"{header}\r\n{line}\r\n".encode()) == read_roll(f"{HEADER}\n{ANA}\n".encode())


def test_line_ends_are_those_of_any_system():
    text = f"{HEADER}\n{ANA}\n"
    for end in ("\r\n", "\r"):
        assert read_roll(text.replace("\n", end).encode()) == read_roll(text.encode())


def test_a_byte_order_mark_and_spaces_around_a_columns_name_are_no_part_of_it():
    spaced = HEADER.replace(",name,", ", name ,")
    assert read_roll(f"\ufeff{spaced}\n{ANA}\n".encode()) == read_roll(f"{HEADER}\n{ANA}\n".encode())


def test_lines_are_counted_over_quoted_line_breaks_and_empty_lines():
    broken = ANA.replace("Ana Example", '"Ana\nExample"')
    first, second = read_roll(f"{HEADER}\n\n{broken}\n,,,,,,,,\n{ANA}\n".encode())
    assert (first.line, first.cells["name"], second.line) == (3, "Ana\nExample", 6)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (HEADER.encode("utf-16"), "UTF-16"),
        (HEADER.encode("utf-16-be"), "line 1: a NUL octet"),
        (f"{HEADER}\n{ANA}\n".encode() + b"x\0", "line 3: a NUL octet"),
        (f"{HEADER}\n{ANA.replace('Ana', 'André')}\n".encode("latin-1"), "line 2: this is not UTF-8"),
        (b"a" * (OCTETS + 1), "larger than 8 MB"),
        (b"", "line 1: the column “address” is missing"),
        (HEADER.encode(), "line 1: the file names nobody"),
        (f"{HEADER},name\n{ANA},x\n".encode(), "line 1: the column “name” stands there twice"),
        (f"{HEADER},rolle\n{ANA},x\n".encode(), "line 1: unknown column “rolle”; did you mean “role”?"),
        (f"{HEADER},shoe size\n{ANA},x\n".encode(), "line 1: unknown column “shoe size”: the columns are address"),
        (f"{HEADER}\n{ANA}\n{ANA},x\n".encode(), "line 3: the line has more or fewer cells"),
        (
            f'{HEADER}\n{ANA}\n"{"x" * 2001}",b,c,d,e,f,g,h,i\n'.encode(),
            "line 3: “address” has more than 2000 characters",
        ),
        (f'{HEADER}\n{ANA}\n"{"x" * 200_000}\n'.encode(), "line 3: this is not CSV"),
        (f'{HEADER}\n{ANA}\n"x"y,b,c,d,e,f,g,h,i\n'.encode(), "line 3: this is not CSV"),
    ],
)
def test_what_can_not_be_read_is_named_with_its_line(octets, words):
    assert words in refused(octets)


def test_who_is_vouched_for_already_needs_no_nominator():
    header, line = ",".join(PERSONAL), ",".join(ANA.split(",")[:7])
    assert "“nominated_by” is missing" in refused(f"{header}\n{line}\n")
    assert len(read_roll(f"{header}\n{line}\n".encode(), PERSONAL)) == 1


@pytest.mark.parametrize("value", ["=1+1", "+CMD()", "-2", "@SUM(A1)", "\t=1", "\rx", " =1", "＝1+1", "'=1", "''@x"])
def test_a_formula_goes_out_as_text_and_comes_back_as_it_was(value):
    assert harmless(value) == f"'{value}"
    assert as_meant(harmless(value)) == value


@pytest.mark.parametrize("value", ["", "Ana", "'Abd al-Rahman", "O'Neill", "a@b.example", "it's = that"])
def test_what_no_spreadsheet_runs_stays_as_it_is(value):
    assert harmless(value) == as_meant(value) == value


def test_what_is_written_has_every_column_and_is_read_again():
    values = {column: f"=HYPERLINK({number})" for number, column in enumerate(COLUMNS)}
    text = write_roll([values])
    assert ',"=' not in text
    assert [dict(row.cells) for row in read_roll(text.encode())] == [values]
