"""The short words that an author gets about a post that went out: how far it went, who took its offer, whom it never reached."""

from relay.delivery.catalogue import Catalogue, sentence
from relay.policy.routing import Missed

_WENT = {
    False: (
        sentence("{reference} went to {members} in {countries}."),
        sentence("{reference} went to {members} in {countries}; {removed}."),
    ),
    True: (
        sentence("{reference} is to go to {members} in {countries}."),
        sentence("{reference} is to go to {members} in {countries}; {removed}."),
    ),
}


def receipt(
    reference: str, members: int, countries: int, removed: int, catalogue: Catalogue, *, waits: bool = False
) -> str:
    """One line, for a glance.

    Args:
        reference: the post's.
        members: how many a copy was made for.
        countries: how many countries they serve.
        removed: how many attachments were left out.
        catalogue: the author's language.
        waits: a list that it goes to is stopped.
    """
    if not members:
        return catalogue.text(
            "{reference} went to nobody: there is no other active member, they have it already, or its copies were cancelled.",
            reference=reference,
        )
    whom = {
        "members": catalogue.plural("{n} member", "{n} members", members),
        "countries": catalogue.plural("{n} country", "{n} countries", countries),
    }
    whole, without = _WENT[waits]
    if not removed:
        return catalogue.text(whole, reference=reference, **whom)
    return catalogue.text(
        without,
        reference=reference,
        removed=catalogue.plural("{n} attachment removed", "{n} attachments removed", removed),
        **whom,
    )


def offers(
    accepted: tuple[str, ...], offered: tuple[str, ...], declined: tuple[str, ...], catalogue: Catalogue
) -> list[str]:
    """What became of the offers of a routed alert: a line for those accepted, those that wait and those not taken.

    Args:
        accepted: titles of lists.
        offered: the same.
        declined: the same.
        catalogue: the author's language.
    """
    lines = (
        (accepted, sentence("Accepted by: {lists}.")),
        (offered, sentence("Offered to: {lists}. You are not a member there, so a moderator of theirs decides.")),
        (declined, sentence("Not taken up by: {lists}.")),
    )
    return [
        catalogue.text(line, lists=", ".join(catalogue.definition(title) for title in titles))
        for titles, line in lines
        if titles
    ]


def named_in_vain(missed: Missed, catalogue: Catalogue) -> list[str]:
    """What an alert named and nobody got it for: countries by name, words that name none by their number only."""
    countries = ", ".join(catalogue.country(code) for code in missed.countries)
    lines = [catalogue.text("No list here covers: {countries}.", countries=countries)] if countries else []
    if missed.unknown:
        lines.append(
            catalogue.plural(
                "{n} name in the route or the list of countries was not understood.",
                "{n} names in the route or the list of countries were not understood.",
                missed.unknown,
            )
        )
    return lines


def undelivered(reference: str, members: int, catalogue: Catalogue) -> str:
    """That so many members' servers took no copy, or no key of theirs worked, until we gave up."""
    return catalogue.plural(
        "{reference} did not reach {n} member, whose mail server did not take it or who had no key that works; we have stopped trying.",
        "{reference} did not reach {n} members, whose mail servers did not take it or who had no key that works; we have stopped trying.",
        members,
        reference=reference,
    )
