"""Whatever is sent, in whatever order and whoever's name: what its author didn't own up to never leaves, and is nowhere a post.

The forger is a member too: they read their own mailbox, and so hold the sealed addresses of what they were asked themselves.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relay.actions.admit import admit
from relay.actions.receive import receive
from relay.mail.address import parse_address
from relay.mail.envelope import Client, Envelope
from relay.senders.evidence import NOTHING
from tests.integration.clocked import Clocked, at, recipient
from tests.scanning import scan

VICTIM, FORGER, READER, STRANGER = (
    "ana@douanes.example",
    "mallory@police.example",
    "paul@police.example",
    "nobody@elsewhere.example",
)
DOMAIN = "relay.example"
DOORS = (
    *(f"{local}@{DOMAIN}" for local in ("central-africa", "central-africa-request", "central-africa-owner", "alerts")),
    f"central-africa-request+{'a' * 24}@{DOMAIN}",
    f"central-africa-bounces+{'a' * 24}@{DOMAIN}",
    f"practice@{DOMAIN}",
)
OWN = "one of the forger's own sealed addresses"
TEXTS = (
    "Two tusks.",
    "YES",
    "NO",
    "OUI",
    "ACCEPT",
    "[TLP:PURPLE] Two tusks.",
    "TLP:RED Two tusks.",
    "WITHDRAW C-000001",
)
CLIENT = Client(ip="192.0.2.25", helo_name="mail.example", tls=True, login=None)
STEPS = st.lists(
    st.tuples(
        st.sampled_from((VICTIM, VICTIM, FORGER, STRANGER)),  # whom it says that it is from
        st.sampled_from((DOORS[0], DOORS[0], OWN, OWN, *DOORS)),
        st.sampled_from(TEXTS),
        st.sampled_from((0, 0, 1, 29, 31, 24 * 60)),  # minutes since the one before
    ),
    min_size=1,
    max_size=10,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    data = tmp_path_factory.mktemp("made") / "relay"
    people = (
        (VICTIM, "customs", "CM", "fr", "central-africa", "member"),
        (FORGER, "police", "CM", "en", "central-africa", "member"),
        (READER, "police", "CM", "en", "central-africa", "member;moderator"),
    )
    Clocked.made(data, people, at(1)).resources.database.close()
    definition = data / "lists" / "central-africa.toml"
    text = definition.read_text("utf-8")
    definition.write_text(text.replace("\nactive = true", '\nactive = true\nproofs = ["auth", "challenge"]'), "utf-8")
    return data


@contextmanager
def a_copy(made: Path) -> Iterator[Clocked]:
    folder = Path(tempfile.mkdtemp())
    site = Clocked.copied(made, folder / "relay")
    try:
        yield site
    finally:
        site.resources.database.close()
        shutil.rmtree(folder)


def hand_in(site, author, to, text, now):
    """As a server without any proof does it."""
    mail_from, address = parse_address(author), parse_address(to)
    if refused := admit(site.resources, address, None, CLIENT, mail_from, (), now):
        return str(refused)
    identifier = hashlib.sha256(f"{author}{text}{now}".encode()).hexdigest()
    octets = f"From: {author}\r\nTo: {to}\r\nMessage-ID: <{identifier}@x.example>\r\n\r\n{text}\r\n".encode()
    envelope = Envelope(mail_from=mail_from, rcpt_to=(address,))
    return str(receive(site.resources, lambda octets, _: scan(octets), envelope, CLIENT, NOTHING, octets, now))


@settings(deadline=None, max_examples=20)
@example([(VICTIM, DOORS[0], "Two tusks.", 0), (FORGER, DOORS[0], "Two tusks.", 0), (VICTIM, OWN, "YES", 0)])
@example([(FORGER, DOORS[0], "Two tusks.", 0), (VICTIM, DOORS[0], "Two tusks.", 0), (VICTIM, OWN, "YES", 0)])
@given(STEPS)
def test_without_the_letter_nothing_lets_a_message_out(made, steps):
    """Rows 88 and 89."""
    now, own = at(17, 8), []
    with a_copy(made) as site:
        for author, door, text, minutes in steps:
            now += timedelta(minutes=minutes)
            site.tick(now)
            to = (own or DOORS)[-1 if own else 0] if door is OWN else door
            hand_in(site, author, to, text, now)
            own += [str(mail["Reply-To"].addresses[0].addr_spec) for mail in site.letters(now)
                    if recipient(mail) == FORGER and mail["Reply-To"]]  # fmt: skip
        victim = site.member(VICTIM).id
        known = site.rows(
            f"SELECT DISTINCT proof, decision FROM posts JOIN decisions ON post_id = id WHERE author_id = '{victim}'"
        )
        assert set(known) <= {("none", "withhold")}
        copied = "SELECT count(*) FROM deliveries JOIN posts ON posts.id = post_id WHERE kind IN ('copy', 'call')"
        assert site.rows(f"{copied} AND author_id = '{victim}'") == [(0,)]


def test_the_letter_lets_it_out(made):
    """The property above would hold for a relay that takes nothing at all."""
    now = at(17, 8)
    with a_copy(made) as site:
        assert hand_in(site, VICTIM, DOORS[0], "Two tusks.", now) == "250 2.0.0 Ok"
        [letter] = site.letters(now)
        assert hand_in(site, VICTIM, str(letter["Reply-To"].addresses[0].addr_spec), "YES", now) == "250 2.0.0 Ok"
        assert site.rows("SELECT count(*) FROM deliveries WHERE kind = 'copy'") == [(2,)]
