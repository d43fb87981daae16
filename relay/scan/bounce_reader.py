"""Reading in free text that copies failed, by way of flufl.bounce, which knows how some twenty kinds of servers say it.

`python -m relay.scan.bounce_reader OCTETS RECIPIENTS` reads in a process of its own, behind the scanners' walls: the words are open
descriptors, and one octet is written for each recipient, the place of its outcome in OUTCOMES. Nothing else imports it: flufl.bounce reads hostile octets with
expressions that nobody has bounded.
"""

import os
import re
from collections.abc import Iterable, Sequence
from email import message_from_bytes
from email.message import Message
from functools import partial
from pathlib import Path

from flufl.bounce import all_failures

from relay.delivery.refusal import said_blames_address
from relay.mail.report import SAID_OCTETS, said_codes
from relay.scan.bounces import OUTCOMES, Outcome
from relay.scan.charset import load_every_charset
from relay.scan.confine import behind_walls, end_with

_MEMORY = 256 * 1024 * 1024
_PROCESSOR_SECONDS = 5
_COPY_BEGINS = re.compile(rb"^[ \t]*--[^\n]*(?:copy|below|original)", re.IGNORECASE | re.MULTILINE)
# Passes through what readers load only when they meet it, since files are out of reach afterwards.
_WARM_UP = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nWQ==\r\n"
    b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>caf=E9</p>\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)


def judge(octets: bytes, recipients: Sequence[str]) -> tuple[Outcome | None, ...]:
    """What a message says of each of these addresses; None when it doesn't name it as one that failed.

    Raises:
        Exception: whatever flufl.bounce and Python's parser raise on hostile octets, which is for a process of its own.
    """
    message = message_from_bytes(octets)
    temporary, permanent = (_names(found) for found in all_failures(message))
    failed: Outcome = "dead" if permanent and said_blames_address(*said_codes(_text(message))) else "failed"
    wanted = [one.casefold() for one in recipients]
    return tuple(failed if one in permanent else "delayed" if one in temporary else None for one in wanted)


def _names(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(one.decode("utf-8", "replace").strip("<> ").casefold() for one in found)


def _text(message: Message) -> bytes:
    """The decoded texts in front of what is returned."""
    texts = []
    for part in message.walk():
        if part.get_content_maintype() == "message":
            break
        if part.get_content_maintype() == "text" and isinstance(octets := part.get_payload(decode=True), bytes):
            texts.append(octets)
    return _COPY_BEGINS.split(b"\n".join(texts)[:SAID_OCTETS], maxsplit=1)[0]


def main(words: Sequence[str]) -> int:
    """Read what the descriptors hold, and write an octet for each recipient."""
    octets, listed = (Path(f"/proc/self/fd/{word}").read_bytes() for word in words)
    load_every_charset()
    judge(_WARM_UP, [""])
    recipients = listed.decode("utf-8").split("\n")
    os.nice(10)  # posts are scanned first
    return behind_walls(_MEMORY, partial(_write, octets, recipients), failed=1, seconds=_PROCESSOR_SECONDS)


def _write(octets: bytes, recipients: Sequence[str]) -> int:
    os.write(1, bytes(OUTCOMES.index(one) for one in judge(octets, recipients)))
    return 0


if __name__ == "__main__":
    end_with(main)
