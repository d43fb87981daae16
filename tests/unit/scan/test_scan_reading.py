"""What tesseract's words become, and what beside them says that a page isn't read whole."""

import numpy as np

from relay.scan.looking import covered, is_blank, marks_beside
from relay.scan.tesseract import Word, rows_of, text_of
from tests.pictures import scribble, writing


def word(text: str, left: int, top: int, *, column: str) -> Word:
    return Word(text=text, sure=90, box=(left, top, 60, 30), line=(column, "1", str(top)))


def grey(image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def test_words_are_put_together_column_by_column_and_row_by_row():
    table = [
        word("Role", 0, 10, column="1"),
        word("suspect", 0, 100, column="1"),
        word("Name", 500, 12, column="2"),
        word("Ivo", 500, 96, column="2"),
        word("Example", 570, 96, column="2"),
    ]
    assert text_of(table) == "Role\nsuspect\nName\nIvo Example"
    assert rows_of(table) == "Role Name\nsuspect Ivo Example"


def test_rows_of_a_script_that_goes_from_right_to_left_do_so():
    table = [word("صفة", 500, 10, column="1"), word("اسم", 0, 10, column="2")]
    assert rows_of(table) == "صفة اسم"


def test_no_words_are_no_text():
    assert text_of(()) == rows_of(()) == ""


def test_paper_with_dust_is_blank_and_a_few_words_are_not():
    assert is_blank(grey(writing()))
    dusty = grey(writing()).copy()
    dusty[500:508, 700:708] = 0
    assert is_blank(dusty)
    assert not is_blank(grey(writing("Ivo")))
    assert is_blank(grey(writing(paper=0)))
    assert not is_blank(grey(writing("Ivo", ink=255, paper=0)))


def test_what_stands_in_no_box_counts_by_its_width():
    box = (50, 40, 400, 30)
    for colours in ({}, {"ink": 255, "paper": 0}):
        sheet = grey(writing("Forty kilograms of scales", **colours))
        assert marks_beside(sheet, [box]) < 1
        assert marks_beside(sheet, [(900, 900, 60, 30)]) > 4
    assert marks_beside(grey(scribble(writing("Forty kilograms of scales"))), [box]) > 4


def test_boxes_at_the_edges_are_covered_and_the_page_itself_stays_as_it_is():
    page = np.zeros((10, 10), np.uint8)
    assert covered(page, [(0, 0, 2, 2), (9, 9, 5, 5)], 255).sum() == 255 * (6 * 6 + 5 * 5 - 1)
    assert page.sum() == 0
