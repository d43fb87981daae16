"""Who speaks: the one From address, and only with its own proof."""

from dataclasses import replace

import pytest

from relay.mail.auth_results import AuthenticationResults, Method, Proof
from relay.mail.message import read_message, split_header
from relay.mail.reply import AUTHOR_DIFFERS, NOT_AN_EMAIL, REFUSED
from relay.policy.author import judge_author, judge_proof, may_ask
from relay.roster.request import AS_ITS_LISTS_SAY, IN_PERSON, Word
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


BY_LOGIN = make_proof()
BY_CERTIFICATE, BY_DKIM = (replace(BY_LOGIN, method=one) for one in (Method.CERTIFICATE, Method.DKIM))
BY_SERVER = replace(BY_CERTIFICATE, through="mx.customs.example")
BY_GATEWAY = replace(BY_DKIM, by_gateway=True)
STRICT, LENIENT = (make_list(proofs=frozenset({Proof.AUTH, *more})) for more in ((), (Proof.DKIM, Proof.GATEWAY)))


@pytest.mark.parametrize("word", sorted(IN_PERSON))
def test_who_vouches_or_decides_has_shown_a_secret_of_their_own(word):
    every = (BY_LOGIN, BY_CERTIFICATE, BY_SERVER, BY_GATEWAY, replace(BY_LOGIN, by_gateway=True), BY_DKIM)
    assert [proof for proof in every if may_ask(proof, word, ())] == [BY_LOGIN, BY_CERTIFICATE]


@pytest.mark.parametrize("word", sorted(AS_ITS_LISTS_SAY))
def test_what_is_done_with_a_post_needs_a_proof_that_all_of_its_lists_take(word):
    for proof in (BY_DKIM, BY_GATEWAY):
        assert may_ask(proof, word, (LENIENT,))
        assert not may_ask(proof, word, (LENIENT, STRICT))
    assert may_ask(BY_LOGIN, word, (LENIENT, STRICT))
    assert not may_ask(BY_DKIM, word, (LENIENT, None)), (
        "a list that is gone takes what lists take unless they say otherwise"
    )
    assert may_ask(BY_LOGIN, word, (None,))


@pytest.mark.parametrize("word", [Word.SPILL, Word.DELETED, Word.HELP, Word.STOP])
def test_a_leak_is_reported_by_any_proof_and_so_are_wishes(word):
    assert may_ask(BY_DKIM, word, (STRICT,))


def test_no_word_can_be_forgotten():
    """Whoever adds a word says here what it needs."""
    own = {
        "HELP",
        "RULES",
        "WHOAMI",
        "LISTS",
        "CONTACTS",
        "LANG",
        "RECEIPTS",
        "DIGEST",
        "INSTANT",
        "PAUSE",
        "RESUME",
        "STOP",
        "KEY",  # asks for the list's keys; one that is offered with it needs more (actions.offered)
    }
    assert own | {"HERE", "ACCEPT", "SPILL", "DELETED"} == set(Word) - IN_PERSON - AS_ITS_LISTS_SAY
