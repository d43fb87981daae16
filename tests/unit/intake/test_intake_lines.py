"""Command lines: framing that ends at CRLF only, and verbs."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.intake import replies
from relay.intake.lines import AUTH_OCTETS, COMMAND_OCTETS, Command, CommandLines, LineFault, parse_command


def cut(chunks: list[bytes]) -> list[bytes | LineFault]:
    """Everything that comes out, up to the first fault."""
    lines, found = CommandLines(), []
    for chunk in chunks:
        lines.feed(chunk)
        while (line := lines.next()) is not None:
            found.append(line)
            if isinstance(line, LineFault):
                return found
    return found


pieces = st.sampled_from([b"NOOP", b"\r\n", b"\r", b"\n", b" ", b"x" * 255, b"AUTH ", b"\x16\x03\x01", b"\0", b"\xff"])


@given(st.lists(pieces, max_size=12).map(b"".join), st.lists(st.integers(0, 3000), max_size=8))
def test_lines_come_out_the_same_however_the_stream_is_split(octets, splits):
    places = [0, *sorted(place % (len(octets) + 1) for place in splits), len(octets)]
    chunks = [octets[start:end] for start, end in pairwise(places)]
    bytewise = [octets[place : place + 1] for place in range(len(octets))]
    assert cut(chunks) == cut([octets]) == cut(bytewise)


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"NOOP\n", LineFault.BARE_LINE_END),
        (b"NOOP\r", None),
        (b"NOOP\rQUIT\r\n", LineFault.BARE_LINE_END),
        (b"x" * (COMMAND_OCTETS - 1), None),
        (b"x" * COMMAND_OCTETS, LineFault.TOO_LONG),
        (b"x" * (COMMAND_OCTETS - 1) + b"\r\n", LineFault.TOO_LONG),
        (b"auth " + b"x" * COMMAND_OCTETS, None),
        (b"AUTH " + b"x" * AUTH_OCTETS, LineFault.TOO_LONG),
        (b"\x16\x03\x01\x02", LineFault.TLS_HANDSHAKE),
    ],
)
def test_what_can_never_become_a_line_is_a_fault_at_once(octets, fault):
    assert cut([octets]) == ([fault] if fault else [])


def test_a_command_of_just_the_limit_passes():
    line = b"NOOP " + b"x" * (COMMAND_OCTETS - 7)
    assert cut([line + b"\r\n"]) == [line]


def test_what_was_taken_is_forgotten():
    lines = CommandLines()
    lines.feed(b"RCPT")
    assert lines
    assert lines.take() == b"RCPT"
    assert not lines


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"noop", Command("NOOP", b"")),
        (b"EHLO  mail.example ", Command("EHLO", b"mail.example")),
        (b"", replies.BAD_SYNTAX),
        (b" NOOP", replies.BAD_SYNTAX),
        (b"NO-OP", replies.BAD_SYNTAX),
        (b"NOOP \0", replies.BAD_OCTETS),
        (b"NOOP \x1b[31m", replies.BAD_OCTETS),
        (b"NOOP \x7f", replies.BAD_OCTETS),
        (b"EHLO caf\xc3\xa9", replies.BAD_OCTETS),
        ("mail FROM:<é@police.example>".encode(), Command("MAIL", "FROM:<é@police.example>".encode())),
        (b"RCPT TO:<\xed\xa0\x80@police.example>", replies.BAD_OCTETS),
        (b"RCPT TO:<\xc0\xaf@police.example>", replies.BAD_OCTETS),
        ("RCPT TO:<é\0@police.example>".encode(), replies.BAD_OCTETS),
    ],
)
def test_a_line_is_a_verb_and_an_argument_or_a_constant_refusal(line, answer):
    assert parse_command(line) == answer
