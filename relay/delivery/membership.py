"""The letters about somebody's membership: to nominees, to those who vouch for them, and to the members themselves."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.delivery.notice_facts import NoticeFacts
from relay.delivery.rules import RULES_VERSION, privacy, rules
from relay.mail.address import Address
from relay.roster.attestation import GRACE, Stage
from relay.roster.member import Member, Role
from relay.roster.nomination import Nomination


def nominated(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell a nominator or confirmer in whose name somebody was made a member at once, and that they may object."""
    nomination = facts.nomination
    if nomination is None:
        raise ValueError("a nomination's notice needs the nomination")
    return [
        catalogue.text(
            "{name} <{address}>, {agency}, {country}, is now a member of: {lists}.",
            name=nomination.name,
            address=nomination.address,
            agency=nomination.agency,
            country=catalogue.country(nomination.country),
            lists=", ".join(catalogue.definition(one.title) for one in facts.lists) or "-",
        ),
        catalogue.text("Roles: {roles}", roles=", ".join(sorted(nomination.roles)))
        if nomination.roles - {Role.MEMBER}
        else "",
        catalogue.text(
            "Proposed by {nominator}, confirmed by {confirmer}.",
            nominator=nomination.nominated_by,
            confirmer=nomination.confirmed_by,
        ),
        catalogue.text(
            "If this is right, you need do nothing. If it is not, answer this message with the word NO: the membership is then "
            "suspended at once, until it has been looked at."
        ),
    ]


