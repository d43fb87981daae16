"""The demo's local page: what happened, who received what, and how to try it with a mail program."""

import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from relay.transport.sink import Received

_COLOURS = {"relay": "#0b6e4f", "withhold": "#a11d33", "hold": "#8a5a00", "refuse": "#3d4451", "proof": "#1f4e8c"}

_STYLE = """
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1c2430;background:#f4f6f8}
main{max-width:72rem;margin:0 auto;padding:1rem}h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}
p{max-width:46rem}.acts{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr));align-items:start}
article{background:#fff;border:1px solid #d5dbe3;border-left:.4rem solid var(--tone);border-radius:.4rem;padding:.8rem 1rem;min-width:0}
article h3{margin:0 0 .3rem;font-size:1.05rem}.word{display:inline-block;background:var(--tone);color:#fff;border-radius:.25rem;padding:0 .5rem;
font-weight:600;text-transform:uppercase;font-size:.8rem;letter-spacing:.04em}ul{margin:.4rem 0;padding-left:1.2rem}
img{max-width:100%;width:16rem;height:auto;border-radius:.3rem;display:block;margin:.4rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f6f8;border-radius:.3rem;padding:.6rem;font-size:.85rem;margin:.4rem 0}
details{background:#fff;border:1px solid #d5dbe3;border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer;padding:.3rem 0;overflow-wrap:anywhere}
code{background:#e8ecf1;border-radius:.2rem;padding:0 .25rem;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.4rem 0}
dt{color:#57606f}dd{margin:0;overflow-wrap:anywhere}:focus-visible{outline:3px solid #1f4e8c;outline-offset:2px}
@media(max-width:32rem){dl{grid-template-columns:1fr}dt{margin-top:.3rem}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One scene of the tour: what was done, the outcome in the relay's words, and what can be seen of it."""

    title: str
    word: str
    facts: tuple[tuple[str, str], ...]
    story: str
    shown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryIt:
    """What a newcomer needs to send their own mail."""

    command: str
    settings: tuple[tuple[str, str], ...]


def render(acts: Sequence[Act], received: Sequence[Received], try_it: TryIt, names: Mapping[str, str]) -> str:
    """The whole page as HTML; every text is escaped."""
    scenes = "".join(_act(act) for act in acts)
    boxes = "".join(
        _inbox(address, names.get(address, ""), mails) for address, mails in sorted(_by_recipient(received).items())
    )
    settings = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(value)}</code></dd>" for name, value in try_it.settings
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>WEN Relay: the tour</title><style>{_STYLE}</style></head><body><main>
<h1>WEN Relay: what just happened</h1>
<p>A whole relay is running on this machine, with four lists and {len(names)} invented officers. A real mail client sent these messages to it.</p>
<div class="acts">{scenes}</div>
<h2>Try it yourself</h2><p>Send a mail as Awa Mbarga and reload this page. Write <code>TLP:RED</code> into it and see what she gets instead.</p>
<dl>{settings}</dl><pre>{escape(try_it.command)}</pre>
<h2>The inboxes</h2><p>What the next mail server received from the relay, by recipient. Reload to see what is new.</p>{boxes}
</main></body></html>"""


def _act(act: Act) -> str:
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in act.facts)
    shown = f"<pre>{escape(act.shown)}</pre>" if act.shown else ""
    tone = _COLOURS.get(act.word, "#3d4451")
    return (
        f'<article style="--tone:{tone}"><h3>{escape(act.title)}</h3><span class="word">{escape(act.word)}</span>'
        f"<dl>{facts}</dl><p>{escape(act.story)}</p>{shown}</article>"
    )


def _by_recipient(received: Sequence[Received]) -> dict[str, list[Received]]:
    boxes: dict[str, list[Received]] = {}
    for mail in received:
        for recipient in mail.rcpt_to:
            boxes.setdefault(recipient, []).append(mail)
    return boxes


def _inbox(address: str, name: str, mails: Sequence[Received]) -> str:
    items = "".join(
        f"<details><summary>{escape(subject_of(mail))}</summary><pre>{escape(text_of(mail))}</pre>{_photos(mail)}</details>"
        for mail in mails
    )
    return f"<details><summary><strong>{escape(name or address)}</strong> · {escape(address)} · {len(mails)}</summary>{items}</details>"


def _photos(mail: Received) -> str:
    parts = message_from_bytes(mail.octets, policy=default).walk()
    photos = [part for part in parts if part.get_content_type() == "image/jpeg"]
    return "".join(
        f'<img alt="{escape(part.get_filename() or "photo")}" src="data:image/jpeg;base64,{_base64(part)}">'
        for part in photos
    )


def _base64(part: EmailMessage) -> str:
    return b64encode(bytes(part.get_payload(decode=True))).decode("ascii")


def subject_of(mail: Received) -> str:
    """The subject of a received mail."""
    return str(message_from_bytes(mail.octets, policy=default)["subject"] or "")


def text_of(mail: Received) -> str:
    """The plain text of a received mail."""
    body = message_from_bytes(mail.octets, policy=default).get_body(("plain",))
    return str(body.get_content()) if body else ""


class Page:
    """Serves the page on its own thread until closed. Loopback only: it shows the demo's inboxes."""

    def __init__(self, port: int, page: Callable[[], str]) -> None:
        """Listen on a port of 127.0.0.1."""

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                found = self.path == "/"
                body = (page() if found else "not found").encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8" if found else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.send_header(
                    "Content-Security-Policy",
                    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
                )
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def version_string(self) -> str:
                return "wen-relay"

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it so)
                """Nothing is logged."""

        self.port = port
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
