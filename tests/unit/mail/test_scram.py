"""App passwords as SCRAM-SHA-256 verifiers."""

import base64
import hmac

import pytest

from relay.mail.scram import DUMMY, ITERATIONS, make_verifier, matches


def test_the_example_of_rfc_7677_comes_out_right():
    verifier = make_verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    exchange = f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}"
    signature = hmac.digest(verifier.server_key, exchange.encode(), "sha256")
    assert base64.b64encode(signature) == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


@pytest.mark.parametrize(
    ("given", "right"),
    [
        ("open-sesame", True),
        ("open-sesamf", False),
        ("", False),
        ("open-sesame ", False),
        ("\udcff", False),
        ("лев\0", False),
    ],
)
def test_only_the_password_itself_matches(given, right):
    assert matches(make_verifier("open-sesame", b"0123456789abcdef", 4096), given) is right


def test_another_salt_gives_another_verifier():
    assert make_verifier("same", b"a" * 16, 4096).stored_key != make_verifier("same", b"b" * 16, 4096).stored_key


def test_nothing_matches_the_dummy_and_it_costs_as_much_as_a_real_one():
    assert not matches(DUMMY, "")
    assert not matches(DUMMY, "anything")
    real = make_verifier("x", bytes(16))
    assert (DUMMY.iterations, len(DUMMY.salt), len(DUMMY.stored_key)) == (
        real.iterations,
        len(real.salt),
        len(real.stored_key),
    )
    assert DUMMY.iterations == ITERATIONS


def test_a_verifier_does_not_print_itself():
    verifier = make_verifier("pencil", b"salt of the verifier", 4096)
    assert "salt" not in repr(verifier) + str(verifier)
