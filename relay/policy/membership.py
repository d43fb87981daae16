"""May this member post to this list today?"""

from datetime import date

from relay.mail.reply import NO_SUCH_ADDRESS
from relay.policy.decision import Reason, Refuse
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member

DORMANT = Reason("V1", "membership.dormant", "envelope")
NOT_ENTITLED = Refuse(reasons=(Reason("R1", "membership.not_entitled", "envelope"),), reply=NO_SUCH_ADDRESS)


def judge_membership(member: Member | None, mailing_list: MailingList, on: date) -> Refuse | None:
    """Refuse whoever isn't an entitled member of an active list, active or dormant; None when they may post.

    The reply is the same for an unknown list and a forbidden one.
    """
    if member is not None and mailing_list.active and member.may_write(on) and mailing_list.admits(member):
        return None
    return NOT_ENTITLED
