"""Digests from the post to the octets that leave, on a real relay without a service: the job gathers, the outbox sends."""

import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from relay import jobs
from relay.actions import thread
from relay.actions.deliver import Outbox
from relay.actions.enrol import add_member
from relay.actions.establish import establish
from relay.actions.open import opened
from relay.actions.receive import receive
from relay.delivery.delivery import Action, Outcome
from relay.delivery.digest import LIMIT, highest_of_several
from relay.detectors.facts import Facts
from relay.mail.address import parse_address
from relay.mail.auth_results import AuthenticationResults, Method
from relay.mail.envelope import Client, Envelope
from relay.policy.post import Progress, Scan
from relay.policy.shingle import every_shingle
from relay.roster.reading import Reading
from relay.scan.frames import advance
from relay.scan.stages import scan_octets
from relay.store import leases, members, second_thoughts, wishes
from tests.builders import make_message
from tests.scanning import FACTS, RULES

AUTHOR, INSTANT, READER, WEEKLY = (
    "ana@douanes.example",
    "jean@parcs.example",
    "eva@police.example",
    "rosa@police.example",
)
TAKEN = Outcome(action=Action.DELIVERED, reply="250 2.0.0 Ok")
AWAY = Outcome(action=Action.DELAYED, reply="could not connect", reached=False)
DAY = timedelta(days=1)


@pytest.fixture
def resources(tmp_path):
    """A relay with four members, of whom one reads a digest a day and one a digest a week."""
    lists = ("central-africa", "species-id")
    made = establish(tmp_path / "relay", "relay.example", lists, "", None, datetime.now(UTC))
    with opened(str(made.site_file)) as resources:
        for address in (AUTHOR, INSTANT, READER, WEEKLY):
            row = {
                "address": address, "name": "Ana Example", "agency": "Douanes", "agency_type": "customs", "country": "CM", "language": "fr",
                "lists": ";".join(lists), "nominated_by": "one@network.example", "confirmed_by": "two@network.example",
            }  # fmt: skip
            add_member(resources, row, with_password=False, now=datetime.now(UTC))
        choose(resources, READER, Reading.DAILY)
        choose(resources, WEEKLY, Reading.WEEKLY)
        yield resources


def member(resources, address):
    with resources.database.read() as connection:
        return members.find(connection, parse_address(address))


def choose(resources, address, reading):
    who = member(resources, address)
    resources.database.write(lambda c: wishes.set_reading(c, "node-1", who, reading, datetime.now(UTC)))


def scanned(octets: bytes, facts: Facts = FACTS) -> Scan:
    scan = Scan(progress=Progress.NOTHING, message=None)
    for stage in scan_octets(octets, RULES, facts):
        scan = advance(scan, stage)
    return scan


def post(resources, words: str, *lists: str) -> str:
    """Accept an alert; its reference."""
    author = parse_address(AUTHOR)
    to = tuple(parse_address(f"{name}@relay.example") for name in lists or ("central-africa",))
    client = Client(ip="192.0.2.1", helo_name="client.example", tls=True, login=author)
    proof = AuthenticationResults(method=Method.AUTH, address=author)
    octets = make_message(f"{words}\r\n", sender=AUTHOR, subject=f"Saisie {secrets.token_hex(4)}")
    now = datetime.now(UTC)
    return receive(resources, scanned, Envelope(mail_from=author, rcpt_to=to), client, proof, octets, now).text


def outbox(resources) -> Outbox:
    return Outbox(lambda: resources, boot=secrets.token_hex(4))


def tick(resources, days: int = 1) -> None:
    """The jobs, so many days later; no digest is older than the claims of this day."""
    jobs.run_due(resources, datetime.now(UTC) + days * DAY)
    due = text(
        "UPDATE deliveries SET created_at = :now, next_attempt_at = :now WHERE kind = 'digest' AND status = 'queued'"
    )
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    resources.database.write(lambda connection: connection.execute(due, {"now": now}) and None)


def send(resources, outcome: Outcome = TAKEN):
    """Claim, begin and settle what is due; what was begun."""
    box = outbox(resources)
    begun = box.begin(box.claim(100).parcels)
    box.settle([(parcel, outcome) for parcel in begun])
    return begun


