"""Posts for readers with a key: what leaves is opened by gpg and openssl alone; without a key a pointer goes, and the post waits."""

import re
import secrets
import shutil
import subprocess
import tempfile
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from relay.actions import composing, countersign
from relay.actions.countersign import read_encryption_key
from relay.actions.encrypt import release_waiting
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.open import opened
from relay.actions.receive import receive
from relay.delivery.delivery import Action, Outcome
from relay.encryption import copies
from relay.errors import Conflict, Invalid
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.roster.reading import Reading
from relay.store import digests, encryption, key_warnings, members, queue, retention, wishes
from tests.builders import make_message
from tests.certificates import DAY, FOR_MAIL, make_identity
from tests.encrypting import reads_by_gpg, reads_by_openssl, shown_outside
from tests.integration.test_outbox import AUTHOR, outbox, scanned
from tests.programs import need
from tests.signing import Gpg

CHIEF, JEAN, MARIA, OMAR = "chief@police.example", "jean@parcs.example", "maria@museo.example", "omar@aduanas.example"
PEOPLE = {AUTHOR: "member", CHIEF: "member;focal-point", JEAN: "member", MARIA: "member", OMAR: "member"}
SUBJECT, TEXT = "Harbour of Exampleville", "Sixty crates of ebony were seized by the customs service.\r\n"
WORDS = re.compile(rb"harbour|exampleville|sixty|crates|ebony|Ana Example", re.IGNORECASE)
TAKEN = Outcome(action=Action.DELIVERED, reply="250 2.0.0 Ok")


class Relay:
    """A relay without a service, and what it hands over."""

    def __init__(self, resources):
        self.resources = resources
        self.said = {}

    @property
    def now(self):
        return self.resources.now()

    def member(self, address):
        with self.resources.database.read() as connection:
            return members.find(connection, parse_address(address))

    def post(self, *lists):
        author = parse_address(AUTHOR)
        recipients = tuple(parse_address(f"{name}@relay.example") for name in lists or ("central-africa",))
        envelope = Envelope(mail_from=author, rcpt_to=recipients)
        client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
        proof = AuthenticationResults(method=Method.AUTH, address=author)
        more = f"Message-ID: <{secrets.token_hex(8)}@x.example>\r\nReferences: <first@x.example>\r\n"
        octets = make_message(TEXT, sender=f"Ana Example <{AUTHOR}>", subject=SUBJECT, more=more)
        octets = octets.replace(b"Message-ID: <1@customs.example>\r\n", b"")
        return receive(self.resources, scanned, envelope, client, proof, octets, self.now).text

    def give(self, reader, *, octets=None):
        key = read_encryption_key(octets or reader.file.read_bytes(), parse_address(reader.address), self.now)
        self.register(reader.address, key)

    def register(self, address, key):
        whom, node = parse_address(address), self.resources.settings.relay.node
        self.write(lambda c: encryption.add(c, node, whom, key, operator="op", now=self.now))

    def write(self, change):
        return self.resources.database.write(change)

    def require(self, name="central-africa"):
        lists = {**self.resources.known_lists, name: replace(self.resources.known_lists[name], encrypted=True)}
        self.resources = replace(self.resources, known_lists=lists)

    def hand_over(self):
        """What leaves now, by its recipient; all of it is taken."""
        left = {}
        box = outbox(self.resources)
        while parcels := box.begin(box.claim(100).parcels):
            box.settle([(parcel, TAKEN) for parcel in parcels])
            for parcel in parcels:
                left.setdefault(parcel.recipient, []).append(bytes(parcel.head) + bytes(parcel.octets))
        return left


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    site = establish(
        tmp_path_factory.mktemp("made") / "relay",
        "relay.example",
        ("central-africa", "species-id"),
        "",
        None,
        datetime.now(UTC),
    )
    with opened(str(site.site_file)) as resources:
        for address, role in PEOPLE.items():
            row = {
                "address": address, "name": f"{address.partition('@')[0].title()} Example", "agency": "Douanes", "agency_type": "customs",
                "country": "CM", "language": "en", "lists": "central-africa;species-id", "nominated_by": "one@network.example",
                "confirmed_by": "two@network.example", "role": role,
            }  # fmt: skip
            add_member(resources, row, with_password=False, now=resources.now())
        Relay(resources).hand_over()
    return site.site_file


@pytest.fixture
def relay(made, tmp_path):
    shutil.copytree(made.parent, tmp_path / "relay")
    file = tmp_path / "relay" / made.name
    file.write_text(file.read_text("utf-8").replace(str(made.parent), str(file.parent)), "utf-8")
    with opened(str(file)) as resources:
        yield Relay(resources)