def invitation(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a nominee to confirm their address and to accept the rules, by one answer."""
    nomination = _nomination(facts)
    return [
        catalogue.text(
            "{nominator} has proposed you as a member of: {lists}. Here officers who fight wildlife crime share alerts by e-mail; only vetted "
            "members read and write.",
            nominator=nomination.nominated_by,
            lists=_titles(facts, catalogue),
        ),
        catalogue.text("Proposed: {who}.", who=_who(nomination, catalogue)),
        *_rules(facts, catalogue),
        catalogue.text(
            "Do you agree, and is what stands above right? Then answer this message from this very address, with the word ACCEPT alone on the "
            "first line. A second person, who is not the one that proposed you, then confirms, and you get word. To decline, answer DECLINE; "
            "without an answer the nomination ends by itself."
        ),
        catalogue.text("If you do not know {nominator}, do not answer.", nominator=nomination.nominated_by),
    ]


def confirmation(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a second person to vouch for a nominee."""
    nomination = _nomination(facts)
    waived = (
        catalogue.text(
            "The address is at a free mail provider, where anybody can get one. {nominator} waived the rule against it on {day}.",
            nominator=nomination.nominated_by,
            day=catalogue.day(nomination.waived_on),
        )
        if nomination.waived_on
        else ""
    )
    return [
        catalogue.text(
            "{nominator} proposes {who} as a member of: {lists}.",
            nominator=nomination.nominated_by,
            who=_who(nomination, catalogue),
            lists=_titles(facts, catalogue),
        ),
        _powers(nomination, catalogue),
        catalogue.text("The person has confirmed the address and accepted the rules."),
        waived,
        catalogue.text(
            "Do you know, from something else than e-mail, that this person serves there and is to be let in? Then answer with the word YES. "
            "If not, answer NO: the nomination then ends."
        ),
    ]


_WHY = {
    "declined": sentence("The person does not want to be a member."),
    "rejected": sentence("It was not confirmed."),
    "lapsed": sentence("It was not completed in time: the person did not answer, or nobody confirmed it."),
}


def ended(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell who proposed somebody that nothing came of it; who said no is in no letter."""
    return [
        catalogue.text(
            "Your nomination has ended, and the person is not a member: {who}.", who=_who(_nomination(facts), catalogue)
        ),
        catalogue.text(_WHY[facts.why]),
        catalogue.text("If that surprises you, speak with the people who run the relay: {owner}.", owner=_owner(facts)),
    ]


def welcome(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell a new member how to begin."""
    return [
        catalogue.text("You are now a member of: {lists}.", lists=_titles(facts, catalogue)),
        "\n".join(f"- {catalogue.definition(one.title)} <{one.address}>" for one in facts.lists),
        catalogue.text(
            "Alerts come to this address by themselves. To write, your mail program needs an app password, which is never sent by e-mail: ask "
            "the people who run the list for it, by telephone or in person: {owner}.",
            owner=_owner(facts),
        ),
        *_still_to_accept(facts, catalogue),
        catalogue.text(
            "Try it out with a message to {practice}: you are told what would happen, and nobody gets it. Write HELP to {request} for all else.",
            practice=f"practice@{facts.domain}",
            request=facts.answers_to,
        ),
    ]


def new_rules(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask a member to accept the rules as they are now."""
    return [
        catalogue.text("The rules of the lists have changed since you were last asked."),
        *_rules(facts, catalogue),
        catalogue.text(
            "Please accept them: write ACCEPT on a line of its own to {request}. If you cannot, write to {owner}.",
            request=facts.answers_to,
            owner=_owner(facts),
        ),
    ]


def _still_to_accept(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """The rules for a new member who hasn't accepted them in this version: whoever was invited has, whoever was added hasn't."""
    if facts.member is None or facts.member.rules_version >= RULES_VERSION:
        return []
    return [
        *_rules(facts, catalogue),
        catalogue.text(
            "Please accept the rules: as soon as your mail program has its password, write ACCEPT on a line of its own to {request}. If you "
            "are not the person meant, or should not be a member, write to {postmaster}.",
            request=facts.answers_to,
            postmaster=f"postmaster@{facts.domain}",
        ),
    ]


def _rules(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    return [
        catalogue.text("The rules (version {version}):", version=RULES_VERSION),
        *[paragraph for one in facts.lists[:1] for paragraph in rules(one, catalogue)],
        *privacy(_owner(facts), catalogue),
    ]


def attestation(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Ask somebody to vouch again for the people of a country."""
    if facts.ends:
        return [
            catalogue.text("These memberships end by themselves after the day that stands beside them:"),
            "\n".join(
                f"- {one.name} <{one.address}>, {one.agency}: {catalogue.day(one.valid_until)}"
                for one in facts.people
                if one.valid_until
            ),
            catalogue.text(
                "If they are to go on, ask the people who run the list to renew them; for an address at a free mail provider name the day of "
                "your new waiver: {owner}.",
                owner=_owner(facts),
            ),
        ]
    country, day = catalogue.country(facts.author_country), catalogue.day(facts.due) if facts.due else ""
    if facts.stage is Stage.LAPSED:
        asked = catalogue.text(
            "Nobody has vouched in time for these members in {country}. From today their posts wait for a moderator:",
            country=country,
        )
    elif facts.stage is Stage.SECOND:
        asked = catalogue.text(
            "Please do not forget: nobody has vouched yet for these members in {country}. From {day} on their posts wait for a moderator:",
            country=country,
            day=day,
        )
    else:
        asked = catalogue.text(
            "Do these members in {country} still serve, and shall they go on? Please say so before {day}:",
            country=country,
            day=day,
        )
    return [
        asked,
        "\n".join(f"- {one.name} <{one.address}>, {one.agency}" for one in facts.people),
        catalogue.text(
            "One answer is enough for all of them: write ATTEST {country} on a line of its own. For each who has left, write a line GONE with the "
            "address before it; they are suspended at once:",
            country=facts.author_country,
        ),
        "\n".join(f"    {line}" for line in ("GONE first.last@agency.example", f"ATTEST {facts.author_country}")),
        catalogue.text("Leave the lines out that do not apply. To see all your country's people, write PEOPLE."),
    ]


def dormancy(facts: NoticeFacts, catalogue: Catalogue) -> list[str]:
    """Tell a member that nobody has vouched for them, before and when it has consequences."""
    member = facts.member
    if member is None or facts.due is None:
        raise ValueError("a letter on dormancy needs the member and the day")
    if facts.ends:
        return [
            catalogue.text(
                "Your membership ends after {day}: then you can neither post nor get alerts. If you are to go on, ask your focal point to have "
                "it renewed.",
                day=catalogue.day(facts.due),
            )
        ]
    talk = catalogue.text(
        "Please speak with your focal point; one message from them is enough. If you are one yourself, another one or an administrator "
        "must vouch for you: {owner}.",
        owner=_owner(facts),
    )
    if facts.stage is not Stage.LAPSED:
        return [
            catalogue.text(
                "Your focal point has not vouched for you again yet. Unless that is done before {day}, your posts will wait for a moderator, "
                "and alerts will no longer come to you.",
                day=catalogue.day(facts.due),
            ),
            talk,
            catalogue.text(
                "If you are still in your post, answer with the word HERE: then alerts go on coming to you for {days} days after that day.",
                days=GRACE.days,
            ),
        ]
    receives = (
        catalogue.text("Alerts go on coming to you until {day}.", day=catalogue.day(member.receives_until))
        if member.receives_until
        else catalogue.text(
            "Alerts no longer come to you. If you are still in your post, answer with the word HERE: then they come until {day}.",
            day=catalogue.day(facts.due + GRACE),
        )
    )
    return [
        catalogue.text("Nobody has vouched for you again in time. From today your posts wait for a moderator."),
        receives,
        talk,
    ]


def person_line(one: Member, catalogue: Catalogue) -> str:
    """A member as their focal point sees them: who, where they stand, and since when they are attested."""
    states = {
        "nominated": catalogue.text("nominated"),
        "active": catalogue.text("active"),
        "dormant": catalogue.text("dormant"),
        "suspended": catalogue.text("suspended"),
    }
    attested = f"; {catalogue.text('attested on {day}', day=catalogue.day(one.attested_on))}" if one.attested_on else ""
    return f"- {one.name} <{one.address}>, {one.agency}: {states.get(one.state.value, one.state.value)}{attested}"


def _powers(nomination: Nomination, catalogue: Catalogue) -> str:
    """What a nominee is to be beside a member, so that nobody confirms more than they know of."""
    more = sorted(nomination.roles - {Role.MEMBER})
    return catalogue.text("The person is also to be: {roles}.", roles=", ".join(more)) if more else ""


def _who(nomination: Nomination, catalogue: Catalogue) -> str:
    return f"{nomination.name} <{nomination.address}>, {nomination.agency}, {catalogue.country(nomination.country)}"


def _titles(facts: NoticeFacts, catalogue: Catalogue) -> str:
    return ", ".join(catalogue.definition(one.title) for one in facts.lists) or "-"


def _owner(facts: NoticeFacts) -> Address:
    return facts.lists[0].address_for("-owner") if facts.lists else facts.answers_to


def _nomination(facts: NoticeFacts) -> Nomination:
    if facts.nomination is None:
        raise ValueError("a letter about a nomination needs the nomination")
    return facts.nomination
