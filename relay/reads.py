"""How much is read from a socket at once."""

from asyncio import selector_events, sslproto

OCTETS = 65_536
KINDS = (sslproto.SSLProtocol, selector_events._SelectorSocketTransport)  # type: ignore[attr-defined]  # noqa: SLF001  (there is no public way)


def read_less_at_once() -> None:
    """Let asyncio make less room before each read than its 256 KiB.

    So much the C library gets from the kernel and gives back to it, each time and for each reply of a few words, which takes five times as
    long as the read itself. A record of TLS has 16 KiB at most (RFC 8446 §5.1), and what one read leaves is there for the next.
    """
    for kind in KINDS:
        kind.max_size = OCTETS
