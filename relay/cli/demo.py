"""`wen-relay demo`: the tour. A whole relay, invented officers, real SMTP clients; told on the terminal and on a page."""

import contextlib
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from relay.cli.demo_acts import SCENES
from relay.cli.demo_cast import CUSTOMS, cast
from relay.cli.demo_page import Act, Page, TryIt, render
from relay.cli.demo_stage import Stage, on_free_port
from relay.cli.main import call

DATA = Path("var/demo")
_TONES = {"relay": "green", "withhold": "red", "hold": "yellow", "refuse": "bright_black", "proof": "blue"}


def demo(once: Annotated[bool, typer.Option("--once", help="End after the tour.")] = False) -> None:
    """Show the whole relay at work on this machine, with invented officers and real mail.

    Example: wen-relay demo --once
    """
    console = Console(highlight=False)
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that the stage is cleared whenever the demo is told to end
    console.print("[bold]WEN Relay[/bold]: starting a relay of its own in var/demo …")
    with Stage(DATA.absolute(), call) as stage:
        acts: list[Act] = []
        for scene in SCENES:
            acts.append(scene(stage))
            _print(console, acts[-1])
        if once:
            console.print("The tour is over; everything went as promised.")
            return
        _stay(console, stage, acts)


def _stay(console: Console, stage: Stage, acts: Sequence[Act]) -> None:
    """Keep the relay and the page up until the person has seen enough."""
    names = {row["address"]: f"{row['name']}, {row['agency']}, {row['country']}" for row in cast()}
    page = on_free_port(
        8080, lambda port: Page(port, lambda: render(acts, list(stage.sink.received), _try_it(stage), names))
    )
    try:
        console.print(f"\nThe page: [bold]http://127.0.0.1:{page.port}/[/bold]   (Ctrl-C ends the demo)")
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
