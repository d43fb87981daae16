"""What focal points and administrators do by mail for the people of their country: propose, confirm, attest, report who has left.

Each speaks for their own country alone, administrators for every one; never for themselves. To others these words are forbidden.
"""

from collections.abc import Mapping
from datetime import datetime

from relay.actions.enrol import read_nomination
from relay.errors import Conflict, Invalid, RequestError
from relay.resources import LANGUAGES, Resources
from relay.roster.countries import COUNTRIES
from relay.roster.form import LINES, missing_lines, wrong_lines
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
_NOBODY: Outcome = {"outcome": "unknown", "about": ""}  # an address that is nobody's is the message's own word


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
    """Propose somebody; what is missing or wrong is answered with the form and the names of its lines."""
    form = dict(request.form)
    country = (form.get("COUNTRY") or nominator.country).upper()
    if not nominator.may_vouch_for(country, now.date()):
        return _FORBIDDEN
    if not request.argument and not form:
        return {"outcome": "form", "about": ""}
    if not form.keys() <= LINES:
        return {"outcome": "form", "about": "", "number": 1 + [name in LINES for name in form].index(False)}
    if missing := missing_lines(request.argument, form):
        return {"outcome": "form", "about": ", ".join(missing)}
    row = _row(nominator, mailing_list, request.argument, form | {"COUNTRY": country})
    if wrong := _wrong_lines(resources, nominator, row, now):
        return {"outcome": "wrong", "about": ", ".join(wrong)}
    try:
        nomination = read_nomination(resources, row, now.date(), confirmed=False)
        vetting.nominate(transaction, resources.settings.relay.node, nomination, operator=nominator.id, now=now)
    except Conflict:
        return {"outcome": "conflict", "about": ""}
    except RequestError:
        return {"outcome": "wrong", "about": ""}
    return {"outcome": "done", "about": ""}


def _wrong_lines(resources: Resources, nominator: Member, row: Mapping[str, str], now: datetime) -> tuple[str, ...]:
    wrong = wrong_lines(
        row,
        known_lists=resources.lists,
        known_countries=COUNTRIES,
        languages=LANGUAGES,
        today=now.date(),
    )
    if not wrong and resources.destination(read_member_address(row["address"])) is not None:
        return ("ADDRESS",)
    lists = several(row["lists"])
    if not wrong and not all(_may_propose_for(nominator, resources.lists[name], name) for name in lists):
        return ("LISTS",)
    return wrong


def _may_propose_for(nominator: Member, mailing_list: MailingList, name: str) -> bool:
    """Whether a list is one to which this person may bring somebody: of their country, of every country, or their own."""
    if Role.ADMIN in nominator.roles:
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
        "country": form["COUNTRY"],
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
    """Suspend somebody who has left, at once; they are named by their id. Who isn't theirs to speak for and who is nobody get the same answer."""
    try:
        gone = members.find(transaction, read_member_address(text))
    except Invalid:
        gone = None
    if gone is None or gone.id == voucher.id or not voucher.may_vouch_for(gone.country, now.date()):
        return _NOBODY
    if gone.state not in {MemberState.ACTIVE, MemberState.DORMANT}:
        return {"outcome": "late", "about": gone.id}
    members.suspend(transaction, node, gone.address, reason="has left, says who vouches", operator=voucher.id, now=now)
    return {"outcome": "done", "about": gone.id}


def _number(reference: str) -> int:
    return int(reference.rpartition("-")[2])
