"""A running SmtpServer on free ports in a thread of its own, with plain functions behind its doors."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from relay.intake.ask import ask_for_certificates
from relay.intake.server import Doors, IntakeLimits, Listener, SmtpServer
from relay.intake.session import KINDS, Kind
from relay.intake.tls import make_localhost_certificate, server_context
from relay.mail.address import Address
from relay.mail.auth_results import AuthenticationResults
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import NO_SUCH_ADDRESS, Reply, accepted
from relay.mail.scram import Account, PasswordKeys, make_account, make_verifier
from relay.roster.login import Login
from relay.roster.member import AgencyType, Member, MemberState, Role

PASSWORD = "correct horse battery staple"
CHIEF = Address(local="chief", domain="police.example")
LISTS = frozenset({"central-africa@relay.example", "east-africa@relay.example", "species-id@relay.example"})
LIMITS = IntakeLimits(
    max_message_octets=65_536,
    max_in_flight_octets=1 << 20,
    max_recipients=2,
    max_connections=50,
    max_connections_per_ip=40,
    idle=timedelta(seconds=20),
    login_delay=timedelta(milliseconds=10),
)
MEMBER = Member(
    id="m-1",
    address=CHIEF,
    name="Chief",
    agency="National Police",
    agency_type=AgencyType.POLICE,
    country="CM",
    language="en",
    roles=frozenset({Role.MEMBER}),
    state=MemberState.ACTIVE,
    lists=frozenset({"central-africa"}),
)
VERIFIER = make_verifier(PASSWORD, b"salt of the chief")
CHIEFS_ACCOUNT = make_account(
    [PasswordKeys("p-1", VERIFIER.stored_key, VERIFIER.server_key)], VERIFIER.salt, VERIFIER.iterations
)


@dataclass
class House:
    """What stands behind the doors: one member, some lists, and a record of what came."""

    posts: list[tuple[Envelope, Client, AuthenticationResults, bytes]] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    proxies: frozenset[str] = frozenset()
    anyone: bool = False  # take mail without a login too
    before_accept: Callable[[], None] = lambda: None
    before_lookup: Callable[[], None] = lambda: None
    before_login: Callable[[], None] = lambda: None
    before_account: Callable[[], None] = lambda: None
    lets_in: bool = True  # False: what the member may do has changed since their account was looked at

    def authenticate(self, login: str, password: str) -> Login | None:
        self.before_login()
        found = self.find_account(login).by_password(password)
        return self.enter(found.password_id) if found else None

    def find_account(self, login: str) -> Account:
        self.logins.append(login)
        self.before_account()
        return CHIEFS_ACCOUNT if login.lower() == CHIEF.key else make_account((), b"another salt")

    def enter(self, password_id: str) -> Login | None:
        return Login(member=MEMBER, password_id=password_id) if self.lets_in else None

    def admit(
        self,
        address: Address,
        member: Member | None,
        client: Client,
        mail_from: Address | None,
        earlier: Sequence[Address],
    ) -> Reply | None:
        self.before_lookup()
        taken = address.key == "postmaster@relay.example" or ((member or self.anyone) and address.key in LISTS)
        return None if taken else NO_SUCH_ADDRESS

    def receive(self, envelope: Envelope, client: Client, proof: AuthenticationResults, octets: bytes) -> Reply:
        self.before_accept()
        self.posts.append((envelope, client, proof, octets))
        return accepted(f"CAFR-2026-{len(self.posts):06}")

    def note(self, event: str, /, **facts: object) -> None:
        self.events.append((event, facts))

    def noted(self, event: str) -> list[dict[str, object]]:
        return [facts for name, facts in self.events if name == event]


def asking(context: ssl.SSLContext) -> dict[Kind, ssl.SSLContext]:
    """The same context at every door, which asks clients for their certificate."""
    assert ask_for_certificates(context)
    return dict.fromkeys(KINDS, context)


class RunningServer:
    """`with RunningServer(tmp_path) as server:` — every door open on a free port."""

    def __init__(self, folder: Path, limits: IntakeLimits = LIMITS, house: House | None = None) -> None:
        certificate, key = make_localhost_certificate(datetime.now(UTC))
        (folder / "cert.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key)
        self.certificate_file = folder / "cert.pem"
        self.context = ssl.create_default_context(cadata=certificate.decode())
        self.house = house = house or House()
        self.server = SmtpServer(
            (
                Listener("smtp", "127.0.0.1", 0),
                Listener("submission", "127.0.0.1", 0),
                Listener("submissions", "127.0.0.1", 0),
            ),
            limits,
            Doors(
                authenticate=house.authenticate,
                find_account=house.find_account,
                enter=house.enter,
                admit=house.admit,
                receive=house.receive,
                note=house.note,
                is_proxy=lambda ip: ip in house.proxies,
            ),
            asking(server_context(folder / "cert.pem", folder / "key.pem")),
            "relay.example",
        )
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def begin(self, job: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(job, self.loop)

    def __enter__(self) -> Self:
        self._thread.start()
        self.ports: dict[str, int] = self.begin(self.server.start()).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.begin(self.server.close()).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
