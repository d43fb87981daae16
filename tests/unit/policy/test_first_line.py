"""CONFIRM or CORRECTS as the first line: what it names, and that nothing of it is left in what goes out."""

from time import thread_time

import pytest

from relay.policy.first_line import CONFIRMATION, CORRECTION, read_first_line, without_first_line
from relay.policy.post import CleanPart
from tests.growth import assert_linear

REFERENCE = "CAFR-2026-000123"
LINE = f"CONFIRM {REFERENCE}"
REST = "Two tusks were found.\n"


def plain(text):
    return CleanPart(media_type="text/plain", text=text)


def page(text):
    return CleanPart(media_type="text/html", text=text)


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        f"  {LINE}  ",
        f"\n\n{LINE}",
        LINE.lower(),
        f"{LINE}.",
        f"CONFIRM: {REFERENCE}",
        f"CONFIRM\u00a0{REFERENCE}",
    ],
)
def test_the_first_line_names_a_post(line):
    parts = (plain(f"{line}\n{REST}"),)
    assert read_first_line(parts, CONFIRMATION) == REFERENCE
    [left] = without_first_line(parts, CONFIRMATION)
    assert left.text.strip("\n ") == REST.strip()
    assert left.text.count("\n") == parts[0].text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        REST,
        f"{REST}{LINE}\n",
        f"> {LINE}\n{REST}",
        f"{LINE} please\n{REST}",
        f"Please {LINE}\n{REST}",
        "CONFIRM\n" + REFERENCE + "\n",
        "CONFIRM CAFR-2026\n",
        f"CONFIRM{REFERENCE}\n",
        "CONFIRMED CAFR-2026-000123\n",
    ],
)
def test_anything_else_names_none(text):
    assert read_first_line((plain(text),), CONFIRMATION) is None


def test_a_message_that_is_nothing_else_has_an_empty_text_left():
    assert without_first_line((plain(LINE),), CONFIRMATION) == (plain("\n"),)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (f"<p>{LINE}</p><p>Two tusks</p>", "<p></p><p>Two tusks</p>"),
        (f"<div><br></div>\n<div>CONFIRM&nbsp;{REFERENCE}<br></div>Two", "<div><br></div>\n<div><br></div>Two"),
        (f"<p><b>CONFIRM</b> <i>{REFERENCE}</i>.</p>Two", "<p><b></b><i></i>.</p>Two"),
        (f"{LINE}\nTwo", "Two"),
    ],
)
def test_a_page_loses_the_line_and_keeps_its_tags(source, left):
    parts = (plain(f"{LINE}\n{REST}"), page(source))
    assert without_first_line(parts, CONFIRMATION) == (plain(f"\n{REST}"), page(left))


@pytest.mark.parametrize("source", ["<p>Hello</p>", f"<p>Hello {LINE}</p>", f"<p>CON<b>FIRM</b> {REFERENCE}</p>"])
def test_a_page_that_does_not_begin_with_it_is_left_out(source):
    assert without_first_line((plain(f"{LINE}\n{REST}"), page(source)), CONFIRMATION) == (plain(f"\n{REST}"),)


@pytest.mark.parametrize("piece", [" ", "<p>", "\n", "CONFIRM ", "<", "&nbsp;", "CONFIRM<b>"])
def test_time_grows_with_the_text(piece):
    def seconds(text):
        start = thread_time()
        read_first_line((plain(text),), CONFIRMATION)
        without_first_line((plain(text), page(text), page(f"<p>CONFIRM {text}")), CONFIRMATION)
        return thread_time() - start

    assert_linear(seconds, piece * 10_000, piece * 80_000)


@pytest.mark.parametrize("line", [f"CORRECTS {REFERENCE}", f"Corrige\u00a0: {REFERENCE}", f"corrige {REFERENCE}."])
def test_a_correction_says_so_in_four_languages(line):
    parts = (plain(f"{line}\n{REST}"),)
    assert read_first_line(parts, CORRECTION) == REFERENCE
    assert read_first_line(parts, CONFIRMATION) is None
    assert without_first_line(parts, CORRECTION) == (plain(f"\n{REST}"),)
