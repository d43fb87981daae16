"""Who speaks: the one From address, and only with its own proof."""

from dataclasses import replace

import pytest

from relay.mail.auth_results import AuthenticationResults, Method, Proof
from relay.mail.message import read_message, split_header
from relay.mail.reply import AUTHOR_DIFFERS, NOT_AN_EMAIL, REFUSED
from relay.policy.author import judge_author, judge_proof
from tests.builders import address, make_list, make_message, make_proof


def judge(sender: str | None, proof: AuthenticationResults | None = None):
    return judge_author(read_message(split_header(make_message(sender=sender))), proof)


@pytest.mark.parametrize(
    "sender",
    ["ana@customs.example", "Ana <ANA@CUSTOMS.example>", '"eve@evil.example" <ana@customs.example>'],
)
def test_the_proved_author_may_speak(sender):
    assert judge(sender, make_proof()) is None


@pytest.mark.parametrize(
    "sender",
    [
        "eve@customs.example",
        '"ana@customs.example" <eve@evil.example>',
        "ana@customs.example.evil.example",
        "ana@xn--cstoms-3ya.example",
    ],
)
def test_another_author_is_refused(sender):
    refused = judge(sender, make_proof())
    assert refused is not None
    assert refused.reply == AUTHOR_DIFFERS
    assert [reason.code for reason in refused.reasons] == ["R2"]


def test_nobody_may_speak_without_a_proof():
    refused = judge("ana@customs.example")
    assert refused is not None
    assert refused.reply == AUTHOR_DIFFERS


@pytest.mark.parametrize(
    "sender", [None, "", "ana@customs.example, eve@evil.example", "Officers: ana@customs.example;"]
)
def test_a_message_without_one_author_is_malformed(sender):
    refused = judge(sender, make_proof())
    assert refused is not None
    assert refused.reply == NOT_AN_EMAIL
    assert [reason.code for reason in refused.reasons] == ["R3"]


def test_a_second_from_field_is_malformed_even_with_the_same_address():
    octets = make_message(more="From: ana@customs.example\r\n")
    refused = judge_author(read_message(split_header(octets)), make_proof())
    assert refused is not None
    assert refused.reply == NOT_AN_EMAIL


@pytest.mark.parametrize(
    ("method", "by_gateway", "takes", "enough"),
    [
        (Method.AUTH, False, {Proof.AUTH}, True),
        (Method.AUTH, False, set(Proof) - {Proof.AUTH}, False),
        (Method.DKIM, True, {Proof.GATEWAY}, True),
        (Method.DKIM, True, {Proof.DKIM, Proof.DMARC}, False),
        (Method.DMARC, True, {Proof.DKIM, Proof.DMARC}, False),
        (Method.DKIM, False, {Proof.DKIM}, True),
        (Method.DKIM, False, {Proof.GATEWAY, Proof.DMARC}, False),
        (Method.DMARC, False, {Proof.DMARC}, True),
        (Method.DMARC, False, {Proof.DKIM}, True),
        (Method.CERTIFICATE, False, {Proof.CERTIFICATE}, True),
        (Method.CHALLENGE, False, set(Proof) - {Proof.CHALLENGE}, False),
    ],
)
def test_a_list_takes_a_proof_of_the_kinds_that_it_names(method, by_gateway, takes, enough):
    proof = AuthenticationResults(method=method, address=address(), by_gateway=by_gateway)
    refused = judge_proof(proof, make_list(proofs=frozenset(takes)))
    assert (refused is None) == enough
    assert refused is None or (refused.reply, refused.reasons[0].rule) == (REFUSED, "author.proof_not_enough")


def test_no_proof_is_enough_for_no_list():
    assert judge_proof(None, make_list(proofs=frozenset(Proof))) is not None


def test_the_record_tells_what_a_gateway_has_found_from_what_we_have():
    ours = AuthenticationResults(method=Method.DKIM, address=address())
    assert (ours.record, replace(ours, by_gateway=True).record) == ("dkim", "gateway.dkim")


def test_a_proof_is_written_in_the_words_of_rfc_8601():
    assert str(AuthenticationResults(method=Method.AUTH, address=address())) == "auth=pass"
