"""The doors for mail, their certificate, who is trusted at them, and the way out."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from relay.delivery.bounce import fits, post_path
from relay.doctor.finding import Finding, ok, warning, wrong
from relay.doctor.records import look_into
from relay.errors import RelayError
from relay.intake.tls import server_context
from relay.resources import load_lists, load_smarthost
from relay.roster.mailing_list import Tlp
from relay.roster.member import MemberState
from relay.settings import Settings, is_loopback
from relay.store.members import list_members
from relay.transport.smarthost import Offer, is_open, try_smarthost

_EXPIRES_SOON = timedelta(days=14)
_MOST_TRUSTED = 256  # addresses in one network
_STRONG = frozenset(
    {"verify", "secure", "dane-only", "fingerprint"}
)  # levels of Postfix at which nothing goes unverified
_PATIENCE = 10.0  # seconds for a program that is asked
_ENCODED = 1.4  # a copy in base64 is a third longer than what was posted, and has the list's own words


def look_at_certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Members' programs refuse a certificate that has expired or names another host."""
    smtp, domain = settings.smtp, settings.relay.domain
    if not smtp.tls_certificate:
        yield ok("TLS", "a self-signed certificate, for trying out on this machine only")
        return
    try:
        server_context(Path(smtp.tls_certificate), Path(smtp.tls_key))
        certificate = x509.load_pem_x509_certificates(Path(smtp.tls_certificate).read_bytes())[0]
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (RelayError, OSError, ValueError, x509.ExtensionNotFound) as error:
        said = str(error) if isinstance(error, RelayError) else f"{smtp.tls_certificate} can't be read or names no host"
        yield wrong("TLS", said, "renew it; the relay doesn't start without it")
        return
    hosts, until = names.get_values_for_type(x509.DNSName), certificate.not_valid_after_utc
    if not certificate.not_valid_before_utc <= now < until:
        yield wrong(
            "TLS",
            f"the certificate is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to {until:%Y-%m-%d}",
            "renew it",
        )
    elif until - now < _EXPIRES_SOON:
        yield warning("TLS", f"the certificate expires on {until:%Y-%m-%d}", "renew it, then reload the relay (SIGHUP)")
    elif smtp.public_host and not any(_is_for(host.lower(), smtp.public_host) for host in hosts):
        advice = f"get a certificate for {smtp.public_host}, or set [smtp] public_host to a name that it holds"
        yield wrong("TLS", f"the certificate names {', '.join(hosts) or 'no host'}, but not {smtp.public_host}", advice)
    elif not any(host == domain or host.endswith(f".{domain}") for host in hosts):
        advice = f"tell members one of these names as their server, or get a certificate for a name under {domain}"
        yield warning("TLS", f"the certificate names {', '.join(hosts) or 'no host'}, nothing under {domain}", advice)
    else:
        yield ok("TLS", f"{', '.join(hosts)}, until {until:%Y-%m-%d}")


def look_at_ports(settings: Settings) -> Iterator[Finding]:
    """Whether the relay runs, and answers where the settings say."""
    smtp, web = settings.smtp, settings.web
    wished = {
        "smtp": (smtp.host, smtp.port),
        "submission": (smtp.host, smtp.submission_port),
        "submissions": (smtp.host, smtp.submissions_port),
        "web": (web.host, web.port),
    }
    fixed = {name: (host, port) for name, (host, port) in wished.items() if isinstance(port, int) and port}
    answering = [name for name, (host, port) in fixed.items() if is_open(_reachable(host), port)]
    if not _runs(settings):
        yield warning("service", f"no relay runs on {settings.data}", "systemctl start wen-relay")
        for name in answering:
            yield wrong(
                "service", f"another program has port {fixed[name][1]} ({name})", "stop it, or choose another port"
            )
        return
    for name in fixed.keys() - set(answering):
        yield wrong(
            "service", f"nobody answers on port {fixed[name][1]} ({name})", "restart the relay, and read its log"
        )
    if len(answering) == len(fixed):
        yield ok(
            "service",
            f"it runs, and answers on {', '.join(f'{name} {fixed[name][1]}' for name in answering) or 'free ports'}",
        )


