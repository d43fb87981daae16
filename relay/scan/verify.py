"""Verify a message's signature in a process of its own: hostile octets are opened elsewhere.

They reach it in anonymous memory, by inherited descriptors: no file, no command line. S/MIME goes to openssl, which is held to the
registered certificates (-nointern, -noverify: no authority counts, no certificate of the message), OpenPGP to `relay.scan.openpgp`.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from relay.errors import Busy
from relay.mail.cms import read_signed_data
from relay.mail.signature import OUTCOMES, RegisteredKey, SignatureFault, SignatureMethod, SignatureResult
from relay.scan.aside import in_memory, run_aside
from relay.scan.signed import Signed

PAST, AHEAD = timedelta(days=7), timedelta(days=1)  # a queue may keep mail for five days; clocks differ
_AT_ONCE = threading.BoundedSemaphore(4)
_WAIT = 30.0  # seconds for a turn
_VERIFIED, _CANNOT_VERIFY = 0, 4  # of openssl-cms(1)


def verify_signature(signed: Signed, keys: Sequence[RegisteredKey], now: datetime) -> SignatureResult:
    """Whether one of these keys, all of one person, has signed the whole message.

    Raises:
        Busy: too many signatures are being verified.
        Unavailable: the program that verifies can't be run.
    """
    if signed.method is None or signed.fault:
        return SignatureResult(method=signed.method, fault=signed.fault or SignatureFault.MISSING)
    theirs = [key for key in keys if key.method is signed.method and key.is_valid(now)]
    if not theirs:
        return SignatureResult(method=signed.method, fault=SignatureFault.NO_KEY)
    if not _AT_ONCE.acquire(timeout=_WAIT):
        raise Busy("too many signatures are being verified")
    try:
        verify = _verify_smime if signed.method is SignatureMethod.SMIME else _verify_openpgp
        return SignatureResult(method=signed.method, fault=verify(signed, theirs, now))
    finally:
        _AT_ONCE.release()


def can_verify_smime() -> bool:
    """Whether openssl is there and runs behind the walls."""
    return run_aside(["relay.scan.confine", "openssl", "version"], ()) == 0


def _verify_smime(signed: Signed, keys: Sequence[RegisteredKey], now: datetime) -> SignatureFault | None:
    found = read_signed_data(signed.signature)
    if found is None:
        return SignatureFault.UNREADABLE
    if not found.strong:
        return SignatureFault.WEAK
    if found.signing_time is None or not now - PAST <= found.signing_time <= now + AHEAD:
        return SignatureFault.UNTIMELY
    pem = b"".join(x509.load_der_x509_certificate(key.octets).public_bytes(Encoding.PEM) for key in keys)
    with in_memory(signed.signature, signed.content, pem) as (signature, content, certificates):
        command = [
            "relay.scan.confine",
            "openssl",
            "cms",
            "-verify",
            "-inform",
            "DER",
            "-in",
            f"/proc/self/fd/{signature}",
        ]
        command += ["-content", f"/proc/self/fd/{content}", "-binary", "-certfile", f"/proc/self/fd/{certificates}"]
        command += ["-nointern", "-noverify", "-out", "/dev/null"]
        code = run_aside(command, (signature, content, certificates))
    if code == _VERIFIED:
        return None
    return SignatureFault.WRONG if code == _CANNOT_VERIFY else SignatureFault.UNREADABLE


def _verify_openpgp(signed: Signed, keys: Sequence[RegisteredKey], now: datetime) -> SignatureFault | None:
    """Key by key: a signature that one of them has made is enough."""
    between = [str(int(one.timestamp())) for one in (now - PAST, now + AHEAD)]
    fault: SignatureFault | None = SignatureFault.WRONG
    for key in keys:
        with in_memory(key.octets, signed.signature, signed.content) as places:
            code = run_aside(["relay.scan.openpgp", *between, *map(str, places)], places)
        fault = OUTCOMES[code] if 0 <= code < len(OUTCOMES) else SignatureFault.UNREADABLE
        if fault is None:
            return None
    return fault
