"""Messages for the scanner's tests, and one call that scans in this process."""

from datetime import date

from relay.detectors.facts import Facts
from relay.policy.marking import MarkingWords
from relay.policy.post import Progress, Scan
from relay.scan.frames import advance
from relay.scan.instructions import Definitions
from relay.scan.rules import make_rules
from relay.scan.stages import scan_octets

WORDS = MarkingWords(
    names=("TLP",),
    connectors=("level",),
    labels={
        "TLP:GREEN": ("GREEN", "VERT"),
        "TLP:AMBER": ("AMBER",),
        "TLP:RED": ("RED", "ROUGE", "КРАСНЫЙ", "红色", "أحمر"),
    },
)
DEFINITIONS = Definitions(words=WORDS, detectors={})
RULES = make_rules(DEFINITIONS)
ONE_DETECTOR = """
[words.secret]
en = ["informant"]

[[detector]]
rule = "a.rule"
code = "O1"
all = ["secret"]
must = ["An informant.", "One informant.", "This informant."]
must_not = ["A man.", "One man.", "This man."]
"""
FACTS = Facts(on=date(2026, 11, 24))
HEADER = (
    b"From: Ana Example <ana@agency.example>\r\nTo: central-africa@relay.example\r\nSubject: Seizure at the port\r\n"
    b"Date: Mon, 6 Jan 2025 10:00:00 +0000\r\nMessage-ID: <1@agency.example>\r\nMIME-Version: 1.0\r\n"
)


def scan(octets: bytes) -> Scan:
    """Everything that all stages report, as the pool puts it together."""
    result = Scan(progress=Progress.NOTHING, message=None)
    for stage in scan_octets(octets, RULES, FACTS):
        result = advance(result, stage)
    return result


def message(body: bytes, content_type: str = "", more: str = "") -> bytes:
    """A message with everyday header fields. `content_type` and `more` are field bodies and whole lines."""
    fields = f"Content-Type: {content_type}\r\n" if content_type else ""
    return HEADER + (fields + more).encode("utf-8") + b"\r\n" + body


def part(body: bytes, content_type: str = "text/plain", more: str = "") -> bytes:
    """One MIME part."""
    return f"Content-Type: {content_type}\r\n{more}\r\n".encode() + body


def multipart(*parts: bytes, subtype: str = "mixed", boundary: str = "b1") -> tuple[bytes, str]:
    """A multipart body and its content type."""
    opened = b"".join(f"--{boundary}\r\n".encode() + one + b"\r\n" for one in parts)
    return opened + f"--{boundary}--\r\n".encode(), f'multipart/{subtype}; boundary="{boundary}"'


def mail(*parts: bytes, subtype: str = "mixed") -> bytes:
    """A whole message of parts."""
    return message(*multipart(*parts, subtype=subtype))


def plain(result: Scan) -> str:
    """The plain text that may leave."""
    return "\n".join(part.text for part in result.parts if part.media_type == "text/plain")


def page(result: Scan) -> str:
    """The HTML that may leave."""
    return "\n".join(part.text for part in result.parts if part.media_type == "text/html")


def rules(result: Scan, code: str = "H7") -> set[str]:
    """The rules of one code that found something."""
    return {finding.rule for finding in result.findings if finding.code == code}


def marking_places(result: Scan) -> set[str]:
    """Where markings stand, certain or in prose, without line numbers."""
    return {finding.place.split(", line")[0] for finding in result.findings if finding.label == "TLP:RED"}