@contextmanager
def gnupg():
    need("gpg")
    with tempfile.TemporaryDirectory(prefix="gpg") as home:  # a short path: gpg-agent's socket lies in it
        Path(home).chmod(0o700)
        yield Gpg(Path(home))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=30)


@pytest.fixture(scope="module")
def gpg():
    with gnupg() as made:
        yield made


@pytest.fixture(scope="module")
def readers(gpg, tmp_path_factory):
    need("openssl")
    folder = tmp_path_factory.mktemp("readers")
    rsa_key = rsa.generate_private_key(65537, 2048)
    return (
        reads_by_gpg(gpg, JEAN),
        reads_by_openssl(make_identity(folder, "maria", address=MARIA, key=rsa_key, purposes=FOR_MAIL), MARIA),
        reads_by_openssl(make_identity(folder, "omar", address=OMAR, purposes=FOR_MAIL), OMAR),  # an elliptic curve
    )


def is_signed(relay, octets):
    """Whether the RSA signature of the relay verifies, by another's verifier."""
    [key] = [one for one in relay.resources.signing_keys if one.algorithm == "rsa-sha256"]
    public = key.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    places = range(octets.count(b"DKIM-Signature: "))
    return any(
        dkim.DKIM(octets).verify(idx=place, dnsfunc=lambda name, timeout=5: record)
        for place in places
        if f"s={key.selector};".encode() in octets.split(b"DKIM-Signature: ")[place + 1]
    )


def test_each_reader_opens_their_copy_and_nothing_of_the_post_is_seen_outside(relay, readers):
    for reader in readers:
        relay.give(reader)
    reference = relay.post()
    left = relay.hand_over()
    for reader in readers:
        [octets] = left[reader.address]
        assert not WORDS.search(shown_outside(octets)), reader.address
        outside = message_from_bytes(octets, policy=default)
        assert outside["Subject"] == "[CAFR][TLP:GREEN] ..."
        assert (outside["X-WEN-Reference"], outside["References"]) == (reference, "<first@x.example>")
        assert (outside["From"], outside["Reply-To"]) == ("central-africa@relay.example", AUTHOR)
        assert is_signed(relay, octets)
        assert not is_signed(relay, octets.replace(b"...", b"..?", 1))
        inside = reader.open(octets)
        assert inside["Subject"] == f"[CAFR][TLP:GREEN] {SUBJECT}"
        assert "Ana Example via " in inside["From"]
        assert (inside.get_param("hp"), inside.get_param("protected-headers")) == ("cipher", "v1")
        assert "HP-Outer" in inside
        assert f"Subject: {SUBJECT}" in inside.get_content()
        assert TEXT.strip() in inside.get_content()
    [clear] = left[CHIEF]  # who has chosen nothing gets it as ever, without the line that stands for the hidden subject
    assert f"Subject: {SUBJECT}".encode() not in clear.partition(b"\r\n\r\n")[2]
    assert WORDS.search(clear)


def test_encrypted_copies_are_composed_last_and_as_far_as_there_is_room(relay, readers, monkeypatch):
    for reader in readers:
        relay.give(reader)
    relay.post()
    monkeypatch.setattr(composing, "OCTETS", 1)
    box, left = outbox(relay.resources), []
    while parcels := box.claim(100).parcels:
        left.append({parcel.recipient for parcel in box.begin(parcels)})
    assert left[0] == {AUTHOR, CHIEF}
    assert sorted(map(list, left[1:])) == sorted([reader.address] for reader in readers)


def test_who_has_two_keys_opens_it_with_either(relay, tmp_path):
    both = [
        reads_by_openssl(make_identity(tmp_path, name, address=MARIA, key=rsa.generate_private_key(65537, 2048)), MARIA)
        for name in ("phone", "desk")
    ]
    for reader in both:
        relay.give(reader)
    relay.post()
    [octets] = relay.hand_over()[MARIA]
    assert [reader.open(octets)["Subject"] for reader in both] == [f"[CAFR][TLP:GREEN] {SUBJECT}"] * 2


