"""The scenes of the tour: each sends real mail to the relay, checks what became of it, and tells it."""

from collections.abc import Callable, Sequence
from email import message_from_bytes
from email.policy import default
from typing import Any

from relay.cli.demo_cast import (
    ALERT,
    AMBER_FROM_CUSTOMS,
    CAMERA,
    CONFIDENTIAL,
    DURING_OUTAGE,
    EXPERT,
    FORGED,
    FROM_GATEWAY,
    FROM_STRANGER,
    HANOI,
    MODERATOR,
    QUESTION,
    RED_FROM_RANGER,
    ROUTED,
    UNKNOWN_MARKING,
    WITHHELD_WORDS,
    Mail,
    cast,
)
from relay.cli.demo_page import Act, subject_of, text_of
from relay.cli.demo_stage import Stage
from relay.errors import RelayError
from relay.transport.sink import Received

NO_DOOR = "none is named"


class DemoFailedError(RelayError):
    """The tour did not go as the relay promises."""


def _envelope(mail: Mail, reply: str) -> tuple[tuple[str, str], ...]:
    return (("From", mail.author), ("To", ", ".join(mail.to)), ("Subject", mail.subject), ("Reply", reply))


def _expect(stage: Stage, mail: Mail, reply: str, decision: str) -> list[dict[str, Any]]:
    """The record of a post that was answered with its reference; its decision must be the expected one."""
    if not reply.startswith("250 2.0.0 "):
        raise DemoFailedError(f"“{mail.title}” was answered with {reply}")
    rows = stage.command("posts", "show", reply.rsplit(maxsplit=1)[-1])
    if {row["decision"] for row in rows} != {decision}:
        raise DemoFailedError(
            f"“{mail.title}” should have been {decision}, but was {[row['decision'] for row in rows]}"
        )
    return rows


def _about(reference: str, kind: str) -> Callable[[Received], bool]:
    """Whether a received mail is about a reference: a copy, or a notice, which has the null reverse-path."""
    field = f"X-WEN-Reference: {reference}".encode()
    return lambda mail: field in mail.octets.partition(b"\r\n\r\n")[0] and (not mail.mail_from) == (kind == "notice")


def _arrived(stage: Stage, reference: str, kind: str, count: int = 1) -> list[Received]:
    matches = _about(reference, kind)
    stage.wait_for(lambda received: sum(map(matches, received)) >= count)
    return [mail for mail in stage.sink.received if matches(mail)]


def _names(mails: Sequence[Received]) -> str:
    people = {row["address"]: f"{row['name']} ({row['country']})" for row in cast()}
    return ", ".join(sorted(people.get(recipient, recipient) for mail in mails for recipient in mail.rcpt_to))


def _photo(mail: Received) -> bytes:
    """The first photo of a received mail."""
    for part in message_from_bytes(mail.octets, policy=default).walk():
        if part.get_content_maintype() == "image":
            return bytes(part.get_payload(decode=True))
    raise DemoFailedError("a photo did not arrive")


def _copies(rows: Sequence[dict[str, Any]]) -> int:
    return sum(sum(row["deliveries"].values()) for row in rows)


def _relayed(stage: Stage) -> Act:
    reply = stage.send(ALERT)
    rows = _expect(stage, ALERT, reply, "relay")
    reference = rows[0]["reference"]
    copies = _arrived(stage, reference, "copy", _copies(rows))
    receipt = _arrived(stage, reference, "notice")[0]
    photo = _photo(copies[0])
    if CAMERA in photo or b"Exif" in photo:
        raise DemoFailedError("a photo's metadata went out")
    story = (
        f"{len(copies)} members of two lists have it; who is on both lists got one copy. The photo was made anew from its pixels, "
        f"{len(photo) // 1024} KB: the place and the camera that its metadata named are gone. Received by: {_names(copies)}."
    )
    shown = f"Subject: {subject_of(copies[0])}\n{text_of(copies[0])[:330]} …\n\nAnd the author's receipt: {text_of(receipt).strip()}"
    return Act(title=ALERT.title, word="relay", facts=_envelope(ALERT, reply), story=story, shown=shown)


