"""The two short words that an author gets about a post that went out: how far it went, and whom it never reached."""

from relay.delivery.catalogue import Catalogue


def receipt(reference: str, members: int, countries: int, removed: int, catalogue: Catalogue) -> str:
    """One line, for a glance.

    Args:
        reference: the post's.
        members: how many a copy was made for.
        countries: how many countries they serve.
        removed: how many attachments were left out.
        catalogue: the author's language.
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
    if not removed:
        return catalogue.text("{reference} went to {members} in {countries}.", reference=reference, **whom)
    return catalogue.text(
        "{reference} went to {members} in {countries}; {removed}.",
        reference=reference,
        removed=catalogue.plural("{n} attachment removed", "{n} attachments removed", removed),
        **whom,
    )


def undelivered(reference: str, members: int, catalogue: Catalogue) -> str:
    """That so many members' servers took no copy until we gave up."""
    return catalogue.plural(
        "{reference} did not reach {n} member, whose mail server did not take it; we have stopped trying.",
        "{reference} did not reach {n} members, whose mail servers did not take it; we have stopped trying.",
        members,
        reference=reference,
    )
