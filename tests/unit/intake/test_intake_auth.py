"""What AUTH carries."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from relay.errors import ConfigurationError
from relay.intake.tls import make_localhost_certificate, server_context
from relay.mail.sasl import Credentials, decode_base64, read_login, read_plain


@pytest.mark.parametrize(
    ("octets", "decoded"),
    [(b"YWI=", b"ab"), (b"=", b""), (b"", b""), (b"YWI", None), (b"Y W I=", None), (b"\xff\xfe", None), (b"*", None)],
)
def test_base64_is_read_strictly(octets, decoded):
    assert decode_base64(octets) == decoded


@pytest.mark.parametrize(
    ("octets", "credentials"),
    [
        (b"\0chief@police.example\0secret", Credentials("chief@police.example", "secret")),
        (b"chief@police.example\0chief@police.example\0secret", Credentials("chief@police.example", "secret")),
        (b"other@police.example\0chief@police.example\0secret", Credentials("", "")),
        (b"\0chief@police.example\0sec\0ret", None),
        (b"chief@police.example", None),
        (b"\0\xff\0secret", None),
    ],
)
def test_plain_has_three_fields_and_nobody_acts_for_another(octets, credentials):
    assert read_plain(octets) == credentials


def test_login_answers_hold_no_nul():
    assert read_login(b"a", b"b") == Credentials("a", "b")
    assert read_login(b"a\0", b"b") is None


def test_a_password_never_shows_in_a_repr():
    assert "secret" not in repr(Credentials("chief@police.example", "secret"))


def test_the_localhost_certificate_names_this_machine_and_loads(tmp_path):
    now = datetime(2026, 11, 1, tzinfo=UTC)
    pem, key = make_localhost_certificate(now)
    certificate = x509.load_pem_x509_certificate(pem)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=825)
    (tmp_path / "cert.pem").write_bytes(pem)
    (tmp_path / "key.pem").write_bytes(key)
    assert server_context(tmp_path / "cert.pem", tmp_path / "key.pem")


def test_a_certificate_that_cannot_be_used_is_a_configuration_error(tmp_path):
    pem, _ = make_localhost_certificate(datetime(2026, 11, 1, tzinfo=UTC))
    _, other_key = make_localhost_certificate(datetime(2026, 11, 1, tzinfo=UTC))
    (tmp_path / "cert.pem").write_bytes(pem)
    (tmp_path / "key.pem").write_bytes(other_key)
    with pytest.raises(ConfigurationError):
        server_context(tmp_path / "cert.pem", tmp_path / "absent.pem")
    with pytest.raises(ConfigurationError):
        server_context(tmp_path / "cert.pem", tmp_path / "key.pem")