def _withheld(stage: Stage, mail: Mail, story: str) -> Act:
    before = len(stage.sink.received)
    reply = stage.send(mail)
    rows = _expect(stage, mail, reply, "withhold")
    notice = _arrived(stage, rows[0]["reference"], "notice")[0]
    if any(_about(rows[0]["reference"], "copy")(one) for one in stage.sink.received[before:]):
        raise DemoFailedError("a withheld post went out")
    facts = (*_envelope(mail, reply), ("Doors", ", ".join(rows[0]["channels"]) or NO_DOOR))
    return Act(title=mail.title, word="withhold", facts=facts, story=story, shown=text_of(notice))


def _withheld_customs(stage: Stage) -> Act:
    return _withheld(
        stage,
        AMBER_FROM_CUSTOMS,
        "Nobody got it, nothing of it was written down. The officer is told, in her language, which door customs has:",
    )


def _withheld_classified(stage: Stage) -> Act:
    act = _withheld(
        stage,
        CONFIDENTIAL,
        "The word marks classified information. No mailing list may carry it, so this notice names no channel at all:",
    )
    if ("Doors", NO_DOOR) not in act.facts:
        raise DemoFailedError("a notice about classified information named a channel")
    return act


def _withheld_ranger(stage: Stage) -> Act:
    return _withheld(
        stage,
        RED_FROM_RANGER,
        "Again nobody got it. A ranger has no access to the customs' or police's networks, so his door is another one:",
    )


def _held(stage: Stage) -> Act:
    reply = stage.send(UNKNOWN_MARKING)
    rows = _expect(stage, UNKNOWN_MARKING, reply, "hold")
    reference = rows[0]["reference"]
    notice = _arrived(stage, reference, "notice")[0]
    stage.command("held", "release", reference, "--moderator", MODERATOR)
    rows = stage.command("posts", "show", reference)
    copies = _arrived(stage, reference, "copy", _copies(rows))
    story = f"TLP has no purple, so a person decides. The author was told; then the moderator {MODERATOR} released it with `wen-relay held release`, and {len(copies)} members got it."
    return Act(
        title=UNKNOWN_MARKING.title,
        word="hold",
        facts=_envelope(UNKNOWN_MARKING, reply),
        story=story,
        shown=text_of(notice),
    )


def _routed(stage: Stage) -> Act:
    """One mail to alerts@: relayed at home, offered abroad, accepted there."""
    reply = stage.send(ROUTED)
    reference = reply.rsplit(maxsplit=1)[-1]
    rows = {row["list"].partition("@")[0]: row["decision"] for row in stage.command("posts", "show", reference)}
    if rows != {"central-africa": "relay", "south-east-asia": "hold"}:
        raise DemoFailedError(f"“{ROUTED.title}” should have been relayed and offered, but was {rows}")
    called = _told(stage, HANOI, reference)
    before = len(_arrived(stage, reference, "copy"))
    stage.command("held", "release", reference, "--moderator", HANOI)
    copies = _arrived(stage, reference, "copy", _copies(stage.command("posts", "show", reference)))
    receipt = _told(stage, ROUTED.author, "Accepté par")
    story = (
        f"The author's own list has it at once ({before} copies). Viet Nam lies on the route, and she isn't a member there: the moderator in "
        f"Hanoi was called by a mail without content, read the post on the relay and accepted it; {len(copies) - before} more members have it."
    )
    shown = f"The call:\n{text_of(called)[:420]} …\n\nThe author's receipt afterwards: {text_of(receipt).strip()}"
    return Act(title=ROUTED.title, word="relay", facts=_envelope(ROUTED, reply), story=story, shown=shown)


def _told(stage: Stage, recipient: str, words: str) -> Received:
    """Wait for a letter to somebody that holds these words."""

    def letters(received: Sequence[Received]) -> list[Received]:
        return [one for one in received if one.rcpt_to == (recipient,) and not one.mail_from and words in text_of(one)]

    stage.wait_for(lambda received: bool(letters(received)))
    return letters(stage.sink.received)[-1]


def _asked(stage: Stage) -> Act:
    """A species question, with a photo."""
    reply = stage.send(QUESTION)
    rows = _expect(stage, QUESTION, reply, "relay")
    copies = _arrived(stage, rows[0]["reference"], "copy", _copies(rows))
    [for_expert] = [one for one in copies if one.rcpt_to == (EXPERT,)]
    story = (
        f"The list for species identification brings officials of every region and experts together; {len(copies)} members have the question, "
        f"the museum's expert among them. His answer goes to her and to the list: Reply-To names both."
    )
    shown = f"Subject: {subject_of(for_expert)}\n{text_of(for_expert)[:360]} …"
    return Act(title=QUESTION.title, word="relay", facts=_envelope(QUESTION, reply), story=story, shown=shown)


