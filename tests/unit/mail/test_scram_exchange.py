"""The messages of SCRAM-SHA-256: RFC 7677's own exchange, and every way in which one can be wrong."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.mail.scram import PasswordKeys, make_account, make_verifier
from relay.mail.scram_exchange import Exchange, begin, read_client_first

# RFC 7677 §3
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
VERIFIER = make_verifier("pencil", SALT, 4096)
KEYS = PasswordKeys("p-1", VERIFIER.stored_key, VERIFIER.server_key)
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def exchange(first: bytes = FIRST) -> Exchange:
    said = read_client_first(first)
    assert said
    return begin(said, make_account([KEYS], SALT, 4096), b"%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")


def test_the_example_of_rfc_7677_comes_out_right():
    ours = exchange()
    assert ours.server_first == SERVER_FIRST
    assert ours.judge(FINAL) == (KEYS, SERVER_FINAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"p=dHzb", b"p=eHzb"),
        (b"c=biws", b"c=eSws"),  # "y,,": not the header that was sent, so somebody has changed one
        (b"c=biws", b"c=bixhPWEs"),
        (b"hNlF$k0", b"hNlF$k1"),
        (b"r=rOpr", b"r=rOpR"),
        (b",p=", b",x=1,p="),
        (b",p=", b",p"),
        (b"c=biws,", b""),
        (FINAL, b""),
        (FINAL, b"\xff\0"),
    ],
)
def test_an_exchange_that_was_changed_on_its_way_proves_nothing(old, new):
    assert old in FINAL
    assert exchange().judge(FINAL.replace(old, new)) is None


def proven(without_proof: bytes) -> bytes:
    """A final message with the proof that somebody who knows the password makes for it."""
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", SALT, 4096)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    message = b",".join((FIRST.removeprefix(b"n,,"), SERVER_FIRST, without_proof))
    signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    return without_proof + b",p=" + base64.b64encode(proof)


@pytest.mark.parametrize(
    ("binding", "nonce", "right"),
    [
        (b"biws", b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", True),
        (
            b"eSws",
            b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            False,
        ),  # it said "y": somebody made an "n" of it
        (
            b"cD10bHMtdW5pcXVlLCxYWFg=",
            b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            False,
        ),  # or hid that it bound
        (b"biws", b"rOprNGfwEbeRWgbNEkqO", False),  # an exchange of the client alone could be played again
        (b"biws", b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0x", False),
    ],
)
def test_a_right_proof_over_another_header_or_nonce_proves_nothing(binding, nonce, right):
    assert (exchange().judge(proven(b"c=" + binding + b",r=" + nonce)) is not None) is right


@given(st.binary(max_size=200))
def test_whatever_comes_at_the_end_is_judged_and_nothing_but_the_proof_is_one(octets):
    assert exchange().judge(octets) is None


@given(st.binary(max_size=60) | st.text(max_size=20).map(lambda name: f"n,,n={name},r=x".encode()))
def test_whatever_comes_first_is_read_or_not_and_never_raises(octets):
    said = read_client_first(octets)
    assert said is None or octets == said.gs2_header + said.bare


@pytest.mark.parametrize(
    ("octets", "login"),
    [
        (b"n,,n=a@b.example,r=x", "a@b.example"),
        (b"y,,n=a@b.example,r=x", "a@b.example"),  # it could bind, and believes that we can't: so it is
        (b"n,a=a@b.example,n=a@b.example,r=x", "a@b.example"),
        (b"n,a=c@b.example,n=a@b.example,r=x", ""),  # nobody acts for another
        (b"n,,n=a=3Db=2Cc,r=x", "a=b,c"),
        (b"n,,n=a@b.example,r=x,e=more", "a@b.example"),
    ],
)
def test_a_first_message_names_the_user(octets, login):
    assert read_client_first(octets).login == login


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"p=tls-unique,,n=a,r=x",  # we offer no binding, so who asks for one speaks with somebody between
        b"n,,m=1,n=a,r=x",  # a mandatory extension that we don't know
        b"n,,n=a=b,r=x",
        b"n,,n=a=3d,r=x",
        b"n,,n=,r=x",
        b"n,,n=a,r=",
        b"n,,n=a,r=x y",
        b"n,,n=a\0,r=x",
        b"n,,n=\xff,r=x",
        b"n,,n=a,r=" + b"x" * 513,
        b"n,,r=x,n=a",
        b"x,,n=a,r=x",
        b"n,n=a,r=x",
        b"n=a,r=x",
    ],
)
def test_a_first_message_of_another_form_is_none(octets):
    assert read_client_first(octets) is None
