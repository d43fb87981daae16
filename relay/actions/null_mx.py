"""Does the domain of an address say that it takes no mail at all (null MX, RFC 7505)? Nobody is let in who could get no alert.

Only who becomes a member at once is asked about: who is nominated proves their address by answering.
"""

from relay.errors import Busy, DnsError, Invalid
from relay.mail.address import Address
from relay.resources import Resources
from relay.senders.lookup import never_in_the_dns, takes_no_mail


def refuse_null_mx(resources: Resources, address: Address) -> None:
    """Refuse an address whose domain takes no mail. Where the DNS doesn't answer, nothing is known and nothing refused.

    Raises:
        Invalid: its domain has a null MX.
    """
    if not resources.settings.smtp.resolver and never_in_the_dns(address.domain):
        return
    try:
        with resources.enquiries.of_one_message() as lookup:
            refused = takes_no_mail(lookup, address.domain)
    except (Busy, DnsError):
        return
    if refused:
        raise Invalid(
            f"{address.domain} says in the DNS that it takes no mail (null MX): the person needs another address"
        )
