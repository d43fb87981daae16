"""The DATA reader: where a message ends, what breaks it, what is kept."""

import tracemalloc
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from relay.intake.data import LINE_OCTETS, DataReader, Ending

MIB = 1 << 20


def read(octets: bytes, splits: list[int], max_octets: int = 1000) -> tuple[Ending | None, bytes | None, bytes]:
    """Feed the octets cut at these places; the ending, the message and everything after it."""
    reader = DataReader(max_octets)
    places = [0, *sorted(place % (len(octets) + 1) for place in splits), len(octets)]
    for start, end in pairwise(places):
        ending = reader.feed(octets[start:end])
        if ending in {Ending.BROKEN, Ending.ENDLESS}:
            return ending, reader.take(), b""
        if ending:
            return ending, reader.take(), reader.rest + octets[end:]
    return None, None, b""


def read_slowly(octets: bytes, max_octets: int) -> tuple[Ending | None, bytes | None, bytes]:
    """What the standard says, octet by octet, written to be obviously right; without the limit on lines."""
    body, before = bytearray(), b"\r\n"
    raw = 0
    place = 0
    while place < len(octets):
        if before == b"\r\n" and octets[place : place + 3] == b".\r\n":
            ending = Ending.TOO_BIG if len(body) > max_octets else Ending.COMPLETE
            return ending, bytes(body) if ending is Ending.COMPLETE else None, octets[place + 3 :]
        octet, following = octets[place : place + 1], octets[place + 1 : place + 2]
        may_end = before == b"\r\n" and b".\r\n".startswith(octets[place:])
        if may_end or b"\r\n.\r".startswith(octets[place:]):
            return None, None, b""
        broken = octet == b"\0" or (octet == b"\r" and following != b"\n") or (octet == b"\n" and before[1:] != b"\r")
        if broken or raw >= 2 * max_octets:
            return (Ending.BROKEN if broken and raw < 2 * max_octets else Ending.ENDLESS), None, b""
        if not (octet == b"." and before == b"\r\n"):
            body += octet
        raw += 1
        before = before[1:] + octet
        place += 1
    return None, None, b""


pieces = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b".", b"\r\n.\r\n", b"\0", b"a", b"bc", b"\xff", b"MAIL FROM:<x@y.example>"]
)
streams = st.lists(pieces, max_size=25).map(b"".join)
long_pieces = st.sampled_from([b"\r\n", b"x" * 3_333, b"y" * 4_999, b".", b"\r\n.\r\n", b"\n"])
long_streams = st.lists(long_pieces, max_size=14).map(b"".join)
splits = st.lists(st.integers(0, 100_000), max_size=12)


@given(streams, splits, st.sampled_from([3, 1000]))
@example(b"a\r\n.\r\nMAIL", [1, 2, 3, 4, 5, 6], 1000)
@example(b".\r\n", [1, 2], 1000)
def test_the_result_is_what_the_standard_says_however_the_stream_is_split(octets, splits, max_octets):
    whole = read(octets, [], max_octets)
    assert read(octets, splits, max_octets) == whole
    assert read(octets, list(range(len(octets))), max_octets) == whole
    assert whole == read_slowly(octets, max_octets)


@given(long_streams, splits, st.sampled_from([9_000, 100_000]))
def test_long_lines_break_a_message_the_same_however_the_stream_is_split(octets, splits, max_octets):
    assert read(octets, splits, max_octets) == read(octets, [], max_octets)


@given(st.lists(st.binary(max_size=40).map(lambda line: bytes(c for c in line if c not in b"\r\n\0")), max_size=20))
def test_every_message_of_sound_lines_survives_dot_stuffing(lines):
    message = b"".join(line + b"\r\n" for line in lines)
    wire = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines) + b".\r\n"
    assert read(wire, []) == (Ending.COMPLETE, message, b"")


def test_an_empty_message_is_a_message():
    assert read(b".\r\nQUIT\r\n", []) == (Ending.COMPLETE, b"", b"QUIT\r\n")


def test_a_line_of_just_the_limit_passes_and_one_octet_more_breaks_the_message():
    fits = b"x" * (LINE_OCTETS - 2) + b"\r\n"
    assert read(fits + b".\r\n", [], 50_000)[0] is Ending.COMPLETE
    assert read(b"ab\r\n" + fits + b".\r\n", [], 50_000)[0] is Ending.COMPLETE
    assert read(b"x" + fits + b".\r\n", [], 50_000)[0] is Ending.BROKEN


def test_a_message_of_just_the_limit_is_kept_and_one_octet_more_is_read_on_but_not_kept():
    assert read(b"x" * 8 + b"\r\n.\r\n", [], 10) == (Ending.COMPLETE, b"x" * 8 + b"\r\n", b"")
    assert read(b"x" * 9 + b"\r\n.\r\nNOOP\r\n", [], 10) == (Ending.TOO_BIG, None, b"NOOP\r\n")


def test_dots_that_are_only_transparency_do_not_count_towards_the_size():
    assert read(b"..\r\n..\r\n.\r\n", [], 6) == (Ending.COMPLETE, b".\r\n.\r\n", b"")


def test_a_message_beyond_twice_the_limit_is_not_read_to_its_end():
    assert read(b"x" * 20 + b"y", [], 10)[0] is Ending.ENDLESS


def test_nothing_is_kept_after_a_fault():
    reader = DataReader(1000)
    reader.feed(b"secret\r\n")
    assert reader.feed(b"\n") is Ending.BROKEN
    assert not reader.kept
    assert reader.take() is None


def test_memory_stays_near_the_message_size_even_for_empty_lines():
    chunk = b"\r\n" * 32_768
    reader = DataReader(8 * MIB)
    tracemalloc.start()
    try:
        for _ in range(128):
            assert reader.feed(chunk) is None
        assert reader.feed(b".\r\n") is Ending.COMPLETE
        message = reader.take()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert message is not None
    assert len(message) == 8 * MIB
    assert peak < 1.2 * 8 * MIB
