"""dkimpy's own test suite, run as it is, with every signature that it verifies verified by us too.

We may only be stricter than dkimpy, and in nothing but what is listed here.
"""

import importlib.util
import io
import unittest
from datetime import UTC, datetime

import dkim
import pytest

from relay.mail.message import split_header
from relay.senders.canonical import cut
from relay.senders.dkim import check, judge_form
from relay.senders.public_key import read_public_key
from relay.senders.signature import read_signature
from tests.conformance.material import material

SUITE = material("dkimpy-1.1.8") / "dkim" / "tests"
MODULES = (
    "test_dkim",
    "test_dkim_ed25519",
    "test_dkim_rsavariants",
)  # keys of TLS reports alone (RFC 8460) are none of ours

# Why we don't pass what dkimpy passes. Anything else is a failure.
STRICTER = {
    "dkim.body_in_part": "l= lets anybody write on",
    "no key": "RSA of 512 bits, with which a part of the suite was signed",
}


def ours(octets, place, dnsfunc):
    """What we make of one signature: "" for a pass, else why not."""
    octets = octets.replace(b"\r\n", b"\n").replace(
        b"\n", b"\r\n"
    )  # the suite's files end lines in LF; mail comes with CRLF
    message = cut(octets, split_header(octets))
    if message is None:
        return "two readings"
    fields = message.all("dkim-signature")
    signature = read_signature(fields[place]) if len(fields) > place else None
    if signature is None:
        return "no signature"
    if fault := judge_form(signature, datetime.now(UTC)):
        return fault
    record = dnsfunc(f"{signature.key_name}.".encode()) or ""
    text = record if isinstance(record, str) else record.decode("ascii", "replace")
    key = read_public_key(text.strip(), signature.algorithm)
    return check(message, signature, key) if key else "no key"


@pytest.fixture(scope="module")
def compared():
    """(dkimpy's result, ours, the test) for every verification in the suite, and how the suite itself went."""
    found = []
    verify, set_message = dkim.DKIM.verify, dkim.DomainSigner.set_message

    def keep(self, message):
        self.octets = message
        set_message(self, message)

    def both(self, idx=0, dnsfunc=dkim.get_txt):
        theirs = False
        try:
            theirs = bool(verify(self, idx=idx, dnsfunc=dnsfunc))
            return theirs
        finally:
            if isinstance(self.octets, bytes):
                found.append((theirs, ours(self.octets, idx, dnsfunc), running[-1]))

    class Result(unittest.TextTestResult):
        def startTest(self, test):  # noqa: N802
            running.append(test.id())
            super().startTest(test)

    running = [""]
    dkim.DKIM.verify, dkim.DomainSigner.set_message = both, keep
    try:
        tests = unittest.TestSuite()
        for name in MODULES:
            spec = importlib.util.spec_from_file_location(f"dkimpy_{name}", SUITE / f"{name}.py")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            tests.addTests(unittest.defaultTestLoader.loadTestsFromModule(module))
        result = unittest.TextTestRunner(stream=io.StringIO(), resultclass=Result).run(tests)
    finally:
        dkim.DKIM.verify, dkim.DomainSigner.set_message = verify, set_message
    return found, result


def test_the_suite_itself_passes_while_we_listen(compared):
    found, result = compared
    assert result.testsRun >= 45
    assert result.wasSuccessful()
    assert len(found) > 120


def test_we_pass_what_dkimpy_passes_but_for_what_is_stricter_on_purpose(compared):
    found, _ = compared
    assert {ours for theirs, ours, _ in found if theirs} == {"", *STRICTER}
    assert sum(theirs and not ours for theirs, ours, _ in found) > 80


def test_we_pass_nothing_that_dkimpy_does_not_pass(compared):
    found, _ = compared
    assert [row for row in found if not row[0] and not row[1]] == []
    assert sum(not theirs for theirs, _, _ in found) > 40
