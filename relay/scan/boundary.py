"""Where the parts of a multipart body begin and end, by its boundary."""

import re
from collections.abc import Iterator

_BEHIND_BOUNDARY = re.compile(rb"(--)?[ \t]*\r?$", re.MULTILINE)


def split_parts(octets: bytes, start: int, end: int, boundary: bytes, most: int) -> tuple[list[tuple[int, int]], bool]:
    """The spans between delimiter lines, preamble first; when the closing line was found, the epilogue is the last one.

    Behind so many spans and one more it stops: the last one then holds all that was not split.
    Source: RFC 2046 §5.1.1: the line end before a delimiter belongs to it; blanks may follow it.
    """
    spans: list[tuple[int, int]] = []
    since = start
    for line, match in _delimiters(octets, start, end, b"--" + boundary):
        before = line
        if octets[max(since, before - 1) : before] == b"\n":
            before -= 1
            before -= octets[max(since, before - 1) : before] == b"\r"
        spans.append((since, max(since, before)))
        since = min(match.end() + 1, end)
        if match.group(1):
            return [*spans, (since, end)], True
        if len(spans) > most:
            break
    return [*spans, (since, end)], False


def _delimiters(octets: bytes, start: int, end: int, dashed: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Where delimiter lines begin, and what stands behind the boundary in them. Each message has boundaries of its own, so no pattern holds one."""
    at = start
    while (at := octets.find(dashed, at, end)) >= 0:
        begins = at == 0 or octets[at - 1 : at] == b"\n"
        match = _BEHIND_BOUNDARY.match(octets, at + len(dashed), end) if begins else None
        if match:
            yield at, match
        at = match.end() if match else at + 1
