"""What focal points and administrators do by mail for the people of their country: propose, confirm, attest, report who has left.

Each speaks for their own country alone, administrators for every one; never for themselves. To others these words are forbidden.
"""

from collections.abc import Mapping
from datetime import datetime

from relay.actions.enrol import read_nomination
from relay.errors import Conflict, Invalid, RequestError
from relay.resources import Resources
from relay.roster.mailing_list import MailingList
from relay.roster.member import AgencyType, Member, MemberState, Role
from relay.roster.nomination import read_member_address
from relay.roster.person import several
from relay.roster.request import Request, Word
from relay.store import attestations, members, vetting, wishes
from relay.store.engine import Transaction

Outcome = dict[str, str | int]

_FORBIDDEN: Outcome = {"outcome": "forbidden", "about": ""}
_UNKNOWN: Outcome = {"outcome": "unknown"}
_FORM = ("NAME", "AGENCY", "TYPE")  # the lines that a nomination can't do without


def vouch(
    resources: Resources,
    transaction: Transaction,
    mailing_list: MailingList,
    member: Member,
    request: Request,
    now: datetime,
) -> Outcome:
    """Do one thing, and say what came of it in facts of our own."""
    node, about = resources.settings.relay.node, request.argument
    match request.word:
        case Word.NOMINATE:
            return _nominate(resources, transaction, mailing_list, member, request, now)
        case Word.YES:
            return _confirm(transaction, node, member, about, now)
        case Word.NO:
            return _object(transaction, node, member, about, now)
        case Word.PEOPLE | Word.ATTEST:
            country = about or member.country
            if not member.may_vouch_for(country, now.date()):
                return _FORBIDDEN
            if request.word is Word.PEOPLE:
                return {"outcome": "done", "about": country}
            people = attestations.asked_for(transaction, country)
            done = attestations.attest(transaction, node, people, member, operator=member.id, now=now)
            return {"outcome": "done", "about": country, "number": len(done)}
        case Word.GONE:
            return _suspend(transaction, node, member, about, now)
        case _:
            return {}


def _nominate(
    resources: Resources,
    transaction: Transaction,
    mailing_list: MailingList,
    nominator: Member,
    request: Request,
    now: datetime,
) -> Outcome:
    """Propose somebody of the nominator's country; what is missing or wrong is answered with the form."""
    if not nominator.may_vouch_for(nominator.country, now.date()):
        return _FORBIDDEN
    form = dict(request.form)
    if not request.argument or any(not form.get(name) for name in _FORM):
        return {"outcome": "form", "about": next((name for name in _FORM if form and not form.get(name)), "")}
    row = _row(nominator, mailing_list, request.argument, form)
    if row["agency_type"] not in set(AgencyType):
        return {"outcome": "form", "about": "TYPE"}
    if not all(_may_propose_for(nominator, resources.lists.get(name), name) for name in several(row["lists"])):
        return {"outcome": "form", "about": "LISTS"}
    try:
        nomination = read_nomination(resources, row, now.date(), confirmed=False)
        vetting.nominate(transaction, resources.settings.relay.node, nomination, operator=nominator.id, now=now)
    except Invalid as error:
        return {"outcome": "wrong", "about": str(error)}
    except Conflict:
        return {"outcome": "conflict", "about": ""}
    except RequestError as error:
        return {"outcome": "wrong", "about": str(error)}
    return {"outcome": "done", "about": ""}


def _may_propose_for(nominator: Member, mailing_list: MailingList | None, name: str) -> bool:
    """Whether a list is one to which this person may bring somebody: of their country, of every country, or their own."""
    if Role.ADMIN in nominator.roles or mailing_list is None:  # what is no list is told by name later
        return True
    return not mailing_list.countries or nominator.country in mailing_list.countries or name in nominator.lists


def _row(nominator: Member, mailing_list: MailingList, address: str, form: Mapping[str, str]) -> dict[str, str]:
    """A form's lines as texts by column. By mail nobody is given another role than that of a member, or of an expert."""
    agency_type = form["TYPE"].strip().lower()
    return {
        "address": address,
        "name": form["NAME"],
        "agency": form["AGENCY"],
        "agency_type": agency_type,
        "country": nominator.country,
        "language": form.get("LANGUAGE") or nominator.language,
        "lists": form.get("LISTS") or mailing_list.name,
        "nominated_by": str(nominator.address),
        "role": Role.EXPERT if agency_type == AgencyType.EXPERT else Role.MEMBER,
        "valid_until": form.get("UNTIL", ""),
        "free_mail_waiver": form.get("WAIVER", ""),
    }


def _confirm(transaction: Transaction, node: str, voucher: Member, reference: str, now: datetime) -> Outcome:
    nominee = vetting.asked_about(transaction, _number(reference), voucher)
    if nominee is None:
        return _UNKNOWN
    try:
        vetting.confirm(transaction, node, nominee, voucher, operator=voucher.id, now=now)
    except Conflict:
        return {"outcome": "late"}
    return {"outcome": "done"}


def _object(transaction: Transaction, node: str, voucher: Member, reference: str, now: datetime) -> Outcome:
    """NO to a nomination ends it; NO to word of a membership in one's own name suspends it."""
    number = _number(reference)
    if (nominee := vetting.asked_about(transaction, number, voucher)) is not None:
        return {"outcome": "rejected" if vetting.reject(transaction, node, nominee, voucher, now) else "late"}
    return {"outcome": "done"} if wishes.object_to(transaction, node, voucher, number, now) else _UNKNOWN


def _suspend(transaction: Transaction, node: str, voucher: Member, text: str, now: datetime) -> Outcome:
    """Suspend somebody who has left, at once. Who isn't theirs to speak for and who is nobody get the same answer."""
    try:
        gone = members.find(transaction, read_member_address(text))
    except Invalid:
        gone = None
    if gone is None or gone.id == voucher.id or not voucher.may_vouch_for(gone.country, now.date()):
        return _UNKNOWN
    if gone.state not in {MemberState.ACTIVE, MemberState.DORMANT}:
        return {"outcome": "late"}
    members.suspend(transaction, node, gone.address, reason="has left, says who vouches", operator=voucher.id, now=now)
    return {"outcome": "done"}


def _number(reference: str) -> int:
    return int(reference.rpartition("-")[2])
