"""Feedback reports (RFC 5965): what they complain of, and the return paths that they name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay.mail.complaint import KINDS, PATHS, read_feedback
from relay.mail.report import read_report

PATH = "central-africa-bounces+abc@relay.example"


def feedback(
    kind="abuse",
    *,
    fields=f"Original-Mail-From: <{PATH}>\r\n",
    returned=f"Return-Path: <{PATH}>\r\n",
    part="message/rfc822",
):
    return (
        "From: <feedback@provider.example>\r\nSubject: FW: alert\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report. Feedback-Type: fraud\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1.0\r\nVersion: 1\r\n{fields}\r\n"
        f"--b\r\nContent-Type: {part}\r\n\r\n{returned}Subject: alert\r\n\r\nReturn-Path: <x@y.example>\r\n--b--\r\n"
    ).encode()


def paths(octets):
    return [str(one) for one in read_feedback(octets).return_paths]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_complaint_is_known_in_any_case(kind):
    assert read_feedback(feedback(kind.upper())).complaint == kind


@pytest.mark.parametrize("kind", ["auth-failure", "not-spam", "dmarc", "no-such-kind", ""])
def test_what_complains_of_nothing_is_feedback_and_no_complaint(kind):
    assert read_feedback(feedback(kind)).complaint is None


def test_the_return_path_stands_in_the_report_or_in_what_it_returns():
    assert paths(feedback()) == [PATH]
    assert paths(feedback(fields="")) == [PATH]
    assert paths(feedback(fields="", part="text/rfc822-headers; charset=us-ascii")) == [PATH]
    assert paths(feedback(fields="", part="text/plain")) == []
    assert paths(feedback(fields="Original-Mail-From: redacted\r\n", returned="")) == []
    assert paths(feedback(returned="Return-Path: <other@relay.example>\r\n")) == [PATH, "other@relay.example"]
    many = "".join(f"Return-Path: <p{number}@relay.example>\r\n" for number in range(100))
    assert len(paths(feedback(returned=many))) == PATHS


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"Feedback-Type: abuse\r\n\r\n",
        feedback().replace(b"multipart/report", b"multipart/mixed"),
        feedback().replace(b"message/feedback-report", b"text/plain"),
        feedback().replace(b"feedback-report\r\n\r\n", b"feedback-report\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
        feedback("abuse\r\nFeedback-Type: not-spam"),
        feedback().replace(b"Feedback-Type: abuse\r\n", b""),
        feedback().replace(b"message/rfc822", b"message/feedback-report"),
    ],
)
def test_what_is_no_clear_feedback_is_none(octets):
    assert read_feedback(octets) is None


def test_neither_passes_for_the_other():
    assert read_report(feedback()) is None


@given(st.binary(max_size=300), st.integers(0, 600))
@example(b"\r\n--b" * 50_000, 200)
def test_reading_never_raises(octets, place):
    read_feedback(octets)
    whole = feedback()
    read_feedback(whole[:place] + octets + whole[place:])