def digests(parcels):
    found = [(parcel, message_from_bytes(parcel.octets, policy=default)) for parcel in parcels]
    return [(parcel, message) for parcel, message in found if message["Subject"].startswith("[DIGEST]")]


def statuses(resources, reference):
    """What became of the copies of a post."""
    rows = text(
        "SELECT members.address, status FROM deliveries JOIN members ON members.id = member_id "
        "JOIN posts ON posts.id = post_id WHERE kind = 'copy' AND posts.reference = :reference"
    )
    with resources.database.read() as connection:
        return {row.address: row.status for row in connection.execute(rows, {"reference": reference})}


def suspend(resources, address):
    whom = parse_address(address)
    job = lambda c: members.suspend(c, "node-1", whom, reason="-", operator="root", now=datetime.now(UTC))  # noqa: E731
    resources.database.write(job)


def withdraw(resources, reference):
    author = member(resources, AUTHOR)
    return resources.database.write(
        lambda c: second_thoughts.withdraw(c, "node-1", author, reference, datetime.now(UTC))
    )


def test_three_posts_are_copies_for_one_member_and_one_signed_digest_for_another(resources):
    references = [post(resources, f"Douze écailles, lot {number}.") for number in range(3)]
    copies = [parcel.recipient for parcel in send(resources) if parcel.mail_from]
    assert copies == [INSTANT] * 3
    assert statuses(resources, references[0]) == {INSTANT: "delivered", READER: "digest", WEEKLY: "digest"}
    tick(resources)
    [(parcel, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert len(parcel.octets) <= LIMIT
    assert parcel.mail_from.startswith("central-africa-bounces+")
    assert message["Subject"].startswith("[DIGEST][TLP:GREEN] 3 messages, ")
    words = message.get_content()
    assert all(reference in words for reference in references)
    assert all(f"lot {number}" in words for number in range(3))
    assert words.index(references[2]) < words.index(references[0])
    assert statuses(resources, references[0])[READER] == "delivered"
    [key] = [one.key for one in resources.signing_keys if one.algorithm == "rsa-sha256"]
    assert is_signed(parcel.octets, key.public_key())


def is_signed(octets: bytes, public) -> bool:
    """Whether one of the two signatures is this key's, as dkimpy sees it."""
    record = b"v=DKIM1; k=rsa; p=" + b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return any(dkim.DKIM(octets).verify(place, dnsfunc=lambda *_, **__: record) for place in range(2))


def test_a_weekly_reader_gets_all_of_the_week_at_once(resources):
    reference = post(resources, "Cinq pointes.")
    send(resources)
    for days in range(1, 8):
        tick(resources, days)
        if found := [one for one in digests(send(resources)) if one[0].recipient == WEEKLY]:
            [(_, message)] = found
            assert reference in message.get_content()
            break
    assert statuses(resources, reference)[WEEKLY] == "delivered"


def test_readers_of_the_same_posts_in_one_language_get_the_same_octets(resources):
    choose(resources, WEEKLY, Reading.DAILY)
    post(resources, "Cinq pointes.")
    send(resources)
    tick(resources)
    [(first, _), (second, _)] = digests(send(resources))
    assert {first.recipient, second.recipient} == {READER, WEEKLY}
    assert first.octets == second.octets
    assert first.mail_from != second.mail_from


def test_a_reader_who_is_suspended_before_the_digest_gets_nothing(resources):
    reference = post(resources, "Cinq pointes.")
    suspend(resources, READER)
    tick(resources)
    assert [one for one in digests(send(resources)) if one[0].recipient == READER] == []
    assert statuses(resources, reference)[READER] == "cancelled"


def test_a_reader_who_is_suspended_after_it_was_composed_gets_nothing(resources):
    post(resources, "Cinq pointes.")
    send(resources)
    tick(resources)
    box = outbox(resources)
    parcels = box.claim(100).parcels
    assert READER in {parcel.recipient for parcel in parcels}
    suspend(resources, READER)
    assert READER not in {parcel.recipient for parcel in box.begin(parcels)}


def test_a_post_that_is_withdrawn_after_the_digest_was_composed_is_not_in_what_leaves(resources):
    kept, taken = post(resources, "Cinq pointes."), post(resources, "Deux cornes.")
    send(resources)
    tick(resources)
    box = outbox(resources)
    parcels = box.claim(100).parcels
    withdraw(resources, taken)
    assert READER not in {parcel.recipient for parcel in box.begin(parcels)}
    [(_, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert kept in message.get_content()
    assert taken not in message.get_content()
    assert "cornes" not in message.get_content()


def test_a_digest_that_could_not_be_sent_is_sent_later_with_the_same_identity(resources):
    reference = post(resources, "Cinq pointes.")
    send(resources)
    tick(resources)
    [(_, first)] = [one for one in digests(send(resources, AWAY)) if one[0].recipient == READER]
    tick(resources)
    [(_, second)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert first["Message-ID"] == second["Message-ID"]
    assert statuses(resources, reference)[READER] == "delivered"


def test_a_crash_while_a_digest_is_sent_costs_no_post(resources):
    reference = post(resources, "Cinq pointes.")
    send(resources)
    tick(resources)
    box = outbox(resources)
    assert READER in {parcel.recipient for parcel in box.begin(box.claim(100).parcels)}
    resources.database.write(lambda c: leases.recover(c, "node-1", datetime.now(UTC)))  # as at the next start
    tick(resources)
    [(_, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert reference in message.get_content()
    assert statuses(resources, reference)[READER] == "delivered"


@pytest.mark.parametrize("column", ["content", "wrapped_key", "nonce"])
def test_a_post_that_can_no_longer_be_opened_is_named_and_keeps_no_other_back(resources, column):
    damaged, whole = post(resources, "Cinq pointes."), post(resources, "Deux cornes.")
    send(resources)
    spoil = text(f"UPDATE posts SET {column} = randomblob(40) WHERE reference = :reference")
    resources.database.write(lambda c: c.execute(spoil, {"reference": damaged}) and None)
    tick(resources)
    [(_, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    words = message.get_content()
    assert "Deux cornes." in words
    assert "Cinq pointes." not in words
    assert f"par sa seule référence\u00a0: {damaged}" in words
    assert whole in words


def test_a_post_to_two_lists_is_in_the_digest_once_and_its_fields_are_those_of_its_list(resources):
    reference = post(resources, "Cinq pointes.", "central-africa", "species-id")
    post(resources, "Quelle espèce ?", "species-id")
    send(resources)
    tick(resources)
    [(_, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert message.get_content().count(f"· {reference}\r\n") == 1
    assert message["List-Id"] == '"WEN Relay" <digest.relay.example>'


def test_a_digest_bears_the_highest_marking_of_its_posts(resources):
    references = [post(resources, f"Cinq pointes, lot {number}.") for number in range(3)]
    lower = text("UPDATE decisions SET marking = 'TLP:CLEAR' WHERE post_id <> 2")
    resources.database.write(lambda c: c.execute(lower) and None)
    send(resources)
    tick(resources)
    [(_, message)] = [one for one in digests(send(resources)) if one[0].recipient == READER]
    assert message["Subject"].startswith("[DIGEST][TLP:GREEN] ")
    assert message.get_content().startswith("TLP:GREEN\r\n")
    for reference, marking in zip(references, ("TLP:CLEAR", "TLP:GREEN", "TLP:CLEAR"), strict=True):
        assert f"· {marking} · {reference}\r\n" in message.get_content()


def test_nothing_of_a_post_stands_in_the_digests_row(resources):
    post(resources, "Mouflet-Zazie.")
    tick(resources)
    with resources.database.read() as connection:
        rows = connection.execute(text("SELECT * FROM deliveries WHERE kind = 'digest'")).all()
    assert rows
    assert "Mouflet" not in repr(rows)
    assert "Saisie" not in repr(rows)


def test_what_stands_in_every_digest_is_no_mark_of_any_post(resources):
    known = thread._public(resources, member(resources, AUTHOR).id, (), resources.lists.values())
    for catalogue in resources.catalogues.values():
        own = every_shingle([highest_of_several(catalogue)])
        assert own
        assert own <= known
