"""Verify a message's signature in a process of its own: hostile octets are opened elsewhere.

They reach it in anonymous memory, by inherited descriptors: no file, no command line. S/MIME goes to openssl, which is held to the
registered certificates (-nointern, -noverify: no authority counts, no certificate of the message), OpenPGP to `relay.scan.openpgp`.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import relay
from relay.errors import Busy, Unavailable
from relay.mail.cms import read_signed_data
from relay.mail.signature import OUTCOMES, RegisteredKey, SignatureFault, SignatureMethod, SignatureResult
from relay.scan.confine import CANNOT_RUN
from relay.scan.signed import Signed

PAST, AHEAD = timedelta(days=7), timedelta(days=1)  # a queue may keep mail for five days; clocks differ
_AT_ONCE = threading.BoundedSemaphore(4)
_WAIT, _LONGEST = 30.0, 20.0  # seconds: for a turn, and for one signature
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
    return _run(["relay.scan.confine", "openssl", "version"], ()) == 0


def _verify_smime(signed: Signed, keys: Sequence[RegisteredKey], now: datetime) -> SignatureFault | None:
    found = read_signed_data(signed.signature)
    if found is None:
        return SignatureFault.UNREADABLE
    if not found.strong:
        return SignatureFault.WEAK
    if found.signing_time is None or not now - PAST <= found.signing_time <= now + AHEAD:
        return SignatureFault.UNTIMELY
    pem = b"".join(x509.load_der_x509_certificate(key.octets).public_bytes(Encoding.PEM) for key in keys)
    with _in_memory(signed.signature, signed.content, pem) as (signature, content, certificates):
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
        code = _run(command, (signature, content, certificates))
    if code == _VERIFIED:
        return None
    return SignatureFault.WRONG if code == _CANNOT_VERIFY else SignatureFault.UNREADABLE


def _verify_openpgp(signed: Signed, keys: Sequence[RegisteredKey], now: datetime) -> SignatureFault | None:
    """Key by key: a signature that one of them has made is enough."""
    between = [str(int(one.timestamp())) for one in (now - PAST, now + AHEAD)]
    fault: SignatureFault | None = SignatureFault.WRONG
    for key in keys:
        with _in_memory(key.octets, signed.signature, signed.content) as places:
            code = _run(["relay.scan.openpgp", *between, *map(str, places)], places)
        fault = OUTCOMES[code] if 0 <= code < len(OUTCOMES) else SignatureFault.UNREADABLE
        if fault is None:
            return None
    return fault


def _run(command: Sequence[str], descriptors: Sequence[int]) -> int:
    """Run a module of ours with its words and these open descriptors; its exit code.

    Raises:
        Unavailable: it can't be run, or isn't done in time.
    """
    package = str(Path(relay.__file__).resolve().parent.parent)
    try:
        done = subprocess.run(  # noqa: S603 - our own modules, and words that we chose
            [sys.executable, "-P", "-s", "-B", "-W", "ignore", "-m", *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=tuple(descriptors),
            env={"PYTHONPATH": package, "PYTHONUTF8": "1"},
            start_new_session=True,
            timeout=_LONGEST,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise Unavailable("a signature can't be verified now; try again in a moment") from None
    if done.returncode == CANNOT_RUN:
        raise Unavailable("a signature can't be verified: `wen-relay doctor` says what is missing")
    return done.returncode


@contextmanager
def _in_memory(*octets: bytes | memoryview) -> Iterator[tuple[int, ...]]:
    """Descriptors of anonymous memory that holds these octets."""
    with ExitStack() as stack:
        places = []
        for one in octets:
            place = os.memfd_create("signed", os.MFD_CLOEXEC)
            stack.callback(os.close, place)
            left = memoryview(one)
            while left:
                left = left[os.write(place, left) :]
            places.append(place)
        yield tuple(places)