def test_what_a_list_wants_encrypted_waits_for_who_has_no_key_and_comes_when_there_is_one(relay, readers):
    jean, maria, _ = readers
    relay.require()
    relay.give(maria)
    with relay.resources.database.read() as connection:
        assert set(key_warnings.without_key(connection, ["central-africa"], relay.now)) == {*PEOPLE} - {MARIA}
        assert key_warnings.without_key(connection, [], relay.now) == ()
    references = [relay.post(), relay.post("species-id", "central-africa")]  # one text: whichever list it comes by
    left = relay.hand_over()
    assert not any(
        WORDS.search(shown_outside(one)) for address, mails in left.items() if address != AUTHOR for one in mails
    )
    pointers = [message_from_bytes(one, policy=default) for one in left[JEAN]]
    assert sorted(one["Subject"] for one in pointers) == [f"A post waits for you: {one}" for one in sorted(references)]
    assert all("no key of yours is registered" in one.get_content().replace("\n", " ") for one in pointers)
    assert len(left[MARIA]) == 2
    about_others = [one for one in left[CHIEF] if b"Subject: Keys for encrypted posts" in one]
    assert len(about_others) == 2  # about Jean and about Omar, once each; their own posts wait as well
    assert relay.hand_over() == {}
    assert release_waiting(relay.resources, relay.now) == 0
    relay.give(jean)
    assert release_waiting(relay.resources, relay.now) == 2
    came = relay.hand_over()
    assert list(came) == [JEAN]
    assert [jean.open(one)["Subject"].endswith(SUBJECT) for one in came[JEAN]] == [True, True]
    assert release_waiting(relay.resources, relay.now) == 0


def test_a_key_that_is_lost_expires_or_is_revoked_never_means_plaintext(relay, readers):
    with gnupg() as theirs:
        relay.give(reads_by_gpg(theirs, JEAN))
        theirs.revoke(JEAN)
        revoked = theirs.armoured(JEAN)
    for reader in readers[1:]:
        relay.give(reader)
    with relay.resources.database.read() as connection:
        keys = {one: encryption.of_member(connection, relay.member(one).id).keys[0] for one in (JEAN, MARIA)}
    node = relay.resources.settings.relay.node
    whom = parse_address(OMAR)
    relay.write(lambda c: encryption.remove(c, node, whom, "", operator="op", now=relay.now))
    relay.register(MARIA, replace(keys[MARIA], expires_at=relay.now - DAY))
    relay.register(JEAN, replace(keys[JEAN], octets=revoked))
    relay.post()
    left = relay.hand_over()
    said = {one: message_from_bytes(left[one][0], policy=default).get_content().replace("\n", " ") for one in keys}
    assert "has expired" in said[MARIA]
    assert "it is revoked" in said[JEAN]
    assert len(left[OMAR]) == 1
    for address in (JEAN, MARIA, OMAR):
        assert not WORDS.search(shown_outside(left[address][0]))
    relay.write(lambda c: encryption.stop(c, node, whom, operator="op", now=relay.now))
    assert release_waiting(relay.resources, relay.now) == 1
    [clear] = relay.hand_over()[OMAR]
    assert WORDS.search(clear)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("sign", "it has no part for that"), ("expired", "revoked or has expired"), ("revoked", "revoked or has expired")],
)
def test_a_key_with_which_nothing_can_be_encrypted_is_not_registered(relay, kind, sentence):
    with gnupg() as theirs:
        if kind == "sign":
            theirs.make(f"Jean <{JEAN}>")
        else:
            theirs.make_whole(f"Jean <{JEAN}>")
        if kind == "revoked":
            theirs.revoke(JEAN)
        now = relay.now + (800 * DAY if kind == "expired" else timedelta(0))
        with pytest.raises(Invalid, match=sentence):
            read_encryption_key(theirs.armoured(JEAN), parse_address(JEAN), now)


def test_a_key_that_ends_the_process_which_tries_it_is_read_nowhere_else(relay, readers, monkeypatch):
    octets = readers[0].file.read_bytes()
    monkeypatch.setattr(copies, "run_aside", lambda *_: -9)
    monkeypatch.setattr(countersign, "read_certificate", None)  # would fail loudly
    with pytest.raises(Invalid, match="neither one"):
        read_encryption_key(octets, parse_address(JEAN), relay.now)


def test_nobody_has_more_keys_than_eight(relay, readers):
    key = _key(relay, readers[0])
    for number in range(encryption.KEYS):
        relay.register(JEAN, replace(key, fingerprint=f"{number:040}"))
    with pytest.raises(Conflict, match="8 keys"):
        relay.register(JEAN, key)
    relay.register(JEAN, replace(key, fingerprint=f"{0:040}"))  # its newer form


