"""`wen-relay demo`: the tour. A whole relay, twelve invented officers, real SMTP clients; told on the terminal and on a page."""

import contextlib
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from relay.cli.demo_cast import (
    ALERT,
    AMBER_FROM_CUSTOMS,
    CUSTOMS,
    DURING_OUTAGE,
    FORGED,
    FROM_STRANGER,
    MODERATOR,
    RED_FROM_RANGER,
    UNKNOWN_MARKING,
    WITHHELD_WORDS,
    Mail,
    cast,
)
from relay.cli.demo_page import Act, Page, TryIt, render, subject_of, text_of
from relay.cli.demo_stage import Stage, free_port
from relay.errors import RelayError
from relay.transport.sink import Received

DATA = Path("var/demo")
_TONES = {"relay": "green", "withhold": "red", "hold": "yellow", "refuse": "bright_black", "proof": "blue"}


class DemoFailedError(RelayError):
    """The tour did not go as the relay promises."""


def demo(
    context: typer.Context, once: Annotated[bool, typer.Option("--once", help="End after the tour.")] = False
) -> None:
    """Show the whole relay at work on this machine, with invented officers and real mail.

    Example: wen-relay demo --once
    """
    console = Console(highlight=False)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that the stage is cleared whenever the demo is told to end
    console.print("[bold]WEN Relay[/bold]: starting a relay of its own in var/demo …")
    with Stage(DATA.absolute(), context.find_root().command.main) as stage:
        acts: list[Act] = []
        for scene in (
            _relayed,
            _withheld_customs,
            _withheld_ranger,
            _held,
            _refused_stranger,
            _refused_forged,
            _outage,
            _no_traces,
        ):
            acts.append(scene(stage))
            _print(console, acts[-1])
        if once:
            console.print("The tour is over; everything went as promised.")
            return
        _stay(console, stage, acts)


def _stay(console: Console, stage: Stage, acts: Sequence[Act]) -> None:
    """Keep the relay and the page up until the person has seen enough."""
    names = {row["address"]: f"{row['name']}, {row['agency']}, {row['country']}" for row in cast()}
    port = free_port(8080)
    page = Page(port, lambda: render(acts, list(stage.sink.received), _try_it(stage), names))
    try:
        console.print(f"\nThe page: [bold]http://127.0.0.1:{port}/[/bold]   (Ctrl-C ends the demo)")
        console.print("Send one yourself, as Awa Mbarga of Cameroon's customs:")
        console.print(Text(_try_it(stage).command), soft_wrap=True)  # one line, so that it can be copied
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        page.close()


def _try_it(stage: Stage) -> TryIt:
    password, port = stage.passwords[CUSTOMS], stage.ports["submission"]
    return TryIt(
        command=f"swaks --server 127.0.0.1:{port} --tls --auth PLAIN --auth-user {CUSTOMS} --auth-password {password} "
        f"--from {CUSTOMS} --to central-africa@relay.example --header 'Subject: Essai' --body 'Bonjour'",
        settings=(
            ("Server", f"localhost, port {port}, STARTTLS (or {stage.ports['submissions']}, TLS)"),
            ("User", CUSTOMS),
            ("Password", password),
            ("To", "central-africa@relay.example"),
            ("Certificate", str(stage.certificate)),
        ),
    )


def _print(console: Console, act: Act) -> None:
    tone = _TONES[act.word]
    body = Text()
    for name, value in act.facts:
        body.append(f"{name}: ", style="dim")
        body.append(value + "\n")
    body.append(act.story)
    if act.shown:
        body.append("\n\n" + act.shown.strip(), style="italic")
    console.print(
        Panel(body, title=f"[bold {tone}]{act.word.upper()}[/]  {act.title}", title_align="left", border_style=tone)
    )


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


def _about(reference: str, kind: str) -> Any:
    """Whether a received mail is about a reference: a copy, or a notice with its decision."""

    def matches(mail: Received) -> bool:
        header = mail.octets.partition(b"\r\n\r\n")[0]
        is_notice = b"\r\nX-WEN-Decision:" in header
        return f"X-WEN-Reference: {reference}".encode() in header and is_notice == (kind == "notice")

    return matches


def _arrived(stage: Stage, reference: str, kind: str, count: int = 1) -> list[Received]:
    matches = _about(reference, kind)
    stage.wait_for(lambda received: sum(map(matches, received)) >= count)
    return [mail for mail in stage.sink.received if matches(mail)]


def _names(mails: Sequence[Received]) -> str:
    people = {row["address"]: f"{row['name']} ({row['country']})" for row in cast()}
    return ", ".join(sorted(people.get(recipient, recipient) for mail in mails for recipient in mail.rcpt_to))


def _copies(rows: Sequence[dict[str, Any]]) -> int:
    return sum(sum(row["deliveries"].values()) for row in rows)


def _relayed(stage: Stage) -> Act:
    reply = stage.send(ALERT)
    rows = _expect(stage, ALERT, reply, "relay")
    reference = rows[0]["reference"]
    copies = _arrived(stage, reference, "copy", _copies(rows))
    receipt = _arrived(stage, reference, "notice")[0]
    story = (
        f"{len(copies)} members of two lists have it; who is on both lists got one copy. Received by: {_names(copies)}."
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
    facts = (*_envelope(mail, reply), ("Doors", ", ".join(rows[0]["channels"])))
    return Act(title=mail.title, word="withhold", facts=facts, story=story, shown=text_of(notice))


def _withheld_customs(stage: Stage) -> Act:
    return _withheld(
        stage,
        AMBER_FROM_CUSTOMS,
        "Nobody got it, nothing of it was written down. The officer is told, in her language, which door customs has:",
    )


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
