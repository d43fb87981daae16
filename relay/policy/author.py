"""Who speaks: the one From address must be the one that was proved, in a way that is enough for the list, or for what is asked."""

from collections.abc import Iterable

from relay.mail.auth_results import AuthenticationResults
from relay.mail.message import Message
from relay.mail.reply import AUTHOR_DIFFERS, NOT_AN_EMAIL, REFUSED, TOO_BIG
from relay.policy.decision import Reason, Refuse
from relay.roster.mailing_list import PROOFS, MailingList
from relay.roster.request import AS_ITS_LISTS_SAY, IN_PERSON, OTHERS_IN_PERSON, Word

NOT_AUTHENTICATED = Refuse(reasons=(Reason("R2", "author.not_authenticated", "header from"),), reply=AUTHOR_DIFFERS)

PROOF_NOT_ENOUGH = Refuse(reasons=(Reason("R2", "author.proof_not_enough", "envelope"),), reply=REFUSED)

SENDER_DIFFERS = Refuse(reasons=(Reason("R2", "author.sender_is_another_member", "header"),), reply=AUTHOR_DIFFERS)


def judge_proof(authentication: AuthenticationResults | None, mailing_list: MailingList) -> Refuse | None:
    """Refuse a proof of a kind that this list doesn't take; None when it is enough, whomever it proves."""
    return None if authentication and authentication.is_enough_for(mailing_list.proofs) else PROOF_NOT_ENOUGH


def may_ask(proof: AuthenticationResults, word: Word, lists: Iterable[MailingList | None], *, own: bool = True) -> bool:
    """Whether a proof is enough for a word, whatever the list takes that it was sent to: else the weakest list would decide for all.

    Args:
        proof: by what the member is known who asks.
        word: what they ask.
        lists: those of the post that it is about; None for one that isn't defined any more, which takes what most do.
        own: whether they wrote that post.
    """
    if word in IN_PERSON or (word in OTHERS_IN_PERSON and not own):
        return proof.is_personal
    return word not in AS_ITS_LISTS_SAY or all(proof.is_enough_for(one.proofs if one else PROOFS) for one in lists)


def judge_author(message: Message, authentication: AuthenticationResults | None) -> Refuse | None:
    """Refuse a message whose author isn't exactly one address, or isn't the authenticated one; None when all is well."""
    if "header.too_large" in message.defects:
        return Refuse(reasons=(Reason("R4", "header.too_large", "header"),), reply=TOO_BIG)
    if message.author is None:
        return Refuse(reasons=(Reason("R3", "author.not_one_address", "header from"),), reply=NOT_AN_EMAIL)
    if "header.duplicate.sender" in message.defects:
        return Refuse(reasons=(Reason("R3", "author.two_senders", "header"),), reply=NOT_AN_EMAIL)
    if authentication is None or message.author.address != authentication.address:
        return NOT_AUTHENTICATED
    return None
