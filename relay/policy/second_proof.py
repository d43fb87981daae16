"""The second proof: a signature of the author's own, on lists that want one beside the first.

The author is known by the first proof already, so the refusal says what to do.
"""

from relay.mail.reply import Reply
from relay.mail.signature import SignatureFault, SignatureResult
from relay.policy.decision import Reason, Refuse
from relay.roster.mailing_list import MailingList

_PLACE = "signature"
REPLIES = {
    fault: Reply(550, "5.7.1", text)
    for fault, text in {
        SignatureFault.MISSING: "This list wants signed posts: sign with the S/MIME certificate or OpenPGP key registered for you",
        SignatureFault.NOT_WHOLE: "The signature must cover the whole message: send it without anything added behind it",
        SignatureFault.UNREADABLE: "The signature cannot be read: sign the message anew, by one person, in the usual form",
        SignatureFault.WEAK: "The signature uses an algorithm that can be forged: set your program to SHA-256 and sign anew",
        SignatureFault.UNTIMELY: "The signature says no time, or one too long ago or in the future: set your clock and sign anew",
        SignatureFault.NO_KEY: "No valid certificate or key of this kind is registered for you: send yours to the operators",
        SignatureFault.WRONG: "The signature is not by the certificate or key registered for you, or the text was changed since",
    }.items()
}


def judge_second_proof(signature: SignatureResult | None, mailing_list: MailingList) -> Refuse | None:
    """Refuse a post without a signature that this list wants; None when it has one, or none is wanted."""
    wanted = mailing_list.second_proof
    if not wanted or (signature and signature.passed and signature.method in wanted):
        return None
    fault = SignatureFault.MISSING
    if signature and signature.fault and (signature.method is None or signature.method in wanted):
        fault = signature.fault
    return Refuse(reasons=(Reason("R2", fault, _PLACE),), reply=REPLIES[fault])


def is_unsigned(refuse: Refuse) -> bool:
    """Whether a post was refused for want of a second proof."""
    return any(reason.place == _PLACE for reason in refuse.reasons)
