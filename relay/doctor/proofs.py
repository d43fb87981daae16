"""What the proofs of authors need: TLS that can ask for certificates, openssl for S/MIME signatures, and keys that haven't ended."""

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from relay.doctor.finding import Finding, ok, warning
from relay.doctor.records import look_into
from relay.errors import RelayError
from relay.intake.ask import ask_for_certificates
from relay.scan.verify import can_verify_smime
from relay.settings import Settings
from relay.store import certificates, signing_keys

_SOON = timedelta(days=14)


def look_at_proofs(settings: Settings) -> Iterator[Finding]:
    """Whether clients can be asked for certificates where the settings say so, and S/MIME signatures be verified."""
    doors = ", ".join(settings.smtp.client_certificates)
    if not doors:
        yield ok("client certificates", "no door asks for one")
    elif ask_for_certificates(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)):
        yield ok("client certificates", f"asked for at {doors}; only registered ones count")
    else:
        advice = (
            "run the relay with Debian's own Python; until then members and gateways can't be known by a certificate"
        )
        yield warning("client certificates", "this Python hides its OpenSSL, so no client is asked for one", advice)
    try:
        works = can_verify_smime()
    except RelayError:
        works = False
    if works:
        yield ok("signatures", "openssl is here for S/MIME; OpenPGP needs nothing more")
    else:
        advice = "apt-get install openssl; until then S/MIME posts to lists with second_proof are put off"
        yield warning("signatures", "openssl isn't here, or can't be run behind the scanners' walls", advice)


def look_at_registered(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Gateways that are known by a certificate, and what ends soon. What can't be read, other looks tell."""
    soon = now + _SOON
    registered = look_into(
        settings,
        lambda connection: (
            [one.name for one in certificates.list_gateways(connection)],
            (*certificates.ending(connection, soon), *signing_keys.ending(connection, soon)),
        ),
    )
    if registered is None:
        return
    gateways, ending = registered
    if gateways:
        advice = "keep their queues on encrypted disks, and have members post on the submission ports"
        said = f"posts through {', '.join(gateways)} lie in that server's queue in clear, withheld ones too: promise 1 doesn't cover it"
        yield warning("certificates of gateways", said, advice)
    for whose, until in ending:
        what = "ended" if until < now else "ends"
        advice = "register the new one (`members certificate add`, `members signing-key add`, `gateways add`), or take this away"
        yield warning("registered keys", f"what {whose} has registered {what} on {until:%Y-%m-%d}", advice)
    if not ending:
        yield ok("registered keys", "none of them ends within two weeks")
