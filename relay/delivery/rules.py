"""The rules that every member accepts, and what they are told of their own data; RULES_VERSION stands beside each acceptance on record."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.mail.address import Address
from relay.roster.mailing_list import MailingList
from relay.roster.member import Member, MemberState

RULES_VERSION = 1  # counts up with every change of a sentence in here; a test compares

RULES = (
    sentence(
        "Welcome: species, specimens, quantities and values; date, place by name and route of a seizure; concealment, carriers, transport "
        "documents of goods already seized; number, nationality and age of persons, without names; your own contact details."
    ),
    sentence(
        "Never: the name or any identifier of a suspect, victim, witness or company; informants, undercover work or an operation to come; the "
        "exact position of living animals, stocks or patrols; a consignment that is still moving; anything marked above {ceiling}."
    ),
    sentence("What may not go here has a right door: the notice that you get names it."),
)
PRIVACY = (
    sentence(
        "What the relay keeps about you: your name, address, agency, country and language, who vouched for you and when, and which messages "
        "you sent and got. Your name stands on your own messages; who else is a member is shown only to the focal points and to the people who "
        "run the relay. The record of what happened can't be changed; when you have left, it knows you by a number alone."
    ),
    sentence(
        "You may ask for a copy of what is kept about you, and for its correction or erasure: {owner}. If you leave your post, tell your focal "
        "point on that day."
    ),
)


def lacks_rules(member: Member) -> bool:
    """Whether somebody who posts or receives hasn't accepted the rules as they are now."""
    return member.state in {MemberState.ACTIVE, MemberState.DORMANT} and member.rules_version < RULES_VERSION


def rules(mailing_list: MailingList, catalogue: Catalogue) -> list[str]:
    """What may go to a list and what may not, under its name, with its own footer."""
    heading = f"{catalogue.definition(mailing_list.title)} <{mailing_list.address}>"
    paragraphs = [catalogue.text(rule, ceiling=mailing_list.ceiling) for rule in RULES]
    return [heading, *paragraphs, catalogue.definition(mailing_list.footer)]


def privacy(owner: Address, catalogue: Catalogue) -> list[str]:
    """What is kept of a member, and whom they may ask about it."""
    return [catalogue.text("Your own data:"), *(catalogue.text(part, owner=owner) for part in PRIVACY)]