def look_at_programs(settings: Settings) -> Iterator[Finding]:
    """Where members' mail programs connect, and what may be published for those that ask the DNS for it (RFC 6186, RFC 8314 §5.1)."""
    smtp, host, domain = settings.smtp, settings.public_host, settings.relay.domain
    doors = (("_submissions", smtp.submissions_port), ("_submission", smtp.submission_port))
    fixed = [(service, port) for service, port in doors if isinstance(port, int) and port]
    if not fixed:
        yield warning(
            "programs", "members' programs have no fixed port to connect to", "set [smtp] submissions_port to 465"
        )
        return
    records = [f"{service}._tcp.{domain}. SRV 0 1 {port} {host}." for service, port in fixed]
    if web := urlsplit(settings.web.public_url).hostname:
        records.append(f"autoconfig.{domain}. CNAME {web}.")
    yield Finding(
        check="programs",
        level="ok",
        finding=f"members' programs connect to {' and '.join(f'{host}:{port}' for _, port in fixed)}",
        advice=f"may be published, for programs that are told the relay's domain: {' '.join(records)}",
    )


def look_at_trust(settings: Settings) -> Iterator[Finding]:
    """A gateway queues what it passes on: what it lets through lay on its disk in clear, before the relay could judge it."""
    gateways = settings.smtp.trusted_gateways
    if gateways:
        advice = "keep its queue on an encrypted disk, and have members post on the submission ports"
        said = f"posts through {', '.join(gateways)} lie in that server's queue in clear, withheld ones too: promise 1 doesn't cover it"
        yield warning("gateways", said, advice)
    else:
        yield ok("gateways", "none is trusted")
    for check, networks in (("gateways", gateways), ("proxies", settings.smtp.proxies)):
        for network in networks:
            if (size := ip_network(network).num_addresses) > _MOST_TRUSTED:
                yield wrong(check, f"{network} are {size} addresses, all of which are believed", "name single hosts")


def look_at_smarthost(settings: Settings) -> Iterator[Finding]:
    """Whether copies can leave, and unread by others on the way."""
    place = f"{settings.delivery.smarthost}:{settings.delivery.port}"
    if settings.smarthost_tls == "opportunistic" and not is_loopback(settings.delivery.smarthost):
        yield wrong(
            "smarthost",
            f"copies go to {place} in clear when it, or somebody on the way, wants it",
            '[delivery] tls = "required"',
        )
    try:
        offer = try_smarthost(load_smarthost(settings))
    except RelayError as error:
        yield wrong(
            "smarthost", f"{place}: {error}", "copies wait until that is mended: see [delivery], and that server's log"
        )
        return
    needed = int(settings.smtp.max_message_octets * _ENCODED)
    if offer.size_limit is not None and offer.size_limit < needed:
        advice = f"raise its limit to {needed} (Postfix: message_size_limit), or lower [smtp] max_message_octets"
        yield warning(
            "smarthost",
            f"{place} takes {offer.size_limit} octets at most: copies of the largest posts would fail",
            advice,
        )
    else:
        under = "" if settings.smarthost_tls == "none" else " under TLS"
        yield ok("smarthost", f"{place} takes mail{under}{_shared(settings, offer)}")
    yield from _look_at_onward_tls(settings, place, offer)
    yield from _look_at_utf8(settings, place, offer)


def _shared(settings: Settings, offer: Offer) -> str:
    """How many copies share transactions, or would: those to addresses that fit behind the return path of a post (XVERP)."""
    if settings.delivery.verp != "auto":
        return ""
    try:
        lists = [one for one in load_lists(settings).values() if one.active]
    except RelayError:
        return ""  # told where the lists are looked at
    everyone = [one for one in look_into(settings, list_members) or () if one.state is MemberState.ACTIVE]
    number = short = 0
    for one in lists:
        path = post_path(one.address.local, settings.relay.domain, 1, b"")
        readers = [member.address for member in everyone if one.includes(member)]
        number += len(readers)
        if path is not None and not (one.one_click_leave or one.encrypted):
            short += sum(fits(path, address) for address in readers)
    share = f"{short} of {number} copies, one for each member of each list"
    if not offer.gives_own_paths:
        return (
            ", each copy by itself; if it made their return paths (XVERP; Postfix: smtpd_authorized_verp_clients = this relay's address)"
            f" {share}, could share transactions, at half the cost"
        )
    if short == number:
        return ""
    return (
        f"; {share}, can share transactions: most others have addresses too long for it (docs/operations/delivery.md)"
    )


