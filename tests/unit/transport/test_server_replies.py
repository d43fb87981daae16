"""Replies of the next server are read strictly and kept harmlessly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.delivery.delivery import Action
from relay.transport.replies import LINE_OCTETS, ReplyError, ReplyParser, ServerReply, outcome_of

TWO_REPLIES = b"250-sink.example\r\n250-PIPELINING\r\n250 SIZE 1000\r\n451 4.3.0 later\r\n"


def parsed(*pieces: bytes) -> list[ServerReply]:
    parser = ReplyParser()
    replies = []
    for piece in pieces:
        parser.feed(piece)
        while reply := parser.next():
            replies.append(reply)
    return replies


@given(st.lists(st.integers(0, len(TWO_REPLIES)), max_size=8))
def test_replies_are_the_same_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TWO_REPLIES)]
    pieces = [TWO_REPLIES[start:end] for start, end in pairwise(edges)]
    assert parsed(*pieces) == [
        ServerReply(250, ("sink.example", "PIPELINING", "SIZE 1000")),
        ServerReply(451, ("4.3.0 later",)),
    ]


def test_a_bare_code_is_a_reply() -> None:
    assert parsed(b"250\r\n") == [ServerReply(250, ("",))]
    assert parsed(b"250\r\n")[0].line == "250"


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"hello\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"250 ok\n",
        b"250 a\rb\r\n",
        b"250 a\0b\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x16\x03\x01\x02\r\n",
        "２５０ ok\r\n".encode(),
        b"250-a\r\n251 b\r\n",
    ],
)
def test_garbage_is_refused(octets: bytes) -> None:
    with pytest.raises(ReplyError):
        parsed(octets)


def test_a_line_may_have_2048_octets_and_no_more() -> None:
    assert parsed(b"250 " + b"a" * (LINE_OCTETS - 6) + b"\r\n")
    with pytest.raises(ReplyError):
        parsed(b"250 " + b"a" * (LINE_OCTETS - 5) + b"\r\n")


def test_an_endless_line_is_refused_before_it_ends() -> None:
    with pytest.raises(ReplyError):
        parsed(b"2" * LINE_OCTETS)


def test_a_reply_may_have_100_lines_and_no_more() -> None:
    assert len(parsed(b"250-a\r\n" * 99 + b"250 a\r\n")[0].texts) == 100
    with pytest.raises(ReplyError):
        parsed(b"250-a\r\n" * 100)


def test_octets_that_nobody_asked_for_are_seen() -> None:
    parser = ReplyParser()
    parser.feed(b"220 ready\r\n250 smuggled\r\n")
    parser.next()
    assert parser.pending
    parser.next()
    assert not parser.pending


@given(st.lists(st.binary(max_size=40)))
def test_any_octets_are_replies_or_refused(pieces: list[bytes]) -> None:
    try:
        replies = parsed(*pieces)
    except ReplyError:
        return
    assert all(200 <= reply.code <= 599 for reply in replies)


@given(st.integers(200, 599), st.lists(st.text(), min_size=1))
def test_what_is_kept_of_a_reply_is_short_and_printable(code: int, texts: list[str]) -> None:
    line = ServerReply(code, tuple(texts)).line
    assert line.startswith(str(code))
    assert len(line) <= 300
    assert all(" " <= character <= "~" for character in line)


@pytest.mark.parametrize(
    ("code", "to_rcpt", "action"),
    [
        (250, False, Action.DELIVERED),
        (251, True, Action.DELIVERED),
        (451, False, Action.DELAYED),
        (452, True, Action.DELAYED),
        (550, True, Action.FAILED),
        (552, False, Action.FAILED),
        (552, True, Action.DELAYED),
        (554, False, Action.FAILED),
    ],
)
def test_a_code_decides_what_became_of_a_copy(code: int, to_rcpt: bool, action: Action) -> None:
    outcome = outcome_of(ServerReply(code, ("words",)), to_rcpt=to_rcpt)
    assert (outcome.action, outcome.reply, outcome.reached) == (action, f"{code} words", True)
