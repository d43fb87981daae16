"""Row 17 by the clock: whoever is asked for, a wrong login, a refused recipient and a refused message take the same time.

Kinds take turns in random order, and each sample is the best of several tries, so that whatever else the machine does meets all
alike. What `tests.timing` can tell apart is shown as well, by short cuts that were left out of the relay on purpose.
"""

import random
import statistics
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from relay.actions.admit import admit
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.login import authenticate, enter, find_account
from relay.actions.open import opened
from relay.actions.passwords import find_member, issue_password
from relay.actions.prove import prove
from relay.actions.receive import receive
from relay.mail.address import Address, parse_address
from relay.mail.envelope import Client, Envelope
from relay.mail.reply import Reply
from relay.mail.scram import Account
from relay.resources import Resources
from relay.roster.login import Login
from relay.roster.member import Member
from relay.store import members
from tests.listening import LIMITS, House, RunningServer
from tests.raw_client import RawClient
from tests.scram_client import log_in, salt_told
from tests.timing import always, are_told_apart

SAMPLES, TRIES = 40, 3
KINDS = {
    "nobody": "nobody@douanes.example",
    "a member": "ana@douanes.example",
    "a member with ten passwords": "ten@douanes.example",
    "suspended": "suspended@douanes.example",
    "without a password": "without@douanes.example",
    "left": "left@douanes.example",
}
SECRETS = [kind for kind in KINDS if kind != "a member"]  # the one with ten passwords differs more from nobody
ROW = {
    "name": "Ana", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "en",
    "lists": "central-africa", "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
}  # fmt: skip


@dataclass
class Real(House):
    """The relay's own answers behind the doors, with room for a fault in front of them."""

    resources: Resources | None = None
    on_login: Callable[[str], bool] = lambda _: True  # False: no password is looked at
    on_recipient: Callable[[Address], None] = lambda _: None

    def authenticate(self, login: str, password: str) -> Login | None:
        if not self.on_login(login):
            return None
        return authenticate(self.resources, login, password, datetime.now(UTC))

    def find_account(self, login: str) -> Account:
        self.on_login(login)
        return find_account(self.resources, login)

    def enter(self, password_id: str) -> Login | None:
        return enter(self.resources, password_id, datetime.now(UTC))

    def admit(
        self,
        address: Address,
        member: Member | None,
        client: Client,
        mail_from: Address | None,
        earlier: Sequence[Address],
    ) -> Reply | None:
        self.on_recipient(address)
        return admit(self.resources, address, member, client, mail_from, earlier, datetime.now(UTC))

    def receive(self, envelope: Envelope, client: Client, proof: object, octets: bytes) -> Reply:
        now = datetime.now(UTC)
        found = proof or prove(
            self.resources, lambda _: nullcontext(lambda _name, _type: ()), envelope, client, octets, now
        )
        return receive(self.resources, None, envelope, client, found, octets, now)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    now = datetime.now(UTC)
    folder = tmp_path_factory.mktemp("strangers")
    made = establish(folder / "relay", "relay.example", ("central-africa", "eastern-africa"), "", None, now)
    for file in (folder / "relay" / "lists").glob("*-africa.toml"):
        file.write_text('proofs = ["auth", "dkim", "dmarc"]\n' + file.read_text("utf-8"), "utf-8")
    with opened(str(made.site_file)) as resources:
        for kind, address in KINDS.items():
            if kind != "nobody":
                row = {**ROW, "address": address}
                add_member(resources, row, with_password=kind != "without a password", now=now)
        for number in range(9):
            issue_password(
                resources,
                find_member(resources, parse_address(KINDS["a member with ten passwords"])),
                now,
                f"p-{number}",
            )
        change(resources, members.suspend, KINDS["suspended"], reason="a test")
        change(resources, members.remove, KINDS["left"])
        yield Real(resources=resources)


def change(resources: Resources, how: Callable[..., object], whom: str, **facts: object) -> None:
    address, now = parse_address(whom), datetime.now(UTC)
    resources.database.write(lambda c: how(c, "node-1", address, operator="root", now=now, **facts) and None)


