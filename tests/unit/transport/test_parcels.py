"""What may be handed to the SMTP client, and how it goes over the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.transport.smtp import Content, Parcel, Smarthost, dot_stuffed

MESSAGE = b"Subject: ivory seized\r\n\r\nSix tusks.\r\n"


def parcel(
    octets: bytes = MESSAGE, mail_from: str = "list@relay.example", recipient: str = "ama@parks.example"
) -> Parcel:
    return Parcel(key=1, mail_from=mail_from, recipient=recipient, content=Content(octets))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no end",
        b"a\nb\r\n",
        b"a\rb\r\n",
        b"a\n",
        b"a\r",
        b"\n\r\n",
        b"a\r\r\n",
        b"a\n\r",
        b"a\r\n.\n",
        b"\r\n.\r\r\n",
    ],
)
def test_a_message_that_is_not_whole_crlf_lines_is_our_bug(octets: bytes) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        parcel(octets)


@pytest.mark.parametrize("head", [b"List-Unsubscribe: <x>", b"X: \xc3\xa9\r\n", b"a\nb\r\n", b"a\rb\r\n"])
def test_a_head_is_whole_ascii_lines(head: bytes) -> None:
    with pytest.raises(ValueError, match="head"):
        Parcel(key=1, mail_from="", recipient="ama@parks.example", content=Content(MESSAGE), head=head)


@pytest.mark.parametrize(
    "address",
    [
        "ama",
        "ama@parks.example\r\nRCPT TO:<eve@crime.example",
        "ama@parks.example>",
        "<ama@parks.example>",
        "ama @parks.example",
        '"ama"@parks.example',
        "=?utf-8?q?ama?=@parks.example",
        "@a.example:ama@parks.example",
        "ama@[127.0.0.1]",
    ],
)
def test_an_address_that_is_not_a_plain_addr_spec_is_our_bug(address: str) -> None:
    with pytest.raises(ValueError, match="addr-spec"):
        parcel(recipient=address)
    with pytest.raises(ValueError, match="addr-spec"):
        parcel(mail_from=address)


def test_letters_outside_ascii_are_for_recipients_alone() -> None:
    assert parcel(recipient="amá@parks.example").needs_utf8
    with pytest.raises(ValueError, match="ASCII"):
        parcel(mail_from="amá@parks.example")


def test_the_null_reverse_path_is_allowed_and_a_null_recipient_is_not() -> None:
    assert parcel(mail_from="").mail_from == ""
    with pytest.raises(ValueError, match="addr-spec"):
        parcel(recipient="")


def test_content_and_password_show_in_no_repr() -> None:
    assert "tusks" not in repr(parcel())
    smarthost = Smarthost(
        host="mx.example", port=587, tls="required", username="relay", password="opensesame", helo_name="relay.example"
    )
    assert "opensesame" not in repr(smarthost)


@pytest.mark.parametrize("tls", ["none", "opportunistic"])
def test_a_password_without_verified_tls_is_refused(tls: str) -> None:
    with pytest.raises(ValueError, match="TLS"):
        Smarthost(host="mx.example", port=25, tls=tls, username="relay", password="x", helo_name="relay.example")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "a\r\nMAIL", "á"])
def test_a_name_for_ehlo_that_is_not_one_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="EHLO"):
        Smarthost(host="mx.example", port=25, tls="none", helo_name=name)


LINES = st.lists(st.one_of(st.sampled_from([b".", b"..", b".a", b"", b"a."]), st.binary(max_size=9).map(
    lambda octets: octets.replace(b"\r", b"").replace(b"\n", b"")
)), min_size=1)  # fmt: skip


@given(LINES)
def test_dot_stuffing_never_ends_a_message_early_and_comes_undone(lines: list[bytes]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    sent = dot_stuffed(message).split(b"\r\n")[:-1]
    assert b"." not in sent
    assert [line.removeprefix(b".") for line in sent] == lines
