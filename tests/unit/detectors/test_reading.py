"""How a text is taken apart: sentences, lines, paragraphs, rows of digits, and its forms."""

import sys
import time

import numpy as np
import pytest
import regex

from relay.detectors import reading
from relay.detectors.reading import Reading, Spans, flatten, read
from relay.policy.shape import fold, shape
from tests.growth import assert_linear


def _read(text: str) -> Reading:
    shaped = shape(text)
    return read(shaped, fold(shaped))


def _parts(text: str, spans: Spans) -> list[str]:
    ends = [*spans.starts[1:], len(text)]
    return [part for start, end in zip(spans.starts, ends, strict=True) if (part := text[start:end].strip())]


@pytest.mark.parametrize(
    "sentences",
    [
        ["We met Dr. Example.", "He left."], ["J. Example wrote.", "We read."], ["M. Example est venu ?", "Oui !", "Bien."],
        ["See no. 5, tel. 12, at 1.5 km."], ["Г. Пример жил на ул. Мира.", "Он ушёл."], ["查获象牙。", "两人被捕。"], ["one;", "two"],
        ["He said “it is done.”", "Then he left."], ["توقف الرجل؟", "نعم"], ["a.b@agency.example wrote."],
        ["Held: 1. Ana Example, 2.", "John Doe.", "Both are out."], ["Held: 4.", "Ana Example opens the workshop."], ["We saw 3.", "Then none."],
    ],
)  # fmt: skip
def test_sentences_end_at_stops_but_not_behind_abbreviations_and_initials(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert _parts(text, _read(text).sentences) == sentences


@pytest.mark.parametrize("end", ["x", '"x', "”»)x", "\n", " x"])
def test_many_stops_are_read_in_linear_time(end: str) -> None:
    def seconds(count: int) -> float:
        start = time.perf_counter()
        reading._sentences("." * count + end * count)
        return time.perf_counter() - start

    assert_linear(seconds, 2_000, 16_000)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("- one tusk\n- two tusks", 2),
        ("(a) one tusk\n(b) two tusks", 2),
        ("The officers of the eastern district have seized\nTwo tusks", 1),
        ("The officers of the eastern district have seized\n- Two tusks", 2),
        ("Seized tusks\nTwo men", 2),
        ("> Seized tusks\n> two men", 1),
        ("Photo:\nTwo men", 1),
        ("short,\nAnd", 1),
        ("he said\nthat", 1),
        ("Heading\n\nthe text", 2),
        ("Heading\n>\n> the text", 2),
    ],
)
def test_a_line_s_end_ends_a_sentence_unless_the_line_was_broken(text: str, sentences: int) -> None:
    assert len(_parts(text, _read(text).sentences)) == sentences


def test_lines_and_paragraphs_are_told_by_where_they_begin() -> None:
    reading = _read("one\ntwo\n\n> three\n>\n> four")
    assert _parts(reading.text, reading.lines) == ["one", "two", "> three\n>", "> four"]
    assert _parts(reading.text, reading.paragraphs) == ["one\ntwo", "> three\n>", "> four"]
    assert [reading.lines.of(place) for place in (0, 3, 4, 8, 9)] == [0, 0, 1, 1, 2]


def test_rows_of_digits_go_over_what_stands_between_the_groups_of_a_number() -> None:
    reading = _read("Call (202) 555-01\n> 43 or 12. Then ٣٤ ５ and 1----2")
    assert [(reading.text[start:end], digits) for start, end, digits in reading.rows] == [
        ("202) 555-01\n> 43", 10), ("12", 2), ("34 5", 3), ("1", 1), ("2", 1),
    ]  # fmt: skip


def test_the_stretches_around_rows_hold_what_stands_near_and_are_joined_where_they_meet() -> None:
    far = "x" * 100
    reading = _read(f"{far}123456{far}{far}12{far}1234567 y 1234567{far}")
    near = "x" * 32
    assert [reading.text[start:end] for start, end in reading.around_rows(6)] == [
        f"{near}123456{near}", f"{near}1234567 y 1234567{near}",
    ]  # fmt: skip
    assert list(reading.around_rows(8)) == []
    assert list(_read("123456").around_rows(6)) == [(0, 6)]


def test_letters_of_scripts_without_spaces_are_apart_from_others() -> None:
    reading = _read("电话ABC12车牌")
    assert (reading.form("written"), reading.form("folded")) == ("电话ABC12车牌", "电话abc12车牌")
    assert reading.form("apart") == "  abc12  "


def test_places_in_the_flat_text_lead_back() -> None:
    reading = _read("Two  tusks,\n> seized")
    assert reading.flat == " two tusks , seized "
    for token, written in (("two", 0), ("tusks", 5), (",", 10), ("seized", 14)):
        assert reading.place(reading.flat.index(token)) == written
    assert reading.place(0) == 0
    assert _read("").place(0) == 0
    assert flatten("l'or-r&d, b") == "l or r & d , b"


def test_of_every_character_it_is_known_whether_it_is_of_a_word_or_a_sign() -> None:
    every = np.arange(sys.maxunicode + 1, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    kinds = np.zeros(len(every), np.uint8)
    for run in regex.finditer(f"({reading._WORD})|{reading._SIGN}+", every):
        kinds[slice(*run.span())] = reading._OF_WORD if run[1] else reading._IS_SIGN
    assert (kinds == reading._KINDS).all()