@pytest.fixture
def server_with(real: Real, tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Starts the doors, with a fault behind them or without, and without the login's delays, which hide what is measured here."""
    running: list[RunningServer] = []

    def start(*, tick: timedelta = timedelta(0), **faults: object) -> RunningServer:
        limits = replace(LIMITS, login_delay=timedelta(0), login_tick=tick)
        server = RunningServer(tmp_path, limits, replace(real, **faults))
        running.append(server.__enter__())
        return server

    yield start
    for server in running:
        server.__exit__()


def take_times(kinds: Sequence[str], once: Callable[[str], float], samples: int = SAMPLES) -> Mapping[str, list[float]]:
    """Seconds by kind; in each round every kind has its turn, in random order."""
    found: Mapping[str, list[float]] = defaultdict(list)
    order = random.Random(1)
    for _ in range(samples):
        for kind in order.sample(kinds, len(kinds)):
            found[kind].append(once(kind))
    return found


def unlike_nobody(once: Callable[[str], float], kinds: Sequence[str] = SECRETS, samples: int = SAMPLES) -> set[str]:
    """The kinds that the time tells from nobody."""
    times = take_times(kinds, once, samples)
    return {kind for kind in kinds if are_told_apart(times[kind], times["nobody"])}


def begun(server: RunningServer, door: str = "submissions") -> RawClient:
    client = RawClient(server, door)
    client.reply()
    client.ask("EHLO client.example")
    return client


class Stopwatch:
    """Asks, and adds up how long the answers took."""

    def __init__(self, client: RawClient) -> None:
        self._client = client
        self.seconds = 0.0

    def ask(self, line: str) -> str:
        began = time.perf_counter()
        reply = self._client.ask(line)
        self.seconds += time.perf_counter() - began
        return reply


def plain(ask: Callable[[str], str], login: str) -> str:
    return ask(f"AUTH PLAIN {b64encode(f'{chr(0)}{login}{chr(0)}wrong'.encode()).decode()}")


def scram(ask: Callable[[str], str], login: str) -> str:
    return log_in(ask, login, "wrong")


def best_login(server: RunningServer, how: Callable[[Callable[[str], str], str], str], login: str) -> float:
    """The shortest of three wrong logins on one connection, the client's own work left out; each is told the same."""
    watches = []
    with begun(server) as client:
        for _ in range(TRIES):
            watches.append(Stopwatch(client))
            assert how(watches[-1].ask, login) == "535 5.7.8 Wrong user name or password"
    return min(watch.seconds for watch in watches)


@pytest.mark.parametrize("how", [plain, scram])
def test_wrong_logins_take_the_same_time_whoever_is_asked_for(server_with, how):
    """Row 17."""
    server = server_with()
    assert always(lambda: unlike_nobody(lambda kind: best_login(server, how, KINDS[kind]))) == set()


def test_a_login_that_looks_at_no_password_for_strangers_is_told_apart(server_with):
    """What the test above can see: the work of one password less."""
    server = server_with(on_login=lambda login: login != KINDS["nobody"])
    kinds = ("nobody", "a member")
    assert always(lambda: unlike_nobody(lambda kind: best_login(server, plain, KINDS[kind]), kinds, 20)) == {"a member"}


def dawdling_for_members(seconds: float) -> Callable[[str], bool]:
    """A database that takes longer for those whom it knows: by less than a tick, by more than other work delays an answer."""

    def on_login(login: str) -> bool:
        if login == KINDS["a member"]:
            time.sleep(seconds)
        return True

    return on_login


@pytest.mark.parametrize(
    ("longer", "tick", "apart"),
    [
        (0.02, timedelta(milliseconds=60), False),
        (0.0205, timedelta(milliseconds=60), False),  # what a sleep of whole milliseconds would not hide of the other
        (0.02, timedelta(0), True),
    ],
)
def test_what_the_database_takes_longer_for_members_is_hidden_by_the_tick(server_with, longer, tick, apart):
    """Row 17. The first answer of SCRAM costs no try, so that it could be asked for as often as it takes to see microseconds."""
    server = server_with(tick=tick, on_login=dawdling_for_members(longer))

    def ask_for_salt(kind: str) -> float:
        with begun(server) as client:
            watch = Stopwatch(client)
            assert salt_told(watch.ask, KINDS[kind])
            return watch.seconds

    found = always(lambda: unlike_nobody(ask_for_salt, ("nobody", "a member"), 25))
    assert found == ({"a member"} if apart else set())


# — MAIL and RCPT —

RECIPIENTS = {
    "an existing list": "central-africa@relay.example",
    "a list that they aren't on": "eastern-africa@relay.example",
    "no list": "western-atlantis@relay.example",
    "commands of no list": "western-atlantis-request@relay.example",
    "a member elsewhere": KINDS["a member"],
    "nobody elsewhere": KINDS["nobody"],
    "suspended elsewhere": KINDS["suspended"],
}
FORBIDDEN = [kind for kind in RECIPIENTS if kind != "an existing list"]
CLOSED = [kind for kind in FORBIDDEN if kind != "a list that they aren't on"]  # a list's existence is no secret
NOT_HERE = "550 5.1.1 No such address here, or not for you"
ASKED = 0.0005  # seconds: more than anything from memory takes, less than the database would


def best_recipient(server: RunningServer, password: str, recipient: str) -> float:
    """The shortest of five refused RCPTs on one connection: a member's, or at the door for other mail servers."""
    with begun(server, "submissions" if password else "smtp") as client:
        if password:
            login = KINDS["a member"]
            words = b64encode(f"{chr(0)}{login}{chr(0)}{password}".encode()).decode()
            assert client.ask(f"AUTH PLAIN {words}").startswith("235 ")
        sender = KINDS["a member" if password else "nobody"]
        found = []
        for _ in range(5):
            client.ask(f"MAIL FROM:<{sender}>")
            watch = Stopwatch(client)
            assert watch.ask(f"RCPT TO:<{recipient}>") == NOT_HERE
            found.append(watch.seconds)
            client.ask("RSET")
    return min(found)


def medians_differ(times: Mapping[str, list[float]]) -> bool:
    middle = [statistics.median(one) for one in times.values()]
    return max(middle) - min(middle) > ASKED


@pytest.mark.parametrize("logged_in", [True, False])
def test_recipients_are_refused_from_memory_in_the_same_words(server_with, real, logged_in):
    """Row 17. Both lists take posts of those whom other servers prove, so that a stranger may name them."""
    server = server_with()
    member = find_member(real.resources, parse_address(KINDS["a member"]))
    password = issue_password(real.resources, member, datetime.now(UTC), "test") if logged_in else ""
    kinds = FORBIDDEN if logged_in else CLOSED
    once = partial(best_recipient, server, password)
    assert (
        always(lambda: kinds if medians_differ(take_times(kinds, lambda kind: once(RECIPIENTS[kind]), 15)) else ())
        == set()
    )


def test_a_recipient_that_is_looked_up_is_told_apart(server_with, real):
    """What the test above can see."""
    member = find_member(real.resources, parse_address(KINDS["a member"]))
    password = issue_password(real.resources, member, datetime.now(UTC), "test")

    def look_up(address: Address) -> None:
        if str(address) == KINDS["a member"]:
            time.sleep(0.001)

    server = server_with(on_recipient=look_up)
    kinds = ("a member elsewhere", "nobody elsewhere")
    times = take_times(kinds, lambda kind: best_recipient(server, password, RECIPIENTS[kind]), samples=15)
    assert medians_differ(times)


# — whole messages of strangers —


def best_message(server: RunningServer, author: str) -> float:
    """The shortest of three whole messages, from MAIL to the last reply, at the door for other mail servers."""
    found = []
    with begun(server, "smtp") as client:
        for _ in range(TRIES):
            watch = Stopwatch(client)
            assert watch.ask(f"MAIL FROM:<{author}>").startswith("250 ")
            assert watch.ask(f"RCPT TO:<{RECIPIENTS['an existing list']}>").startswith("250 ")
            assert watch.ask("DATA").startswith("354 ")
            lines = f"From: {author}\r\nSubject: Tusks\r\nMessage-ID: <{random.random()}@x.example>\r\n\r\nTwo.\r\n."
            assert watch.ask(lines) == "550 5.7.1 Refused by policy"
            found.append(watch.seconds)
    return min(found)


def test_whole_messages_without_a_proof_are_refused_alike_whoever_they_say_they_are_from(server_with):
    """Row 17. Proof comes before anybody is looked up, so that only a member's own server learns what a member may."""
    server = server_with()
    assert always(lambda: unlike_nobody(lambda kind: best_message(server, KINDS[kind]))) == set()
