"""App passwords as SCRAM-SHA-256 verifiers, and accounts with several."""

import hashlib
import hmac

import pytest

from relay.mail.scram import (
    ITERATIONS,
    MOST_PASSWORDS,
    Account,
    PasswordKeys,
    make_account,
    make_verifier,
    salt_of,
)

SALT = b"0123456789abcdef"


def keys(password: str, password_id: str = "p-1") -> PasswordKeys:
    verifier = make_verifier(password, SALT, 4096)
    return PasswordKeys(password_id, verifier.stored_key, verifier.server_key)


def account(*passwords: str) -> Account:
    return make_account([keys(one, f"p-{number}") for number, one in enumerate(passwords)], SALT, 4096)


def proof_of(password: str, message: bytes) -> bytes:
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), SALT, 4096)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    return bytes(a ^ b for a, b in zip(client_key, signature, strict=True))


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
    assert (account("open-sesame").by_password(given) is not None) is right


@pytest.mark.parametrize("place", range(MOST_PASSWORDS))
def test_each_of_several_passwords_is_found_and_told_apart(place):
    whole = account(*(f"password {number}" for number in range(MOST_PASSWORDS)))
    assert whole.by_password(f"password {place}").password_id == f"p-{place}"
    assert whole.by_proof(b"message", proof_of(f"password {place}", b"message")).password_id == f"p-{place}"
    assert whole.by_proof(b"another message", proof_of(f"password {place}", b"message")) is None


@pytest.mark.parametrize("proof", [b"", bytes(31), bytes(32), bytes(33)])
def test_nobody_proves_to_be_a_stranger(proof):
    assert make_account((), SALT, 4096).by_proof(b"message", proof) is None
    assert make_account((), SALT, 4096).by_password("") is None


def test_an_account_without_passwords_has_as_many_places_as_a_full_one_and_the_same_iterations():
    verifier = make_verifier("x", SALT)
    one = make_account([PasswordKeys("p", verifier.stored_key, verifier.server_key)], SALT)
    none = make_account((), SALT)
    assert len(none.keys) == len(one.keys) == len(account(*map(str, range(10))).keys) == MOST_PASSWORDS
    assert none.iterations == verifier.iterations == ITERATIONS
    assert {len(place.stored_key) for place in none.keys} == {len(verifier.stored_key)}


def test_the_salt_of_a_login_is_the_same_each_time_and_differs_by_login_and_by_relay():
    salts = {salt_of(login, secret) for login in ("a@b.example", "c@b.example", "\udcff") for secret in (b"1", b"2")}
    assert len(salts) == 6
    assert salt_of("a@b.example", b"1") == salt_of("a@b.example", b"1")
    assert {len(salt) for salt in salts} == {16}


def test_another_salt_gives_another_verifier():
    assert make_verifier("same", b"a" * 16, 4096).stored_key != make_verifier("same", b"b" * 16, 4096).stored_key


def test_nothing_secret_prints_itself():
    verifier = make_verifier("pencil", b"salt of the verifier", 4096)
    shown = repr(verifier) + str(verifier) + repr(make_account([keys("pencil")], b"salt of the account"))
    assert "salt" not in shown
    assert "stored_key" not in shown + repr(keys("pencil"))
