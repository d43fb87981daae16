"""A server's TLS context that asks for a certificate and lets every session go on; handshakes in memory."""

import ssl
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from relay.intake import ask
from relay.intake.ask import ask_for_certificates
from relay.intake.tls import make_localhost_certificate, server_context
from tests.certificates import DAY, make_identity

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.fixture
def server(tmp_path):
    certificate, key = make_localhost_certificate(datetime.now(UTC))
    (tmp_path / "server.crt").write_bytes(certificate)
    (tmp_path / "server.key").write_bytes(key)
    return server_context(tmp_path / "server.crt", tmp_path / "server.key"), tmp_path / "server.crt"


def shown(server, file, version, change=bytes):
    """What the server sees of a client that has this certificate (a file), after a handshake and a word. `change` alters what the client sends."""
    context, trusted = server
    client_context = ssl.create_default_context(cafile=str(trusted))
    client_context.minimum_version = client_context.maximum_version = version
    if file:
        client_context.load_cert_chain(file)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = context.wrap_bio(to_server, to_client, server_side=True)
    back_to_client, back_to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    other = client_context.wrap_bio(back_to_client, back_to_server, server_hostname="localhost")
    waiting = {one, other}
    for _ in range(10):
        for side in (other, one):
            if side in waiting:
                try:
                    side.do_handshake()
                    waiting.discard(side)
                except ssl.SSLWantReadError:
                    pass
            back_to_client.write(to_client.read())
            to_server.write(change(back_to_server.read()))
    assert not waiting
    other.write(b"EHLO client.example\r\n")
    to_server.write(back_to_server.read())
    assert one.read(100) == b"EHLO client.example\r\n"
    return one.getpeercert(binary_form=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_certificate_is_shown_and_none_ends_the_session(server, tmp_path, version):
    assert ask_for_certificates(server[0])
    assert shown(server, None, version) is None
    authority = make_identity(tmp_path, "authority", authority=True)
    for identity in (
        make_identity(tmp_path, "self-signed"),
        make_identity(tmp_path, "expired", until=-DAY / 2),
        make_identity(tmp_path, "issued", issuer=authority),
        authority,
    ):
        assert shown(server, identity.file, version) == identity.certificate.public_bytes(Encoding.DER)


def test_without_asking_nothing_is_shown(server, tmp_path):
    identity = make_identity(tmp_path, "self-signed")
    assert shown(server, identity.file, ssl.TLSVersion.TLSv1_3) is None


def test_who_shows_a_certificate_without_its_key_gets_no_session(server, tmp_path):
    """TLS 1.2 shows certificates in clear, so that another of the same length can be put in the place of the client's own."""
    assert ask_for_certificates(server[0])
    ana, eve = make_identity(tmp_path, "ana"), make_identity(tmp_path, "eve")
    mine, hers = (one.certificate.public_bytes(Encoding.DER) for one in (eve, ana))
    while len(mine) != len(hers):  # signatures differ by an octet or two
        eve = make_identity(tmp_path, "eve")
        mine = eve.certificate.public_bytes(Encoding.DER)
    assert shown(server, eve.file, ssl.TLSVersion.TLSv1_2, change=lambda octets: octets.replace(mine, mine)) == mine
    with pytest.raises(ssl.SSLError):
        shown(server, eve.file, ssl.TLSVersion.TLSv1_2, change=lambda octets: octets.replace(mine, hers))


def test_where_the_openssl_of_the_context_is_not_found_nobody_is_asked(server, monkeypatch):
    """Neither where it can't be called, nor where the place holds something else than this context's."""
    context = server[0]
    another = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    place = ask._address_of(another)
    for wrong in (lambda _: 0, lambda _: place):
        monkeypatch.setattr(ask, "_address_of", wrong)
        assert not ask_for_certificates(context)
        assert context.verify_mode is another.verify_mode is ssl.CERT_NONE
    monkeypatch.undo()
    monkeypatch.setattr(ask, "_openssl", lambda: None)
    assert not ask_for_certificates(context)
    assert context.verify_mode is ssl.CERT_NONE
