"""The envelope and its client are plain values."""

from dataclasses import FrozenInstanceError, replace

import pytest

from relay.mail.envelope import Client, Envelope
from tests.builders import address


def test_an_envelope_can_not_be_changed():
    envelope = Envelope(mail_from=None, rcpt_to=(address(),))
    with pytest.raises(FrozenInstanceError):
        envelope.mail_from = address()  # type: ignore[misc]


def test_clients_are_compared_by_what_is_known_of_them():
    known = Client(ip="192.0.2.1", helo_name="mx.example", tls=True, login=address())
    assert known == replace(known, login=address("ANA@customs.example"))
    assert known != replace(known, login=None)