def test_a_copy_that_no_key_has_come_for_when_its_post_is_destroyed_has_run_out_of_time(relay, readers):
    relay.require()
    relay.give(readers[0])
    reference = relay.post()
    relay.hand_over()
    node, later = relay.resources.settings.relay.node, relay.now + DAY
    for _ in range(2):
        relay.write(lambda c: retention.destroy_posts(c, node, later, relay.now))
    told = relay.hand_over()
    assert list(told) == [AUTHOR]
    [letter] = [message_from_bytes(one, policy=default) for one in told[AUTHOR]]
    assert letter["Subject"] == f"Did not reach everybody: {reference}"
    assert "did not reach 3 members" in letter.get_content()  # who is neither Jean, with a key, nor the author
    assert release_waiting(relay.resources, relay.now) == 0


def test_what_was_composed_in_clear_does_not_leave_once_its_reader_has_chosen_encryption(relay, readers):
    jean, maria, _ = readers
    node = relay.resources.settings.relay.node
    relay.write(
        partial(wishes.set_reading, node=node, member=relay.member(MARIA), reading=Reading.DAILY, now=relay.now)
    )
    relay.post()
    assert relay.write(partial(digests.gather, member_id=relay.member(MARIA).id, now=relay.now))
    box = outbox(relay.resources)
    claimed = box.claim(100).parcels
    assert {JEAN, MARIA, OMAR} <= {one.recipient for one in claimed}
    relay.give(jean)
    relay.give(maria)
    begun = box.begin(claimed)
    assert {one.recipient for one in begun} == {one.recipient for one in claimed} - {JEAN, MARIA}
    box.settle([(parcel, TAKEN) for parcel in begun])
    left = relay.hand_over()
    assert jean.open(left[JEAN][0])["Subject"].endswith(SUBJECT)
    assert SUBJECT in maria.open(left[MARIA][0]).get_content()


def test_digests_and_whole_posts_are_encrypted_too_and_wait_too(relay, readers):
    jean, _maria, omar = readers
    relay.give(jean)
    node = relay.resources.settings.relay.node
    both = [relay.member(JEAN), relay.member(OMAR)]
    for one in both:
        relay.write(partial(wishes.set_reading, node=node, member=one, reading=Reading.DAILY, now=relay.now))
    relay.register(OMAR, replace(_key(relay, omar), expires_at=relay.now - DAY))
    reference = relay.post()
    relay.hand_over()
    for one in both:
        assert relay.write(partial(digests.gather, member_id=one.id, now=relay.now))
    left = relay.hand_over()
    digest = jean.open(left[JEAN][0])
    assert SUBJECT in digest.get_content()
    assert message_from_bytes(left[JEAN][0], policy=default)["Subject"] == "[DIGEST][TLP:GREEN] ..."
    [waits] = left[OMAR]
    assert b"Subject: A post waits for you: DIGEST-" in waits
    for one in both:
        assert relay.write(partial(digests.send_whole, node=node, member=one, reference=reference, now=relay.now))
    left |= (whole := relay.hand_over())
    assert jean.open(whole[JEAN][0])["Subject"].endswith(SUBJECT)
    assert f"Subject: A post waits for you: {reference}".encode() in whole[OMAR][0]
    relay.give(omar)
    assert release_waiting(relay.resources, relay.now) == 1
    came = relay.hand_over()
    assert omar.open(came[OMAR][0])["Subject"].endswith(SUBJECT)
    assert not any(
        WORDS.search(shown_outside(one)) for mails in (left, came) for a in (JEAN, OMAR) for one in mails.get(a, ())
    )


def _key(relay, reader):
    return read_encryption_key(reader.file.read_bytes(), parse_address(reader.address), relay.now)


def test_word_that_a_post_waits_is_taken_back_with_the_post(relay):
    relay.require()
    reference = relay.post()
    relay.hand_over()
    node = relay.resources.settings.relay.node
    relay.write(lambda c: queue.cancel(c, node, reference, operator="op", now=relay.now))
    relay.resources = replace(
        relay.resources,
        known_lists={name: replace(one, encrypted=False) for name, one in relay.resources.known_lists.items()},
    )
    assert release_waiting(relay.resources, relay.now) == 0
    assert relay.hand_over() == {}


def test_members_and_operators_are_warned_a_month_and_a_week_before_the_last_key_ends(relay, readers):
    key = _key(relay, readers[0])
    start = relay.now - 50 * DAY
    relay.register(JEAN, replace(key, expires_at=start + 40 * DAY))
    told = []
    for day in range(45):
        told += [day] * relay.write(lambda c, now=start + day * DAY: key_warnings.warn(c, now))
    assert told == [10, 33]
    mails = [message_from_bytes(one, policy=default) for one in relay.hand_over()[JEAN]]
    assert [one["Subject"] for one in mails] == ["Keys for encrypted posts"] * 2
