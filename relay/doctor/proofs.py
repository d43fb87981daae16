"""What the proofs of authors need from this machine: TLS that can ask for certificates, and openssl for S/MIME signatures."""

import ssl
from collections.abc import Iterator

from relay.doctor.finding import Finding, ok, warning
from relay.errors import RelayError
from relay.intake.ask import ask_for_certificates
from relay.scan.verify import can_verify_smime
from relay.settings import Settings


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
