"""The PROXY header: what is read, what is a fault, and that it makes no difference how the network splits it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.intake.proxy import V1_OCTETS, V2_OCTETS, Proxied, ProxyFault, client_behind, read_proxy

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4 = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + b"\xc0\x01\x00\x19"
IPV6 = bytes.fromhex("20010db8000000000000000000000007") * 2 + b"\xc0\x01\x00\x19"


def v2(command: int, family: int, block: bytes, length: int | None = None) -> bytes:
    return SIGNATURE + bytes([command, family]) + (len(block) if length is None else length).to_bytes(2, "big") + block


SOUND = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 49153 25\r\n", "192.0.2.7"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 49153 25\r\n", "2001:db8::7"),
    (b"PROXY TCP6 2001:0DB8:0:0::7 ::1 0 65535\r\n", "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff::1 whatever 1 2\r\n", None),
    (v2(0x21, 0x11, IPV4), "192.0.2.7"),
    (v2(0x21, 0x21, IPV6), "2001:db8::7"),
    (v2(0x21, 0x11, IPV4 + b"\x04\x00\x03abc"), "192.0.2.7"),
    (v2(0x21, 0x00, b""), None),
    (v2(0x20, 0x00, b""), None),
    (v2(0x20, 0x11, IPV4), None),
]
BROKEN = [
    b"EHLO client.example\r\n",
    b"\x16\x03\x01",
    b"proxy TCP4 192.0.2.7 198.51.100.1 1 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1 25\n",
    b"PROXY TCP4  192.0.2.7 198.51.100.1 1 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1 25 \r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 01 25\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 \xb2 25\r\n",
    b"PROXY TCP4 192.0.2.07 198.51.100.1 1 25\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 1 25\r\n",
    b"PROXY TCP4 192.0.2.7 2001:db8::1 1 25\r\n",
    b"PROXY TCP6 192.0.2.7 198.51.100.1 1 25\r\n",
    b"PROXY TCP6 fe80::1%eth0 ::1 1 25\r\n",
    b"PROXY UDP4 192.0.2.7 198.51.100.1 1 25\r\n",
    b"PROXY UNKNOWNX\r\n",
    b"PROXY UNKNOWN \x00\r\n",
    b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
    b"PROXY TCP4 " + b"1" * 200,
    v2(0x31, 0x11, IPV4),
    v2(0x11, 0x11, IPV4),
    v2(0x22, 0x11, IPV4),
    v2(0x21, 0x12, IPV4),
    v2(0x21, 0x31, b"\0" * 216),
    v2(0x21, 0x11, IPV4[:-1]),
    v2(0x21, 0x21, IPV4),
    v2(0x21, 0x11, b"", 65_535),
    v2(0x20, 0x00, b"", V2_OCTETS + 1),
]


@pytest.mark.parametrize(("octets", "ip"), SOUND)
def test_a_sound_header_names_the_client_however_it_is_split_and_whatever_follows(octets, ip):
    """Rows 11 and 21 of the attack list: no prefix is mistaken for a whole header, and nothing behind it is read."""
    assert all(read_proxy(octets[:cut]) is None for cut in range(len(octets)))
    for rest in (b"", b"EHLO x\r\n", octets):
        assert read_proxy(octets + rest) == Proxied(ip, len(octets))


@pytest.mark.parametrize("octets", BROKEN)
def test_a_broken_or_huge_header_is_a_fault(octets):
    """Row 21."""
    assert read_proxy(octets) == ProxyFault()


@given(
    st.binary(max_size=300)
    | st.binary(max_size=60).map(lambda tail: SIGNATURE + tail)
    | st.binary(max_size=120).map(lambda tail: b"PROXY " + tail)
)
@example(b"")
@example(b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n")
def test_reading_never_raises_never_waits_for_more_than_the_limit_and_does_not_change_its_mind(octets):
    answers = [read_proxy(octets[:end]) for end in range(len(octets) + 1)]
    settled = [answer for answer in answers if answer is not None]
    assert len(set(settled)) <= 1
    if octets.startswith(b"PROXY ") and len(octets) >= V1_OCTETS:
        assert settled


@pytest.mark.parametrize(
    ("proxy", "named", "client"),
    [
        ("192.0.2.7", "127.0.0.1", None),
        ("2001:db8::7", "::1", None),
        ("192.0.2.7", "::ffff:127.0.0.1", None),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("::1", "127.0.0.1", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", None, None),
    ],
)
def test_another_machine_s_loopback_is_not_ours(proxy, named, client):
    """A gateway on our own loopback is believed without TLS; a program beside a proxy elsewhere is none."""
    assert client_behind(proxy, named) == client
