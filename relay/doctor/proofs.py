"""What the proofs of authors need: TLS that can ask for certificates, openssl for S/MIME signatures, and keys that haven't ended; and what readers of encrypted posts need."""

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from relay.doctor.finding import Finding, ok, warning
from relay.doctor.records import look_into
from relay.errors import RelayError
from relay.intake.ask import ask_for_certificates
from relay.resources import load_lists
from relay.scan.verify import can_verify_smime
from relay.settings import Settings
from relay.store import certificates, key_warnings, signing_keys

_SOON = timedelta(days=14)
_NAMED = 10  # of them in one line


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
            (
                *certificates.ending(connection, soon),
                *signing_keys.ending(connection, soon),
                *key_warnings.ending(connection, soon),
            ),
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
        advice = "register the new one (`members certificate add`, `members signing-key add`, `members encryption-key add`, `gateways add`), or take this away"
        yield warning("registered keys", f"what {whose} has registered {what} on {until:%Y-%m-%d}", advice)
    if not ending:
        yield ok("registered keys", "none of them ends within two weeks")


def look_at_encryption(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Who has no key that is valid, where one is needed. What can't be read, other looks tell."""
    try:
        lists = [one.name for one in load_lists(settings).values() if one.active and one.encrypted]
    except RelayError:
        return
    found = look_into(settings, lambda connection: key_warnings.without_key(connection, lists, now))
    if found is None:
        return
    if not found:
        yield ok("keys for encryption", "nobody who gets posts encrypted only is without one")
        return
    named = ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    advice = "ask them for a public key and register it (`members encryption-key add`)"
    yield warning("keys for encryption", f"posts wait for {len(found)} members without a valid key: {named}", advice)