def _by_gateway(stage: Stage) -> Act:
    """A post that a ministry's mail server hands over: no login, but a finding that is believed."""
    reply = stage.send(FROM_GATEWAY)
    rows = _expect(stage, FROM_GATEWAY, reply, "relay")
    copies = _arrived(stage, rows[0]["reference"], "copy", _copies(rows))
    if any(b"Authentication-Results" in one.octets for one in copies):
        raise DemoFailedError("a gateway's finding left with a copy")
    unproven = stage.send(FROM_GATEWAY, finding="dkim=fail header.d=dpp-ke.example")
    if not unproven.startswith("550 5.7.1 "):
        raise DemoFailedError(f"a post without proof was answered with {unproven}")
    story = (
        f"She wrote from her ministry's webmail. Its server is a gateway that the relay trusts, and found her domain's DKIM signature good: "
        f"{len(copies)} members have it. The same mail with a broken signature was answered: {unproven}."
    )
    return Act(title=FROM_GATEWAY.title, word="relay", facts=_envelope(FROM_GATEWAY, reply), story=story)


def _refused(stage: Stage, mail: Mail, answer: str, story: str) -> Act:
    reply = stage.send(mail)
    if not reply.startswith(answer):
        raise DemoFailedError(f"“{mail.title}” should have been refused, but was answered with {reply}")
    return Act(title=mail.title, word="refuse", facts=_envelope(mail, reply), story=story)


def _refused_stranger(stage: Stage) -> Act:
    return _refused(
        stage,
        FROM_STRANGER,
        "530 5.7.0 ",
        "Refused in the session, with words that tell a stranger nothing. No bounce, no trace of whether such a list exists.",
    )


def _refused_forged(stage: Stage) -> Act:
    return _refused(
        stage,
        FORGED,
        "550 5.7.1 ",
        "The ranger logged in as himself but wrote the police officer's address into From. The relay takes one author: the one who proved it.",
    )


def _outage(stage: Stage) -> Act:
    stage.stop_smarthost()
    reply = stage.send(DURING_OUTAGE)
    rows = _expect(stage, DURING_OUTAGE, reply, "relay")
    waiting = stage.command("queue", "status")[0]
    stage.start_smarthost()
    copies = _arrived(stage, rows[0]["reference"], "copy", _copies(rows))
    recipients = [recipient for mail in copies for recipient in mail.rcpt_to]
    if len(recipients) != len(set(recipients)):
        raise DemoFailedError("a member got two copies")
    left = waiting["queued"] + waiting["leased"] + waiting["sending"]
    story = f"The relay wrote it down before it said 250; {left} copies and notices waited. The server came back, {len(copies)} members got it once each: {_names(copies)}."
    return Act(title=DURING_OUTAGE.title, word="relay", facts=_envelope(DURING_OUTAGE, reply), story=story)


def _no_traces(stage: Stage) -> Act:
    """Look for words of the withheld mails in everything the relay wrote: data directory, log, temporary folder, mails."""
    places = [path for path in stage.data.rglob("*") if path.is_file()]
    words = [word.encode() for word in WITHHELD_WORDS]
    found = [path for path in places if any(word in path.read_bytes() for word in words)]
    sent = [mail for mail in stage.sink.received if any(word in mail.octets for word in words)]
    if found or sent:
        raise DemoFailedError(f"words of a withheld mail were found in {found or 'an outgoing mail'}")
    stage.command("audit", "verify")
    counts = stage.command("queue", "status")[0]
    facts = (
        ("Searched for", ", ".join(WITHHELD_WORDS)),
        ("In", f"{len(places)} files of the relay, and {len(stage.sink.received)} mails it sent"),
        (
            "Queue",
            f"{counts['delivered']} delivered, {counts['queued']} waiting, {counts['failed']} failed, {counts['possible_duplicates']} possible duplicates",
        ),
    )
    return Act(
        title="Is anything left of the withheld mails?",
        word="proof",
        facts=facts,
        story="Not a word: not in the database, its write-ahead log, the log file or any temporary file. The audit chain verifies.",
    )


SCENES: tuple[Callable[[Stage], Act], ...] = (
    _relayed,
    _withheld_customs,
    _withheld_ranger,
    _withheld_classified,
    _held,
    _routed,
    _asked,
    _by_gateway,
    _refused_stranger,
    _refused_forged,
    _outage,
    _no_traces,
)
