"""A post's author in its copies: where From and Reply-To name them, and where only the text can."""

from relay.delivery.catalogue import Catalogue
from relay.delivery.header_fields import addressed
from relay.mail.address import Address, Mailbox
from relay.roster.mailing_list import MailingList


def visible_author(author: Mailbox, mailing_list: MailingList, *, allowed: bool) -> Mailbox:
    """From is the list, so that the copy aligns with our own signature whatever the author's domain demands (RFC 9989).

    It is the author where the list wants that and the domain is known to demand nothing (`allowed`).
    """
    if mailing_list.author_from == "author" and allowed and author.address.is_ascii:
        return author
    return addressed(f"{author.name} via {mailing_list.title}", mailing_list.address)


def reply_to(author: Mailbox, mailing_list: MailingList) -> list[Mailbox]:
    """Where answers go, as the list says.

    With an address outside ASCII in its header no copy would reach a member whose server has no SMTPUTF8 (RFC 6532). So it
    stands in the text, and answers that are meant for the author alone don't go to everybody.
    """
    the_list = addressed(mailing_list.title, mailing_list.address)
    if not author.address.is_ascii:
        owners = addressed(mailing_list.title, mailing_list.address_for("-owner"))
        return [owners] if mailing_list.reply_to == "author" else [the_list]
    return {"author": [author], "list": [the_list], "both": [author, the_list]}[mailing_list.reply_to]


def author_line(author: Address, mailing_list: MailingList, catalogue: Catalogue) -> list[str]:
    """The author's address, where the copy's header can't tell it and its readers may know it."""
    if author.is_ascii or mailing_list.reply_to == "list":
        return []
    return [
        catalogue.text(
            "The author's own address is {address}. Many mail servers can't deliver to it yet, so answers don't go there by themselves.",
            address=author,
        )
    ]
