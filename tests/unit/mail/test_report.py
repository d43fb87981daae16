"""Delivery reports: the fate that a server tells, and everything that is no clear report."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.report import GROUPS, PARTS, SAID_OCTETS, Report, read_report, said_codes

GROUP = "Final-Recipient: rfc822; paul@police.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"


def dsn(
    *groups: str,
    more: str = "",
    head: str = "",
    kind: str = "message/delivery-status",
    boundary: str = 'boundary="b 1"',
) -> bytes:
    status = "\r\n".join(("Reporting-MTA: dns; mx.police.example\r\n", *(groups or (GROUP,))))
    return (
        f"From: <>\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\t{boundary}\r\n\r\n"
        "A preamble.\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nAction: delivered\r\nSorry.\r\n"
        f"--b 1\r\nContent-Type: {kind}\r\n{head}\r\n{status}{more}\r\n"
        "--b 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: returned\r\n\r\nAction: failed\r\n--b 1--\r\n"
    ).encode()


def test_a_report_tells_fate_status_and_code_and_nothing_else():
    assert read_report(dsn()) == Report(fate="failed", status="5.1.1", code=550)


@pytest.mark.parametrize("fate", ["failed", "delayed", "delivered", "relayed", "expanded"])
def test_every_fate_of_the_standard_is_known(fate):
    assert read_report(dsn(GROUP.replace("failed", fate.upper() + " (so)"))).fate == fate


def test_a_copy_has_failed_when_it_has_failed_for_everybody_behind_the_address():
    assert read_report(dsn(GROUP, GROUP)).fate == "failed"
    assert read_report(dsn(GROUP, GROUP.replace("failed", "delivered"))).fate == "delayed"
    assert read_report(dsn(GROUP.replace("failed", "delivered"), GROUP)).fate == "delayed"


def test_of_several_recipients_the_one_that_is_asked_about_has_its_own_fate():
    other = GROUP.replace("paul@police", "ana@douanes").replace("failed", "delivered").replace("5.1.1", "2.0.0")
    both = dsn(other, GROUP)
    assert read_report(both, "Paul@Police.example") == Report(fate="failed", status="5.1.1", code=550)
    assert read_report(both, "ana@douanes.example").fate == "delivered"
    assert read_report(both, "jean@parcs.example").fate == "delayed", "named nowhere: both stand behind this address"
    assert read_report(both).fate == "delayed"


@pytest.mark.parametrize(
    "named",
    [
        "Original-Recipient: rfc822;paul@police.example\r\nFinal-Recipient: rfc822; p.dupont@mailbox.example",
        "Original-Recipient: utf-8; PAUL@police.example\r\nFinal-Recipient: x-local; p",
        "Final-Recipient: RFC822;<paul@police.example>",
        "Original-Recipient: rfc822;pau+6C+40police.example\r\nFinal-Recipient: x-local; p",
    ],
)
def test_a_recipient_is_known_by_the_address_that_we_gave_or_that_the_server_found(named):
    other = GROUP.replace("paul@police", "ana@douanes").replace("failed", "relayed").replace("5.1.1", "2.0.0")
    group = GROUP.replace("Final-Recipient: rfc822; paul@police.example", named)
    assert read_report(dsn(other, group), "paul@police.example").fate == "failed"


def test_a_recipient_outside_ascii_is_known_by_its_letters():
    other = GROUP.replace("paul@police", "ana@douanes").replace("failed", "relayed").replace("5.1.1", "2.0.0")
    group = GROUP.replace("rfc822; paul@police.example", "utf-8; Инна@police.example")
    assert read_report(dsn(other, group), "инна@police.example").fate == "failed"
    assert read_report(dsn(other, group), "ana@douanes.example").fate == "relayed"


@pytest.mark.parametrize(
    ("text", "statuses", "codes"),
    [
        ("host mx.example said: 550 5.1.1 <x@y.example>: no such user", {"5.1.1"}, {550}),
        ("Sorry, no mailbox here by that name. (#5.1.1)", {"5.1.1"}, set()),
        ("  550 unknown user\r\n>>> 552 full", set(), {550, 552}),
        ("Connection timed out (#4.4.1)", {"4.4.1"}, set()),
        ("version 5.1.1.2 of 5.50.4133, code 5501 of A5.1.1 and room 550", set(), set()),
    ],
)
def test_codes_are_found_in_free_text(text, statuses, codes):
    assert said_codes((text + "\r\n").encode()) == (statuses, codes)
    assert said_codes(("x" * SAID_OCTETS + "\r\n" + text).encode()) == (set(), set()), "what is returned"


@pytest.mark.parametrize(
    ("field", "report"),
    [
        ("Status: 5.7.1 (policy)", Report(fate="failed", status="5.7.1", code=None)),
        ("Status: 4.4.7\r\nDiagnostic-Code: x-unix; 550", Report(fate="failed", status="4.4.7", code=None)),
        ("Status: 5.1.1234", Report(fate="failed", status="", code=None)),
        ("Status: 5.1", Report(fate="failed", status="", code=None)),
        (
            "Status: \r\n 5.2.2\r\nDIAGNOSTIC-CODE:SMTP;552-5.2.2 full\r\n\tstill full",
            Report(fate="failed", status="5.2.2", code=552),
        ),
        ("Diagnostic-Code: smtp; 5501", Report(fate="failed", status="", code=None)),
        ("Diagnostic-Code: smtp; DROP TABLE deliveries", Report(fate="failed", status="", code=None)),
    ],
)
def test_only_codes_of_the_standards_form_come_out(field, report):
    assert read_report(dsn(f"Final-Recipient: rfc822; x\r\nAction: failed\r\n{field}\r\n")) == report


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"Subject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        dsn(kind="text/plain"),
        dsn(kind="message/delivery-status-not"),
        dsn(head="Content-Transfer-Encoding: base64\r\n"),
        dsn(GROUP.replace("failed", "exploded")),
        dsn(GROUP.replace("failed", "")),
        dsn(GROUP.replace("Action: failed\r\n", "")),
        dsn(GROUP + "Action: failed\r\n"),
        dsn(GROUP, GROUP.replace("failed", "exploded")),
        dsn(GROUP.replace("5.1.1", "2.1.5")),
        dsn(boundary='boundary="other"'),
        dsn(boundary="x=y"),
        dsn(boundary='boundary="b 1"\r\nContent-Type: text/plain'),
        dsn().replace(b"multipart/report", b"multipart/mixed"),
        dsn().replace(b"\r\n--b 1\r\n", b"\r\n--b 1\r\n\r\n" * (PARTS + 1), 1),
    ],
)
def test_what_is_no_clear_report_is_none(octets):
    """Rows 31 and 34: an automatic reply to a return path says nothing about a copy."""
    assert read_report(octets) is None


def test_a_heap_of_groups_is_cut():
    assert read_report(dsn(*[GROUP] * GROUPS * 2)).fate == "failed"


@given(st.binary(max_size=400), st.integers(0, 700))
@example(b"\r\n" * 300_000, 0)
@example(b"--b 1" * 100_000, 200)
def test_reading_never_raises(octets, place):
    read_report(octets)
    whole = dsn()
    read_report(whole[:place] + octets + whole[place:], "paul@police.example")
    said_codes(octets)