def _look_at_onward_tls(settings: Settings, place: str, offer: Offer) -> Iterator[Finding]:
    """Whether copies that must stay under TLS can leave at all, and who answers for the way behind the smarthost."""
    try:
        lists = [one for one in load_lists(settings).values() if one.active]
    except RelayError:
        return  # told where the lists are looked at
    if narrow := sorted(one.name for one in lists if one.ceiling.level > Tlp.GREEN.level and one.tls != "required"):
        advice = 'tls = "required" in their definitions keeps them under TLS on every line (lists/README.md)'
        sentence = f"{', '.join(narrow)}: copies of a narrower circle than TLP:GREEN may go on in clear behind {place}"
        yield warning("onward TLS", sentence, advice)
    strict = sorted(one.name for one in lists if one.tls == "required")
    if not strict:
        return
    wanted = f"{', '.join(strict)} {'wants' if len(strict) == 1 else 'want'} TLS all the way"
    if settings.delivery.onward_tls == "smarthost":
        advice = "see to it there: smtp_tls_security_level = secure or dane-only, or an MTA-STS policy, for every domain (docs/operations/tls.md)"
        level = _level_of_postfix() if is_loopback(settings.delivery.smarthost) else None
        if level is None or level in _STRONG:
            sentence = f"{wanted}: you say that {place} sees to it"
            yield Finding(check="onward TLS", level="ok", finding=sentence, advice=advice)
        else:
            sentence = f"{wanted}, and this machine's Postfix has smtp_tls_security_level = {level or 'none'}: domains without a stronger line in its smtp_tls_policy_maps get copies in clear, or under anybody's certificate"
            yield warning("onward TLS", sentence, advice)
    elif offer.keeps_to_tls:
        yield ok("onward TLS", f"{wanted}, and {place} promises it (REQUIRETLS)")
    else:
        advice = "let it offer REQUIRETLS, or only TLS for all mail and say so: [delivery] onward_tls (docs/operations/tls.md)"
        yield wrong("onward TLS", f"{wanted}, and {place} doesn't offer REQUIRETLS: their copies wait", advice)


def _level_of_postfix() -> str | None:
    """The TLS that the Postfix on this machine demands of every server; None where there is none to be asked."""
    program = shutil.which("postconf", path="/usr/sbin:/usr/bin")
    if program is None:
        return None
    try:
        asked = subprocess.run(  # noqa: S603  (a fixed program of the system, asked a fixed question)
            [program, "-h", "smtp_tls_security_level"], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def _look_at_utf8(settings: Settings, place: str, offer: Offer) -> Iterator[Finding]:
    """Whether members whose addresses have letters outside ASCII can be reached."""
    everyone = look_into(settings, list_members) or ()
    named = [str(one.address) for one in everyone if one.state is MemberState.ACTIVE and not one.address.is_ascii]
    if named and not offer.takes_utf8:
        sentence = f"{place} doesn't offer SMTPUTF8: nothing reaches {', '.join(named[:5])}{' and others' if named[5:] else ''}"
        yield wrong("SMTPUTF8", sentence, "let it (Postfix: smtputf8_enable = yes), or ask them for another address")


def _is_for(host: str, name: str) -> bool:
    """Whether a certificate's name, perhaps with a first label of `*`, is this host's (RFC 9525 §6.3)."""
    return host == name or (host.startswith("*.") and host[2:] == name.partition(".")[2])


def _runs(settings: Settings) -> bool:
    """Whether a service holds a lock of this data directory."""
    for path in sorted((settings.data / "run").glob("*.lock")):
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            continue
    return False


def _reachable(host: str) -> str:
    """Where to knock: loopback for a service that listens everywhere."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return ("127.0.0.1" if address.version == 4 else "::1") if address.is_unspecified else host
