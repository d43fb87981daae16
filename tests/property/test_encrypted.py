"""What claims to be encrypted never raises, and whatever comes out of an encryption can't change who speaks."""

from base64 import encodebytes

from hypothesis import given, settings
from hypothesis import strategies as st

from relay.mail.message import read_message, split_header
from relay.scan.encrypted import _rebuilt, open_encrypted

OUTER = (
    b"From: Ana <ana@customs.example>\r\nTo: central-africa@relay.example\r\nSubject: ...\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@x.example>\r\n"
)
PGP = b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r\n\r\n'
SMIME = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64\r\n\r\n"
PARTS = st.lists(
    st.sampled_from([
        b"--b\r\n", b"--b--\r\n", b"Content-Type: application/pgp-encrypted\r\n\r\n", b"Version: 1\r\n", b"\r\n",
        b"Content-Type: application/octet-stream\r\n", b"Content-Transfer-Encoding: base64\r\n", b"-----BEGIN PGP MESSAGE-----\r\n",
    ])
    | st.binary(max_size=40),
    max_size=14,
).map(b"".join)  # fmt: skip
LINES = st.lists(
    st.sampled_from([
        b"Content-Type: text/plain\r\n", b"Content-Type: text/html\r\n", b"content-transfer-encoding: base64\r\n", b"Subject: Inside\r\n",
        b"From: Ana <ana@customs.example>\r\n", b"From: Eve <eve@x.example>\r\n", b"To: eve@x.example\r\n", b"Bcc: eve@x.example\r\n",
        b" folded\r\n", b"Content-Type\r\n", b"Subject: a\rb\r\n", b"Subject: a\nFrom: eve@x.example\r\n", b"\r\n", b"\n", b"MIME-Version: 2.0\r\n",
        b"Content-Type: text/plain;\r\n From: eve@x.example\r\n", b"\x00\r\n", b"Received: x\r\n",
        b"X-Protective-Marking: SEC=SECRET\r\n",
    ])
    | st.binary(max_size=30),
    max_size=10,
).map(b"".join)  # fmt: skip


@settings(deadline=None)  # a busy machine is no fault
@given(PARTS, st.binary(max_size=200))
def test_hostile_structure_is_nothing_that_could_be_opened(parts, der):
    for octets in (
        OUTER + PGP + parts,
        OUTER + SMIME + encodebytes(der).replace(b"\n", b"\r\n"),
        OUTER + SMIME + parts,
    ):
        assert open_encrypted(octets, split_header(octets), (), ()) is None


@settings(deadline=None)
@given(LINES, st.binary(max_size=60))
def test_what_comes_out_keeps_the_authors_header(lines, body):
    octets = OUTER + PGP + b"x"
    header = split_header(octets)
    opened = _rebuilt(octets, header, lines + b"Content-Type: text/plain\r\n\r\n" + body, frozenset())
    if opened is None:
        return
    found = split_header(opened.octets)
    before, after = read_message(header), read_message(found)
    assert (after.author, after.message_id, after.date) == (before.author, before.message_id, before.date)
    assert found.all("to") == header.all("to")
    assert found.all("bcc") == found.all("received") == ()
    assert found.all("mime-version") == (b"1.0",)
    assert len(found.all("subject")) == 1
    inside = split_header(lines + b"Content-Type: text/plain\r\n\r\n")
    marked = inside.all("x-protective-marking")
    assert found.all("x-protective-marking") == marked


def test_what_the_header_inside_says_is_read_like_what_stands_outside():
    outer = OUTER + b"X-Label: open\r\nSubject-Label: SECRET\r\nReferences: <a@x.example>\r\n" + PGP + b"x"
    inner = (
        b"Subject: Inside\r\nSIO-Label: SECRET;\r\n folded\r\nX-Label: open\r\nX-Label: closed\r\nReferences:\r\n <a@x.example>\r\n"
        b"Content-Type: text/plain\r\n\r\nText\r\n"
    )
    opened = _rebuilt(outer, split_header(outer), inner, frozenset())
    found = split_header(opened.octets)
    assert not found.defects
    assert found.all("sio-label") == (b"SECRET; folded",)
    assert found.all("subject-label") == (b"SECRET",)
    assert found.all("x-label") == (b"open", b"closed")
    differs = inner.replace(b"<a@x", b"<b@x")
    opened = _rebuilt(outer, split_header(outer), differs, frozenset())
    assert split_header(opened.octets).defects == ("header.duplicate.references",)
    assert _rebuilt(outer, split_header(outer), b"Subject: Other\r\n" + inner, frozenset()) is None
