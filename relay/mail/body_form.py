"""The two forms in which DKIM hashes a body (RFC 6376 §3.4): ours when we sign, others' when we verify, and a message's own when it comes again."""

_TABS = bytes.maketrans(b"\t", b" ")


def relaxed_body(body: bytes) -> bytes:
    """The body without what DKIM's relaxed form lets change on the way: spaces at line ends, runs of spaces, last empty lines (§3.4.4).

    By replacing alone, since a stranger's message may be 20 MB of spaces, for which a pattern would take seconds; and a body
    of which nothing changes, as an attached photo is, isn't copied.
    """
    if b"\t" in body:
        body = body.translate(_TABS)
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = simple_body(body.replace(b" \r\n", b"\r\n"))
    return b"" if body == b"\r\n" else body


def simple_body(body: bytes) -> bytes:
    """The body with one CRLF at its end, however many there were (§3.4.3)."""
    if body.endswith(b"\r\n\r\n"):
        body = body.rstrip(b"\r\n")
    return body if body.endswith(b"\r\n") else body + b"\r\n"
