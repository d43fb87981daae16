"""A list that wants a signature, and what its author is told."""

import pytest

from relay.mail.signature import SignatureFault, SignatureMethod, SignatureResult
from relay.policy.decide import decide
from relay.policy.decision import Reason, Refuse, Relay
from relay.policy.second_proof import REPLIES, is_unsigned, judge_second_proof
from tests.builders import RULESET, make_list, make_post, make_scan

SMIME, OPENPGP = SignatureMethod.SMIME, SignatureMethod.OPENPGP
BOTH = frozenset({SMIME, OPENPGP})


def signed(method, fault=None):
    return SignatureResult(method=method, fault=fault)


@pytest.mark.parametrize(
    ("wanted", "signature", "fault"),
    [
        (frozenset(), None, None),
        (frozenset(), signed(None, SignatureFault.MISSING), None),
        (BOTH, signed(SMIME), None),
        (BOTH, signed(OPENPGP), None),
        ({SMIME}, signed(OPENPGP), SignatureFault.MISSING),
        ({OPENPGP}, signed(SMIME, SignatureFault.WEAK), SignatureFault.MISSING),
        (BOTH, None, SignatureFault.MISSING),
        (BOTH, signed(None), SignatureFault.MISSING),
        *((BOTH, signed(SMIME, fault), fault) for fault in SignatureFault),
    ],
)
def test_one_of_the_wanted_signatures_that_has_passed_is_enough(wanted, signature, fault):
    refused = judge_second_proof(signature, make_list(second_proof=frozenset(wanted)))
    assert (refused.reasons[0].rule if refused else None) == fault
    if refused:
        assert refused.reply == REPLIES[fault]
        assert is_unsigned(refused)


def test_every_fault_has_words_of_its_own_that_fit_into_a_reply():
    assert set(REPLIES) == set(SignatureFault)
    assert len({reply.text for reply in REPLIES.values()}) == len(SignatureFault)
    assert all(len(str(reply)) <= 510 and reply.code == 550 for reply in REPLIES.values())


def test_each_list_of_a_post_is_asked_and_the_moderators_own_list_wants_none():
    strict, open_ = make_list(second_proof=BOTH), make_list()
    for wants, signature, kind in ((strict, None, Refuse), (strict, signed(SMIME), Relay), (open_, None, Relay)):
        [(_, decision)] = decide(make_post(lists=(wants,), signature=signature), RULESET)
        assert isinstance(decision, kind)
        assert kind is Relay or is_unsigned(decision)
    assert strict.owners.second_proof == frozenset()
    assert make_list(second_proof=BOTH).second_proof == BOTH


def test_an_alert_is_not_offered_to_a_list_whose_signature_it_lacks():
    offered = Reason("F1", "routing.offer", "subject")
    strict = make_list("strict-list", second_proof=BOTH)
    post = make_post(lists=(strict,), scan=make_scan(), offers={"strict-list": offered})
    [(_, decision)] = decide(post, RULESET)
    assert isinstance(decision, Refuse)
    assert not is_unsigned(decision)
    assert not isinstance(decision, Relay)
