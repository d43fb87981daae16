"""What the DNS says about the relay's domain: without it copies are taken for junk, and reports and replies find no way back."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay.doctor.finding import Finding, ok, warning, wrong
from relay.errors import DnsError
from relay.senders.lookup import never_in_the_dns, takes_no_mail
from relay.store.keys import DkimKey
from relay.transport.dns import Dns


def look_at_dns(server: str, domain: str, keys: tuple[DkimKey, ...]) -> Iterator[Finding]:
    """All records; once the DNS doesn't answer, that alone is said.

    Args:
        server: which resolver; "" for the system's.
        domain: the relay's.
        keys: those that sign copies.
    """
    try:
        dns = Dns(server)
        yield from _look_at_mx(dns, domain)
        yield from _look_at_spf(dns, domain)
        for key in keys:
            yield _look_at_dkim(dns, domain, key)
        yield _look_at_dmarc(dns, domain)
    except DnsError as error:
        yield warning(
            "DNS", f"{error}; its records were not looked at", "ask from where the internet's DNS can be reached"
        )


def look_at_members_domains(server: str, domains: Iterable[str]) -> Iterator[Finding]:
    """Which domains of members take no mail at all; once the DNS doesn't answer, the others aren't asked about.

    Args:
        server: which resolver; "" for the system's, which isn't asked about what is never in the DNS.
        domains: the members'.
    """
    try:
        dns = Dns(server)
        asked = (one for one in domains if server or not never_in_the_dns(one))
        silent = [one for one in asked if takes_no_mail(dns.records, one)]
    except DnsError:  # told above
        return
    if silent:
        said = (
            f"{', '.join(silent)}: these domains say that they take no mail (null MX), and members have addresses there"
        )
        yield warning("members' MX", said, "ask these members for other addresses, and add them anew")


def record_of(key: DkimKey) -> str:
    """What belongs at `SELECTOR._domainkey.DOMAIN`, as a zone file has it (RFC 6376 §3.6.1, RFC 8463 §4; RFC 1035 §3.3.14)."""
    kind = "rsa" if isinstance(key.key, RSAPrivateKey) else "ed25519"
    text = f"v=DKIM1; k={kind}; p={b64encode(_public(key)).decode('ascii')}"
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


def _look_at_mx(dns: Dns, domain: str) -> Iterator[Finding]:
    servers = dns.records(domain, "MX")
    if not servers or "." in servers:
        said = f"{domain} takes no mail, its MX says" if servers else f"{domain} has no MX record"
        yield warning(
            "MX", said, f"publish: {domain}. MX 10 the.name.of.this.machine.; without it reports and replies are lost"
        )
        return
    yield ok("MX", ", ".join(servers))
    addresses = dns.records(servers[0], "A") or dns.records(servers[0], "AAAA")
    if not addresses:
        yield wrong("MX", f"{servers[0]} has no address", "publish its A or AAAA record")
        return
    names = dns.names_of(addresses[0])
    if servers[0] in names:
        yield ok("PTR", f"{addresses[0]} is {servers[0]}")
    else:
        said = f"{addresses[0]} is called {names[0]}" if names else f"{addresses[0]} has no name"
        advice = f"if this machine sends the copies, have whoever owns the address name it {servers[0]}"
        yield warning("PTR", said, advice)


def _look_at_spf(dns: Dns, domain: str) -> Iterator[Finding]:
    found = [text for text in dns.records(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        advice = f'publish: {domain}. TXT "v=spf1 mx -all", with the smarthost\'s addresses if they are others'
        yield warning("SPF", f"{domain} has no SPF record", advice)
    elif len(found) > 1:
        yield wrong(
            "SPF", f"{domain} has {len(found)} SPF records, which counts as an error (RFC 7208 §4.5)", "keep one"
        )
    elif {"+all", "all"} & set(found[0].lower().split()):
        yield wrong("SPF", f"“{found[0]}” lets everybody send in the relay's name", "end it with -all")
    else:
        yield ok("SPF", found[0])


def is_published(server: str, domain: str, key: DkimKey) -> bool:
    """Whether the DNS has this key, so that others can check what it signs.

    Raises:
        DnsError: it doesn't answer.
    """
    return any(_same_key(text, key) for text in _published(Dns(server), domain, key))


def _published(dns: Dns, domain: str, key: DkimKey) -> list[str]:
    tags = [_tags(text) for text in dns.records(f"{key.selector}._domainkey.{domain}", "TXT")]
    return [tag["p"] for tag in tags if "p" in tag]


def _look_at_dkim(dns: Dns, domain: str, key: DkimKey) -> Finding:
    name = f"{key.selector}._domainkey.{domain}"
    published = _published(dns, domain, key)
    publish = f"publish: {name}. TXT {record_of(key)}"
    if not published:
        return warning("DKIM", f"{name} has no key: nobody can check the relay's signature", publish)
    if any(_same_key(text, key) for text in published):
        return ok("DKIM", f"{name} is the key in use")
    return wrong("DKIM", f"{name} holds another key than the one in use: every signature fails", publish)


def _look_at_dmarc(dns: Dns, domain: str) -> Finding:
    found = [text for text in dns.records(f"_dmarc.{domain}", "TXT") if _tags(text).get("v", "").upper() == "DMARC1"]
    publish = f'publish: _dmarc.{domain}. TXT "v=DMARC1; p=reject; adkim=s"'
    if len(found) != 1:
        return warning("DMARC", f"{domain} has {'no' if not found else 'more than one'} DMARC record", publish)
    if _tags(found[0]).get("p", "none").lower() == "none":
        return warning("DMARC", f"“{found[0]}” asks nobody to refuse mail that is forged in the relay's name", publish)
    return ok("DMARC", found[0])


def _tags(text: str) -> dict[str, str]:
    """Tag=value pairs (RFC 6376 §3.2); blanks mean nothing."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def _public(key: DkimKey) -> bytes:
    if isinstance(key.key, RSAPrivateKey):
        return key.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.key.public_key().public_bytes_raw()


def _same_key(published: str, key: DkimKey) -> bool:
    """RSA keys are published as either of two structures (RFC 6376 erratum 3017)."""
    forms = [_public(key)]
    if isinstance(key.key, RSAPrivateKey):
        forms.append(key.key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))
    try:
        return b64decode(published, validate=True) in forms
    except ValueError:
        return False
