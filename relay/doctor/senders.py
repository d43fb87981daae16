"""Whether mail from other servers can be judged, where a list takes it: that asks the DNS, and believes what it says."""

from collections.abc import Iterator
from ipaddress import ip_address

from relay.actions.admit import FROM_SERVERS
from relay.doctor.finding import Finding, ok, warning, wrong
from relay.errors import DnsError, RelayError
from relay.resources import load_lists
from relay.settings import Settings
from relay.transport.dns import Dns

_CHECK = "senders"


def look_at_senders(settings: Settings) -> Iterator[Finding]:
    """The door and the resolver for posts that prove themselves by DKIM or DMARC, or are asked about (`proofs`)."""
    try:
        lists = load_lists(settings).values()
    except RelayError:
        return  # told where the lists are looked at
    names = sorted(one.name for one in lists if one.active and not FROM_SERVERS.isdisjoint(one.proofs))
    if not names:
        yield ok(_CHECK, "no list takes posts from servers that nobody trusts")
        return
    wanted = f"{', '.join(names)} {'takes' if len(names) == 1 else 'take'} posts from any mail server"
    if settings.smtp.port == 0:
        yield wrong(
            _CHECK, f"{wanted}, but the door for them is closed", "set [smtp] port, or change the lists' proofs"
        )
    try:
        resolver = Dns(settings.smtp.resolver)
        resolver.records(settings.relay.domain, "TXT")
    except DnsError as error:
        advice = "see [smtp] resolver or /etc/resolv.conf; until then such posts are put off (451 4.4.3)"
        yield wrong(_CHECK, f"{wanted}, but {error}", advice)
        return
    if far := [one for one in resolver.servers if ip_address(one.partition("%")[0]).is_global]:
        advice = "run a resolver that validates DNSSEC (unbound) on this machine and name it in [smtp] resolver"
        yield warning(_CHECK, f"{wanted}, and {far[0]} is believed about their keys from across the internet", advice)
    else:
        yield ok(_CHECK, f"{wanted}; {', '.join(resolver.servers)} tells their keys")
